#include <tide/cloud/aws/sigv2.hpp>

#include <tide/util/digest.hpp>
#include <tide/util/units.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::aws;

TEST_SUITE_BEGIN("cloud/aws/sigv2");

namespace {

const Credentials k_keys{.access_key = "AKIAIOSFODNN7EXAMPLE",
                         .secret_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                         .session_token = {},
                         .source = {},
                         .expires = {}};

std::string value_of(const FormParameters& parameters, const std::string& name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return "(none)";
}

}  // namespace

TEST_CASE("AWS's own example: ElasticMapReduce's DescribeJobFlows, as its guide to version 2 signs it") {
  const auto sent = sign_v2("GET", "https://elasticmapreduce.amazonaws.com?Action=DescribeJobFlows&Version=2009-03-31",
                            {{"Action", "DescribeJobFlows"}, {"Version", "2009-03-31"}}, k_keys,
                            parse_time("2011-10-03T15:19:30Z").value());
  FormParameters published = sent;
  for (auto& [name, value] : published) {
    if (name == "Timestamp") value = "2011-10-03T15:19:30";  // the guide leaves the Z out
  }
  const std::string text = string_to_sign_v2("GET", "https://elasticmapreduce.amazonaws.com", published);
  CHECK(base64_encode(hmac_sha256(k_keys.secret_key.reveal(), text)) == "i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs=");
  CHECK(text ==
        "GET\nelasticmapreduce.amazonaws.com\n/\nAWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=DescribeJobFlows&"
        "SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30&Version=2009-03-31");
}

TEST_CASE("the order is that of bytes, blanks are %20, the port and the path are signed") {
  const FormParameters parameters{{"b", "x y+z~"}, {"B.10", "2"}, {"B.2", "é/"}, {"Signature", "old"}};
  CHECK(string_to_sign_v2("POST", "http://Cloud.Example.org:8773/services/Cloud", parameters) ==
        "POST\ncloud.example.org:8773\n/services/Cloud\nB.10=2&B.2=%C3%A9%2F&b=x%20y%2Bz~");
}

TEST_CASE("a session token is a parameter of its own, and signed") {
  Credentials temporary = k_keys;
  temporary.session_token = Secret("tok/en");
  const TimePoint time = parse_time("2026-11-25T12:00:00Z").value();
  const auto sent = sign_v2("POST", "http://h:8773/services/Cloud", {{"Action", "DescribeInstances"}}, temporary, time);
  CHECK(value_of(sent, "SecurityToken") == "tok/en");
  CHECK(value_of(sent, "Timestamp") == "2026-11-25T12:00:00Z");
  CHECK(value_of(sent, "SignatureMethod") == "HmacSHA256");
  CHECK(value_of(sent, "Signature") !=
        value_of(sign_v2("POST", "http://h:8773/services/Cloud", {{"Action", "DescribeInstances"}}, k_keys, time),
                 "Signature"));
  CHECK(value_of(sign_v2("POST", "http://h/", {}, k_keys, time), "SecurityToken") == "(none)");
}
