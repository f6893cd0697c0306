#include <tide/core/sleep.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/sleep");

namespace {

Snapshot sleeping(Snapshot world, std::optional<TimePoint> until = {}) {
  world.memory().sleep = core::Sleep{.by = "alice", .reason = "new image", .since = k_wall - 60s, .until = until};
  return world;
}

bool declined(const core::Plan& plan, const std::string& rule) {
  return std::ranges::any_of(plan.declined, [&](const core::Declined& one) { return one.reason.rule == rule; });
}

}  // namespace

TEST_CASE("sleep: neither demand nor a minimum starts a machine, and both are told why") {
  auto world = sleeping(snapshot().waiting(slots(4), 3).set([](core::Settings& s) {
    s.scale.min_nodes = 2;
    s.pools.at({"small"}).min = 1;
  }));
  const auto plan = world.plan();
  CHECK(launches(plan).empty());
  CHECK(declined(plan, "asleep"));
  REQUIRE(plan.shapes.size() == 1);
  CHECK(plan.shapes[0].not_counted == 3);
  CHECK(plan.shapes[0].reasons.back().text.find("since 2027-01-15T07:59:00Z by alice (new image)") !=
        std::string::npos);
}

TEST_CASE("sleep: over at its time, and not a second before") {
  CHECK(launches(sleeping(snapshot().waiting(slots(4), 1), k_wall + 1s).plan()).empty());
  CHECK(launches(sleeping(snapshot().waiting(slots(4), 1), k_wall).plan()).size() == 1);
}

TEST_CASE("sleep: a launch whose outcome is not known is not repeated, and still closes once settled") {
  auto world = snapshot().waiting(slots(4), 1).open_intent("k1", 1);
  const auto repeats = [](const core::Plan& plan) {
    return std::ranges::count_if(
        plan.actions, [](const core::PlannedAction& one) { return std::holds_alternative<core::Repeat>(one.action); });
  };
  CHECK(repeats(world.plan()) == 1);
  CHECK(repeats(sleeping(world).plan()) == 0);
}

TEST_CASE("sleep: drains and ends go on") {
  auto world = sleeping(snapshot().worker("i-1", "n1").idle(3600s));
  const auto plan = world.plan();
  CHECK(std::ranges::any_of(
      plan.actions, [](const core::PlannedAction& one) { return std::holds_alternative<core::Hold>(one.action); }));
}

TEST_CASE("sleep: in words") {
  CHECK(core::describe({.by = "bob", .reason = "", .since = k_wall, .until = {}}) ==
        "asleep until 'tide wake', since 2027-01-15T08:00:00Z by bob");
}

TEST_SUITE_END();
