#include "tests/support/builders.hpp"

#include <tide/core/describe.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/read_sources");

namespace {

// n idle workers n1 ... and a job that waits for one more machine; some nodes are then not listed.
Snapshot cluster(int workers, int missing) {
  auto world = snapshot();
  for (int i = 1; i <= workers; ++i) world.worker(fmt::format("i-{}", i), fmt::format("n{}", i)).idle(3600s);
  world.learned();
  auto& nodes = world.nodes();
  nodes.erase(nodes.begin(), nodes.begin() + missing);
  return world.waiting(slots(4), 50);
}

bool is_suspect(const core::Plan& plan) {
  return plan.memory.suspicion.has_value() && actions(plan).empty() && has(alarms(plan), "batch-unreadable");
}

ErrorKind alarm_kind(const core::Plan& plan) {
  REQUIRE_FALSE(plan.alarms.empty());
  return plan.alarms.front().kind;
}

const std::vector<core::NodeName> k_all_four{{"n1"}, {"n2"}, {"n3"}, {"n4"}};

}  // namespace

TEST_CASE("suspect: all nodes missing, even one") {
  CHECK(is_suspect(cluster(1, 1).plan()));
  CHECK(is_suspect(cluster(2, 2).plan()));
}

TEST_CASE("suspect: more than two and more than a fifth") {
  CHECK_FALSE(is_suspect(cluster(3, 2).plan()));  // two
  CHECK(is_suspect(cluster(4, 3).plan()));
  CHECK_FALSE(is_suspect(cluster(15, 3).plan()));  // a fifth, not more
  CHECK(is_suspect(cluster(14, 3).plan()));
}

TEST_CASE("suspect: what tide took out itself is not missing") {
  auto world = cluster(4, 3);
  world.memory().last_good.nodes = {{"n4"}};
  CHECK_FALSE(world.plan().memory.suspicion.has_value());
}

TEST_CASE("suspect: nodes whose machines tide ended leave by themselves (HTCondor)") {
  auto world = cluster(4, 4);
  for (auto& [id, machine] : world.memory().machines) machine.told_to_end = Snapshot::before(5s);
  CHECK_FALSE(world.plan().memory.suspicion.has_value());
  for (auto& [id, machine] : world.memory().machines) machine.told_to_end.reset();
  CHECK(is_suspect(world.plan()));
}

TEST_CASE("suspect: exits as unproven and says which nodes") {
  const auto plan = cluster(1, 1).plan();
  CHECK(alarm_kind(plan) == ErrorKind::unproven);
  CHECK(plan.alarms.front().reason.text == "suspect reading: 1 of 1 nodes of the last good reading are missing (n1)");
}

TEST_CASE("suspect: what was learned stays until the reading is believed") {
  const auto plan = cluster(4, 4).plan();
  CHECK(plan.memory.last_good.nodes.size() == 4);
}

TEST_CASE("suspect: after half an hour the reading is believed, and still ends no machine whose node had registered") {
  auto world = cluster(4, 4);
  world.memory().suspicion = core::Suspicion{.since = Snapshot::before(1799s), .missing = k_all_four};
  CHECK(is_suspect(world.plan()));
  world.memory().suspicion = core::Suspicion{.since = Snapshot::before(1800s), .missing = k_all_four};
  const auto plan = world.plan();
  CHECK_FALSE(plan.memory.suspicion.has_value());
  CHECK(plan.memory.last_good.nodes.empty());
  for (const auto& planned : plan.actions) CHECK(core::verb_of(planned.action) == "launch");
  CHECK(find(plan, "n1")->phase == core::Phase::down);
}

TEST_CASE("suspect: accept-reading makes them machines that never joined, which end as lost") {
  auto world = cluster(4, 4);
  world.memory().suspicion = core::Suspicion{.since = Snapshot::before(60s), .missing = k_all_four, .accepted = true};
  const auto first = world.plan();
  CHECK_FALSE(first.memory.suspicion.has_value());
  CHECK(find(first, "n1")->phase == core::Phase::lost);
  CHECK_FALSE(has(actions(first), "terminate n1: lost"));  // its grace begins
  world.now.memory = first.memory;
  for (auto& [id, row] : world.memory().machines) row.failing_since = Snapshot::before(60s);
  CHECK(has(actions(world.plan()), "terminate n1: lost"));
}

TEST_CASE("suspect: what a person or time lets pass is what was missing then, and nothing worse") {
  auto world = cluster(4, 4);
  world.memory().suspicion =
      core::Suspicion{.since = Snapshot::before(1800s), .missing = {{"n1"}, {"n2"}, {"n3"}}, .accepted = true};
  const auto plan = world.plan();
  CHECK(is_suspect(plan));
  CHECK(plan.memory.suspicion->since == k_now);
  CHECK_FALSE(plan.memory.suspicion->accepted);
  CHECK(plan.memory.suspicion->missing == k_all_four);
}

TEST_CASE("suspect: a reading that is whole again ends the suspicion") {
  auto world = cluster(4, 0);
  world.memory().suspicion = core::Suspicion{.since = Snapshot::before(60s)};
  CHECK_FALSE(world.plan().memory.suspicion.has_value());
}

TEST_CASE("suspect: running jobs that no list names while their slots stay allocated") {
  auto world = snapshot().worker("i-1", "n1").busy("7").learned();
  world.now.jobs->running.clear();
  CHECK(is_suspect(world.plan()));
}

TEST_CASE("suspect: a job that ended is not missing") {
  auto world = snapshot().worker("i-1", "n1").busy("7").learned();
  world.now.jobs->running.clear();
  world.node().slots_used = 0;
  const auto plan = world.plan();
  CHECK_FALSE(plan.memory.suspicion.has_value());
  CHECK(plan.memory.last_good.running.empty());
}

TEST_CASE("suspect: one job of many is no reason") {
  auto world = snapshot();
  for (int i = 1; i <= 10; ++i) world.worker(fmt::format("i-{}", i), fmt::format("n{}", i)).busy(fmt::format("{}", i));
  world.learned();
  world.now.jobs->running.erase({"n1"});
  CHECK_FALSE(world.plan().memory.suspicion.has_value());
}

TEST_CASE("read_sources: a reading that failed ends nothing and launches nothing") {
  const auto broken = [](auto spoil) {
    auto world = cluster(3, 0).draining();
    spoil(world.now, make_error(ErrorKind::protocol, "squeue printed HTML"));
    return world.plan();
  };
  for (const auto& plan : {broken([](auto&now, Error error) { now.jobs = error; }),   // T-D6, T-E11, T-P11
                           broken([](auto&now, Error error) { now.nodes = error; }),  // B-D10
                           broken([](auto&now, Error error) { now.server = error; })}) {
    CHECK(actions(plan).empty());
    CHECK(alarms(plan) == Lines{"batch-unreadable"});
    CHECK(alarm_kind(plan) == ErrorKind::protocol);
    CHECK(plan.memory.last_good.nodes.size() == 3);
  }
}

TEST_CASE("read_sources: another server's answer is a stranger's and is not remembered") {
  auto world = cluster(3, 0);
  world.now.server->name = "test";
  const auto plan = world.plan();
  CHECK(actions(plan).empty());
  CHECK(alarm_kind(plan) == ErrorKind::stranger);
  CHECK(plan.memory.server == "demo");
}

TEST_CASE("read_sources: the first server that answers is remembered") {
  auto world = snapshot();
  world.memory().server.clear();
  CHECK(world.plan().memory.server == "demo");
}

TEST_CASE("read_sources: a server that came up just now proves nothing") {
  auto world = cluster(3, 0);
  world.now.server->fresh = true;
  const auto plan = world.plan();
  CHECK(actions(plan).empty());
  CHECK(alarm_kind(plan) == ErrorKind::unproven);
}

TEST_CASE("read_sources: another head's machine makes this one read only") {
  auto world = cluster(3, 0).instance([](core::Instance& one) { one.tags[core::tag::k_owner] = "head-2"; });
  const auto plan = world.plan();
  CHECK(actions(plan).empty());
  CHECK(alarms(plan) == Lines{"foreign-head"});
  CHECK(alarm_kind(plan) == ErrorKind::refused);
}

TEST_CASE("read_sources: a taken over head's machines are ours") {
  auto world = cluster(3, 0).instance([](core::Instance& one) { one.tags[core::tag::k_owner] = "head-2"; });
  world.memory().taken_over = {{"head-2"}};
  const auto plan = world.plan();
  CHECK(alarms(plan).empty());
  CHECK(find(plan, "n3")->ours);
}

TEST_CASE("read_sources: a gone machine of another head is history") {
  auto world =
      snapshot().machine("i-1", "n1").instance([](core::Instance& one) { one.tags[core::tag::k_owner] = "head-2"; });
  CHECK(alarms(world.forgotten().state(core::InstanceState::gone).plan()).empty());
}

TEST_CASE("read_sources: a machine that bears our cluster's tag and no owner is foreign and hinders nobody") {
  auto world = snapshot()
                   .machine("i-1", "n1", 7200s)
                   .instance([](core::Instance& one) { one.tags.erase(core::tag::k_owner); })
                   .forgotten();
  const auto plan = world.waiting(slots(1)).plan();
  CHECK(find(plan, "i-1")->phase == core::Phase::foreign);
  CHECK(actions(plan) == Lines{"launch small x1: demand"});
}

TEST_CASE("read_sources: a machine of this head that the store does not know begins the rebuild") {
  auto world = cluster(3, 0).forgotten();
  const auto plan = world.plan();
  CHECK(plan.memory.rebuild == k_now);
  CHECK(alarms(plan) == Lines{"rebuild"});
  CHECK(plan.memory.machines.at({"i-3"}).adopted);
  for (const auto& planned : plan.actions) CHECK_FALSE(core::verb_of(planned.action) == "terminate");
}

TEST_CASE("read_sources: the rebuild lasts an hour, in which no rule holds or ends") {
  auto world = cluster(3, 0);
  world.now.jobs->waiting.clear();
  world.memory().rebuild = Snapshot::before(3599s);
  CHECK(actions(world.plan()).empty());
  world.memory().rebuild = Snapshot::before(3600s);
  CHECK(actions(world.plan()) == Lines{"hold n1: idle", "hold n2: idle", "hold n3: idle"});
}

TEST_CASE("read_sources: a first run with no machine waits for nothing") {
  const auto plan = snapshot().waiting(slots(1)).plan();
  CHECK_FALSE(plan.memory.rebuild.has_value());
  CHECK(actions(plan) == Lines{"launch small x1: demand"});
}

TEST_CASE("read_sources: an unreadable cloud is told; the others go on") {
  auto world = cluster(1, 0).cloud("other").pool("big", [](core::Pool& pool) { pool.cloud = {"other"}; });
  const auto plan = world.unreadable("aws", ErrorKind::auth).plan();  // T-C6, T-A14, B-E11
  CHECK(alarms(plan) == Lines{"cloud-unreadable"});
  CHECK(alarm_kind(plan) == ErrorKind::auth);
  CHECK(actions(plan) == Lines{"launch big x20: demand"});
}
