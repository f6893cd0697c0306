#include "tests/support/builders.hpp"

#include <tide/core/describe.hpp>
#include <tide/core/snapshot_json.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/plan");

namespace {

// Something of everything.
Snapshot busy_world() {
  auto world = snapshot()
                   .worker("i-1", "n1")
                   .idle(3600s)
                   .worker("i-2", "n2")
                   .draining()
                   .worker("i-3", "n3")
                   .busy("7")
                   .machine("i-4", "n4", 5000s);
  world.worker("i-5", "n5")
      .joining()
      .worker("i-6", "n6")
      .state(core::InstanceState::gone)
      .stranger("metal")
      .held("x")
      .open_intent("k1");
  return world.waiting(slots(2, 2), 3).waiting(slots(1), 40).wish(core::WishKind::kill_node, {"n3"});
}

}  // namespace

TEST_CASE("plan: is pure: the same input gives the same plan, and is left as it was") {
  auto world = busy_world();
  const core::Snapshot input = world.build();
  const core::Snapshot copy = input;
  const core::Plan first = core::plan(input, world.settings);
  CHECK(core::plan(input, world.settings) == first);
  CHECK(input == copy);
  CHECK(first.actions.size() > 3);
}

TEST_CASE("plan: memory in, memory out: a plan without actions changes times and what was spent only") {
  auto world = snapshot().worker("i-1", "n1").busy("7");
  const core::Snapshot input = world.build();
  core::Plan plan = core::plan(input, world.settings);
  CHECK(plan.actions.empty());
  plan.memory.passes = input.memory.passes;
  plan.memory.clock = input.memory.clock;
  plan.memory.spend_clock = input.memory.spend_clock;
  plan.memory.spend = input.memory.spend;
  core::Snapshot after = input;
  after.memory = plan.memory;
  CHECK(core::to_json({.settings = world.settings, .snapshot = after}) ==
        core::to_json({.settings = world.settings, .snapshot = input}));
}

TEST_CASE("plan: workers come sorted, each action with a reason") {
  const auto plan = busy_world().plan();
  CHECK(std::ranges::is_sorted(plan.workers, {}, [](const core::Worker& one) { return std::pair(one.name, one.id); }));
  for (const auto& planned : plan.actions) {
    CHECK_FALSE(planned.reason.rule.empty());
    CHECK_FALSE(planned.reason.text.empty());
  }
}

TEST_CASE("plan: every waiting job is in one class") {
  for (const auto& shape : busy_world().plan().shapes)
    CHECK(shape.fits + shape.launching + shape.not_counted == shape.jobs.count);
}

TEST_CASE("plan: no node and no machine gets two actions that contradict") {
  const auto plan = busy_world().plan();
  std::vector<std::string> touched;
  for (const auto& planned : plan.actions) {
    const auto verb = core::verb_of(planned.action);
    if (verb == "hold" || verb == "release" || verb == "terminate") touched.push_back(core::subject_of(planned.action));
  }
  std::ranges::sort(touched);
  CHECK(std::ranges::adjacent_find(touched) == touched.end());
}

TEST_CASE("plan: an idle worker's whole way out never ends it before a second reading") {
  auto world = snapshot().worker("i-1", "n1").idle(600s);
  auto plan = world.plan();
  REQUIRE(actions(plan) == Lines{"hold n1: idle"});
  world.now.memory = plan.memory;
  auto row = std::get<core::Hold>(plan.actions[0].action).row;
  row.confirmed = true;
  world.memory().holds[{"n1"}] = row;
  world.held(row.note);
  CHECK(actions(world.plan()) == Lines{"terminate n1: idle"});
}

TEST_CASE("plan: nothing at all is done on errors of everything") {  // B-E11, B-D9
  auto world = busy_world();
  world.memory().wishes.clear();
  world.now.server = world.now.server.has_value()
                         ? core::Observed<core::ServerIdentity>(make_error(ErrorKind::batch, "down"))
                         : world.now.server;
  world.now.nodes = make_error(ErrorKind::batch, "down");
  world.now.jobs = make_error(ErrorKind::batch, "down");
  world.unreadable("aws");
  CHECK(actions(world.plan()).empty());
}
