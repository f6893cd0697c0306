#include <tide/core/spend.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/spend");

namespace {

// k_wall is 08:00 UTC.
const std::string k_today = "2027-01-15/small";
const std::string k_yesterday = "2027-01-14/small";

core::Memory counted(Snapshot& world) { return world.plan().memory; }

Snapshot counted_before(Snapshot world, Seconds ago) {
  world.memory().clock.boot = {.boot_id = "b", .seconds = 10'000};
  world.memory().spend_clock =
      core::SpendClock{.wall = k_wall - ago, .boot = {.boot_id = "b", .seconds = 10'000 - ago.count()}};
  return world;
}

}  // namespace

TEST_CASE("spend: the first time a machine counts from its launch, and by the day") {
  auto world = snapshot().machine("i-1", "n1", 10h);
  const auto memory = counted(world);
  CHECK(memory.spend.at(k_yesterday).machine_seconds == 2 * 3600);
  CHECK(memory.spend.at(k_today).machine_seconds == 8 * 3600);
  CHECK(core::micros_of(memory.spend.at(k_today)) == 800'000);  // 0.10 an hour
}

TEST_CASE("spend: later only what came since the last count, and nothing is lost by rounding") {
  auto world = counted_before(snapshot().worker("i-1", "n1"), 7s);
  world.memory().machines.at({"i-1"}).price_micros = 1;
  for (int i = 0; i < 3; ++i) {
    const auto memory = counted(world);
    world.memory().spend = memory.spend;
  }
  CHECK(world.memory().spend.at(k_today).machine_seconds == 21);
  CHECK(world.memory().spend.at(k_today).micros_seconds == 21);
}

TEST_CASE("spend: a machine that was launched since the last count costs from its launch only") {
  auto world = counted_before(snapshot().machine("i-1", "n1", 20s), 600s);
  CHECK(counted(world).spend.at(k_today).machine_seconds == 20);
}

TEST_CASE("spend: a wall clock that stepped spends nothing") {
  auto world = counted_before(snapshot().worker("i-1", "n1"), 60s);
  world.memory().spend_clock->wall = k_wall - 400h;
  CHECK(counted(world).spend.at(k_today).machine_seconds == 60);
  world.memory().spend_clock->wall = k_wall + 400h;
  CHECK(counted(world).spend.at(k_today).machine_seconds == 60);
}

TEST_CASE("spend: a machine without a price is told apart") {
  auto world = counted_before(snapshot().worker("i-1", "n1"), 60s);
  world.memory().machines.at({"i-1"}).price_micros = 0;
  CHECK(counted(world).spend.at(k_today).micros_seconds == 6'000'000);  // its pool has one by now
  world.pool("small", [](core::Pool& pool) { pool.price_micros.reset(); });
  const auto spend = counted(world).spend.at(k_today);
  CHECK(spend.unpriced_seconds == 60);
  CHECK(spend.micros_seconds == 0);
}

TEST_CASE("spend: foreign machines cost us nothing, and days of long ago are dropped") {
  auto world = snapshot().stranger("metal");
  world.memory().spend["2025-01-01/small"].machine_seconds = 1;
  world.memory().spend["2026-12-24/small"].machine_seconds = 2;
  const auto memory = counted(world);
  CHECK(memory.spend.size() == 1);
  CHECK(memory.spend.contains("2026-12-24/small"));
}

TEST_CASE("spend: cost so far is price times the time since launch") {
  core::Machine machine;
  machine.price_micros = 100'000;
  CHECK(core::cost_so_far(machine, k_wall) == 0);  // its launch is not known
  machine.launched_at = k_wall - 90min;
  CHECK(core::cost_so_far(machine, k_wall) == 150'000);
  CHECK(core::cost_so_far(machine, k_wall - 100min) == 0);
}

TEST_CASE("boot times: learned once a machine, from launch to registration; nonsense is not") {
  auto world = snapshot().worker("i-1", "n1");
  auto& row = world.memory().machines.at({"i-1"});
  row.registered.reset();
  world.now.nodes->front().registered_at = row.launched_at + 100s;
  auto memory = world.plan().memory;
  REQUIRE(memory.boots.contains({"small"}));
  CHECK(memory.boots.at({"small"}) == core::BootTimes{.count = 1, .last = 100s, .typical = 100s, .longest = 100s});
  world.memory().boots = memory.boots;
  world.now.nodes->front().registered_at = row.launched_at + 60s;
  memory = world.plan().memory;
  CHECK(memory.boots.at({"small"}) == core::BootTimes{.count = 2, .last = 60s, .typical = 90s, .longest = 100s});
  world.now.nodes->front().registered_at = row.launched_at - 5s;
  CHECK(world.plan().memory.boots.at({"small"}).count == 1);
}

TEST_CASE("persons' holds: remembered since they were first seen, forgotten when released") {
  auto world = snapshot().worker("i-1", "n1").held("bad disk");
  CHECK(world.plan().memory.machines.at({"i-1"}).held_since == k_now);
  world.memory().machines.at({"i-1"}).held_since = k_now + -300s;
  CHECK(world.plan().memory.machines.at({"i-1"}).held_since == k_now + -300s);
  world.now.nodes->front().held = false;
  CHECK_FALSE(world.plan().memory.machines.at({"i-1"}).held_since);
}

TEST_CASE("span caps: what is spent of the day and the month, whoever's pool it was") {
  core::Settings settings;
  CHECK(core::span_caps(settings, {}, k_wall).empty());
  settings.money.per_day_micros = 5'000'000;
  settings.money.per_month_micros = 80'000'000;
  core::Memory memory;
  memory.spend[k_today].micros_seconds = 1'000'000LL * 3600;
  memory.spend["2027-01-15/large"].micros_seconds = 500'000LL * 3600;
  memory.spend[k_yesterday].micros_seconds = 2'000'000LL * 3600;
  memory.spend["2026-12-31/small"].micros_seconds = 9'000'000LL * 3600;
  const auto caps = core::span_caps(settings, memory, k_wall);
  REQUIRE(caps.size() == 2);
  CHECK(caps[0].spent == 1'500'000);
  CHECK(caps[1].spent == 3'500'000);
  CHECK(core::spend_lost(memory, caps[0]).empty());
  memory.spend_lost = k_wall;
  CHECK(core::spend_lost(memory, caps[0]).find("tide cost set") != std::string::npos);
}

TEST_CASE("span caps: what runs counts until the day ends, and for an hour at least") {
  CHECK(core::counted_on(k_wall) == 16h);  // it is 08:00
  CHECK(core::counted_on(k_wall + 15h + 59min) == 1h);
  CHECK(core::planned(100'000, k_wall) == 1'600'000);
  CHECK(core::planned(1, k_wall + 15h) == 1);
}

TEST_CASE("span caps: a launch that the day or the month could not pay for is refused with its numbers") {
  auto world = snapshot().worker("i-1", "n1").busy("7", 4).waiting(slots(4), 10);
  world.settings.money.per_day_micros = 6'000'000;
  world.memory().spend[k_today].micros_seconds = 1'000'000LL * 3600;
  world = counted_before(world, 0s);
  // 1.00 spent, 1.60 for the one that runs until midnight: 3.40 are left, for two more at 1.60 each.
  auto plan = world.plan();
  REQUIRE(launches(plan).size() == 1);
  CHECK(launches(plan)[0].request.count == 2);
  const auto no =
      std::ranges::find_if(plan.shapes[0].reasons, [](const core::Reason& reason) { return reason.rule == "per-day"; });
  REQUIRE(no != plan.shapes[0].reasons.end());
  CHECK(no->text.find("[money] per_day = 6.00: 1.00 is spent") != std::string::npos);
  world.settings.money.per_day_micros.reset();
  world.settings.money.per_month_micros = 3'000'000;
  CHECK(launches(world.plan()).empty());
}

TEST_CASE("span caps: a lost store's spending counts as reached; what is idle beyond a cap goes at once") {
  auto lost = snapshot().waiting(slots(4));
  lost.settings.money.per_day_micros = 600'000'000;
  CHECK(launches(lost.plan()).size() == 1);
  lost.memory().spend_lost = k_wall - 1h;
  CHECK(launches(lost.plan()).empty());
  auto over = counted_before(snapshot().worker("i-1", "n1").idle(10s), 0s);
  over.settings.money.per_day_micros = 1'000'000;
  CHECK(actions(over.plan()) == Lines{"hold n1: idle"});
  over.settings.money.per_day_micros = 2'000'000;
  CHECK(actions(over.plan()).empty());
}
