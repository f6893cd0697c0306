#include "tests/support/fake_transport.hpp"
#include "tests/support/hand_clock.hpp"

#include <tide/net/logging.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace std::chrono_literals;
TEST_SUITE_BEGIN("net/logging");

namespace {

// What is said of one request that takes 35 ms.
std::string said(const net::Request& request, const Result<net::Response>& response) {
  test::HandClock clock;
  test::FakeTransport inner{[&](const net::Request&) -> Result<net::Response> {
    clock.at += 35ms;
    return response;
  }};
  std::string lines;
  net::LoggingTransport transport(inner, clock, [&](const std::string& line) { lines += line + "\n"; });
  const std::vector<net::Request> requests{request};
  const auto responses = transport.perform(requests);
  REQUIRE(responses.size() == 1);
  CHECK(responses.front().has_value() == response.has_value());
  return lines;
}

net::Response reply(int status, std::string body = "", net::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

}  // namespace

TEST_CASE("log: method, host, action, status, the peer's ID and the time") {
  const net::Request query{.method = "POST",
                           .url = "https://ec2.example:8443/services/Cloud",
                           .headers = {},
                           .body = "Action=RunInstances&UserData=secret"};
  CHECK(said(query, reply(200, "<RunInstancesResponse><requestId>r-1</requestId>secret")) ==
        "request: POST ec2.example:8443 RunInstances: 200, request r-1, 35 ms\n");
  CHECK(said(query, reply(503, "<RequestID>r-2</RequestID>")) ==
        "request: POST ec2.example:8443 RunInstances: 503, request r-2, 35 ms\n");
  CHECK(said(query, reply(403, "", {{"X-Amzn-RequestId", "r-3"}})) ==
        "request: POST ec2.example:8443 RunInstances: 403, request r-3, 35 ms\n");
  CHECK(said(query, make_error(ErrorKind::timeout, "no answer within 30 s")) ==
        "request: POST ec2.example:8443 RunInstances: no answer, no answer within 30 s, 35 ms\n");
}

TEST_CASE("log: version 2 of the signature, JSON APIs, OpenStack") {
  CHECK(net::asked({.method = "POST",
                    .url = "http://127.0.0.1:1/",
                    .body = "AWSAccessKeyId=AKID&Action=DescribeInstances&Signature=s"}) ==
        "POST 127.0.0.1:1 DescribeInstances");
  CHECK(net::asked({.method = "POST",
                    .url = "https://ssm.example/",
                    .headers = {{"x-amz-target", "AmazonSSM.GetParameter"}}}) == "POST ssm.example GetParameter");
  CHECK(net::asked({.method = "DELETE",
                    .url = "https://nova.example/v2.1/servers/7?a=b",
                    .headers = {{"X-Auth-Token", "t"}}}) == "DELETE nova.example /v2.1/servers/7");
  CHECK(net::asked({.method = "POST", .url = "https://keys.example/v3/auth/tokens", .body = "{\"password\": \"p\"}"}) ==
        "POST keys.example /v3/auth/tokens");
}

TEST_CASE("log: nothing that may be a secret") {
  const net::Request container{.url = "http://169.254.170.2/v2/credentials/11111111-secret?x=secret",
                               .headers = {{"Authorization", "secret"}}};
  CHECK(said(container, reply(200, "{\"SecretAccessKey\": \"secret\"}", {{"Set-Cookie", "secret"}})) ==
        "request: GET 169.254.170.2: 200, 35 ms\n");
  CHECK(net::asked({.url = "https://user:secret@host.example/"}) == "GET (no URL)");
  CHECK(net::asked({.method = "POST", .url = "https://x.example/", .body = "Action=a\x1b[31m\nb"}).find('\n') ==
        std::string::npos);
}
