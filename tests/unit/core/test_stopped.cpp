#include "tests/support/stopped_machines.hpp"

#include <tide/core/describe.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/stopped");

namespace {

bool stops(const core::Plan& plan) {
  return std::ranges::any_of(plan.actions, [](const core::PlannedAction& planned) {
    const auto* end = std::get_if<core::Terminate>(&planned.action);
    return end != nullptr && end->stop;
  });
}

}  // namespace

TEST_CASE("stopped: an idle machine stops where its pool keeps some, and ends where it does not") {
  auto world = keeping();
  CHECK(actions(drained(world, "i-1", "n1").plan()) == Lines{"stop n1: idle"});
  auto without = keeping(0);
  CHECK(actions(drained(without, "i-1", "n1").plan()) == Lines{"terminate n1: idle"});
  auto cannot = keeping();
  cannot.now.clouds.at({"aws"}).can_stop = false;
  CHECK(actions(drained(cannot, "i-1", "n1").plan()) == Lines{"terminate n1: idle"});
}

TEST_CASE("stopped: only idleness stops a machine: what is wrong with it, or asked for, ends it") {
  for (const char* rule : {"wish", "unfit", "down", "interrupted", "failed", "replaced"}) {
    CAPTURE(rule);
    auto world = keeping();
    CHECK_FALSE(stops(drained(world, "i-1", "n1", rule).plan()));
  }
}

TEST_CASE("stopped: not one of an older template, of spot, or that its cloud does not stop") {
  auto older = keeping();
  drained(older, "i-1", "n1").instance().tags[core::tag::k_template] = "0123";
  CHECK_FALSE(stops(older.plan()));
  auto spot = keeping();
  drained(spot, "i-1", "n1").instance().market = core::Market::spot;
  CHECK_FALSE(stops(spot.plan()));
  auto refused = keeping();
  drained(refused, "i-1", "n1").row().unstoppable = true;
  CHECK(actions(refused.plan()) == Lines{"terminate n1: idle"});
}

TEST_CASE("stopped: no more than the pool keeps, those that are stopped already counted") {
  auto world = keeping(2);
  stopped(world, "i-1", "n1");
  drained(world, "i-2", "n2");
  drained(world, "i-3", "n3");
  CHECK(actions(world.plan()) == Lines{"stop n2: idle", "terminate n3: idle"});
}

TEST_CASE("stopped: its node leaves the batch system, and it stays, for as long as it may") {
  auto world = keeping();
  drained(world, "i-1", "n1").state(core::InstanceState::stopped);
  world.row([](core::Machine& row) {
    row.ending = row.told_to_end = Snapshot::before(20s);
    row.stops = true;
  });
  const core::Plan first = world.plan();
  CHECK(actions(first) == Lines{"remove n1: stopped"});
  const core::Machine& row = first.memory.machines.at({"i-1"});
  CHECK(row.stopped == k_now);
  CHECK_FALSE(row.registered);
  auto later = keeping();
  const core::Plan rest = stopped(later, "i-1", "n1", 90'000s).plan();
  CHECK(actions(rest).empty());
  CHECK(rest.workers.front().phase == core::Phase::stopped);
}

TEST_CASE("stopped: nothing is taken out while the batch system lists jobs on it") {
  auto world = keeping();
  drained(world, "i-1", "n1").state(core::InstanceState::stopped).busy("7");
  world.row([](core::Machine& row) { row.stops = true; });
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("stopped: it is started again before a new one is launched, under its own name") {
  auto world = keeping();
  stopped(world, "i-1", "n1").waiting(slots(4), 2);
  const core::Plan plan = world.plan();
  CHECK(actions(plan) == Lines{"start small x1: demand", "launch small x1: demand"});
  const core::LaunchRequest start = launches(plan).front().request;
  CHECK(start.restart == std::vector<core::InstanceId>{{"i-1"}});
  CHECK(start.names == Lines{"n1"});
  CHECK(start.count == 1);
  CHECK(core::describe(plan.actions.front().action) == "start stopped 1 machine of pool 'small' as n1");
}

TEST_CASE("stopped: it counts towards no limit and costs nothing until it is started") {
  auto world = keeping();
  stopped(world, "i-1", "n1").waiting(slots(4), 2);
  world.set([](core::Settings& settings) { settings.scale.max_nodes = 1; });
  CHECK(actions(world.plan()) == Lines{"start small x1: demand"});
  auto dear = keeping();
  stopped(dear, "i-1", "n1").waiting(slots(4), 2);
  dear.set([](core::Settings& settings) { settings.money.per_hour_micros = 100'000; });
  CHECK(actions(dear.plan()) == Lines{"start small x1: demand"});
}

TEST_CASE("stopped: not started while its node is still listed, while a start is open, or shortly after a refusal") {
  auto listed = keeping();
  stopped(listed, "i-1", "n1").waiting(slots(4));
  listed.memory().nodes[{"n1"}] = {.node = {"n1"}, .pool = {"small"}, .made = true, .since = Snapshot::before(60s)};
  CHECK(actions(listed.plan()) == Lines{"launch small x1: demand", "remove n1: stopped"});

  auto open = keeping();
  stopped(open, "i-1", "n1").waiting(slots(4)).open_intent("x");
  open.memory().intents.at({"x"}).request.restart = {{"i-1"}};
  CHECK(actions(open.plan()) == Lines{"repeat x: repeat"});
  open.memory().nodes[{"n1"}] = {.node = {"n1"}, .pool = {"small"}, .intent = {"x"}, .made = true};
  CHECK(actions(open.plan()) == Lines{"repeat x: repeat"});  // its entry stays

  auto refused = keeping();
  stopped(refused, "i-1", "n1").waiting(slots(4)).row().start_refused = Snapshot::before(599s);
  CHECK(actions(refused.plan()) == Lines{"launch small x1: demand"});
  refused.row().start_refused = Snapshot::before(600s);
  CHECK(actions(refused.plan()) == Lines{"start small x1: demand"});
}

TEST_CASE("stopped: a job over several machines gets new ones, which come together") {
  auto world = keeping();
  stopped(world, "i-1", "n1").waiting(slots(2, 2));
  const std::vector<core::Launch> found = launches(world.plan());
  REQUIRE(found.size() == 1);
  CHECK(found.front().request.restart.empty());
  CHECK(found.front().request.count == 2);
}

TEST_CASE("stopped: what its listing shows running again begins anew, whoever started it") {
  auto world = keeping();
  stopped(world, "i-1", "n1").state(core::InstanceState::running);
  const core::Plan by_hand = world.plan();
  CHECK(by_hand.workers.front().phase == core::Phase::booting);
  const core::Machine& row = by_hand.memory.machines.at({"i-1"});
  CHECK_FALSE(row.stopped);
  CHECK_FALSE(row.told_to_end);
  CHECK(row.first_seen == k_now);
  CHECK(row.intent.value == "intent-i-1");

  world.open_intent("x").memory().intents.at({"x"}).request.restart = {{"i-1"}};
  const core::Plan by_tide = world.plan();
  CHECK(by_tide.memory.machines.at({"i-1"}).intent.value == "x");
  CHECK(by_tide.memory.intents.at({"x"}).state == core::IntentState::accepted);
}

TEST_CASE("stopped: too many end, the longest stopped first; none that changed its template") {
  auto many = keeping(1);
  stopped(many, "i-1", "n1", 100s);
  stopped(many, "i-2", "n2", 200s);
  CHECK(actions(many.plan()) == Lines{"terminate n2: stopped"});
  auto older = keeping();
  stopped(older, "i-1", "n1").instance().tags[core::tag::k_template] = "0123";
  CHECK(actions(older.plan()) == Lines{"terminate n1: stopped"});
  auto off = keeping(0);
  CHECK(actions(stopped(off, "i-1", "n1").plan()) == Lines{"terminate n1: stopped"});
}

TEST_CASE("stopped: none ends while its cloud, or the batch system, cannot be read, or the store is rebuilt") {
  auto cloud = keeping(0);
  CHECK(actions(stopped(cloud, "i-1", "n1").unreadable("aws").plan()).empty());
  auto batch = keeping(0);
  stopped(batch, "i-1", "n1").now.jobs = make_error(ErrorKind::batch, "squeue hangs");
  CHECK(actions(batch.plan()).empty());
  auto rebuild = keeping(0);
  stopped(rebuild, "i-1", "n1").memory().rebuild = Snapshot::before(60s);
  CHECK(actions(rebuild.plan()).empty());
}

TEST_CASE("stopped: a person's end of it needs no drain; drain-all takes it too") {
  auto world = keeping();
  stopped(world, "i-1", "n1").wish(core::WishKind::terminate, {"i-1"});
  CHECK(actions(world.plan()) == Lines{"terminate n1: wish"});
  auto all = keeping();
  stopped(all, "i-1", "n1").wish(core::WishKind::drain_all, {});
  all.memory().wishes.at({"w1"}).made_at = k_wall;
  CHECK(actions(all.plan()) == Lines{"terminate n1: wish"});
}

TEST_CASE("stopped: what a lost store no longer explains is kept where its pool keeps such") {
  auto world = keeping();
  stopped(world, "i-1", "n1").forgotten();
  const core::Plan plan = world.plan();
  CHECK(plan.workers.front().phase == core::Phase::stopped);
  CHECK(actions(plan).empty());
}

TEST_CASE("stopped: an older store, that knows it as joined, takes it for what its cloud says") {
  auto world = keeping();
  stopped(world, "i-1", "n1").row([](core::Machine& row) {
    row.stops = false;
    row.stopped.reset();
    row.registered = Snapshot::before(3500s);
  });
  CHECK(world.plan().workers.front().phase == core::Phase::stopped);
  world.now.jobs = make_error(ErrorKind::batch, "squeue hangs");
  CHECK(world.plan().workers.front().phase == core::Phase::down);
}

TEST_CASE("stopped: a node whose end was called is no room, though its listing says that it runs") {
  auto world = keeping();
  drained(world, "i-1", "n1").waiting(slots(4));
  CHECK(actions(world.plan()) == Lines{"release n1: demand"});
  world.row().ending = Snapshot::before(59s);
  CHECK(has(actions(world.plan()), "launch small x1: demand"));
  CHECK_FALSE(has(actions(world.plan()), "release n1: demand"));
}

TEST_CASE("stopped: what a person holds is not taken over when that person stops it") {
  auto kept = keeping();
  kept.worker("i-1", "n1").state(core::InstanceState::stopped).hold_row({.node = {"n1"}, .kind = core::HoldKind::keep});
  of_template(kept.node_missing());
  const core::Plan plan = kept.plan();
  CHECK(plan.workers.front().phase != core::Phase::stopped);
  CHECK(plan.memory.holds.contains({"n1"}));
  auto held = keeping();
  held.worker("i-1", "n1").state(core::InstanceState::stopped).row().held_since = Snapshot::before(600s);
  CHECK(of_template(held.node_missing()).plan().workers.front().phase != core::Phase::stopped);
}

TEST_CASE("stopped: a node that a person holds stays, though its machine is stopped") {
  auto world = keeping();
  drained(world, "i-1", "n1").state(core::InstanceState::stopped).held("Bob: look at its disk");
  world.memory().holds.clear();
  world.row([](core::Machine& row) { row.stops = true; });
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("stopped: a start that was taken is not taken back by a listing that is behind") {
  auto world = keeping();
  stopped(world, "i-1", "n1").waiting(slots(4));
  world.memory().intents.at({"intent-i-1"}).request.restart = {{"i-1"}};
  world.row([](core::Machine& row) {
    row.stops = false;
    row.stopped.reset();
    row.ending.reset();
    row.told_to_end.reset();
    row.first_seen = Snapshot::before(30s);
  });
  const core::Plan plan = world.plan();
  CHECK(plan.workers.front().phase == core::Phase::booting);
  CHECK(launches(plan).empty());
  world.row().stops = true;  // and once tide stops it again, it is
  CHECK(world.plan().workers.front().phase == core::Phase::stopped);
}

TEST_CASE("stopped: a stop that was not done is forgotten; one that is tried for long becomes an end") {
  auto served = keeping();
  served.worker("i-1", "n1").row([](core::Machine& row) {
    row.stops = true;
    row.ending = Snapshot::before(400s);
  });
  CHECK_FALSE(of_template(served).plan().memory.machines.at({"i-1"}).stops);
  auto vain = keeping();
  drained(vain, "i-1", "n1").row([](core::Machine& row) {
    row.stops = true;
    row.ending = Snapshot::before(60s);
  });
  CHECK(actions(vain.plan()) == Lines{"stop n1: idle"});
  vain.memory().holds.at({"n1"}).since = Snapshot::before(1800s);
  CHECK(actions(vain.plan()) == Lines{"terminate n1: idle"});
}

TEST_CASE("stopped: told to end, it is not started while its listing is behind") {
  auto world = keeping();
  stopped(world, "i-1", "n1").waiting(slots(4)).row().ending = Snapshot::before(5s);
  CHECK(actions(world.plan()) == Lines{"launch small x1: demand"});
}
