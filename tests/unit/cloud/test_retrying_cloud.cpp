#include "tests/support/hand_clock.hpp"

#include <tide/cloud/retrying_cloud.hpp>

#include <doctest/doctest.h>

#include <deque>

using namespace tide;
using cloud::LaunchReply;

TEST_SUITE_BEGIN("cloud/retrying_cloud");

namespace {

class SleepyClock final : public test::HandClock {
 public:
  bool sleep_for(std::chrono::milliseconds span) override {
    slept.push_back(span.count());
    return HandClock::sleep_for(span);
  }

  std::vector<std::int64_t> slept;
};

class Largest : public Random {
 public:
  std::uint64_t next() override { return ~std::uint64_t{0}; }
};

// Answers each item of each call from a script of errors; past its end everything goes well.
class Scripted : public cloud::Cloud {
 public:
  const core::CloudName& name() const override { return m_name; }
  core::CloudTraits limits() const override {
    return {.has_launch_tokens = has_tokens, .launch_max = 500, .terminate_max = 1000};
  }
  Result<std::vector<core::Instance>> list(const std::string&) override {
    return next<std::vector<core::Instance>>("list");
  }
  std::vector<Result<LaunchReply>> launch(std::span<const core::LaunchRequest> requests) override {
    std::vector<Result<LaunchReply>> replies;
    for (const auto& request : requests) replies.push_back(next<LaunchReply>(request.intent.value));
    return replies;
  }
  std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) override {
    std::vector<Result<void>> results;
    for (const auto& id : ids) {
      const auto done = next<int>(id.value);
      results.push_back(done ? Result<void>() : Result<void>(done.error()));
    }
    return results;
  }
  Result<std::vector<core::Instance>> find(std::span<const std::string>) override {
    return next<std::vector<core::Instance>>("find");
  }
  Result<void> retag(const core::InstanceId& id, const core::Retag&) override {
    const auto done = next<int>("retag " + id.value);
    return done ? Result<void>() : Result<void>(done.error());
  }
  Result<std::string> console(const core::InstanceId&) override { return next<std::string>("console"); }
  Result<std::vector<cloud::InstanceType>> types(std::span<const std::string>) override {
    return next<std::vector<cloud::InstanceType>>("types");
  }
  Result<void> check(const core::Pool&) const override { return {}; }

  void fail(ErrorKind kind, int times = 1, std::int64_t retry_after = 0) {
    for (int i = 0; i < times; ++i) {
      Error error = make_error(kind, "as scripted");
      error.retry_after_seconds = retry_after;
      script.emplace_back(error);
    }
  }
  void succeed() { script.emplace_back(std::nullopt); }

  std::deque<std::optional<Error>> script;
  std::vector<std::string> asked;
  bool has_tokens = true;

 private:
  template <typename T>
  Result<T> next(const std::string& what) {
    asked.push_back(what);
    if (script.empty()) return T{};
    const auto error = script.front();
    script.pop_front();
    if (error) return *error;
    return T{};
  }

  core::CloudName m_name{"aws"};
};

struct World {
  Scripted inner;
  SleepyClock clock;
  Largest random;
  cloud::RetryingCloud cloud{inner, clock, random};
};

std::vector<core::LaunchRequest> launches(const std::vector<std::string>& tokens) {
  std::vector<core::LaunchRequest> requests;
  for (const std::string& token : tokens) requests.push_back({.intent = {token}});
  return requests;
}

}  // namespace

TEST_CASE("RetryingCloud: what works is asked once, without waiting") {
  World world;
  CHECK(world.cloud.list("c"));
  CHECK(world.inner.asked.size() == 1);
  CHECK(world.clock.slept.empty());
}

TEST_CASE("RetryingCloud: a lost connection, a time-out and throttling pass within three tries") {
  for (const ErrorKind kind : {ErrorKind::retry, ErrorKind::timeout, ErrorKind::throttled}) {
    World world;
    world.inner.fail(kind, 2);
    CHECK(world.cloud.list("c"));
    CHECK(world.inner.asked.size() == 3);
    REQUIRE(world.clock.slept.size() == 2);
    CHECK(world.clock.slept[0] <= 1000);
    CHECK(world.clock.slept[1] <= 2000);
    world.inner.fail(kind, 3);
    const auto failed = world.cloud.console({"i-1"});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == kind);
    CHECK(world.inner.asked.size() == 6);
  }
}

TEST_CASE("RetryingCloud: no repeat past the end of the pass") {
  World world;
  net::Deadline deadline(world.clock);
  cloud::RetryingCloud late(world.inner, world.clock, world.random, &deadline);
  deadline.begin(std::chrono::milliseconds(1));
  world.inner.fail(ErrorKind::timeout, 3);
  const auto failed = late.list("c");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::timeout);
  CHECK(world.inner.asked.size() == 1);
  CHECK(world.clock.slept.empty());
}

TEST_CASE("RetryingCloud: what no repeat mends is told at once") {
  for (const ErrorKind kind : {ErrorKind::capacity, ErrorKind::quota, ErrorKind::auth, ErrorKind::bad_request,
                               ErrorKind::config, ErrorKind::eventual, ErrorKind::unknown, ErrorKind::protocol}) {
    World world;
    CAPTURE(to_string(kind));
    world.inner.fail(kind);
    CHECK(world.cloud.list("c").error().kind == kind);
    CHECK(world.inner.asked.size() == 1);
    CHECK(world.clock.slept.empty());
  }
}

TEST_CASE("RetryingCloud: only the launches that failed are asked again, in order") {
  World world;
  world.inner.succeed();
  world.inner.fail(ErrorKind::throttled);
  world.inner.fail(ErrorKind::capacity);
  world.inner.fail(ErrorKind::retry, 1, 7);
  const auto requests = launches({"a", "b", "c", "d"});
  const auto replies = world.cloud.launch(requests);
  CHECK(world.inner.asked == std::vector<std::string>{"a", "b", "c", "d", "b", "d"});
  CHECK(replies[0]);
  CHECK(replies[1]);
  CHECK(replies[2].error().kind == ErrorKind::capacity);
  CHECK(replies[3]);
  // The longest Retry-After of them all was waited for.
  REQUIRE(world.clock.slept.size() == 1);
  CHECK(world.clock.slept[0] >= 7000);
}

TEST_CASE("RetryingCloud: a launch that may have been done stays unclear, whatever kept the next try from being made") {
  for (const ErrorKind second :
       {ErrorKind::throttled, ErrorKind::unsent, ErrorKind::auth, ErrorKind::bad_request, ErrorKind::unknown}) {
    World world;
    CAPTURE(to_string(second));
    world.inner.fail(ErrorKind::retry);
    world.inner.fail(second, 2);
    const auto requests = launches({"a"});
    const auto reply = world.cloud.launch(requests).front();
    REQUIRE_FALSE(reply);
    CHECK(reply.error().kind == ErrorKind::retry);
    CHECK(reply.error().context.back().starts_with("asked again: "));
  }
  // A cloud that looked at the token and had nothing to give did not do the first.
  for (const ErrorKind second : {ErrorKind::capacity, ErrorKind::quota}) {
    World world;
    world.inner.fail(ErrorKind::retry);
    world.inner.fail(second);
    const auto requests = launches({"a"});
    CHECK(world.cloud.launch(requests).front().error().kind == second);
  }
  World world;
  world.inner.fail(ErrorKind::throttled);
  world.inner.fail(ErrorKind::auth);
  const auto requests = launches({"a"});
  CHECK(world.cloud.launch(requests).front().error().kind == ErrorKind::auth);
}

TEST_CASE("RetryingCloud: without tokens a launch is never repeated, an end is") {
  World world;
  world.inner.has_tokens = false;
  world.inner.fail(ErrorKind::retry);
  const auto requests = launches({"a"});
  CHECK(world.cloud.launch(requests).front().error().kind == ErrorKind::retry);
  CHECK(world.inner.asked.size() == 1);
  world.inner.fail(ErrorKind::retry);
  const std::vector<core::InstanceId> ids{{"i-1"}, {"i-2"}};
  for (const auto& each : world.cloud.terminate(ids)) CHECK(each);
  CHECK(world.inner.asked == std::vector<std::string>{"a", "i-1", "i-2", "i-1"});
}

TEST_CASE("RetryingCloud: a signal ends the waiting") {
  World world;
  world.clock.stopped = true;
  world.inner.fail(ErrorKind::throttled, 2);
  CHECK_FALSE(world.cloud.list("c"));
  CHECK(world.inner.asked.size() == 1);
}

TEST_CASE("RetryingCloud: a dead cloud uses up the budget, and then every call fails at once") {
  World world;
  world.inner.fail(ErrorKind::timeout, 1000);
  for (int i = 0; i < 30; ++i) CHECK_FALSE(world.cloud.list("c"));
  const std::size_t before = world.inner.asked.size();
  CHECK(before < 90);
  CHECK_FALSE(world.cloud.list("c"));
  CHECK(world.inner.asked.size() == before + 1);
}
