#include "tests/support/builders.hpp"

#include <tide/core/ask_health.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/ask_health");

namespace {

constexpr auto k_checks = core::HealthQuestion::checks;
constexpr auto k_notices = core::HealthQuestion::notices;

Snapshot able(Snapshot world) {
  auto& traits = world.now.clouds.at({"aws"});
  traits.has_health = traits.has_notices = traits.has_spot_prices = true;
  return world;
}
bool asks(Snapshot& world, core::HealthQuestion question) {
  return core::asks_health(world.build(), {"aws"}, question);
}
void tried(Snapshot& world, Seconds ago) {
  core::CloudHealth& health = world.memory().health[{"aws"}];
  for (core::HealthReading* reading : {&health.checks, &health.notices}) {
    reading->tried = Snapshot::before(ago);
    reading->read = Snapshot::before(ago);
  }
}

}  // namespace

TEST_CASE("checks: of machines that joined, every ten minutes; none of clouds that do not tell or could not be read") {
  auto world = able(snapshot().worker("i-1", "n1"));
  CHECK(asks(world, k_checks));
  tried(world, 599s);
  CHECK_FALSE(asks(world, k_checks));
  tried(world, 600s);
  CHECK(asks(world, k_checks));
  CHECK_FALSE(core::asks_health(snapshot().worker("i-1", "n1").build(), {"aws"}, k_checks));
  auto booting = able(snapshot().machine("i-1", "n1", 100s));
  CHECK_FALSE(asks(booting, k_checks));
  auto unread = able(snapshot().worker("i-1", "n1").unreadable("aws"));
  CHECK_FALSE(asks(unread, k_checks));
  auto ending = able(snapshot().worker("i-1", "n1").row([](core::Machine& row) { row.told_to_end = k_now; }));
  CHECK_FALSE(asks(ending, k_checks));
}

TEST_CASE("checks: soon while a node that joined is silent, or a failing check is to be confirmed") {
  auto silent = able(snapshot().worker("i-1", "n1").silent(10s));
  tried(silent, 59s);
  CHECK_FALSE(asks(silent, k_checks));
  tried(silent, 60s);
  CHECK(asks(silent, k_checks));
  auto failing = able(snapshot().worker("i-1", "n1"));
  tried(failing, 60s);
  core::HealthRow row{.says = {.id = {"i-1"}}, .impaired_since = Snapshot::before(60s)};
  failing.memory().health[{"aws"}].checks.rows[{"i-1"}] = row;
  CHECK(asks(failing, k_checks));
  failing.memory().health[{"aws"}].checks.rows[{"i-1"}].impaired_since = Snapshot::before(240s);
  CHECK_FALSE(asks(failing, k_checks));  // confirmed
}

TEST_CASE("notices: only while spot machines of ours run, at most every 45 s") {
  auto world = able(snapshot().worker("i-1", "n1"));
  CHECK_FALSE(asks(world, k_notices));
  world.instance([](core::Instance& one) { one.market = core::Market::spot; });
  CHECK(asks(world, k_notices));
  tried(world, 44s);
  CHECK_FALSE(asks(world, k_notices));
  tried(world, 45s);
  CHECK(asks(world, k_notices));
  world.instance([](core::Instance& one) { one.tags[core::tag::k_owner] = "head-2"; });
  CHECK_FALSE(asks(world, k_notices));
}

TEST_CASE("prices: the types of spot pools, while jobs wait or spot machines run, every ten minutes") {
  auto world = able(snapshot().pool("cheap", [](core::Pool& pool) {
    pool.market = core::Market::spot;
    pool.types = {"t2", "t3"};
  }));
  const auto types = [](Snapshot& one) { return core::asks_prices(one.build(), one.settings, {"aws"}); };
  CHECK(types(world).empty());
  world.waiting(slots(1));
  CHECK(types(world) == Lines{"t2", "t3"});
  world.memory().prices[{"aws"}].tried = Snapshot::before(599s);
  CHECK(types(world).empty());
  world.memory().prices[{"aws"}].tried = Snapshot::before(600s);
  CHECK(types(world) == Lines{"t2", "t3"});
  auto on_demand = able(snapshot().waiting(slots(1)));
  CHECK(types(on_demand).empty());
}

TEST_CASE("prices: asked for extra machines, and while there is one that a spot machine may take the place of") {
  auto world = able(snapshot().pool("cheap", [](core::Pool& pool) {
    pool.market = core::Market::spot;
    pool.types = {"t2"};
  }));
  const auto types = [](Snapshot& one) { return core::asks_prices(one.build(), one.settings, {"aws"}); };
  world.worker("i-1", "n1");
  CHECK(types(world).empty());
  world.settings.pools.at({"small"}).spot_pool.value = "cheap";
  CHECK(types(world) == Lines{"t2"});
  world.settings.pools.at({"small"}).spot_pool.value = "other";
  CHECK(types(world).empty());
  world.settings.pools.at({"cheap"}).extra = 1;
  CHECK(types(world) == Lines{"t2"});
}
TEST_SUITE_END();
