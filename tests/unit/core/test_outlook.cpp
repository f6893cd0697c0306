#include <tide/core/outlook.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/outlook");

namespace {

std::vector<core::Next> outlook(Snapshot world) {
  const core::Snapshot now = world.build();
  return core::outlook(now, world.settings, core::plan(now, world.settings));
}

const core::Next* find(const std::vector<core::Next>& all, const std::string& rule) {
  const auto found = std::ranges::find(all, rule, &core::Next::rule);
  return found == all.end() ? nullptr : &*found;
}

core::Cap cap(Snapshot world, const std::string& name) {
  const core::Snapshot now = world.build();
  for (const core::Cap& one : core::caps_of(now, world.settings)) {
    if (one.name == name) return one;
  }
  FAIL("no cap " << name);
  return {};
}

}  // namespace

TEST_CASE("outlook: idle nodes are gathered, with the time of the first") {
  const auto all = outlook(snapshot().worker("i-1", "n1").idle(100s).worker("i-2", "n2").idle(400s));
  const auto* idle = find(all, "idle");
  REQUIRE(idle != nullptr);
  CHECK(idle->at == k_wall + 200s);  // idle_time is 600 s
  CHECK(idle->subject == "n[1-2]");
  CHECK(idle->about == Lines{"n1", "n2"});
}

TEST_CASE("outlook: a booting machine has its deadline, and when it is expected once boots are learned") {
  auto world = snapshot().machine("i-1", "n1", 60s);
  CHECK(find(outlook(world), "boot-time") == nullptr);
  world.memory().boots[{"small"}] = {.count = 3, .last = 100s, .typical = 90s, .longest = 120s};
  const auto all = outlook(world);
  REQUIRE(find(all, "boot-time") != nullptr);
  CHECK(find(all, "boot-time")->at == k_wall + 30s);
  REQUIRE(find(all, "boot-deadline") != nullptr);
  CHECK(find(all, "boot-deadline")->at == k_wall + 840s);
}

TEST_CASE("outlook: planned actions come first, then by time; sleep and a stopped pool are there") {
  auto world = snapshot().waiting(slots(4), 1);
  auto all = outlook(world);
  REQUIRE_FALSE(all.empty());
  CHECK_FALSE(all.front().at);
  CHECK(all.front().what.starts_with("launch 1 machine"));
  world.memory().sleep = core::Sleep{.by = "alice", .reason = "", .since = k_wall, .until = k_wall + 60s};
  world.memory().breakers[{"small"}] = {.pool = {"small"}, .failures = 3, .open = true, .last = "x"};
  all = outlook(world);
  REQUIRE(find(all, "asleep") != nullptr);
  CHECK(find(all, "asleep")->at == k_wall + 60s);
  REQUIRE(find(all, "breaker") != nullptr);
  CHECK(find(all, "breaker")->what.find("tide reset small") != std::string::npos);
}

TEST_CASE("caps: machines and open launches count, and what is used up says so") {
  auto world = snapshot().worker("i-1", "n1").open_intent("k1", 2);
  world.set([](core::Settings& s) { s.scale.max_nodes = 3; });
  const auto nodes = cap(world, "[scale] max_nodes");
  CHECK(nodes.used == 3);
  CHECK(nodes.left == 0);
  CHECK_FALSE(nodes.why.empty());
  world.set([](core::Settings& s) { s.pools.at({"small"}).max = 10; });
  CHECK(cap(world, "[pools.small] max").left == 7);
}

TEST_CASE("caps: money without a cap still tells what an hour costs; quota is what the cloud has left") {
  auto world = snapshot().worker("i-1", "n1");
  auto money = cap(world, "[money] per_hour");
  CHECK(money.used == 100'000);
  CHECK_FALSE(money.limit);
  world.set([](core::Settings& s) { s.money.per_hour_micros = 250'000; });
  CHECK(cap(world, "[money] per_hour").left == 150'000);
  world.now.clouds[{"aws"}].machines_left = 0;
  CHECK(cap(world, "quota of cloud 'aws': machines").left == 0);
}
