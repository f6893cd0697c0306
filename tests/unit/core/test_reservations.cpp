#include <tide/core/ask_health.hpp>
#include <tide/core/reservations.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/reservations");

namespace {

using Rows = std::vector<core::TypeCount>;

Snapshot reserved(Snapshot world, const Rows& rows, const Rows& others = {}) {
  world.now.clouds.at({"aws"}).has_reservations = true;
  world.memory().reservations[{"aws"}] = {.tried = Snapshot::before(60s),
                                          .read = Snapshot::before(60s),
                                          .says = {.reserved = rows, .others = others, .zones = {}}};
  return world;
}

// A pool of types t1 and t2, in this order, and jobs for so many machines.
Snapshot two_types(int machines) {
  return snapshot().waiting(slots(4), machines).set([](core::Settings& s) {
    s.pools.at({"small"}).types = {"t1", "t2"};
  });
}

// "t2 x3"
Lines bought(const core::Plan& plan) {
  Lines lines;
  for (const auto& launch : launches(plan))
    lines.push_back(fmt::format("{} x{}", launch.request.types.front(), launch.request.count));
  return lines;
}

}  // namespace

TEST_CASE("reservations: a zone's serves that zone alone, and before the region's") {
  core::FreeReservations free(
      {.reserved = {{"t1", "", 1}, {"t1", "a", 1}}, .others = {}, .zones = {{"subnet-1", "a"}}});
  CHECK(free.left("t1", "subnet-1") == 2);
  CHECK(free.left("t1", "subnet-2") == 1);
  CHECK(free.left("t1", "a") == 2);
  CHECK(free.left("t1", "b") == 1);
  CHECK(free.left("t1", "") == 1);
  CHECK(free.left("t2", "a") == 0);
  CHECK(free.take("t1", "a"));
  CHECK(free.left("t1", "b") == 1);
  CHECK(free.take("t1", "b"));
  CHECK_FALSE(free.take("t1", "a"));
}

TEST_CASE("reservations: others' machines use them up first") {  // T-A17
  const core::Reservations said{
      .reserved = {{"t1", "", 2}, {"t1", "a", 1}}, .others = {{"t1", "a", 2}, {"t2", "", 9}}, .zones = {}};
  const core::FreeReservations free(said);
  CHECK(free.left("t1", "a") == 1);
  CHECK(free.left("t1", "b") == 1);
}

TEST_CASE("reservations: the count of one does not leak into another") {  // B-A9
  const core::Reservations said{.reserved = {{"t1", "", 1}, {"t2", "", 1}}, .others = {{"t1", "a", 5}}, .zones = {}};
  CHECK(core::FreeReservations(said).left("t2", "a") == 1);
  CHECK(said.reserved.front().count == 1);
}

TEST_CASE("reservations: a type with a free one is asked for first, for as many; the rest as ever") {
  CHECK(bought(two_types(3).plan()) == Lines{"t1 x3"});
  const auto plan = reserved(two_types(3), {{"t2", "", 2}}).plan();
  CHECK(bought(plan) == Lines{"t2 x2", "t1 x1"});
  REQUIRE(plan.actions.front().reason.facts.size() == 1);
  CHECK(plan.actions.front().reason.facts.front().value == "t2, 2 of which are free");
  CHECK(launches(plan).front().price_micros == 100'000);  // no discount is counted on
}

TEST_CASE("reservations: the parts of one job go to one zone, reserved or not") {
  auto world = snapshot().waiting(slots(4, 3)).set([](core::Settings& s) { s.pools.at({"small"}).zones = {"a", "b"}; });
  world.now.clouds.at({"aws"}).launch_max = 1;
  const auto plan = reserved(world, {{"t1", "b", 1}}).plan();
  REQUIRE(launches(plan).size() == 3);
  for (const auto& launch : launches(plan)) CHECK(launch.request.zone == "b");
}

TEST_CASE("reservations: machines of ours and intents use them up; spot ones do not") {
  auto world = reserved(two_types(2), {{"t2", "", 2}});
  world.worker("i-1", "n1").busy("7", 4).instance([](core::Instance& one) { one.type = "t2"; });
  CHECK(bought(world.plan()) == Lines{"t2 x1", "t1 x1"});
  world.instance([](core::Instance& one) { one.market = core::Market::spot; });
  CHECK(bought(world.plan()) == Lines{"t2 x2"});
  world.open_intent("k1").memory().intents.at({"k1"}).request.types = {"t2"};
  CHECK(bought(world.plan()) == Lines{"t2 x1"});
}

TEST_CASE("reservations: a pool with a free one comes before a cheaper pool, as far as it goes") {
  auto world = snapshot().waiting(slots(4), 3).pool("dear", [](core::Pool& pool) {
    pool.types = {"t9"};
    pool.price_micros = 900'000;
  });
  CHECK(launches(world.plan()).front().request.pool.value == "small");
  CHECK(launches(reserved(world, {{"t9", "", 3}}).plan()).front().request.pool.value == "dear");
  CHECK(launches(reserved(world, {{"t9", "", 1}}).plan()).front().request.pool.value == "small");  // two at full price
}

TEST_CASE("reservations: caps of money count the full price") {
  auto world = two_types(5).set([](core::Settings& s) { s.money.per_hour_micros = 200'000; });
  CHECK(bought(reserved(world, {{"t2", "", 5}}).plan()) == Lines{"t2 x2"});
}

TEST_CASE("reservations: a reading of two hours ago is counted on no more; none is none") {
  auto world = reserved(two_types(1), {{"t2", "", 5}});
  world.memory().reservations.at({"aws"}).read = Snapshot::before(7'200s);
  CHECK(bought(world.plan()) == Lines{"t2 x1"});
  world.memory().reservations.at({"aws"}).read = Snapshot::before(7'201s);
  CHECK(bought(world.plan()) == Lines{"t1 x1"});
  world.memory().reservations.at({"aws"}).read.reset();
  CHECK(bought(world.plan()) == Lines{"t1 x1"});
}

TEST_CASE("reservations: an idle machine that one pays for is held last") {  // T-A11
  auto world = snapshot().set([](core::Settings& s) { s.scale.max_end_per_pass.percent = 1; });
  world.worker("i-1", "n1").idle(900s).worker("i-2", "n2").idle(800s);
  world.instance([](core::Instance& one) { one.type = "t2"; });
  CHECK(actions(world.plan()) == Lines{"hold n1: idle"});
  CHECK(actions(reserved(world, {{"t1", "", 1}}).plan()) == Lines{"hold n2: idle"});
}

TEST_CASE("reservations: asked for each hour, where a person wants it and on-demand machines are wanted or live") {
  const auto asks = [](Snapshot one) { return core::asks_reservations(one.build(), one.settings, {"aws"}); };
  auto world = reserved(snapshot(), {});
  world.memory().reservations.clear();
  CHECK_FALSE(asks(world));
  CHECK(asks(Snapshot(world).worker("i-1", "n1")));
  CHECK(asks(Snapshot(world).wish_launch(1)));
  world.waiting(slots(1));
  CHECK(asks(world));
  world.memory().reservations[{"aws"}].tried = Snapshot::before(3'599s);
  CHECK_FALSE(asks(world));
  world.memory().reservations[{"aws"}].tried = Snapshot::before(3'600s);
  CHECK(asks(world));
  world.now.clouds.at({"aws"}).has_reservations = false;
  CHECK_FALSE(asks(world));
}

TEST_CASE("reservations: what was read is remembered; what could not be read leaves it and is told") {
  auto world = reserved(snapshot(), {{"t1", "", 1}});
  world.now.reservations.emplace(core::CloudName{"aws"},
                                 core::Reservations{.reserved = {{"t2", "", 2}}, .others = {}, .zones = {}});
  auto plan = world.plan();
  CHECK(plan.memory.reservations.at({"aws"}).says.reserved == Rows{{"t2", "", 2}});
  CHECK(plan.memory.reservations.at({"aws"}).read == k_now);
  world.now.reservations.insert_or_assign({"aws"}, make_error(ErrorKind::auth, "denied"));
  plan = world.plan();
  CHECK(plan.memory.reservations.at({"aws"}).says.reserved == Rows{{"t1", "", 1}});
  CHECK(plan.memory.reservations.at({"aws"}).tried == k_now);
  CHECK(has(declined(plan), "cloud aws: reservations-unreadable"));
}
TEST_SUITE_END();
