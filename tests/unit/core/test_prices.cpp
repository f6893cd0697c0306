#include "tests/support/builders.hpp"

#include <tide/core/prices.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/prices");

namespace {

// A spot pool of two types; t1 is dear in zone a.
Snapshot spot(const std::string& max_price = "0.05") {
  auto world = snapshot().pool("small", [&](core::Pool& pool) {
    pool.market = core::Market::spot;
    pool.max_price = max_price;
    pool.zones = {"za", "zb"};
  });
  world.memory().prices[{"aws"}] = {.tried = Snapshot::before(60s),
                                    .read = Snapshot::before(60s),
                                    .rows = {{"t1", "za", 60'000}, {"t1", "zb", 40'000}, {"t2", "za", 10'000}}};
  return world;
}
std::optional<std::int64_t> price(Snapshot& world, const std::string& type, const std::string& zone) {
  return core::price_of(world.memory(), k_now, world.settings.pools.at({"small"}), type, zone);
}
std::string over(Snapshot& world, const std::string& type, const std::string& zone) {
  return core::over_cap(world.memory(), k_now, world.settings.pools.at({"small"}), type, zone);
}

}  // namespace

TEST_CASE("price: by type and zone; the cheapest where the zone is not known; else the pool's") {
  auto world = spot();
  CHECK(price(world, "t1", "za") == 60'000);
  CHECK(price(world, "t1", "zb") == 40'000);
  CHECK(price(world, "t1", "") == 40'000);
  CHECK(price(world, "t1", "subnet-1") == 40'000);
  CHECK(price(world, "t2", "zb") == 100'000);  // a zone that has no price for it
  CHECK(price(world, "t3", "za") == 100'000);
  world.memory().prices.at({"aws"}).read = Snapshot::before(1'801s);
  CHECK(price(world, "t1", "za") == 100'000);
  auto on_demand = spot();
  on_demand.settings.pools.at({"small"}).market = core::Market::on_demand;
  CHECK(price(on_demand, "t1", "za") == 100'000);
}

TEST_CASE("cap: a price above it is refused with price, age and cap; one that is not known is the cloud's to judge") {
  auto world = spot();
  CHECK(over(world, "t1", "za") == "t1 costs 0.06 in za (60 s ago), [pools.small] max_price is 0.05");
  CHECK(over(world, "t1", "zb").empty());
  CHECK(over(world, "t1", "").empty());
  CHECK(over(world, "t3", "za").empty());
  auto exact = spot("0.06");
  CHECK(over(exact, "t1", "za").empty());
  auto uncapped = spot("");
  CHECK(over(uncapped, "t1", "za").empty());
}

TEST_CASE("bid: the cap of each type, where the pool has none of its own; each choice carries its own") {
  auto world = spot("").waiting(slots(4));
  core::Pool& pool = world.settings.pools.at({"small"});
  pool.types = {"t1", "t2"};
  pool.bids = {{"t1", 50'000}, {"t2", 12'000}};
  CHECK(over(world, "t1", "za") == "t1 costs 0.06 in za (60 s ago), [spot] bid comes to 0.05");
  CHECK(over(world, "t1", "zb").empty());
  const auto request = launches(world.plan()).at(0).request;
  CHECK(request.max_price == "0.05");
  REQUIRE_FALSE(request.alternatives.empty());
  CHECK(request.alternatives.back().type == "t2");
  CHECK(request.alternatives.back().max_price == "0.012");
  pool.max_price = "0.07";
  CHECK(over(world, "t1", "za").empty());
}

TEST_CASE("price: on demand by type, where the cloud's table or the pool says") {
  auto world = snapshot();
  core::Pool& pool = world.settings.pools.at({"small"});
  pool.on_demand = {{"t1", 70'000}};
  CHECK(price(world, "t1", "") == 70'000);
  CHECK(price(world, "t2", "") == 100'000);
  pool.market = core::Market::spot;  // its own price counts before what it would cost on demand
  CHECK(price(world, "t1", "") == 100'000);
  pool.price_micros.reset();
  CHECK(price(world, "t1", "") == 70'000);
}

TEST_CASE("launch: the cheapest zone within the cap first, at its price") {
  auto world = spot().waiting(slots(4));
  const auto launch = launches(world.plan()).at(0);
  CHECK(launch.request.zone == "zb");
  CHECK(launch.price_micros == 40'000);
  world.memory().prices.at({"aws"}).rows = {{"t1", "za", 30'000}, {"t1", "zb", 40'000}};
  CHECK(launches(world.plan()).at(0).request.zone == "za");
}

TEST_CASE("launch: nothing is bought above the cap, and the reason names the price and the cap") {
  auto world = spot("0.03").waiting(slots(4)).wish_launch(1);
  const auto plan = world.plan();
  CHECK(launches(plan).empty());
  REQUIRE_FALSE(plan.declined.empty());
  CHECK(plan.declined.back().reason.rule == "spot-price");
  CHECK(plan.declined.back().kind == ErrorKind::money);
  CHECK(plan.declined.back().reason.text.find("max_price is 0.03") != std::string::npos);
}

TEST_CASE("launch: money caps count what spot machines may cost now, not what the pool says") {
  for (const auto& [max_price, machines] : {std::pair{"0.05", 2}, std::pair{"0.07", 1}}) {
    CAPTURE(max_price);  // with 0.07 a fall-back to zone za, at 0.06, may come of it
    auto world = spot(max_price).waiting(slots(4), 9);
    world.set([](core::Settings& settings) { settings.money.per_hour_micros = 100'000; });
    const auto plan = world.plan();
    REQUIRE(launches(plan).size() == 1);
    CHECK(launches(plan)[0].request.count == machines);
  }
}

TEST_CASE("machine: what it is remembered to cost is the price where it came") {
  auto world = spot().machine("i-1", "n1").instance([](core::Instance& one) {
    one.market = core::Market::spot;
    one.zone = "za";
  });
  world.memory().machines.clear();
  CHECK(world.plan().memory.machines.at({"i-1"}).price_micros == 60'000);
}
TEST_SUITE_END();
