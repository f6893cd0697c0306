#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using core::WishKind;
TEST_SUITE_BEGIN("core/wish_disown");

namespace {

Snapshot disowning(Snapshot world, const std::string& target = "n1") {
  world.wish(WishKind::disown, {target});
  return world;
}

Snapshot worker() { return snapshot().worker("i-1", "n1"); }

std::string refusal(Snapshot world) {
  const auto plan = world.plan_for_wish();
  CHECK(actions(plan) == Lines{"close-wish w1: wish"});
  return declined(plan).empty() ? "" : declined(plan).front();
}

}  // namespace

TEST_CASE("disown: by node or ID, busy or idle, every tag of ours and no other") {
  for (const char* target : {"n1", "i-1"}) {
    CAPTURE(target);
    auto world = disowning(worker().busy("7"), target);
    world.instance().tags["Name"] = "theirs";
    const auto plan = world.plan_for_wish();
    REQUIRE(actions(plan) == Lines{"disown n1: wish"});
    CHECK(std::get<core::Disown>(plan.actions[0].action).tags.remove ==
          Lines{core::tag::k_cluster, core::tag::k_intent, core::tag::k_owner, core::tag::k_pool});
  }
}

TEST_CASE("disown: tide's own hold goes first, and nobody else's end is undone") {
  auto plan = disowning(worker().draining("idle")).plan_for_wish();
  CHECK(actions(plan) == Lines{"release n1: wish"});
  auto other = disowning(worker().draining("wish", 98, "w7"));
  other.memory().wishes[{"w7"}] = {.id = {"w7"}, .kind = WishKind::kill_node, .targets = {"n1"}, .by = "bob@head"};
  CHECK(refusal(other) == "n1: wish");
  auto final_hold = disowning(worker().draining("idle"));
  final_hold.node().hold_is_final = true;
  CHECK(refusal(final_hold) == "n1: final-hold");
  CHECK(actions(disowning(worker().held("bad disk")).plan_for_wish()) == Lines{"disown n1: wish"});  // a person's stays
}

TEST_CASE("disown: not what only tide brings into service, nor what ends, nor what is not ours") {
  CHECK(refusal(disowning(worker().joining())) == "n1: not-joined");
  CHECK(refusal(disowning(snapshot().machine("i-1", "n1"), "i-1")) == "n1: not-joined");
  CHECK(refusal(disowning(worker().state(core::InstanceState::stopping))) == "n1: ending");
  CHECK(refusal(disowning(snapshot().stranger("metal"), "metal")) == "metal: foreign");
}

TEST_CASE("disown: while it is under way it is nobody's business: not counted, not drained, not missing") {
  auto world = worker().idle(7200s).row([](core::Machine& row) { row.disowning = Snapshot::before(5s); });
  auto plan = world.plan();  // the listing lags: the tags are still there
  CHECK(actions(plan).empty());
  CHECK(find(plan, "n1")->phase == core::Phase::foreign);
  CHECK(alarms(plan).empty());
  CHECK(actions(disowning(world).plan_for_wish()) == Lines{"disown n1: wish"});  // asked again until it is seen
  world.instance_missing();
  world.memory().nodes.clear();
  plan = world.plan();
  CHECK(actions(plan).empty());
  CHECK(plan.memory.machines.contains({"i-1"}));
  CHECK(actions(disowning(world).plan_for_wish()) == Lines{"close-wish w1: wish"});
  CHECK(declined(disowning(world).plan_for_wish()).empty());
  CHECK(actions(disowning(world, "i-1").plan_for_wish()) == Lines{"close-wish w1: wish"});
}

TEST_CASE("disown: what the listing shows five minutes later is what it is") {
  auto gone = worker().row([](core::Machine& row) { row.disowning = Snapshot::before(300s); });
  gone.instance_missing();
  gone.memory().nodes.clear();
  CHECK_FALSE(gone.plan().memory.machines.contains({"i-1"}));
  auto kept = worker().row([](core::Machine& row) { row.disowning = Snapshot::before(300s); });
  CHECK_FALSE(kept.plan().memory.machines.at({"i-1"}).disowning);  // its tags never went: it is ours
}

TEST_CASE("disown: where the answer was lost, its node is not taken for ours for the entry that tide made") {
  for (const auto age : {5s, 300s}) {
    CAPTURE(age.count());
    auto world = worker().idle(7200s).row([&](core::Machine& row) { row.disowning = Snapshot::before(age); });
    world.memory().nodes[{"n1"}] = core::NodeRow{.node = {"n1"}, .pool = {"small"}, .intent = {"t1"}, .address = {}};
    world.now.instances.at({"aws"})->clear();  // as its cloud lists the cluster without it
    const auto plan = world.plan();
    CHECK(actions(plan) == (age == 5s ? Lines{} : Lines{"close-intent intent-i-1: closed"}));
    REQUIRE(find(plan, "n1") != nullptr);
    CHECK_FALSE(find(plan, "n1")->ours);
    CHECK(plan.memory.nodes.contains({"n1"}) == (age == 5s));
  }
}
