#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using core::InstanceState;
using core::IntentState;
TEST_SUITE_BEGIN("core/clear_away");

namespace {

Snapshot wanted_intent(Seconds age, int count = 1) {
  return snapshot().open_intent("k1", count, age).waiting(slots(4), count);
}
Snapshot gone() { return snapshot().worker("i-1", "n1").state(InstanceState::gone); }
Seconds rest_of(const core::Plan& plan) { return std::get<core::Remove>(plan.actions.at(0).action).name_rest; }

}  // namespace

TEST_CASE("repeat: an unanswered launch that is still wanted goes again with its token") {
  CHECK(actions(wanted_intent(60s).plan()) == Lines{"repeat k1: repeat"});
  CHECK(actions(wanted_intent(599s).plan()) == Lines{"repeat k1: repeat"});
}

TEST_CASE("repeat: not over max_nodes, which counts it") {
  auto world = wanted_intent(60s);
  world.settings.scale.max_nodes = 1;
  CHECK(actions(world.plan()) == Lines{"repeat k1: repeat"});
  world.settings.scale.max_nodes = 0;
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("repeat: for a person's wish it is always wanted") {
  auto world = snapshot().open_intent("k1");
  world.memory().intents.at({"k1"}).wish = {"w1"};
  CHECK(actions(world.plan()) == Lines{"repeat k1: repeat"});
}

TEST_CASE("repeat: one that is not wanted any more waits until listings would show it, then closes") {
  CHECK(actions(snapshot().open_intent("k1", 1, 299s).plan()).empty());
  CHECK(declined(snapshot().open_intent("k1", 1, 299s).plan()) == Lines{"k1: unsettled"});
  CHECK(actions(snapshot().open_intent("k1", 1, 300s).plan()) == Lines{"close-intent k1: settled"});
}

TEST_CASE("repeat: never with a token that the cloud may have forgotten, nor after a jump of the clock") {
  CHECK(actions(wanted_intent(600s).plan()) == Lines{"close-intent k1: settled"});
  auto jumped = wanted_intent(60s);
  jumped.memory().intents.at({"k1"}).made_at = k_wall + 7200s;
  CHECK(actions(jumped.plan()).empty());
}

TEST_CASE("repeat: never where the cloud has no tokens, while it is unreadable, or in a rebuild") {
  auto world = wanted_intent(60s);
  world.now.clouds.at({"aws"}).has_launch_tokens = false;
  CHECK(actions(world.plan()).empty());
  CHECK(actions(wanted_intent(60s).unreadable("aws").plan()).empty());
  world = wanted_intent(60s);
  world.memory().rebuild = Snapshot::before(10s);
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("repeat: a launch whose machines are listed is not repeated") {
  auto world = snapshot().machine("i-1", "n1").waiting(slots(4));
  world.memory().intents.at({"intent-i-1"}).state = IntentState::open;
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("gone: its node is taken out, its name rests a day, or not at all in a range") {  // T-C2, T-D10
  CHECK(actions(gone().plan()) == Lines{"remove n1: gone"});
  CHECK(rest_of(gone().plan()) == 86'400s);
  CHECK(rest_of(gone().set([](core::Settings& s) { s.pools.at({"small"}).names = "n[1-9]"; }).plan()) == 0s);
}

TEST_CASE("gone: an entry that the list hides is taken out by the name in the row") {
  CHECK(actions(snapshot().machine("i-1", "n1").state(InstanceState::gone).plan()) == Lines{"remove n1: gone"});
}

TEST_CASE("gone: while the batch system still sees jobs or slots on it, it stays") {
  const auto plan = gone().busy("7").plan();
  CHECK(actions(plan).empty());
  CHECK(declined(plan) == Lines{"n1: gone-with-jobs"});
  CHECK(actions(gone().node([](core::Node& node) { node.slots_used = 1; }).plan()).empty());
}

TEST_CASE("gone: not on a listing that was not read") {
  CHECK(actions(gone()
                    .instance_missing()
                    .row([](core::Machine& row) { row.missing_passes = 5, row.missing_since = Snapshot::before(600s); })
                    .unreadable("aws")
                    .plan())
            .empty());
}

TEST_CASE("leftover: entries of a refused launch, and of indexes that did not come, go at once") {
  auto world = snapshot().open_intent("k1", 2);
  world.memory().intents.at({"k1"}).state = IntentState::refused;
  CHECK(actions(world.plan()) == Lines{"remove demo-small-01: leftover", "remove demo-small-02: leftover"});
  CHECK(rest_of(world.plan()) == 0s);
  auto fewer = snapshot().machine("i-1", "demo-small-01").open_intent("k1", 2, 30s);
  fewer.row([](core::Machine& row) { row.intent.value = "k1"; }).instance([](core::Instance& one) {
    one.tags[core::tag::k_intent] = "k1";
  });
  fewer.memory().intents.erase({"intent-i-1"});
  fewer.memory().intents.at({"k1"}).state = IntentState::accepted;
  fewer.memory().intents.at({"k1"}).instances = {{"i-1"}};
  CHECK(has(actions(fewer.plan()), "remove demo-small-02: leftover"));
  CHECK_FALSE(has(actions(fewer.plan()), "remove demo-small-01: leftover"));
}

TEST_CASE("leftover: the entries of an unanswered launch stay") {
  CHECK_FALSE(has(actions(wanted_intent(60s).plan()), "remove demo-small-01: leftover"));
}

TEST_CASE("leftover: an entry that a lost store made waits for its machine until the boot deadline") {
  const auto after = [](Seconds age) {
    auto world = snapshot();
    world.memory().nodes[{"demo-small-01"}] = {.node = {"demo-small-01"}, .made = true, .since = Snapshot::before(age)};
    return actions(world.plan());
  };
  CHECK(after(899s).empty());
  CHECK(after(900s) == Lines{"remove demo-small-01: leftover"});
}

TEST_CASE("leftover: nodes that are not ours are never taken out") {  // B-P1, B-D10, T-P3
  CHECK(actions(snapshot().stranger("metal").silent(90'000s).node([](core::Node& node) { node.down = true; }).plan())
            .empty());
}

TEST_CASE("intents: one whose machines and entries are gone is closed") {
  auto world = snapshot().open_intent("k1");
  world.memory().intents.at({"k1"}).state = IntentState::accepted;
  world.memory().nodes.clear();
  CHECK(actions(world.plan()) == Lines{"close-intent k1: closed"});
  CHECK(actions(snapshot().machine("i-1", "n1").plan()).empty());
}

TEST_CASE("names: a name that has rested is forgotten") {
  auto world = snapshot();
  world.memory().nodes[{"a"}] = {.node = {"a"}, .removed = true, .free_at = k_now};
  world.memory().nodes[{"b"}] = {.node = {"b"}, .removed = true, .free_at = k_now + 1s};
  const auto plan = world.plan();
  CHECK_FALSE(plan.memory.nodes.contains({"a"}));
  CHECK(plan.memory.nodes.contains({"b"}));
}

TEST_CASE("holds: of a node that is in no list and to come no more are forgotten, of a hidden entry kept") {
  auto world = snapshot().machine("i-1", "n1");
  world.hold_row({.node = {"n1"}, .kind = core::HoldKind::joining});
  world.memory().holds[{"old"}] = {.node = {"old"}};
  const auto plan = world.plan();
  CHECK(plan.memory.holds.contains({"n1"}));
  CHECK_FALSE(plan.memory.holds.contains({"old"}));
}

TEST_CASE("leftover: the name of a node that comes by itself under its host's longer name is kept, and rests") {
  auto world = snapshot().worker("i-1", "n1");
  world.now.batch.entries = core::NodeEntries::by_themselves;
  world.row().node.value = "n1.cluster.example";
  world.node().name.value = "n1.cluster.example";
  CHECK_FALSE(has(actions(world.plan()), "remove n1: leftover"));
  auto gone = snapshot();
  gone.now.batch.entries = core::NodeEntries::by_themselves;
  gone.memory().nodes[{"n1"}] = {.node = {"n1"}, .pool = {"small"}, .intent = {"x"}, .since = Snapshot::before(60s)};
  const auto plan = gone.plan();
  REQUIRE(actions(plan) == Lines{"remove n1: leftover"});
  CHECK(std::get<core::Remove>(plan.actions[0].action).name_rest == 86'400s);
}
