#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace tide;
using namespace tide::test;
using core::InstanceState;
using core::Phase;
TEST_SUITE_BEGIN("core/derive_phases");

namespace {

struct Row {
  const char* what;
  Snapshot world;
  Phase phase;
};

Snapshot joined() { return snapshot().worker("i-1", "n1"); }
Snapshot entry(Seconds age = 60s) {
  auto world = snapshot().machine("i-1", "n1", age);
  auto node = Snapshot::plain_node("n1");
  node.registered_at.reset();
  node.held = true;
  node.note = "tide: joining";
  world.nodes().push_back(node);
  return world;
}
Snapshot adopted(Seconds age) {
  return snapshot().machine("i-1", "n1", age).row([](core::Machine& row) { row.adopted = true; });
}

void check(std::vector<Row> rows) {
  for (Row& row : rows) {
    CAPTURE(row.what);
    const auto plan = row.world.plan();
    const auto* worker = find(plan, "i-1");
    REQUIRE(worker != nullptr);
    CHECK(worker->phase == row.phase);
  }
}

}  // namespace

TEST_CASE("derive_phases: on the way up") {
  check({
      {"launched, the cloud prepares it", snapshot().machine("i-1", "n1").state(InstanceState::pending),
       Phase::pending},
      {"launched, the listing lags", snapshot().machine("i-1", "n1").instance_missing(), Phase::pending},
      {"it runs, its node did not register", snapshot().machine("i-1", "n1"), Phase::booting},
      {"it runs, only tide's own entry is there", entry(), Phase::booting},
      {"registered, still held by its making", joined().joining(), Phase::joining},
      {"registered, and the hold's note was wiped", joined().joining().node([](core::Node& n) { n.note = ""; }),
       Phase::joining},
      {"registered and empty", joined(), Phase::idle},
      {"it runs a job", joined().busy("7"), Phase::busy},
      {"counters say that something is allocated", joined().node([](core::Node& n) { n.slots_used = 1; }), Phase::busy},
  });
}

TEST_CASE("derive_phases: on the way down") {
  check({
      {"held for an end, with a job", joined().busy("7").draining(), Phase::draining},
      {"held for an end, empty", joined().draining(), Phase::drained},
      {"held for an end, empty and silent since", joined().draining().silent(60s), Phase::drained},
      {"the cloud ends it", joined().state(InstanceState::stopping), Phase::stopping},
      {"told to end, and the listing lags",
       joined().row([](core::Machine& m) { m.told_to_end = Snapshot::before(30s); }), Phase::stopping},
      {"told to end long ago", joined().row([](core::Machine& m) { m.told_to_end = Snapshot::before(60s); }),
       Phase::idle},
      {"the cloud says terminated", joined().state(InstanceState::gone), Phase::gone},
  });
}

TEST_CASE("derive_phases: gone needs the cloud's word, or its silence in two passes a minute apart") {
  const auto missing = [](Seconds since, int passes) {
    return snapshot().worker("i-0", "n0").worker("i-1", "n1").instance_missing().row([=](core::Machine& row) {
      row.missing_passes = passes;
      if (passes > 0) row.missing_since = Snapshot::before(since);
    });
  };
  check({
      {"not listed for the first time", missing(0s, 0), Phase::idle},
      {"twice, 59 s apart", missing(59s, 1), Phase::idle},
      {"twice, 60 s apart", missing(60s, 1), Phase::gone},
      {"an unreadable cloud makes nothing gone", missing(600s, 2).unreadable("aws"), Phase::idle},
  });
  auto local = missing(0s, 0);
  local.now.clouds.at({"aws"}).absence_is_proof = true;
  check({{"where no listing lags, at once", local, Phase::gone}});
}

TEST_CASE("derive_phases: out of line") {
  check({
      {"the cloud says error", snapshot().machine("i-1", "n1").state(InstanceState::failed), Phase::failed},
      {"never joined by the deadline", snapshot().machine("i-1", "n1", 900s), Phase::lost},
      {"one second before it", snapshot().machine("i-1", "n1", 899s), Phase::booting},
      {"pending for ever is lost too", snapshot().machine("i-1", "n1", 900s).state(InstanceState::pending),
       Phase::lost},
      {"only tide's own entry, past the deadline", entry(900s), Phase::lost},
      {"ours by its tags alone, within the grace", adopted(599s), Phase::booting},
      {"ours by its tags alone, past the grace", adopted(600s), Phase::orphan},
      {"the batch system refuses it",
       joined().node([](core::Node& n) { n.unfit = n.held = true, n.note = "Low RealMemory"; }), Phase::unfit},
      {"joined, and silent", joined().silent(60s), Phase::down},
      {"joined, and given up", joined().node([](core::Node& n) { n.down = true; }), Phase::down},
      {"a person holds it", joined().held("kernel update"), Phase::held},
      {"a person's tide: keep", joined().held("tide: keep bug 12"), Phase::held},
  });
}

TEST_CASE("derive_phases: while joining, a node smaller than its pool is unfit") {
  check({
      {"slots", joined().joining().node([](core::Node& n) { n.slots = 3; }), Phase::unfit},
      {"memory", joined().joining().node([](core::Node& n) { n.memory_mib = 7'999; }), Phase::unfit},
      {"no size told yet",
       joined()
           .row([](core::Machine& row) { row.first_seen = Snapshot::before(60s), row.ready.reset(); })
           .node([](core::Node& n) { n.slots = 0, n.starting = true; }),
       Phase::joining},
      {"GPUs", joined().joining().set([](core::Settings& s) {
         s.pools.at({"small"}).gpus = {{"t4", 1}};
       }),
       Phase::unfit},
      {"larger is well", joined().joining().node([](core::Node& n) { n.slots = 8; }), Phase::joining},
  });
}

TEST_CASE("derive_phases: during a rebuild nothing is an orphan") {
  check({{"rebuilding",
          [] {
            auto world = adopted(700s);
            world.memory().rebuild = Snapshot::before(600s);
            return world;
          }(),
          Phase::booting}});
}

TEST_CASE("derive_phases: a machine whose node had registered and is no longer listed is down, not lost") {
  check({{"one of many", joined().learned().node_missing().worker("i-2", "n2").worker("i-3", "n3"), Phase::down}});
}

TEST_CASE("derive_phases: what could not be read is busy") {
  auto world = joined();
  world.now.nodes = make_error(ErrorKind::batch, "scontrol hangs");
  check({{"no nodes", world, Phase::busy}});
}

TEST_CASE("derive_phases: an entry whose machine is still to come is requested") {
  auto world = snapshot().open_intent("k1");
  auto node = Snapshot::plain_node("demo-small-01");
  node.registered_at.reset();
  node.held = true;
  world.nodes().push_back(node);
  const auto plan = world.plan();
  CHECK(find(plan, "demo-small-01")->phase == Phase::requested);
  CHECK(find(plan, "demo-small-01")->pool.value == "small");
}

TEST_CASE("derive_phases: another head's machine is foreign") {
  const auto plan = joined().instance([](core::Instance& one) { one.tags[core::tag::k_owner] = "head-2"; }).plan();
  CHECK(find(plan, "i-1")->phase == Phase::foreign);
}

TEST_CASE("derive_phases: a machine that ended by itself before its node registered is a boot failure, counted once") {
  auto world = snapshot().machine("i-1", "n1").state(InstanceState::gone);
  const auto plan = world.plan();
  CHECK(plan.memory.breakers.at({"small"}).failures == 1);
  world.memory() = plan.memory;
  CHECK(world.plan().memory.breakers.at({"small"}).failures == 1);
  auto ended = snapshot().machine("i-1", "n1").state(InstanceState::gone);
  ended.row().ending = Moment{1};  // by tide or a person
  CHECK(ended.plan().memory.breakers.empty());
  auto joined_before = snapshot().worker("i-1", "n1").state(InstanceState::gone);
  CHECK(joined_before.plan().memory.breakers.empty());
}

TEST_CASE("derive_phases: three boot failures in a row open the pool's breaker") {
  auto world = snapshot();
  for (const char* id : {"i-1", "i-2", "i-3"}) world.machine(id, std::string("n") + id, 1000s);
  const auto plan = world.plan();
  REQUIRE(plan.memory.breakers.contains({"small"}));
  CHECK(plan.memory.breakers.at({"small"}).failures == 3);
  CHECK(plan.memory.breakers.at({"small"}).open);
  CHECK(plan.memory.machines.at({"i-1"}).failing_since == k_now);
}

TEST_CASE("derive_phases: one failure is counted once") {
  auto world =
      snapshot().machine("i-1", "n1", 1000s).row([](core::Machine& m) { m.failing_since = Snapshot::before(30s); });
  CHECK(world.plan().memory.breakers.empty());
}

TEST_CASE("derive_phases: a machine that took jobs before and turns unfit is no boot failure") {
  auto world = joined().node([](core::Node& n) { n.unfit = n.held = true; });
  CHECK(world.plan().memory.breakers.empty());
}

TEST_CASE("derive_phases: nothing is counted on readings that are not believed") {
  auto world = snapshot().machine("i-1", "n1", 1000s);
  world.now.jobs = make_error(ErrorKind::batch, "squeue hangs");
  const auto plan = world.plan();
  CHECK(plan.memory.breakers.empty());
  CHECK_FALSE(plan.memory.machines.at({"i-1"}).failing_since.has_value());
}

TEST_CASE("derive_phases: silence is timed from its first pass and ends with the first answer") {
  CHECK(joined().node([](core::Node& n) { n.responding = false; }).plan().memory.machines.at({"i-1"}).down_since ==
        k_now);
  auto back = joined().row([](core::Machine& m) { m.down_since = Snapshot::before(1200s); });
  CHECK_FALSE(back.plan().memory.machines.at({"i-1"}).down_since.has_value());
}
