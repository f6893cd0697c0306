#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using core::Instance;
using core::InstanceState;
using core::IntentState;
using core::JobId;
using core::Launch;
using core::Node;
using core::NodeName;
using core::Phase;
using core::Plan;
using core::Reason;
using core::ShapeVerdict;
using core::Worker;
using namespace std::chrono_literals;
using test::actions;
using test::k_wall;
using test::Lines;
using test::slots;
using test::Snapshot;

TEST_SUITE_BEGIN("core/find_duplicates");

namespace {

// Two machines of one launch, i-1 first; with their name, and the node's entry as tide made it.
Snapshot twice() {
  Snapshot world;
  world.now.clouds.at({"aws"}) = {.has_launch_tokens = false, .launches_listed = true};
  world.machine("i-1", "n1", 120s).machine("i-2", "n1", 60s);
  for (Instance& instance : *world.now.instances.at({"aws"})) instance.tags[core::tag::k_intent] = "intent-i-1";
  world.memory().intents.erase({"intent-i-2"});
  world.memory().machines.at({"i-2"}).intent = {"intent-i-1"};
  return world;
}

// Their node registered just now, with this address.
void join(Snapshot& world, const std::string& address) {
  Node node = Snapshot::plain_node("n1");
  node.registered_at = k_wall - 10s;
  node.address = address;
  world.nodes().push_back(node);
}

Lines ends(const Plan& plan) {
  Lines lines = actions(plan);
  std::erase_if(lines, [](const std::string& line) { return !line.starts_with("terminate"); });
  return lines;
}

Phase phase_of(const Plan& plan, const std::string& id) {
  for (const Worker& worker : plan.workers) {
    if (worker.id.value == id) return worker.phase;
  }
  return Phase::gone;
}

}  // namespace

TEST_CASE("duplicate: the oldest stays while no node of theirs has registered, and keeps its name") {
  const Plan plan = twice().plan();
  CHECK(ends(plan) == Lines{"terminate i-2: duplicate"});
  CHECK(phase_of(plan, "i-2") == Phase::orphan);
  CHECK(phase_of(plan, "i-1") == Phase::booting);
  CHECK(plan.memory.machines.at({"i-1"}).node.value == "n1");
  CHECK(plan.memory.machines.at({"i-2"}).node.empty());
  CHECK(plan.memory.breakers.empty());
}

TEST_CASE("duplicate: the one whose node registered stays, though it is the younger") {
  Snapshot world = twice();
  world.memory().nodes.at({"n1"}).address.clear();
  join(world, Snapshot::instance_address("i-2"));
  const Plan plan = world.plan();
  CHECK(ends(plan) == Lines{"terminate i-1: duplicate"});
}

TEST_CASE("duplicate: where it cannot be told which of them registered, none ends and both are unclear") {
  Snapshot world = twice();
  join(world, Snapshot::instance_address("i-2"));  // which is what tide told the batch system: no proof
  const Plan plan = world.plan();
  CHECK(ends(plan).empty());
  CHECK(phase_of(plan, "i-1") == Phase::unclear);
  CHECK(phase_of(plan, "i-2") == Phase::unclear);
}

TEST_CASE(
    "duplicate: a name that was matched while the other was left out proves nothing, and no reading makes it so") {
  Snapshot world = twice();
  join(world, Snapshot::instance_address("i-2"));  // told, so perhaps i-1's
  auto& listed = *world.now.instances.at({"aws"});
  const Instance left_out = listed.front();
  listed.erase(listed.begin());
  Plan plan = world.plan();
  CHECK(ends(plan).empty());
  CHECK_FALSE(plan.memory.machines.at({"i-2"}).registered);
  CHECK(phase_of(plan, "i-2") == Phase::unclear);
  listed.insert(listed.begin(), left_out);
  world.memory().machines.at({"i-2"}).registered = world.now.age;  // by an earlier pass that knew of no other
  plan = world.plan();
  CHECK(ends(plan).empty());
  CHECK(phase_of(plan, "i-1") == Phase::unclear);
  CHECK(phase_of(plan, "i-2") == Phase::unclear);
}

TEST_CASE("duplicate: a node that this reading leaves out is there all the same") {
  Snapshot world = twice();
  world.nodes().clear();
  for (int i = 0; i < 20; ++i) {
    world.nodes().push_back(Snapshot::plain_node(fmt::format("static{}", i)));
    world.memory().last_good.nodes.push_back(world.nodes().back().name);
  }
  CHECK(ends(world.plan()) == Lines{"terminate i-2: duplicate"});
  world.memory().last_good.nodes.push_back(NodeName{"n1"});
  const Plan plan = world.plan();
  CHECK(ends(plan).empty());
  CHECK(phase_of(plan, "i-1") == Phase::unclear);
  CHECK(phase_of(plan, "i-2") == Phase::unclear);
}

TEST_CASE("duplicate: one whose node registered long before the other was launched stays") {
  Snapshot world = twice();
  join(world, "10.9.9.9");
  world.nodes().back().registered_at = k_wall - 800s;
  world.now.instances.at({"aws"})->front().launched_at = k_wall - 900s;
  world.memory().machines.at({"i-1"}).launched_at = k_wall - 900s;
  CHECK(phase_of(world.plan(), "i-1") == Phase::unclear);  // nobody knew it
  world.memory().machines.at({"i-1"}).registered = world.now.age;
  CHECK(ends(world.plan()) == Lines{"terminate i-2: duplicate"});
}

TEST_CASE("duplicate: beside one that already ends the other stays, whatever registered") {
  Snapshot world = twice();
  join(world, Snapshot::instance_address("i-2"));
  world.now.instances.at({"aws"})->back().state = InstanceState::stopping;
  const Plan plan = world.plan();
  CHECK(ends(plan).empty());
  CHECK(phase_of(plan, "i-2") == Phase::stopping);
  CHECK(phase_of(plan, "i-1") != Phase::unclear);
}

TEST_CASE("duplicate: one that already ends, or failed, is not the one that stays") {
  for (const InstanceState state : {InstanceState::stopping, InstanceState::failed}) {
    Snapshot world = twice();
    world.now.instances.at({"aws"})->front().state = state;  // i-1
    const Plan plan = world.plan();
    CHECK(plan.memory.machines.at({"i-2"}).node.value == "n1");
    CHECK(phase_of(plan, "i-2") == Phase::booting);
  }
}

TEST_CASE("duplicate: jobs on a node of its name keep it, until they are known to be the other's") {
  Snapshot world = twice();
  world.now.jobs->running[NodeName{"n1"}] = {JobId{"7"}};
  CHECK(ends(world.plan()).empty());
}

TEST_CASE("duplicate: never where a cloud has tokens, and never of another head") {
  Snapshot tokens = twice();
  tokens.now.clouds.at({"aws"}) = {.has_launch_tokens = true, .launch_max = 500, .terminate_max = 1000};
  CHECK(ends(tokens.plan()).empty());
  Snapshot foreign = twice();
  foreign.now.instances.at({"aws"})->back().tags[core::tag::k_owner] = "head-2";
  CHECK(ends(foreign.plan()).empty());
}

TEST_CASE("repeat: where listings show every launch, one that none shows is made again, one that is shown is not") {
  Snapshot world;
  world.now.clouds.at({"aws"}) = {.has_launch_tokens = false, .launches_listed = true};
  world.open_intent("k1", 1, 60s).waiting(slots(4));
  CHECK(actions(world.plan()) == Lines{"repeat k1: repeat"});
  Snapshot seen;
  seen.now.clouds.at({"aws"}) = {.has_launch_tokens = false, .launches_listed = true};
  seen.machine("i-1", "n1").waiting(slots(4));
  seen.memory().intents.at({"intent-i-1"}).state = IntentState::open;
  CHECK(actions(seen.plan()).empty());
}

TEST_CASE("quota: what is left bounds launches, and is told") {
  Snapshot world;
  world.now.clouds.at({"aws"}).machines_left = 1;
  const Plan one = world.waiting(slots(4), 3).plan();
  CHECK(std::ranges::count_if(one.actions,
                              [](const auto& each) { return std::holds_alternative<Launch>(each.action); }) == 1);
  CHECK(std::get<Launch>(one.actions.front().action).request.count == 1);
  Snapshot cores;
  cores.now.clouds.at({"aws"}).cores_left = 7;
  const Plan few = cores.waiting(slots(4), 3).plan();
  CHECK(std::get<Launch>(few.actions.front().action).request.count == 1);
  Snapshot memory;
  memory.now.clouds.at({"aws"}).memory_mib_left = 100;
  const Plan none = memory.waiting(slots(4), 3).plan();
  CHECK(actions(none).empty());
  const bool told = std::ranges::any_of(none.shapes, [](const ShapeVerdict& shape) {
    return std::ranges::any_of(shape.reasons, [](const Reason& reason) { return reason.rule == "quota"; });
  });
  CHECK(told);
}

TEST_SUITE_END();
