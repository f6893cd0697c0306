#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/replace_by_spot");

namespace {

// The machine named last was launched so long ago, and its node came a minute later.
void launched(Snapshot& world, Seconds age) {
  world.row([&](core::Machine& row) { row.launched_at = k_wall - age; });
  world.instance([&](core::Instance& instance) { instance.launched_at = k_wall - age; });
  world.node([&](core::Node& node) { node.registered_at = k_wall - age + 60s; });
}

// n1 is held since an earlier pass for its replacement's sake.
void drain_old(Snapshot& world) {
  core::HoldRow row{
      .node = {"n1"}, .kind = core::HoldKind::end, .note = "tide: end replaced: test", .rule = "replaced"};
  row.cancellable = true;
  row.confirmed = true;
  row.pass = 98;
  world.memory().holds[{"n1"}] = row;
  for (core::Node& node : world.nodes()) {
    if (node.name.value != "n1") continue;
    node.held = true;
    node.note = row.note;
  }
}

// Pool "small" on demand at 0.10 an hour, paid by the hour; "cheap" is its spot pool, at 0.03 in the only zone. n1 has
// run a job for `age`, and another machine of each pool is never there by itself.
Snapshot pair(Seconds age = 3600s - 600s) {
  auto world = snapshot()
                   .pool("small",
                         [](core::Pool& pool) {
                           pool.spot_pool.value = "cheap";
                           pool.paid_period = 3600s;
                           pool.on_demand = {{"t1", 100'000}};
                         })
                   .pool("cheap", [](core::Pool& pool) {
                     pool.market = core::Market::spot;
                     pool.on_demand = {{"t1", 100'000}};
                     pool.bids = {{"t1", 120'000}};
                   });
  world.memory().prices[{"aws"}] = {
      .tried = Snapshot::before(60s), .read = Snapshot::before(60s), .rows = {{"t1", "za", 30'000}}};
  world.worker("i-1", "n1").busy("7");
  launched(world, age);
  return world;
}

// With a spot machine that is ready.
Snapshot ready(Seconds age = 3600s - 600s) {
  auto world = pair(age);
  world.worker("i-2", "s1", "cheap").instance([](core::Instance& one) { one.market = core::Market::spot; });
  return world;
}

Snapshot mapped(Seconds age) {
  auto world = ready(age);
  world.row([](core::Machine& row) { row.replaces.value = "i-1"; });
  return world;
}

void spot_price(Snapshot& world, std::int64_t micros) {
  world.memory().prices.at({"aws"}).rows = {{"t1", "za", micros}};
}

std::string stands_in(const core::Plan& plan) { return plan.memory.machines.at({"i-2"}).replaces.value; }

}  // namespace

TEST_CASE("replace: asked for from second 2550 of a paid hour until the end may begin") {  // T-A10
  CHECK(actions(pair(2549s).plan()).empty());
  CHECK(actions(pair(2550s).plan()) == Lines{"launch cheap x1: replace"});
  CHECK(actions(pair(3149s).plan()) == Lines{"launch cheap x1: replace"});
  CHECK(actions(pair(3150s).plan()).empty());
  CHECK(actions(pair(5 * 3600s + 2600s).plan()) == Lines{"launch cheap x1: replace"});
}

TEST_CASE("replace: paid by the second, at any time") {
  auto world = pair(60s);
  world.settings.pools.at({"small"}).paid_period = 0s;
  CHECK(actions(world.plan()) == Lines{"launch cheap x1: replace"});
}

TEST_CASE("replace: only by what costs less than its share, and is known to") {
  auto world = pair();
  spot_price(world, 80'000);
  const auto launch = launches(world.plan()).at(0);
  CHECK(launch.request.max_price == "0.12");  // the bid: 1.2 of what it costs on demand
  CHECK(launch.price_micros == 80'000);
  spot_price(world, 80'001);
  CHECK(launches(world.plan()).empty());
  CHECK(declined(world.plan()) == Lines{"n1: spot-price"});
  world.memory().prices.at({"aws"}).read = Snapshot::before(1'801s);
  CHECK(launches(world.plan()).empty());
}

TEST_CASE("replace: never by a choice that is dearer, even as a fall-back") {
  auto world = pair();
  world.settings.pools.at({"cheap"}).zones = {"za", "zb"};
  world.memory().prices.at({"aws"}).rows = {{"t1", "za", 30'000}, {"t1", "zb", 90'000}};
  const auto launch = launches(world.plan()).at(0);
  CHECK(launch.request.zone == "za");
  CHECK(launch.request.alternatives.empty());
}

TEST_CASE("replace: what no job needs is not replaced") {
  auto world = pair();
  world.now.jobs->running.clear();
  world.node([](core::Node& node) { node.slots_used = 0; });
  CHECK(actions(world.plan()).empty());
  world.waiting(slots(4));
  CHECK(actions(world.plan()) == Lines{"launch cheap x1: replace"});
}

TEST_CASE("replace: the floors stay: on_demand_min of all, and the pool's own min") {
  auto world = pair();
  world.settings.spot.on_demand_min = 1;
  CHECK(actions(world.plan()).empty());
  world.worker("i-3", "n3").busy("8");
  CHECK(actions(world.plan()) == Lines{"launch cheap x1: replace"});
  world.settings.pools.at({"small"}).min = 2;
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("replace: one that is on its way, or was asked for, is not asked for again") {
  auto coming = pair();
  coming.machine("i-2", "s1", 60s, "cheap");
  CHECK(actions(coming.plan()).empty());
  auto asked = pair();
  asked.open_intent("x").memory().intents.at({"x"}).request.pool.value = "cheap";
  CHECK(launches(asked.plan()).empty());
}

TEST_CASE("replace: caps hold") {
  auto world = pair();
  world.settings.scale.max_nodes = 1;
  CHECK(actions(world.plan()).empty());
  CHECK(declined(world.plan()) == Lines{"replacement of n1: max-nodes"});
}

TEST_CASE("replace: a ready one is kept for it, and the old one held once its period nears the end") {
  const auto early = ready(2600s).plan();
  CHECK(actions(early).empty());
  CHECK(stands_in(early) == "i-1");
  CHECK(find(early, "s1")->needed);
  const auto plan = mapped(3150s).plan();
  REQUIRE(actions(plan) == Lines{"hold n1: replaced"});
  const auto& row = std::get<core::Hold>(plan.actions[0].action).row;
  CHECK(row.note == "tide: end replaced: spot machine s1 takes its place");
  CHECK(row.cancellable);
  CHECK(actions(mapped(3570s).plan()) == Lines{"hold n1: replaced"});
  CHECK(actions(mapped(3571s).plan()).empty());
}

TEST_CASE("replace: one stands in for one") {
  auto world = mapped(3150s);
  world.worker("i-3", "n3").busy("8");
  launched(world, 3150s);
  CHECK(actions(world.plan()) == Lines{"hold n1: replaced"});
}

TEST_CASE("replace: the dearest goes first") {  // T-A11
  auto world = ready(2600s);
  world.worker("i-3", "n3").busy("8").row([](core::Machine& row) { row.price_micros = 200'000; });
  launched(world, 2600s);
  const auto plan = world.plan();
  CHECK(stands_in(plan) == "i-3");
  CHECK(actions(plan) == Lines{"launch cheap x1: replace"});  // for the other
}

TEST_CASE("replace: demand takes the old one back, and its replacement then serves beside it") {  // T-A3
  auto world = mapped(3200s).waiting(slots(4)).waiting(slots(3));
  drain_old(world);
  const auto plan = world.plan();
  CHECK(actions(plan) == Lines{"release n1: demand"});
  CHECK(stands_in(plan).empty());
}

TEST_CASE("replace: what still runs its job when the next period began goes back into service") {  // T-A2
  auto world = mapped(3600s + 30s);
  drain_old(world);
  const auto plan = world.plan();
  CHECK(actions(plan) == Lines{"release n1: paid-period"});
  CHECK(stands_in(plan).empty());
}

TEST_CASE("replace: what is empty ends, also when the next period began") {
  auto world = mapped(3600s + 30s);
  drain_old(world);
  world.now.jobs->running.clear();
  for (core::Node& node : world.nodes()) node.slots_used = 0;
  CHECK(actions(world.plan()) == Lines{"terminate n1: replaced"});
}

TEST_CASE("paid period: idle machines end near the end of what is paid for, unless a cap is passed") {  // T-A1
  const auto idle = [](Seconds age) {
    auto world = snapshot().pool("small", [](core::Pool& pool) { pool.paid_period = 3600s; });
    world.worker("i-1", "n1").idle(900s);
    launched(world, age);
    return world;
  };
  CHECK(actions(idle(3149s).plan()).empty());
  CHECK(declined(idle(3149s).plan()) == Lines{"n1: paid-period"});
  CHECK(actions(idle(3150s).plan()) == Lines{"hold n1: idle"});
  CHECK(actions(idle(3600s + 600s).plan()).empty());
  auto over = idle(600s);
  over.settings.scale.max_nodes = 0;
  CHECK(actions(over.plan()) == Lines{"hold n1: idle"});
}

TEST_CASE("paid period: where passes are far apart one holds and the next ends, both before it is over") {
  const auto at = [](Seconds age, Seconds gap) {
    auto world = snapshot().pool("small", [](core::Pool& pool) { pool.paid_period = 3600s; });
    world.worker("i-1", "n1").idle(900s);
    launched(world, age);
    world.memory().clock.gap = gap;
    return actions(world.plan());
  };
  CHECK(at(3600s - 1201s, 600s).empty());
  CHECK(at(3600s - 1195s, 600s) == Lines{"hold n1: idle"});
  CHECK(at(3600s - 5s, 600s) == Lines{"hold n1: idle"});
  CHECK(at(1200s, 1800s) == Lines{"hold n1: idle"});
  CHECK(at(3600s - 1195s, 60s).empty());
}

TEST_CASE("extra: bought at 0.28 of the on-demand price, kept until it passes 0.38") {  // T-A12
  auto world = pair(60s);
  world.settings.pools.at({"cheap"}).extra = 1;
  spot_price(world, 28'000);
  CHECK(actions(world.plan()) == Lines{"launch cheap x1: extra"});
  spot_price(world, 28'001);
  CHECK(actions(world.plan()).empty());
  auto kept = ready(60s);
  kept.idle(900s).settings.pools.at({"cheap"}).extra = 1;
  kept.instance([](core::Instance& one) { one.zone = "za"; });
  spot_price(kept, 38'000);
  CHECK(actions(kept.plan()).empty());
  spot_price(kept, 38'001);
  CHECK(actions(kept.plan()) == Lines{"hold s1: idle"});
}

TEST_CASE("on_demand_min: so many are bought on demand first, the rest where it is cheapest") {
  auto world = pair(60s).waiting(slots(4), 3);
  world.settings.pools.at({"cheap"}).price_micros = 30'000;
  CHECK(actions(world.plan()) == Lines{"launch cheap x3: demand"});
  world.settings.spot.on_demand_min = 2;  // n1 is one
  CHECK(actions(world.plan()) == Lines{"launch small x1: demand", "launch cheap x2: demand"});
}

TEST_CASE("replace: a machine that is paid for in advance gives way to none") {
  auto world = pair();
  REQUIRE(launches(world.plan()).size() == 1);
  world.memory().reservations[{"aws"}] = {.tried = Snapshot::before(60s),
                                          .read = Snapshot::before(60s),
                                          .says = {.reserved = {{"t1", "", 1}}, .others = {}, .zones = {}}};
  CHECK(launches(world.plan()).empty());
}
