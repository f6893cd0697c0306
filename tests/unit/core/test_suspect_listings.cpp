#include "tests/support/builders.hpp"

#include <tide/core/suspect_listings.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/suspect_listings");

namespace {

// Two machines that no listing has, for an hour, while their nodes answer.
Snapshot missing() {
  auto world = snapshot().worker("i-1", "n1").instance_missing().worker("i-2", "n2").instance_missing();
  for (auto& [id, row] : world.memory().machines) {
    row.missing_since = Snapshot::before(3600s);
    row.missing_passes = 60;
  }
  return world;
}

bool is_suspect(const Snapshot& world) {
  core::Snapshot built = world.now;
  core::suspect_listings(built);
  return !core::suspect_clouds(built).empty();
}

}  // namespace

TEST_CASE("listings: one that has none of the machines whose nodes answer is another account's, not their end") {
  auto world = missing();
  CHECK(is_suspect(world));
  core::suspect_listings(world.now);
  const auto plan = world.plan();
  REQUIRE_FALSE(plan.alarms.empty());
  CHECK(plan.alarms.front().reason.text.find("it lists none of its 2 machines, whose nodes answer") !=
        std::string::npos);
  CHECK(actions(plan).empty());
  CHECK(plan.memory.machines.size() == 2);
}

TEST_CASE("listings: once the nodes are silent, or given up, their machines ended") {
  auto silent = missing();
  for (core::Node& node : *silent.now.nodes) node.responding = false;
  CHECK_FALSE(is_suspect(silent));
  auto down = missing();
  for (core::Node& node : *down.now.nodes) node.down = true;
  CHECK_FALSE(is_suspect(down));
  auto older = missing();
  for (core::Node& node : *older.now.nodes) node.registered_at = k_wall - 1000h;
  CHECK_FALSE(is_suspect(older));
}

TEST_CASE("listings: where one is listed, what is not is gone") {
  auto world = missing();
  world.worker("i-3", "n3");
  CHECK_FALSE(is_suspect(world));
  CHECK(find(world.plan(), "n1")->phase == core::Phase::gone);
}

TEST_CASE("listings: what was told to end, is interrupted, comes or goes is no proof") {
  for (auto spoil :
       {+[](core::Machine& row) { row.told_to_end = k_now; }, +[](core::Machine& row) { row.interrupted = k_now; },
        +[](core::Machine& row) { row.adopting = k_now; }, +[](core::Machine& row) { row.disowning = k_now; },
        +[](core::Machine& row) { row.registered.reset(); }}) {
    auto world = missing();
    for (auto& [id, row] : world.memory().machines) spoil(row);
    CHECK_FALSE(is_suspect(world));
  }
}

TEST_CASE("listings: without nodes there is no doubt, and where absence is proof none either") {
  auto blind = missing();
  blind.now.nodes = make_error(ErrorKind::timeout, "no answer");
  CHECK_FALSE(is_suspect(blind));
  auto local = missing();
  local.now.clouds.at({"aws"}).absence_is_proof = true;
  CHECK_FALSE(is_suspect(local));
}

TEST_CASE("listings: a person's word makes them gone, until they are listed again") {
  auto world = missing();
  core::Snapshot doubted = world.now;
  core::suspect_listings(doubted);
  core::accept_listings(doubted, world.memory());
  CHECK_FALSE(is_suspect(world));
  CHECK(find(world.plan(), "n1")->phase == core::Phase::gone);
  auto back = snapshot().worker("i-1", "n1").row([](core::Machine& row) { row.missing_accepted = true; });
  CHECK_FALSE(back.plan().memory.machines.at({"i-1"}).missing_accepted);
}
