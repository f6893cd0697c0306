#include <tide/core/resize.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/resize");

namespace {

// What a person said while the pool had these bounds.
core::Resize said(std::optional<int> min, std::optional<int> max, int configured_min = 0, int configured_max = 0) {
  return {.pool = {"small"},
          .min = min,
          .max = max,
          .configured_min = configured_min,
          .configured_max = configured_max,
          .by = "alice",
          .since = k_wall};
}

Snapshot resized_world(Snapshot world, core::Resize row) {
  world.memory().resizes[{"small"}] = std::move(row);
  return world;
}

int launched(const core::Plan& plan) {
  int count = 0;
  for (const core::Launch& launch : launches(plan)) count += launch.request.count;
  return count;
}

}  // namespace

TEST_CASE("resize: a person's minimum starts machines, their maximum stops them") {
  CHECK(launched(resized_world(snapshot(), said(2, {})).plan()) == 2);
  CHECK(launched(snapshot().waiting(slots(4), 5).plan()) == 5);
  CHECK(launched(resized_world(snapshot().waiting(slots(4), 5), said({}, 3)).plan()) == 3);
}

TEST_CASE("resize: what was not said stays as configured") {
  auto world = resized_world(
      snapshot().waiting(slots(4), 5).set([](core::Settings& s) { s.pools.at({"small"}).max = 4; }), said(1, {}, 0, 4));
  CHECK(launched(world.plan()) == 4);
}

TEST_CASE("resize: the configuration's newer word takes it back, and the row goes") {
  auto world = resized_world(snapshot().set([](core::Settings& s) { s.pools.at({"small"}).min = 1; }), said(3, {}));
  const auto plan = world.plan();
  CHECK(launched(plan) == 1);
  CHECK(plan.memory.resizes.empty());
}

TEST_CASE("resize: a row of a pool that is no more goes") {
  auto world = snapshot();
  world.memory().resizes[{"gone"}] = said(3, {});
  const auto plan = world.plan();
  CHECK(launched(plan) == 0);
  CHECK(plan.memory.resizes.empty());
}

TEST_CASE("resize: in words") {
  CHECK(core::describe(said(2, 10)) ==
        "min 2, max 10 since 2027-01-15T08:00:00Z by alice, until the configuration changes");
  CHECK(core::describe(said({}, 10)) == "max 10 since 2027-01-15T08:00:00Z by alice, until the configuration changes");
}
