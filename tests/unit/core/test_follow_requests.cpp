#include <tide/core/back_off.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using core::InstanceState;
using core::Phase;
TEST_SUITE_BEGIN("core/follow_requests");

namespace {

// A launch that is a request so far, made so long ago; the entry of its node is there, held.
Snapshot waiting_for(Seconds age = 60s) {
  auto world = snapshot();
  world.now.clouds.at({"aws"}).by_request = {{"small"}};
  world.machine("sir-1", "n1", age).state(InstanceState::pending).instance([](core::Instance& one) {
    one.request = one.id;
    one.market = core::Market::spot;
    one.address.clear();
    one.addresses.clear();
  });
  world.memory().intents.at({"intent-sir-1"}).request.types = {"t1"};
  return world;
}

// Its machine is there.
Snapshot fulfilled(Seconds age = 60s) {
  auto world = waiting_for(age);
  world.instance([](core::Instance& one) {
    one.id.value = "i-1";
    one.launched_at = k_wall;
    one.address = "10.0.0.1";
  });
  return world;
}

}  // namespace

TEST_CASE("requests: one that waits pends, counts as a machine and as room, and costs nothing yet") {
  auto world = waiting_for().waiting(slots(4));
  world.memory().spend_clock = core::SpendClock{.wall = k_wall - 60s, .boot = {.boot_id = "before", .seconds = 3}};
  const auto plan = world.plan();
  CHECK(find(plan, "sir-1")->phase == Phase::pending);
  CHECK(launches(plan).empty());
  CHECK(plan.memory.spend.empty());
  world.instance([](core::Instance& one) { one.request = {}; });
  CHECK_FALSE(world.plan().memory.spend.empty());
}

TEST_CASE("requests: its row goes on as its machine's: nothing is missing, nothing is bought, the boot begins now") {
  auto world = fulfilled(800s).waiting(slots(4));
  world.memory().wishes[{"w1"}] = {.id = {"w1"}, .kind = core::WishKind::terminate, .targets = {"sir-7"}, .by = "ann"};
  const auto plan = world.plan();
  CHECK(launches(plan).empty());
  REQUIRE(plan.memory.machines.size() == 1);
  const core::Machine& row = plan.memory.machines.at({"i-1"});
  CHECK(row.id.value == "i-1");
  CHECK(row.node.value == "n1");
  CHECK(row.first_seen == k_now);
  CHECK(row.launched_at == k_wall);
  CHECK_FALSE(row.adopted);
  CHECK(row.price_micros == 100'000);
  CHECK_FALSE(row.missing_since);
  CHECK(plan.memory.intents.at({"intent-sir-1"}).instances == std::vector<core::InstanceId>{{"i-1"}});
  CHECK(find(plan, "i-1")->phase == Phase::pending);
  CHECK(plan.memory.breakers.empty());
  CHECK_FALSE(plan.memory.rebuild);
}

TEST_CASE("requests: a person's wish that names the request means its machine") {
  auto world = fulfilled().wish(core::WishKind::terminate, {"sir-1"}, true);
  CHECK(actions(world.plan()) == Lines{"terminate n1: wish"});
}

TEST_CASE("requests: a store that knows both keeps the machine's row") {
  auto world = fulfilled();
  core::Machine known = world.memory().machines.at({"sir-1"});
  known.id.value = "i-1";
  known.first_seen = Snapshot::before(30s);
  world.memory().machines[known.id] = known;
  const auto plan = world.plan();
  REQUIRE(plan.memory.machines.size() == 1);
  CHECK(plan.memory.machines.at({"i-1"}).first_seen == Snapshot::before(30s));
}

TEST_CASE("requests: a machine whose launch was not answered is the intent's, by its tag, in either form") {
  for (const bool came : {false, true}) {
    auto world = came ? fulfilled() : waiting_for();
    core::Intent& intent = world.memory().intents.at({"intent-sir-1"});
    intent.state = core::IntentState::open;
    intent.instances.clear();
    world.memory().machines.clear();
    const auto plan = world.waiting(slots(4)).plan();
    CHECK(launches(plan).empty());
    CHECK(plan.memory.intents.at({"intent-sir-1"}).state == core::IntentState::accepted);
    REQUIRE(plan.memory.machines.size() == 1);
    CHECK_FALSE(plan.memory.machines.begin()->second.adopted);
  }
}

TEST_CASE("requests: that its node registers before the listing shows the machine changes nothing") {
  auto world = waiting_for();
  core::Node node = Snapshot::plain_node("n1");
  node.registered_at = k_wall;
  node.instance.value = "i-1";
  node.features = {"small"};
  world.nodes().push_back(node);
  const auto plan = world.plan();
  const auto* worker = find(plan, "n1");
  REQUIRE(worker != nullptr);
  CHECK(worker->id.value == "sir-1");
  CHECK(worker->joined);
  CHECK_FALSE(has(actions(plan), "terminate n1: idle"));
}

TEST_CASE("requests: what it waits for lets its choice rest; it is called off, and counts as no boot failure") {
  auto world = waiting_for().state(InstanceState::failed).instance([](core::Instance& one) {
    one.fault = "spot request: price-too-low: below";
    one.fault_kind = ErrorKind::capacity;
  });
  const auto plan = world.waiting(slots(4)).plan();
  CHECK(actions(plan) == Lines{"terminate n1: failed"});
  CHECK(plan.memory.back_offs.size() == 1);
  CHECK(plan.memory.breakers.empty());
}

TEST_CASE("requests: one that ended by itself is cleared away, and its choice rests") {
  auto world = waiting_for(900s).state(InstanceState::gone).instance([](core::Instance& one) {
    one.fault = "spot request: schedule-expired: it did";
    one.fault_kind = ErrorKind::capacity;
  });
  const auto plan = world.waiting(slots(4)).plan();
  CHECK(launches(plan).empty());
  CHECK(plan.memory.back_offs.size() == 1);
  CHECK(plan.memory.breakers.empty());
  CHECK(has(actions(plan), "remove n1: gone"));
}

TEST_CASE("requests: bad parameters are a failure of the pool's, and in the breaker's words") {
  auto world = waiting_for().state(InstanceState::gone).instance([](core::Instance& one) {
    one.fault = "spot request: bad-parameters: no such key";
    one.fault_kind = ErrorKind::bad_request;
  });
  const auto plan = world.plan();
  CHECK(plan.memory.back_offs.empty());
  CHECK(plan.memory.breakers.at({"small"}).failures == 1);
}

TEST_CASE("requests: the boot deadline is not theirs; a server that lets one wait beyond its time is not waited for") {
  CHECK(find(waiting_for(1'000s).plan(), "sir-1")->phase == Phase::pending);
  const auto plan = waiting_for(1'200s).plan();
  CHECK(find(plan, "sir-1")->phase == Phase::failed);
  CHECK(actions(plan) == Lines{"terminate n1: failed"});
  CHECK(plan.memory.breakers.empty());
  CHECK(plan.memory.back_offs.size() == 1);
}

TEST_CASE("requests: one that no job waits for is called off after idle_time, but for a minimum") {
  auto world = waiting_for(700s);
  CHECK(actions(world.plan()).empty());
  CHECK(world.plan().memory.machines.at({"sir-1"}).idle_since == k_now);
  world.row([](core::Machine& row) { row.idle_since = Snapshot::before(600s); });
  CHECK(actions(world.plan()) == Lines{"terminate n1: idle"});
  CHECK(actions(Snapshot(world).waiting(slots(4)).plan()).empty());
  world.set([](core::Settings& s) { s.pools.at({"small"}).min = 1; });
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("requests: a cloud that cannot be read leaves it as it is") {
  auto world = waiting_for(700s);
  world.row([](core::Machine& row) { row.idle_since = Snapshot::before(600s); });
  world.unreadable("aws");
  CHECK(actions(world.plan()).empty());
  CHECK(world.plan().memory.machines.contains({"sir-1"}));
}
TEST_SUITE_END();
