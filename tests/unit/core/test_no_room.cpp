#include <tide/core/back_off.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/no_room");

namespace {

const std::string k_words = "No valid host was found. There are not enough hosts available.";

// A machine of pool 'small' that its cloud took and then found no room for.
Snapshot without_room(ErrorKind kind = ErrorKind::capacity) {
  auto world = snapshot();
  world.now.clouds.at({"aws"}).room_told_later = true;
  world.machine("i-1", "n1").state(core::InstanceState::failed).instance([&](core::Instance& one) {
    one.fault = k_words;
    one.fault_kind = kind;
  });
  world.memory().intents.at({"intent-i-1"}).request.types = {"t1"};
  return world;
}

const core::BackOff* only_back_off(const core::Plan& plan) {
  return plan.memory.back_offs.size() == 1 ? &plan.memory.back_offs.begin()->second : nullptr;
}

}  // namespace

TEST_CASE("no valid host: its flavor rests as after a refusal, with the cloud's words; no boot failure is counted") {
  const auto plan = without_room().waiting(slots(4)).plan();
  const core::BackOff* row = only_back_off(plan);
  REQUIRE(row != nullptr);
  CHECK(row->kind == ErrorKind::capacity);
  CHECK(row->what == "t1");
  CHECK(row->until == k_now + core::k_capacity_first);
  CHECK(row->why.ends_with(k_words));
  CHECK(plan.memory.breakers.empty());
  CHECK(find(plan, "i-1")->why == k_words);
  CHECK(launches(plan).empty());
  REQUIRE(plan.shapes.size() == 1);
  CHECK(plan.shapes.front().reasons.front().text.find("t1: no capacity until") != std::string::npos);
}

TEST_CASE("no valid host: the machine ends at once, for it holds quota, and its console is not asked for") {
  const auto plan = without_room().set([](core::Settings& s) { s.scale.keep_failed = 5; }).plan();
  REQUIRE(actions(plan) == Lines{"terminate n1: failed"});
  CHECK_FALSE(std::get<core::Terminate>(plan.actions[0].action).boot_failure);
  CHECK(plan.actions[0].reason.text == k_words);
}

TEST_CASE("no valid host: the pool's next flavor is launched in the same pass") {
  auto world = without_room().waiting(slots(4)).set([](core::Settings& s) {
    s.pools.at({"small"}).types = {"t1", "t2"};
  });
  const auto plan = world.plan();
  REQUIRE(launches(plan).size() == 1);
  CHECK(launches(plan).front().request.types.front() == "t2");
}

TEST_CASE("no valid host: many machines of one try count once, a later try rests longer") {
  auto world = without_room();
  world.machine("i-2", "n2").state(core::InstanceState::failed).instance([&](core::Instance& one) {
    one.fault = k_words;
    one.fault_kind = ErrorKind::capacity;
  });
  world.memory().intents.at({"intent-i-2"}).request.types = {"t1"};
  const auto plan = world.plan();
  REQUIRE(only_back_off(plan) != nullptr);
  CHECK(only_back_off(plan)->attempts == 1);
  core::BackOff older = *only_back_off(plan);
  older.until = Snapshot::before(1s);
  auto later = without_room();
  later.memory().back_offs[older.key] = older;
  const auto again = later.plan();
  REQUIRE(only_back_off(again) != nullptr);
  CHECK(only_back_off(again)->until == k_now + 2 * core::k_capacity_first);
}

TEST_CASE("no valid host: told once a machine, not in each pass while it is there") {
  auto world = without_room();
  world.row([](core::Machine& row) { row.failing_since = Snapshot::before(30s); });
  CHECK(world.plan().memory.back_offs.empty());
}

TEST_CASE("over the quota, told by a machine: the pool rests, with the cloud's words") {
  const auto plan = without_room(ErrorKind::quota).waiting(slots(4)).plan();
  const core::BackOff* row = only_back_off(plan);
  REQUIRE(row != nullptr);
  CHECK(row->kind == ErrorKind::quota);
  CHECK(row->what == "pool 'small'");
  CHECK(plan.memory.breakers.empty());
  CHECK(launches(plan).empty());
  CHECK(plan.shapes.front().reasons.front().text.find("over the quota") != std::string::npos);
}

TEST_CASE("a configuration that cannot work counts as a boot failure: three stop the pool, with the cloud's words") {
  auto world = without_room(ErrorKind::bad_request);
  world.memory().breakers[{"small"}] = {.pool = {"small"}, .failures = 2, .last = "", .console = ""};
  const auto plan = world.waiting(slots(4)).plan();
  CHECK(plan.memory.back_offs.empty());
  const core::Breaker& breaker = plan.memory.breakers.at({"small"});
  CHECK(breaker.open);
  CHECK(breaker.last == "instance 'i-1': " + k_words);
}

TEST_CASE("room again: a machine that was launched after the rest and runs ends the row, an older one does not") {
  auto world = without_room();
  const core::BackOff told = *only_back_off(world.plan());
  for (const bool later : {true, false}) {
    CAPTURE(later);
    auto again = snapshot();
    again.now.clouds.at({"aws"}).room_told_later = true;
    again.machine("i-9", "n9", 60s);
    again.memory().intents.at({"intent-i-9"}).request.types = {"t1"};
    core::BackOff row = told;
    row.until = Snapshot::before(later ? 61s : 59s);
    again.memory().back_offs[row.key] = row;
    CHECK(again.plan().memory.back_offs.empty() == later);
  }
}

TEST_CASE("keep_failed: the last to fail stay for a person, told with how to end them; the others end") {
  auto world = snapshot().set([](core::Settings& s) { s.scale.keep_failed = 1; });
  for (const auto& [id, name, since] : {std::tuple{"i-1", "n1", 90s}, {"i-2", "n2", 70s}, {"i-3", "n3", 80s}}) {
    world.machine(id, name, 200s)
        .state(core::InstanceState::failed)
        .instance([](core::Instance& one) { one.fault = "kernel panic"; })
        .row([&](core::Machine& row) { row.failing_since = Snapshot::before(since); });
  }
  const auto plan = world.plan();
  CHECK(actions(plan) == Lines{"terminate n1: failed", "terminate n3: failed"});
  REQUIRE(declined(plan) == Lines{"i-2: kept-failed"});
  CHECK(plan.declined.front().reason.text ==
        "kernel panic; [scale] keep_failed = 1 keeps it, 'tide terminate i-2' ends it");
}
