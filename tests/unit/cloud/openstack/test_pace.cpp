#include <tide/cloud/openstack/pace.hpp>

#include "../nova/support_nova.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::openstack;
TEST_SUITE_BEGIN("cloud/openstack/pace");

namespace {

struct Paced {
  explicit Paced(const std::vector<std::string>& rates) {
    session.emplace(
        Session::Options{
            .cloud = "nectar", .cache = "", .page = "nova.md", .pace = {&limiter, parse_rates(rates).value()}},
        [this] { return Result<AuthSettings>(settings); }, transport, clock);
  }
  std::vector<Answer> end(int count) {
    std::vector<Call> calls;
    for (int i = 0; i < count; ++i) calls.push_back({.method = "DELETE", .path = "/servers/x" + std::to_string(i)});
    return session->call(calls);
  }

  test::HandClock clock{parse_time("2026-11-25T12:00:00Z").value()};
  test::FakeNova fake{{.now = [this] { return clock.time; }}};
  test::FakeNovaTransport transport{fake};
  net::SharedRateLimiter limiter{{}, clock, nullptr};
  AuthSettings settings = test::fake_nova_settings();
  std::optional<Session> session;
};

}  // namespace

TEST_CASE("rates: by kind; what is not named has no limit; what is none is told") {
  const auto rates = parse_rates({"launch 20/5", "end none"});
  REQUIRE(rates);
  CHECK(rates->launch == net::Rate{.burst = 20, .per_second = 5});
  CHECK(rates->read == net::Rate{});
  CHECK(rates->end == net::Rate{});
  for (const char* wrong : {"run 5/2", "launch", "launch 5", "launch 0/1", ""}) {
    CAPTURE(wrong);
    const auto refused = parse_rates({wrong});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::config);
    CHECK_FALSE(refused.error().hint.empty());
  }
}

TEST_CASE("rates: each kind of call has its bucket") {
  const Rates rates = parse_rates({"read 4/4", "launch 3/3", "end 2/2", "other 1/1"}).value();
  const auto burst = [&](const char* method, const char* path) {
    return draw_for(method, path, rates, "a").rate.burst;
  };
  CHECK(burst("GET", "/servers/detail?x=1") == 4);
  CHECK(burst("POST", "/servers") == 3);
  CHECK(burst("DELETE", "/servers/1") == 2);
  CHECK(burst("POST", "/servers/1/action") == 1);
}

TEST_CASE("rates: calls beyond them wait for their turn and then go") {
  Paced paced({"end 2/1"});
  const auto begin = paced.clock.at;
  const auto answers = paced.end(5);
  CHECK(paced.clock.at == begin + std::chrono::seconds(3));
  for (const Answer& answer : answers) CHECK(answer.status == 404);
  CHECK(paced.session->calls() == std::map<std::string, int>{{"DELETE /servers/*", 5}});
}

TEST_CASE("rates: stopped while it waits, what was not sent says so and may be sent later") {
  Paced paced({"end 2/1"});
  paced.clock.stopped = true;
  const auto answers = paced.end(3);
  CHECK(answers[0].status == 404);
  CHECK(answers[1].status == 404);
  REQUIRE_FALSE(answers[2].reply);
  CHECK(answers[2].reply.error().kind == ErrorKind::unsent);
  CHECK(paced.fake.count_calls("DELETE /servers/x2") == 0);
}

TEST_CASE("rates: without any, nothing waits") {
  Paced paced({});
  const auto begin = paced.clock.at;
  paced.end(50);
  CHECK(paced.clock.at == begin);
}

TEST_CASE("calls are counted without their IDs") {
  CHECK(name_of_call("GET", "/servers/detail?metadata=x&marker=y") == "GET /servers/detail");
  CHECK(name_of_call("POST", "/servers/0f1e2d3c-1/action") == "POST /servers/*/action");
  CHECK(name_of_call("GET", "/") == "GET /");
}

TEST_SUITE_END();
