#include "support_aws.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/hand_clock.hpp"

#include <tide/cloud/aws/pace.hpp>
#include <tide/cloud/aws/query_api.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::aws;
using namespace std::chrono_literals;
TEST_SUITE_BEGIN("cloud/aws/pace");

namespace {

struct World {
  explicit World(Rates rates)
      : limiter({}, clock, &deadline), api(service(), keys(), transport, clock, {&limiter, rates}) {
    deadline.begin(100s);
  }
  static Service service() {
    return {
        .cloud = "aws", .name = "ec2", .region = "eu-central-1", .endpoint = "https://ec2.example/", .version = "1"};
  }
  static std::shared_ptr<CredentialSource> keys() {
    return std::make_shared<FixedCredentials>(Credentials{
        .access_key = "AKID", .secret_key = Secret("s"), .session_token = {}, .source = "the test", .expires = {}});
  }
  std::vector<Answer> ask(const std::string& action, int times) {
    return api.call(std::vector<Call>(static_cast<std::size_t>(times), Call{.action = action, .parameters = {}}));
  }

  test::HandClock clock;
  net::Deadline deadline{clock};
  net::SharedRateLimiter limiter;
  std::vector<std::chrono::milliseconds> sent;
  test::FakeTransport transport{[this](const net::Request&) {
    sent.push_back(clock.at);
    return net::Response{.status = 200, .headers = {}, .body = "<ok/>"};
  }};
  QueryApi api;
};

}  // namespace

TEST_CASE("draws_for: each call takes of its own kind's buckets, a launch of the machines' too") {
  const Rates rates;
  const auto kinds = [&](const Call& call) {
    std::string text;
    for (const auto& draw : draws_for(call, rates, "x")) text += draw.bucket + "=" + std::to_string(draw.amount) + " ";
    return text;
  };
  CHECK(kinds({.action = "DescribeInstances", .parameters = {}}) == "x/read=1 ");
  CHECK(kinds({.action = "GetConsoleOutput", .parameters = {}}) == "x/read=1 ");
  CHECK(kinds({.action = "TerminateInstances", .parameters = {}}) == "x/end=1 ");
  CHECK(kinds({.action = "CreateTags", .parameters = {}}) == "x/other=1 ");
  CHECK(kinds({.action = "RunInstances", .parameters = {{"MinCount", "1"}, {"MaxCount", "500"}}}) ==
        "x/run=1 x/machines=500 ");
  CHECK(kinds({.action = "CreateFleet", .parameters = {{"TargetCapacitySpecification.TotalTargetCapacity", "30"}}}) ==
        "x/run=1 x/machines=30 ");
}

TEST_CASE("parse_rates: what is named changes, what is wrong is told") {
  const auto rates = parse_rates({"machines none", "run 50/20"});
  REQUIRE(rates);
  CHECK(rates->machines == net::Rate{});
  CHECK(rates->run == net::Rate{50, 20});
  CHECK(rates->read == net::Rate{100, 20});
  for (const char* bad : {"", "read", "read 1/1 1", "writes 1/1", "read x"}) CHECK_MESSAGE(!parse_rates({bad}), bad);
}

TEST_CASE("QueryApi: calls keep to the pace, in order, and are counted") {
  World world({.read = {.burst = 2, .per_second = 1}});
  const auto begin = world.clock.at;
  const auto answers = world.ask("DescribeInstances", 5);
  CHECK(answers.size() == 5);
  for (const auto& answer : answers) CHECK(answer.body);
  CHECK(world.sent == std::vector<std::chrono::milliseconds>{begin, begin, begin + 1s, begin + 2s, begin + 3s});
  CHECK(world.api.calls() == std::map<std::string, int>{{"DescribeInstances", 5}});
  world.ask("CreateTags", 1);
  CHECK(world.clock.at == begin + 3s);  // another bucket
  CHECK(world.api.calls().at("CreateTags") == 1);
}

TEST_CASE("QueryApi: what has no turn before the deadline is not sent, the others are") {
  World world({.read = {.burst = 1, .per_second = 1}});
  const auto answers = world.ask("DescribeInstances", 200);
  REQUIRE(answers.size() == 200);
  CHECK(answers.front().body);
  CHECK(answers[100].body);
  REQUIRE_FALSE(answers.back().body);
  const Error& error = answers.back().body.error();
  CHECK(error.kind == ErrorKind::unsent);
  CHECK(error.message.starts_with("cloud 'aws' failed at DescribeInstances: throttled by tide itself"));
  CHECK(error.hint.find("[clouds.aws] rates") != std::string::npos);
  CHECK(error.retry_after_seconds > 0);
  CHECK(world.sent.size() == 101);
  CHECK(world.api.calls().at("DescribeInstances") == 101);
}

TEST_CASE("QueryApi: a signal while waiting sends no more") {
  World world({.read = {.burst = 2, .per_second = 1}});
  world.clock.stopped = true;
  const auto answers = world.ask("DescribeInstances", 3);
  CHECK(answers[1].body);
  REQUIRE_FALSE(answers[2].body);
  CHECK(answers[2].body.error().kind == ErrorKind::unsent);
  CHECK(world.sent.size() == 2);
}
