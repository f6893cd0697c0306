#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using core::InstanceState;
using core::Phase;
TEST_SUITE_BEGIN("core/correlate");

namespace {

// i-1 and i-2 joined as n1 and n2.
Snapshot two() { return snapshot().worker("i-1", "n1").worker("i-2", "n2"); }

Phase phase_of(const core::Plan& plan, const std::string& id) {
  const auto* worker = find(plan, id);
  REQUIRE(worker != nullptr);
  return worker->phase;
}

}  // namespace

TEST_CASE("correlate: a node bears its machine's name, short or full, in any case") {
  for (const char* name : {"n1", "N1", "n1.cluster.example"}) {
    CAPTURE(name);
    auto world =
        snapshot().worker("i-1", "n1").instance([](core::Instance& one) { one.names = {"n1.cluster.example"}; });
    world.node([&](core::Node& node) { node.name.value = name; });
    const auto plan = world.plan();
    REQUIRE(plan.workers.size() == 1);
    CHECK(plan.workers[0].id.value == "i-1");
    CHECK(plan.workers[0].joined);
  }
}

TEST_CASE("correlate: the host name of a node counts where it differs from the node's") {
  auto world = snapshot().worker("i-1", "n1");
  world.node([](core::Node& node) { node.name.value = "alias", node.hostname = "n1"; });
  const auto plan = world.plan();
  CHECK(find(plan, "alias")->id.value == "i-1");
}

TEST_CASE("correlate: the address counts if the node registered after the launch") {
  auto world = snapshot().worker("i-1", "n1");
  world.node([](core::Node& node) { node.name.value = "other", node.address = "10.0.0.1"; });
  CHECK(find(world.plan(), "other")->id.value == "i-1");
  world.nodes().front().registered_at = k_wall - 7200s;  // an earlier machine of that address
  CHECK(find(world.plan(), "other")->id.empty());
}

TEST_CASE("correlate: an address of a node that never registered is no witness") {
  auto world = snapshot().worker("i-1", "n1");
  world.node(
      [](core::Node& node) { node.name.value = "other", node.address = "10.0.0.1", node.registered_at.reset(); });
  CHECK(find(world.plan(), "other")->id.empty());
}

TEST_CASE("correlate: a name beats an address") {
  auto world = two();
  world.node([](core::Node& node) { node.address = "10.0.0.1"; });  // n2 has the address of i-1
  CHECK(find(world.plan(), "n2")->id.value == "i-2");
}

TEST_CASE("correlate: a published ID beats an address") {
  auto world = snapshot().worker("i-1", "n1").machine("i-2", "n2");
  world.nodes().front().name.value = "x";
  world.nodes().front().instance.value = "i-2";
  world.nodes().front().address = "10.0.0.1";
  CHECK(find(world.plan(), "x")->id.value == "i-2");
}

TEST_CASE("correlate: an ID against a name is unclear, and neither machine is ever ended") {
  auto world = snapshot().worker("i-1", "n1").machine("i-2", "n2", 7200s);
  world.nodes().front().instance.value = "i-2";
  const auto plan = world.plan();
  CHECK(phase_of(plan, "i-2") == Phase::unclear);
  CHECK(phase_of(plan, "i-1") == Phase::unclear);
  CHECK(has(alarms(plan), "unclear-identity"));
  CHECK(actions(plan).empty());
}

TEST_CASE("correlate: two machines of one name are both unclear") {
  auto world = snapshot().worker("i-1", "n1").machine("i-2", "n1", 7200s);
  const auto plan = world.plan();
  CHECK(phase_of(plan, "i-1") == Phase::unclear);
  CHECK(phase_of(plan, "i-2") == Phase::unclear);
  CHECK(actions(plan).empty());
}

TEST_CASE("correlate: two machines of one address are both unclear") {
  auto world = snapshot().worker("i-1", "n1").machine("i-2", "n2", 7200s).instance([](core::Instance& one) {
    one.addresses = {"10.0.0.1"};
  });
  world.nodes().front().name.value = "x";
  world.nodes().front().address = "10.0.0.1";
  const auto plan = world.plan();
  CHECK(phase_of(plan, "i-1") == Phase::unclear);
  CHECK(phase_of(plan, "i-2") == Phase::unclear);
}

TEST_CASE("correlate: two nodes that match one machine are both unclear") {
  auto world = snapshot().worker("i-1", "n1");
  auto second = Snapshot::plain_node("n9");
  second.hostname = "n1";
  world.nodes().push_back(second);
  const auto plan = world.plan();
  CHECK(find(plan, "n1")->phase == Phase::unclear);
  CHECK(find(plan, "n9")->phase == Phase::unclear);
  CHECK(find(plan, "n9")->why == "nodes 'n1' and 'n9' both match instance 'i-1'");
}

TEST_CASE("correlate: an old registration under a name used again is not the new machine's") {
  auto world = snapshot().machine("i-1", "n1", 60s);
  auto old = Snapshot::plain_node("n1");
  old.registered_at = k_wall - 86'400s;
  world.nodes().push_back(old);
  const auto plan = world.plan();
  const auto* worker = find(plan, "n1");
  CHECK(worker->id.value == "i-1");
  CHECK_FALSE(worker->joined);
  CHECK(worker->phase == Phase::booting);
}

TEST_CASE("correlate: an entry that tide made and that never registered proves nothing") {
  auto world = snapshot().machine("i-1", "n1", 60s);
  auto entry = Snapshot::plain_node("n1");
  entry.registered_at.reset();
  entry.held = true;
  entry.note = "tide: joining";
  world.nodes().push_back(entry);
  CHECK_FALSE(find(world.plan(), "n1")->joined);
}

TEST_CASE("correlate: a gone machine that stays listed takes no name from a living one") {
  auto world = snapshot().worker("i-1", "n1").machine("i-0", "n1", 7200s).state(InstanceState::gone).forgotten();
  const auto plan = world.plan();
  REQUIRE(plan.workers.size() == 1);
  CHECK(plan.workers[0].id.value == "i-1");
  CHECK(plan.workers[0].phase == Phase::idle);
}

TEST_CASE("correlate: a gone machine keeps its own node until that is taken out") {
  const auto plan = snapshot().worker("i-1", "n1").state(InstanceState::gone).plan();
  REQUIRE(plan.workers.size() == 1);
  CHECK(plan.workers[0].phase == Phase::gone);
  CHECK(plan.workers[0].node.has_value());
}

TEST_CASE("correlate: a machine of an unreadable cloud is known by its row and its node") {
  const auto plan = snapshot().worker("i-1", "n1").busy("7").unreadable("aws").plan();
  REQUIRE(plan.workers.size() == 1);
  CHECK(plan.workers[0].id.value == "i-1");
  CHECK(plan.workers[0].ours);
  CHECK(plan.workers[0].phase == Phase::busy);
}

TEST_CASE("correlate: placeholders are never counted") {
  auto world = snapshot().stranger("ph");
  world.node([](core::Node& node) { node.placeholder = true; });
  CHECK(world.plan().workers.empty());
}

TEST_CASE("correlate: nodes that are no machines of ours are foreign and never changed") {
  const auto plan = snapshot().stranger("metal").plan();  // T-E9, B-P1
  CHECK(find(plan, "metal")->phase == Phase::foreign);
  CHECK(actions(plan).empty());
}

TEST_CASE("correlate: empty needs two witnesses") {
  CHECK(find(snapshot().worker("i-1", "n1").plan(), "n1")->empty);
  CHECK_FALSE(find(snapshot().worker("i-1", "n1").node([](core::Node& n) { n.slots_used = 1; }).plan(), "n1")->empty);
  CHECK_FALSE(find(snapshot().worker("i-1", "n1").busy("7", 0).plan(), "n1")->empty);
  CHECK_FALSE(
      find(snapshot().worker("i-1", "n1").node([](core::Node& n) { n.completing = true; }).plan(), "n1")->empty);
  CHECK_FALSE(
      find(snapshot().worker("i-1", "n1").node([](core::Node& n) { n.memory_mib_used = 1; }).plan(), "n1")->empty);
  CHECK_FALSE(find(snapshot()
                       .worker("i-1", "n1")
                       .node([](core::Node& n) {
                         n.gpus_used = {{"t4", 1}};
                       })
                       .plan(),
                   "n1")
                  ->empty);
  auto blind = snapshot().worker("i-1", "n1");
  blind.now.jobs = make_error(ErrorKind::batch, "squeue hangs");
  CHECK_FALSE(find(blind.plan(), "n1")->empty);
}
