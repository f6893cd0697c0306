#include "support_aws.hpp"

#include <tide/cloud/aws/query_api.hpp>

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <doctest/doctest.h>

#include <deque>

using namespace tide;
using namespace tide::cloud::aws;
using namespace tide::test;

TEST_SUITE_BEGIN("cloud/aws/query_api");

namespace {

class Scripted : public net::Transport {
 public:
  std::vector<Result<net::Response>> perform(std::span<const net::Request> requests) override {
    std::vector<Result<net::Response>> responses;
    for (const net::Request& request : requests) {
      seen.push_back(request);
      REQUIRE_FALSE(answers.empty());
      responses.push_back(answers.front());
      answers.pop_front();
    }
    return responses;
  }

  std::deque<Result<net::Response>> answers;
  std::vector<net::Request> seen;
};

// Hands out one after the other, as often as it is asked to renew.
class Renewing : public CredentialSource {
 public:
  Result<Credentials> get() override {
    if (failure) return *failure;
    return Credentials{.access_key = "AK" + std::to_string(count),
                       .secret_key = Secret("topsecret"),
                       .session_token = Secret("toktok"),
                       .source = "the environment's AWS_ACCESS_KEY_ID",
                       .expires = {}};
  }
  bool renew() override {
    if (!renews) return false;
    ++count;
    return true;
  }

  int count = 1;
  bool renews = false;
  std::optional<Error> failure;
};

struct World {
  HandClock clock{parse_time("2026-11-25T12:00:00Z").value()};
  std::shared_ptr<Renewing> keys = std::make_shared<Renewing>();
  Scripted transport;
  QueryApi api{{.cloud = "aws",
                .name = "ec2",
                .region = "eu-central-1",
                .endpoint = "https://ec2.example.org/",
                .version = "2016-11-15",
                .ca_file = "/ca.pem",
                .proxy = "http://proxy:3128"},
               keys,
               transport,
               clock};

  Answer one() {
    const Call call{.action = "DescribeX", .parameters = {}};
    return api.call({&call, 1}).front();
  }
};

net::Response refusal(int status, const std::string& code, const std::string& message, const std::string& date = "") {
  net::Response response{.status = status};
  response.body = "<Response><Errors><Error><Code>" + code + "</Code><Message>" + message +
                  "</Message></Error></Errors><RequestID>req-1</RequestID></Response>";
  if (!date.empty()) response.headers.emplace_back("date", date);
  return response;
}

}  // namespace

TEST_CASE("form_body: in order, a space as '+'") {
  const Call call{.action = "RunInstances", .parameters = {{"B", "a b&c=é+"}, {"A.1", "/x~"}}};
  CHECK(form_body(call, "2016-11-15") == "Action=RunInstances&Version=2016-11-15&B=a+b%26c%3D%C3%A9%2B&A.1=%2Fx~");
}

TEST_CASE("QueryApi: a good answer is its body") {
  World world;
  world.transport.answers.emplace_back(
      net::Response{.status = 200, .headers = {{"x-amzn-RequestId", "req-9"}}, .body = "<x/>"});
  const Answer answer = world.one();
  CHECK(answer.body.value() == "<x/>");
  CHECK(answer.request_id == "req-9");
  const net::Request& sent = world.transport.seen.at(0);
  CHECK(sent.method == "POST");
  CHECK(sent.ca_file == "/ca.pem");
  CHECK(sent.proxy == "http://proxy:3128");
  CHECK(header_of(sent, "X-Amz-Date") == "20261125T120000Z");
  CHECK(header_of(sent, "X-Amz-Security-Token") == "toktok");
}

TEST_CASE("QueryApi: a refusal names the code, the words, the request and the credentials") {
  World world;
  world.transport.answers.emplace_back(refusal(403, "UnauthorizedOperation", "You are not authorized"));
  const Answer answer = world.one();
  CHECK(answer.code == "UnauthorizedOperation");
  const Error& error = answer.body.error();
  CHECK(error.kind == ErrorKind::auth);
  CHECK(error.message == "cloud 'aws' failed at DescribeX: UnauthorizedOperation");
  CHECK(error.context == std::vector<std::string>{"the cloud said: You are not authorized", "request req-1",
                                                  "credentials: the environment's AWS_ACCESS_KEY_ID"});
  CHECK(error.hint.find("the environment's AWS_ACCESS_KEY_ID") != std::string::npos);
  CHECK(world.transport.seen.size() == 1);
}

TEST_CASE("QueryApi: Retry-After comes along, and no secret ever does") {
  World world;
  auto slow = refusal(503, "RequestLimitExceeded", "Request limit exceeded.");
  slow.headers.emplace_back("Retry-After", "7");
  world.transport.answers.emplace_back(slow);
  const Error error = world.one().body.error();
  CHECK(error.kind == ErrorKind::throttled);
  CHECK(error.retry_after_seconds == 7);

  world.transport.answers.emplace_back(
      refusal(403, "SignatureDoesNotMatch",
              "The signature does not match.\nThe Canonical String was x-amz-security-token:toktok"));
  const Error refused = world.one().body.error();
  REQUIRE(refused.context.size() == 3);
  for (const std::string& line : refused.context) CHECK(line.find("toktok") == std::string::npos);
}

TEST_CASE("QueryApi: what stands in place of an answer") {
  const std::vector<std::pair<net::Response, ErrorKind>> cases{
      {{.status = 502, .headers = {}, .body = "<html><h1>Bad Gateway</h1></html>"}, ErrorKind::retry},
      {{.status = 500, .headers = {}, .body = "<!doctype html><html lang=en>"}, ErrorKind::retry},
      {{.status = 302, .headers = {}, .body = ""}, ErrorKind::unknown},
      {{.status = 404, .headers = {}, .body = "not found"}, ErrorKind::unknown},
      {{.status = 407, .headers = {}, .body = "<html>"}, ErrorKind::unknown},
      {{.status = 429, .headers = {}, .body = ""}, ErrorKind::throttled},
  };
  for (const auto& [response, kind] : cases) {
    World world;
    CAPTURE(response.status);
    world.transport.answers.emplace_back(response);
    const Answer answer = world.one();
    REQUIRE_FALSE(answer.body);
    CHECK(answer.body.error().kind == kind);
    CHECK(answer.code.empty());
    CHECK_FALSE(answer.body.error().hint.empty());
  }
}

TEST_CASE("QueryApi: a lost connection keeps its kind") {
  World world;
  world.transport.answers.emplace_back(make_error(ErrorKind::timeout, "no answer in 30 s"));
  const Error error = world.one().body.error();
  CHECK(error.kind == ErrorKind::timeout);
  CHECK(error.message == "cloud 'aws' failed at DescribeX: no answer in 30 s");
}

TEST_CASE("QueryApi: a clock that is off is repaired once, and stays repaired") {
  World world;
  world.transport.answers.emplace_back(
      refusal(400, "RequestExpired", "Request has expired.", "Wed, 25 Nov 2026 13:00:00 GMT"));
  world.transport.answers.emplace_back(net::Response{.status = 200, .headers = {}, .body = "<x/>"});
  world.transport.answers.emplace_back(net::Response{.status = 200, .headers = {}, .body = "<y/>"});
  CHECK(world.one().body.value() == "<x/>");
  CHECK(world.one().body.value() == "<y/>");
  REQUIRE(world.transport.seen.size() == 3);
  CHECK(header_of(world.transport.seen[0], "X-Amz-Date") == "20261125T120000Z");
  CHECK(header_of(world.transport.seen[1], "X-Amz-Date") == "20261125T130000Z");
  CHECK(header_of(world.transport.seen[2], "X-Amz-Date") == "20261125T130000Z");
  CHECK(world.api.notice().starts_with("this machine's clock is 3600 s behind the cloud's"));
}

TEST_CASE("QueryApi: only what the clock can have caused is asked again") {
  World world;
  world.transport.answers.emplace_back(
      refusal(400, "RequestExpired", "Request has expired.", "Wed, 25 Nov 2026 13:00:00 GMT"));
  world.transport.answers.emplace_back(refusal(400, "InvalidParameterValue", "no", "Wed, 25 Nov 2026 13:00:00 GMT"));
  world.transport.answers.emplace_back(refusal(401, "AuthFailure", "still no", "Wed, 25 Nov 2026 13:00:00 GMT"));
  const std::vector<Call> calls{{.action = "A", .parameters = {}}, {.action = "B", .parameters = {}}};
  const auto answers = world.api.call(calls);
  CHECK(answers[0].code == "AuthFailure");
  CHECK(answers[1].code == "InvalidParameterValue");
  CHECK(world.transport.seen.size() == 3);

  World near;
  near.transport.answers.emplace_back(refusal(401, "AuthFailure", "wrong secret", "Wed, 25 Nov 2026 12:03:59 GMT"));
  CHECK(near.one().body.error().kind == ErrorKind::auth);
  CHECK(near.transport.seen.size() == 1);
}

TEST_CASE("QueryApi: without credentials nothing is sent") {
  World world;
  world.keys->failure = make_error(ErrorKind::auth, "profile 'x' has no credentials");
  const Answer answer = world.one();
  CHECK(answer.body.error().kind == ErrorKind::auth);
  CHECK(answer.body.error().message == "profile 'x' has no credentials");
  CHECK(answer.body.error().context == std::vector<std::string>{"while looking for the credentials of cloud 'aws'"});
  CHECK(world.transport.seen.empty());
}

TEST_CASE("QueryApi: expired credentials are renewed and what was refused for them is asked again, once") {
  World world;
  world.keys->renews = true;
  world.transport.answers.emplace_back(refusal(400, "ExpiredToken", "expired"));
  world.transport.answers.emplace_back(net::Response{.status = 200, .headers = {}, .body = "<b/>"});
  world.transport.answers.emplace_back(net::Response{.status = 200, .headers = {}, .body = "<a/>"});
  const std::vector<Call> calls{{.action = "A", .parameters = {}}, {.action = "B", .parameters = {}}};
  const auto answers = world.api.call(calls);
  CHECK(answers[0].body.value() == "<a/>");
  CHECK(answers[1].body.value() == "<b/>");
  REQUIRE(world.transport.seen.size() == 3);
  CHECK(header_of(world.transport.seen[0], "Authorization").find("Credential=AK1/") != std::string::npos);
  CHECK(header_of(world.transport.seen[2], "Authorization").find("Credential=AK2/") != std::string::npos);
  CHECK(world.transport.seen[2].body.find("Action=A&") == 0);

  world.transport.answers.emplace_back(refusal(400, "RequestExpired", "expired"));
  world.transport.answers.emplace_back(refusal(400, "RequestExpired", "still expired"));
  CHECK(world.one().body.error().kind == ErrorKind::auth);
  CHECK(world.transport.seen.size() == 5);

  World fixed;
  fixed.transport.answers.emplace_back(refusal(400, "ExpiredToken", "expired"));
  CHECK(fixed.one().code == "ExpiredToken");
  CHECK(fixed.transport.seen.size() == 1);
}

TEST_CASE("QueryApi: signature version 2 is part of the form, and its clock can be repaired") {
  World world;
  Service old = world.api.service();
  old.signature = SignatureVersion::v2;
  old.endpoint = "http://cloud.example.org:8773/services/Cloud";
  QueryApi api(old, world.keys, world.transport, world.clock);
  world.transport.answers.emplace_back(
      refusal(400, "RequestExpired", "Request has expired.", "Wed, 25 Nov 2026 13:00:00 GMT"));
  world.transport.answers.emplace_back(net::Response{.status = 200, .headers = {}, .body = "<x/>"});
  const Call call{.action = "DescribeX", .parameters = {{"A", "b c"}}};
  CHECK(api.call({&call, 1}).front().body.value() == "<x/>");
  const net::Request& sent = world.transport.seen.at(1);
  CHECK(header_of(sent, "Authorization").empty());
  CHECK(sent.allow_http);
  CHECK(sent.body.find(
            "Action=DescribeX&Version=2016-11-15&A=b+c&AWSAccessKeyId=AK1&SignatureVersion=2&"
            "SignatureMethod=HmacSHA256&Timestamp=2026-11-25T13%3A00%3A00Z&SecurityToken=toktok&Signature=") == 0);
}
