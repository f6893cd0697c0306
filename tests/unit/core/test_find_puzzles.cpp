#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/find_puzzles");

namespace {

// A machine past its deadline and its grace, beside a node of unknown origin.
Snapshot lost(Seconds stranger_seen) {
  return snapshot().stranger("odd", stranger_seen).machine("i-1", "n1", 1000s).row([](core::Machine& row) {
    row.failing_since = Snapshot::before(60s);
  });
}

}  // namespace

TEST_CASE("never joined: a machine past its deadline and grace ends as lost") {  // T-D3, T-E7
  CHECK(actions(lost(90'000s).plan()) == Lines{"terminate n1: lost"});
}

TEST_CASE(
    "never joined: while a newer node matches no machine, nothing is ended as lost or launched, and both are named") {
  const auto plan = lost(500s).waiting(slots(1, 1)).waiting(slots(4), 9).plan();
  CHECK(actions(plan).empty());
  REQUIRE(alarms(plan) == Lines{"unclear-identity"});
  CHECK(plan.alarms[0].reason.text.find("'odd'") != std::string::npos);
  CHECK(plan.alarms[0].reason.text.find("'i-1'") != std::string::npos);
}

TEST_CASE("never joined: a node that registered long before the launch was only left out of a reading since") {
  auto world = lost(500s);
  world.nodes().front().registered_at = k_wall - 1301s;
  CHECK(actions(world.plan()) == Lines{"terminate n1: lost"});
}

TEST_CASE("never joined: other pools go on") {
  const auto plan = lost(500s).pool("big").waiting(slots(4), 2).plan();
  CHECK(actions(plan) == Lines{"launch big x1: demand"});  // 'odd' itself serves one
}

TEST_CASE("never joined: a node that was seen at the launch was there before it") {
  CHECK(actions(lost(1000s).plan()) == Lines{"terminate n1: lost"});
}

TEST_CASE("never joined: seen first in one pass, the later registration tells") {
  auto world = lost(1000s);
  world.nodes().front().registered_at = k_wall - 999s;
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("never joined: an orphan may be that node just as well") {
  auto world = lost(500s);
  world.memory().machines.at({"i-1"}).adopted = true;
  CHECK(find(world.plan(), "i-1")->phase == core::Phase::orphan);
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("never joined: a node of another's machine is no puzzle") {
  auto world = lost(90'000s).machine("i-9", "odd", 500s).instance([](core::Instance& one) {
    one.tags.erase(core::tag::k_owner);
  });
  world.forgotten();
  world.memory().last_good.first_seen.clear();
  CHECK(actions(world.plan()) == Lines{"terminate n1: lost"});
}
