#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using core::HoldKind;
using core::Phase;
TEST_SUITE_BEGIN("core/remember");

namespace {

Snapshot joined() { return snapshot().worker("i-1", "n1"); }

const core::HoldRow* hold_of(const core::Plan& plan) {
  const auto found = plan.memory.holds.find({"n1"});
  return found == plan.memory.holds.end() ? nullptr : &found->second;
}
const core::Machine& row_of(const core::Plan& plan) { return plan.memory.machines.at({"i-1"}); }

// Our row says `end`; the node says this.
core::Plan with_row(bool held, const std::string& note, bool confirmed = true) {
  auto world = joined().draining();
  world.memory().holds.at({"n1"}).confirmed = confirmed;
  world.node([&](core::Node& node) { node.held = held, node.note = note; });
  return world.plan();
}

}  // namespace

TEST_CASE("whose hold: our row and our note are ours") {
  const auto plan = with_row(true, "tide: end idle: test");
  REQUIRE(hold_of(plan) != nullptr);
  CHECK(find(plan, "n1")->phase == Phase::drained);
}

TEST_CASE("whose hold: our row and a note that vanished are ours, and the note is written again") {
  const auto plan = with_row(true, "");
  REQUIRE(hold_of(plan) != nullptr);
  CHECK(actions(plan) == Lines{"hold n1: note"});
}

TEST_CASE("whose hold: a person's note wins over our row") {
  const auto plan = with_row(true, "kernel update");
  CHECK(hold_of(plan) == nullptr);
  CHECK(find(plan, "n1")->phase == Phase::held);
  CHECK(declined(plan) == Lines{"n1: persons-hold"});
  CHECK(actions(plan).empty());
}

TEST_CASE("whose hold: the batch system's own words about an unfit node are no person's") {
  auto world = joined().joining().node([](core::Node& node) { node.unfit = true, node.note = "Low RealMemory"; });
  const auto plan = world.plan();
  CHECK(hold_of(plan) != nullptr);
  CHECK(find(plan, "n1")->phase == Phase::unfit);
}

TEST_CASE("whose hold: no row and no words of ours is a person's, before and after") {
  const auto plan = joined().held("kernel update").idle(3600s).plan();
  CHECK(hold_of(plan) == nullptr);
  CHECK(find(plan, "n1")->phase == Phase::held);
  CHECK(actions(plan).empty());
  CHECK_FALSE(row_of(plan).idle_since.has_value());
}

TEST_CASE("whose hold: a lost store takes its own notes up again") {
  const auto end = joined().held("tide: end idle: test").plan();
  REQUIRE(hold_of(end) != nullptr);
  CHECK(hold_of(end)->kind == HoldKind::end);
  CHECK(hold_of(end)->cancellable);
  CHECK(actions(end).empty());  // never in the hold's own pass, and this is the first that knows it
  CHECK(joined().held("tide: keep bug 12").plan().memory.holds.at({"n1"}).kind == HoldKind::keep);
  CHECK(joined().held("tide: joining").plan().memory.holds.at({"n1"}).kind == HoldKind::joining);
  CHECK_FALSE(joined().held("tide: end wish: test").plan().memory.holds.at({"n1"}).cancellable);
}

TEST_CASE("whose hold: a drain with an empty reason on a machine of ours is ours and resumes") {
  for (const bool ready : {false, true}) {
    CAPTURE(ready);
    auto world = joined().held("");
    if (!ready) world.row().ready.reset();
    CHECK(actions(world.plan()) == Lines{"release n1: join"});
  }
}

TEST_CASE("whose hold: where holds have no note, no row is a person's") {
  auto world = joined().held("");
  world.now.batch.hold_has_note = false;
  const auto plan = world.plan();
  CHECK(find(plan, "n1")->phase == Phase::held);
  CHECK(actions(plan).empty());
}

TEST_CASE("whose hold: where a note is none of the hold itself, one that outlived it makes no person's hold ours") {
  auto world = snapshot().worker("i-1", "n1").held("tide: end idle: 600 s");
  world.now.batch.hold_has_note = false;
  CHECK(!world.plan().memory.holds.contains({"n1"}));
  world.memory().rebuild = Snapshot::before(60s);
  CHECK(world.plan().memory.holds.contains({"n1"}));
  auto notice = snapshot().worker("i-1", "n1").held("tide: interrupted: ec2");
  notice.now.batch.hold_has_note = false;
  CHECK(notice.plan().memory.holds.at({"n1"}).rule == "interrupted");
}

TEST_CASE("whose hold: a tide: note on a node that is not ours is not ours") {
  const auto plan = snapshot().stranger("metal").held("tide: end idle: test").plan();
  CHECK(plan.memory.holds.empty());
  CHECK(actions(plan).empty());
}

TEST_CASE("a person's release: cancels the drain and leaves the node alone for idle_time") {
  const auto plan = with_row(false, "");
  CHECK(hold_of(plan) == nullptr);
  CHECK(row_of(plan).left_alone_until == k_now + 600s);
  CHECK(has(declined(plan), "n1: released-by-person"));
  CHECK(actions(plan).empty());
}

TEST_CASE("a person's release: of a joining node makes it ready") {
  auto world = joined().joining();
  world.node([](core::Node& node) { node.held = false, node.note = ""; });
  CHECK(row_of(world.plan()).ready == k_now);
}

TEST_CASE("a hold that never came to be is no person's release") {
  const auto plan = with_row(false, "", false);
  CHECK(hold_of(plan) == nullptr);
  CHECK_FALSE(row_of(plan).left_alone_until.has_value());
  CHECK(declined(plan).empty());
}

TEST_CASE("holds are not judged on a reading that is not believed") {
  auto world = joined().draining();
  world.node([](core::Node& node) { node.held = false, node.note = ""; });
  world.now.jobs = make_error(ErrorKind::batch, "squeue hangs");
  CHECK(hold_of(world.plan()) != nullptr);
}

TEST_CASE("remember: a machine that only its tags explain is adopted") {
  auto world = snapshot().machine("i-1", "demo-small-07").forgotten();
  const auto plan = world.plan();
  CHECK(row_of(plan).adopted);
  CHECK(row_of(plan).node.value == "demo-small-07");
  CHECK(row_of(plan).price_micros == 100'000);
  CHECK(row_of(plan).first_seen == k_now);
}

TEST_CASE("remember: an adopted machine's entry, which Slurm hides, is known again: it gets its address") {
  auto world = snapshot().machine("i-1", "demo-small-07").forgotten();
  const auto plan = world.plan();
  CHECK(plan.memory.nodes.at({"demo-small-07"}).made);
  CHECK(actions(plan) == Lines{"address demo-small-07: address"});
}

TEST_CASE("remember: an adopted machine of a foreign name made no entry") {
  const auto plan = snapshot().machine("i-1", "ip-10-0-0-1").forgotten().plan();
  CHECK_FALSE(plan.memory.nodes.contains({"ip-10-0-0-1"}));
}

TEST_CASE("remember: an entry that bears our note is ours though nothing else says so") {
  auto world = snapshot().stranger("demo-small-01").held("tide: joining");
  world.node([](core::Node& node) { node.registered_at.reset(); });
  const auto plan = world.plan();
  CHECK(find(plan, "demo-small-01")->phase == Phase::requested);
  CHECK(plan.memory.nodes.at({"demo-small-01"}).made);
}

TEST_CASE("remember: an entry with our note and another cluster's name is that cluster's") {
  auto world = snapshot().stranger("other-small-01").held("tide: joining");
  world.node([](core::Node& node) { node.registered_at.reset(); });
  const auto plan = world.plan();
  CHECK(!find(plan, "other-small-01")->ours);
  CHECK(!plan.memory.nodes.contains({"other-small-01"}));
  CHECK(actions(plan).empty());
}

TEST_CASE("remember: an unanswered launch whose machines are all listed is accepted") {
  auto world = snapshot().machine("i-1", "n1");
  world.memory().machines.clear();
  auto& intent = world.memory().intents.at({"intent-i-1"});
  intent.state = core::IntentState::open;
  intent.instances.clear();
  intent.request.count = 1;
  const auto plan = world.plan();
  CHECK(plan.memory.intents.at({"intent-i-1"}).state == core::IntentState::accepted);
  CHECK(plan.memory.intents.at({"intent-i-1"}).instances == std::vector<core::InstanceId>{{"i-1"}});
  CHECK_FALSE(row_of(plan).adopted);
  CHECK(row_of(plan).price_micros == 100'000);
}

TEST_CASE("remember: an unanswered launch of which some are listed is accepted once the listing has settled") {
  const auto state_after = [](Seconds age) {
    auto world = snapshot().machine("i-1", "n1", age);
    auto& intent = world.memory().intents.at({"intent-i-1"});
    intent.state = core::IntentState::open;
    intent.request.count = 2;
    return world.plan().memory.intents.at({"intent-i-1"}).state;
  };
  CHECK(state_after(299s) == core::IntentState::open);
  CHECK(state_after(300s) == core::IntentState::accepted);
}

TEST_CASE("remember: a machine that is listed again was never missing") {
  const auto plan =
      joined()
          .row([](core::Machine& row) { row.missing_since = Snapshot::before(30s), row.missing_passes = 1; })
          .plan();
  CHECK_FALSE(row_of(plan).missing_since.has_value());
  CHECK(row_of(plan).missing_passes == 0);
}

TEST_CASE("remember: a pass is counted and the clock kept") {
  const auto plan = snapshot().plan();
  CHECK(plan.memory.passes == 100);
  CHECK(plan.memory.clock.age == k_now);
}
