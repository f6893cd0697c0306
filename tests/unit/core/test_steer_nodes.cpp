#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/steer_nodes");

namespace {

Snapshot addressed(const std::string& told) {
  auto world = snapshot().machine("i-1", "n1");
  world.memory().nodes.at({"n1"}).address = told;
  return world;
}

}  // namespace

TEST_CASE("address: told once it is known and where it differs") {
  const auto plan = addressed("").plan();
  REQUIRE(actions(plan) == Lines{"address n1: address"});
  CHECK(std::get<core::SetAddress>(plan.actions[0].action).address == "10.0.0.1");
  CHECK(actions(addressed("10.0.0.9").plan()) == Lines{"address n1: address"});
  CHECK(actions(addressed("10.0.0.1").plan()).empty());
  CHECK(actions(addressed("").instance([](core::Instance& one) { one.address = ""; }).plan()).empty());
}

TEST_CASE("address: told where the node was given up for want of one, too") {
  auto world = snapshot().worker("i-1", "n1").silent(600s);
  world.memory().nodes.at({"n1"}).address = "";
  world.node().down = true;
  CHECK(find(world.plan(), "n1")->phase == core::Phase::down);
  CHECK(has(actions(world.plan()), "address n1: address"));
}

TEST_CASE("join: registered and of full size: released for jobs") {
  const auto plan = snapshot().worker("i-1", "n1").joining().plan();
  REQUIRE(actions(plan) == Lines{"release n1: join"});
  CHECK(std::get<core::Release>(plan.actions[0].action).ready);
}

TEST_CASE("join: not yet while it is silent, smaller than its pool or held by a person") {
  CHECK(actions(snapshot().worker("i-1", "n1").joining().silent(60s).plan()).empty());
  CHECK(
      actions(snapshot().worker("i-1", "n1").joining().node([](core::Node& node) { node.slots = 2; }).plan()).empty());
  CHECK(actions(snapshot().worker("i-1", "n1").joining().held("kernel update").plan()).empty());
}

TEST_CASE("join: a node that registered without our entry is held if empty, else taken as joined") {
  auto world = snapshot().worker("i-1", "n1");
  world.row().ready.reset();
  CHECK(actions(world.plan()) == Lines{"hold n1: join"});
  const auto busy = world.busy("7").plan();
  CHECK(actions(busy).empty());
  CHECK(busy.memory.machines.at({"i-1"}).ready == k_now);
}

TEST_CASE("entry: made, held and of the pool's size, once the machine has an address") {
  auto world = snapshot().machine("i-1", "n1");
  world.pool("small", [](core::Pool& pool) { pool.features = {"CLOUD"}, pool.gpus = {{"a100", 2}}; });
  world.memory().nodes.at({"n1"}).made = false;
  world.now.batch.entries = core::NodeEntries::with_address;
  const auto plan = world.plan();
  REQUIRE(actions(plan) == Lines{"add n1: address"});
  const auto& add = std::get<core::Add>(plan.actions[0].action);
  CHECK(add.address == "10.0.0.1");
  CHECK(add.slots == 4);
  CHECK(add.memory_mib == 8000);
  CHECK(add.gpus == core::Gpus{{"a100", 2}});
  CHECK(add.features == Lines{"CLOUD", "small"});
  CHECK(actions(world.instance([](core::Instance& one) { one.address = ""; }).plan()).empty());
}

TEST_CASE("entry: not made twice, nor for a pool whose size is not known") {
  auto made = snapshot().machine("i-1", "n1");
  made.now.batch.entries = core::NodeEntries::with_address;
  CHECK(actions(made.plan()).empty());
  auto gone = snapshot().machine("i-1", "n1");
  gone.memory().nodes.at({"n1"}).made = false;
  gone.now.batch.entries = core::NodeEntries::with_address;
  gone.settings.pools.clear();
  const auto plan = gone.plan();
  CHECK(actions(plan).empty());
  CHECK(has(declined(plan), "n1: unknown-pool"));
}

TEST_CASE("entry: one that was made without its hold is held, before and after it registers") {
  auto world = snapshot().worker("i-1", "n1");
  world.now.batch.entries = core::NodeEntries::with_address;
  world.row().ready.reset();
  CHECK(actions(world.plan()) == Lines{"hold n1: join"});
  world.row().registered.reset();
  world.row().first_seen = Snapshot::before(60s);
  world.node().registered_at.reset();
  CHECK(actions(world.plan()) == Lines{"hold n1: join"});
  world.joining();
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("join: a node whose own check is still to pass is waited for") {
  auto world = snapshot().worker("i-1", "n1").node([](core::Node& node) { node.starting = true; });
  world.row().ready.reset();
  world.row().first_seen = Snapshot::before(60s);
  world.now.batch.entries = core::NodeEntries::by_themselves;
  CHECK(find(world.plan(), "n1")->phase == core::Phase::joining);
  CHECK(actions(world.plan()).empty());
  world.row().first_seen = Snapshot::before(901s);
  CHECK(find(world.plan(), "n1")->phase == core::Phase::unfit);
}

TEST_CASE("join: a node that joins by itself smaller than its pool is unfit, not a reason to launch more") {
  auto world = snapshot().worker("i-1", "n1").node([](core::Node& node) { node.slots = 2; });
  world.row().ready.reset();
  world.now.batch.entries = core::NodeEntries::by_themselves;
  CHECK(find(world.plan(), "n1")->phase == core::Phase::unfit);
  world.row().ready = Snapshot::before(60s);
  CHECK(find(world.plan(), "n1")->phase == core::Phase::idle);
}

TEST_CASE("join: where nodes join by themselves, they are not held") {
  auto world = snapshot().worker("i-1", "n1");
  world.row().ready.reset();
  world.now.batch.entries = core::NodeEntries::by_themselves;
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("join: not on a reading that is not believed") {
  auto world = snapshot().worker("i-1", "n1").joining();
  world.now.jobs = make_error(ErrorKind::batch, "squeue hangs");
  CHECK(actions(world.plan()).empty());
}
