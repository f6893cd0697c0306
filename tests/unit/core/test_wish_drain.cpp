#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
using core::WishKind;
TEST_SUITE_BEGIN("core/wish_drain");

namespace {

Snapshot joined() { return snapshot().worker("i-1", "n1"); }

Snapshot kept() {
  auto world = joined().held("tide: keep ann: disk");
  world.memory().holds[{"n1"}] = {
      .node = {"n1"}, .kind = core::HoldKind::keep, .note = "tide: keep ann: disk", .confirmed = true, .pass = 98};
  return world;
}

}  // namespace

TEST_CASE("drain: a bare hold with who and why, seen before it is done") {
  auto world = joined().busy("7").wish(WishKind::drain, {"n1"});
  world.memory().wishes.at({"w1"}).reason = "disk";
  const auto plan = world.plan_for_wish();
  REQUIRE(actions(plan) == Lines{"hold n1: wish"});
  const auto& row = std::get<core::Hold>(plan.actions[0].action).row;
  CHECK(row.kind == core::HoldKind::keep);
  CHECK(row.note == "tide: keep ann@head: disk");
  CHECK(actions(kept().wish(WishKind::drain, {"n1"}).plan_for_wish()) == Lines{"close-wish w1: wish"});
}

TEST_CASE("drain: nothing ends what is kept: not idleness, not silence, not a broken machine") {
  CHECK_FALSE(has(actions(kept().idle(7200s).plan()), "terminate n1: idle"));
  CHECK(actions(kept().idle(7200s).plan()).empty());
  auto silent = kept().row([](core::Machine& row) { row.down_since = Snapshot::before(7200s); });
  silent.node().down = true;
  silent.instance().state = core::InstanceState::stopped;
  CHECK(actions(silent.plan()).empty());
  CHECK(has(declined(silent.plan()), "n1: kept"));
}

TEST_CASE("drain: kill-node ends what is kept, once empty") {
  CHECK(actions(kept().wish(WishKind::kill_node, {"n1"}).plan_for_wish()) == Lines{"hold n1: wish"});
}

TEST_CASE("two admins: what one takes back of the other's is told with both names") {
  const auto killed = kept().wish(WishKind::kill_node, {"n1"}).plan_for_wish();
  REQUIRE(killed.actions.size() == 1);
  CHECK(killed.actions[0].reason.text == "asked for by ann@head; it was held: 'tide: keep ann: disk'");
  const auto let_go = kept().wish(WishKind::undrain, {"n1"}).plan_for_wish();
  REQUIRE(let_go.actions.size() == 1);
  CHECK(let_go.actions[0].reason.text == "asked for by ann@head; it was held: 'tide: keep ann: disk'");
}

TEST_CASE("two admins: a drain and an undrain never stop another's kill-node; each is told whose it is") {
  const auto ending = [] {
    auto world = joined().busy("7").draining("wish", 98, "w7");
    world.memory().wishes[{"w7"}] = {.id = {"w7"}, .kind = WishKind::kill_node, .targets = {"n1"}, .by = "bob@head"};
    return world;
  };
  const auto drain = ending().wish(WishKind::drain, {"n1"}).plan_for_wish();
  CHECK(actions(drain) == Lines{"close-wish w1: wish"});
  CHECK(has(declined(drain), "n1: draining"));
  const auto undrain = ending().wish(WishKind::undrain, {"n1"}).plan_for_wish();
  CHECK(actions(undrain) == Lines{"close-wish w1: wish"});
  const auto why = std::ranges::find(undrain.declined, std::string("wish"),
                                     [](const core::Declined& one) { return one.reason.rule; });
  REQUIRE(why != undrain.declined.end());
  CHECK(why->reason.text.find("bob@head") != std::string::npos);
  CHECK(undrain.memory.wishes.contains({"w7"}));
}

TEST_CASE("drain: an idle drain becomes a bare hold; what ends for a reason stays so") {
  CHECK(actions(joined().draining("idle", 98).wish(WishKind::drain, {"n1"}).plan_for_wish()) == Lines{"hold n1: wish"});
  const auto ending = joined().draining("wish", 98).wish(WishKind::drain, {"n1"}).plan_for_wish();
  CHECK(has(declined(ending), "n1: draining"));
  CHECK(actions(ending) == Lines{"close-wish w1: wish"});
}

TEST_CASE("drain, undrain: a person's hold is a person's") {
  for (const WishKind kind : {WishKind::drain, WishKind::undrain}) {
    const auto plan = joined().held("bad disk, bob").wish(kind, {"n1"}).plan_for_wish();
    CHECK(actions(plan) == Lines{"close-wish w1: wish"});
    CHECK(has(declined(plan), "n1: persons-hold"));
  }
}

TEST_CASE("drain: foreign nodes, and what never joined, are refused") {
  auto foreign = snapshot();
  foreign.nodes().push_back(Snapshot::plain_node("static-1"));
  CHECK(has(declined(foreign.wish(WishKind::drain, {"static-1"}).plan_for_wish()), "static-1: foreign"));
  const auto booting = snapshot().machine("i-1", "n1").wish(WishKind::drain, {"n1"}).plan_for_wish();
  CHECK(has(declined(booting), "n1: not-joined"));
}

TEST_CASE("drain: waits where the batch system cannot be read") {
  auto world = joined().wish(WishKind::drain, {"n1"});
  world.now.nodes = make_error(ErrorKind::batch, "scontrol hangs");
  CHECK(actions(world.plan_for_wish()).empty());
}

TEST_CASE("undrain: takes a bare hold back, and is done once the node is free") {
  CHECK(actions(kept().wish(WishKind::undrain, {"n1"}).plan_for_wish()) == Lines{"release n1: wish"});
  CHECK(actions(joined().wish(WishKind::undrain, {"n1"}).plan_for_wish()) == Lines{"close-wish w1: wish"});
}

TEST_CASE("undrain: an end that another person asked for is not undone silently") {
  auto world = joined().draining("wish", 98, "w2").wish(WishKind::undrain, {"n1"});
  world.memory().wishes[{"w2"}] = {.id = {"w2"}, .kind = WishKind::kill_node, .targets = {"n1"}, .by = "bob"};
  const auto plan = world.plan_for_wish();
  CHECK(actions(plan) == Lines{"close-wish w1: wish"});
  CHECK(has(declined(plan), "n1: wish"));
}

TEST_CASE("undrain: a drain for idleness is cancelled and the node left alone for idle_time") {
  const auto plan = joined().draining("idle", 98).wish(WishKind::undrain, {"n1"}).plan_for_wish();
  CHECK(actions(plan) == Lines{"release n1: wish"});
  CHECK(plan.memory.machines.at({"i-1"}).left_alone_until == k_now + 600s);
}

TEST_SUITE_END();
