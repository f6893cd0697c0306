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
