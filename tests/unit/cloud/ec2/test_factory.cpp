#include "../aws/support_aws.hpp"

#include <tide/cloud/registry.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;

TEST_SUITE_BEGIN("cloud/ec2/factory");

namespace {

// A [clouds.aws] table, made into a cloud that lists once over a transport that keeps what it is sent.
struct Table : ChainWorld {
  Table() {
    environment["AWS_ACCESS_KEY_ID"] = "AKENV";
    environment["AWS_SECRET_ACCESS_KEY"] = "SECRETenv";
    answer = [](const net::Request&) {
      return reply(200, "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>");
    };
    keys["region"] = "eu-central-1";
  }

  Result<std::unique_ptr<cloud::Cloud>> make() {
    config::CloudSettings settings{
        .name = {"aws"}, .kind = "ec2", .where = "t.toml:5", .options = {}, .environment = {}};
    for (const auto& [key, value] : keys) settings.options[key] = {value};
    return cloud::find_factory("ec2")->make({}, settings, {*this, *this, clock, random, environment});
  }
  // What its first listing sends.
  net::Request sent() {
    auto made = make();
    REQUIRE(made);
    CHECK((*made)->identity().empty());
    REQUIRE((*made)->list("physics"));
    identity = (*made)->identity();
    return seen.back();
  }
  std::string scope() {
    const std::string header = header_of(sent(), "Authorization");
    const std::size_t begin = header.find('=') + 1;
    return header.substr(begin, header.find("/aws4_request") - begin);
  }
  Error refusal() {
    auto made = make();
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::config);
    CHECK_FALSE(made.error().hint.empty());
    return made.error();
  }

  std::map<std::string, std::string> keys;
  std::string identity;
};

}  // namespace

TEST_CASE("region and endpoint: the table, the environment, the profile") {
  Table table;
  table.home.write(".aws/config",
                   "[default]\nregion = sa-east-1\n[profile far]\nregion = ap-south-1\nendpoint_url = "
                   "https://far.example/x\n");
  CHECK(table.sent().url == "https://ec2.eu-central-1.amazonaws.com/");
  CHECK(table.identity == "the environment's AWS_ACCESS_KEY_ID");
  table.keys.erase("region");
  CHECK(table.sent().url == "https://ec2.sa-east-1.amazonaws.com/");
  table.environment["AWS_PROFILE"] = "far";
  CHECK(table.sent().url == "https://far.example/x");
  CHECK(table.scope() == "AKENV/20261125/ap-south-1/ec2");
  table.environment["AWS_REGION"] = "us-west-2";
  CHECK(table.scope() == "AKENV/20261125/us-west-2/ec2");
  table.keys["endpoint"] = "http://10.0.0.1:8773/services/Cloud";
  CHECK(table.sent().url == "http://10.0.0.1:8773/services/Cloud");
  CHECK(table.sent().allow_http);
}

TEST_CASE("FIPS, dual stack, CA: written down, or from outside") {
  Table table;
  table.environment["AWS_USE_FIPS_ENDPOINT"] = "true";
  table.environment["AWS_CA_BUNDLE"] = "/env-ca.pem";
  CHECK(table.sent().url == "https://ec2-fips.eu-central-1.amazonaws.com/");
  CHECK(table.sent().ca_file == "/env-ca.pem");
  table.keys["use_fips_endpoint"] = "false";
  table.keys["use_dualstack_endpoint"] = "true";
  table.keys["ca_file"] = "/ca.pem";
  CHECK(table.sent().url == "https://ec2.eu-central-1.api.aws/");
  CHECK(table.sent().ca_file == "/ca.pem");
  table.keys = {{"region", "fips-us-east-1"}};
  CHECK(table.sent().url == "https://ec2-fips.us-east-1.amazonaws.com/");
  CHECK(table.scope() == "AKENV/20261125/us-east-1/ec2");
}

TEST_CASE("signature = v2") {
  Table table;
  table.keys["signature"] = "v2";
  const net::Request request = table.sent();
  CHECK(header_of(request, "Authorization").empty());
  CHECK(request.body.find("&AWSAccessKeyId=AKENV&SignatureVersion=2&SignatureMethod=HmacSHA256&") != std::string::npos);
}

TEST_CASE("what is wrong with the table is told without a call") {
  Table table;
  const auto refuse = [&](std::map<std::string, std::string> keys, const std::string& message) {
    table.keys = {{"region", "eu-central-1"}};
    for (auto& [key, value] : keys) table.keys[key] = value;
    CHECK(table.refusal().message == message);
  };
  refuse({{"region", "no/region"}}, "t.toml:5: [clouds.aws] region = 'no/region' is no region");
  refuse({{"region", ""}}, "t.toml:5: [clouds.aws] region = '' is no region");
  refuse({{"endpoint", "cloud.example"}}, "t.toml:5: [clouds.aws] endpoint = 'cloud.example' is no URL of an API");
  refuse({{"sts_endpoint", "ftp://x"}}, "t.toml:5: [clouds.aws] sts_endpoint = 'ftp://x' is no URL of an API");
  refuse({{"access_key_env", "A"}}, "t.toml:5: [clouds.aws] names only part of a key");
  refuse({{"session_token_env", "A"}}, "t.toml:5: [clouds.aws] names only part of a key");
  refuse({{"access_key_env", "A"}, {"secret_key_env", "B"}, {"profile", "p"}},
         "t.toml:5: [clouds.aws] has access_key_env and a profile or credentials_file");
  refuse({{"region", "eu-isoq-1"}, {"endpoint", "https://user:SECRET@h/"}},
         "t.toml:5: [clouds.aws] endpoint = 'https://h/' is no URL of an API");
  CHECK(table.seen.empty());
}

TEST_CASE("a broken file of the AWS tools stops the first call, or the search for a region") {
  Table table;
  const std::string path = table.home.write(".aws/config", "[default\n");
  table.environment.erase("AWS_ACCESS_KEY_ID");
  auto made = table.make();
  REQUIRE(made);
  const auto listed = (*made)->list("physics");
  REQUIRE_FALSE(listed);
  CHECK(listed.error().kind == ErrorKind::auth);
  table.keys.erase("region");
  const Error error = table.refusal();
  CHECK(error.message == "'" + path + "' cannot be read: line 1 is neither a section, a setting nor a comment");
  CHECK(error.context.at(0) == "while looking for the region of [clouds.aws]");
  table.environment = {};
  CHECK(table.refusal().message == "t.toml:5: [clouds.aws] region = '' is no region");
}
