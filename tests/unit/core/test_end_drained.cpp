#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/end_drained");

namespace {

Snapshot drained(const std::string& rule = "idle", std::int64_t pass = 98) {
  return snapshot().worker("i-1", "n1").draining(rule, pass);
}

}  // namespace

TEST_CASE("end_drained: held since an earlier pass and empty by two witnesses: it ends") {
  CHECK(actions(drained().plan()) == Lines{"terminate n1: idle"});
}

TEST_CASE("end_drained: never in the hold's own pass") {
  CHECK(actions(drained("idle", 99).plan()) == Lines{"terminate n1: idle"});
  CHECK(actions(drained("idle", 100).plan()).empty());  // this pass
}

TEST_CASE("end_drained: a job that came before the hold keeps the node") {  // B-D6, B-E8, B-P2
  CHECK(actions(drained().busy("7").plan()).empty());
  CHECK(actions(drained().node([](core::Node& node) { node.slots_used = 1; }).plan()).empty());
  CHECK(actions(drained().node([](core::Node& node) { node.completing = true; }).plan()).empty());
  CHECK(actions(drained().busy("7", 0).plan()).empty());
}

TEST_CASE("end_drained: a person's hold is nobody's drain") {
  CHECK(actions(drained().held("kernel update").plan()).empty());
}

TEST_CASE("end_drained: not while jobs or the cloud are unknown") {
  auto world = drained();
  world.now.jobs = make_error(ErrorKind::batch, "squeue hangs");
  CHECK(actions(world.plan()).empty());
  CHECK(actions(drained().unreadable("aws").plan()).empty());
}

TEST_CASE("end_drained: what the cloud was just told to end is not told again") {  // T-A7, B-E5, B-D8
  CHECK(actions(drained().row([](core::Machine& row) { row.told_to_end = Snapshot::before(59s); }).plan()).empty());
  CHECK(actions(drained().row([](core::Machine& row) { row.told_to_end = Snapshot::before(60s); }).plan()) ==
        Lines{"terminate n1: idle"});
}

TEST_CASE("end_drained: a whole life's end takes three passes more: gone, out of the list, forgotten") {
  auto gone = drained().state(core::InstanceState::gone);
  CHECK(actions(gone.plan()) == Lines{"remove n1: gone"});
  gone.node_missing();
  gone.memory().nodes.at({"n1"}).removed = true;
  gone.memory().nodes.at({"n1"}).free_at = k_now + 86'400s;
  gone.memory().last_good.nodes.clear();
  gone.memory().holds.clear();
  CHECK(actions(gone.learned().plan()) == Lines{"forget n1: gone"});
}
