#include "tests/support/builders.hpp"

#include <tide/core/describe.hpp>
#include <tide/util/hostlist.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/buyer");

namespace {

// Wants 50 machines of pool small.
Snapshot hungry() {
  return snapshot().waiting(slots(4), 50).set([](core::Settings& s) { s.scale.max_launch_per_pass = 0; });
}

int ordered(const core::Plan& plan) {
  int count = 0;
  for (const auto& launch : launches(plan)) count += launch.request.count;
  return count;
}
bool refused(const core::Plan& plan, const std::string& rule, ErrorKind kind = ErrorKind::refused) {
  return std::ranges::any_of(plan.declined,
                             [&](const core::Declined& one) { return one.reason.rule == rule && one.kind == kind; });
}
Snapshot backing_off(Snapshot world, const std::string& key, ErrorKind kind = ErrorKind::capacity) {
  world.memory().back_offs[key] = {.key = key, .kind = kind, .attempts = 1, .until = k_now + 60s, .why = "no c7 there"};
  return world;
}
template <typename Tweak>
Snapshot with_small(Tweak tweak) {
  return hungry().set([&](core::Settings& s) { tweak(s.pools.at({"small"})); });
}

}  // namespace

TEST_CASE("caps: max_nodes counts what runs, boots, is intended and what fails") {  // T-E3, requirement 6
  auto world = hungry().set([](core::Settings& s) { s.scale.max_nodes = 10; });
  CHECK(ordered(world.plan()) == 10);
  world.worker("i-1", "n1").busy("7", 4).machine("i-2", "n2").machine("i-3", "n3").state(core::InstanceState::failed);
  world.machine("i-4", "n4").instance_missing().open_intent("k1", 2);
  const auto plan = world.plan();
  CHECK(ordered(plan) == 4);
  CHECK(refused(plan, "max-nodes"));
}

TEST_CASE("caps: max_nodes of nothing launches nothing") {
  CHECK(ordered(hungry().set([](core::Settings& s) { s.scale.max_nodes = 0; }).plan()) == 0);
}

TEST_CASE("caps: a machine that is gone counts no more") {
  auto world = hungry()
                   .set([](core::Settings& s) { s.scale.max_nodes = 10; })
                   .worker("i-1", "n1")
                   .state(core::InstanceState::gone);
  CHECK(ordered(world.plan()) == 10);
}

TEST_CASE("caps: an unreadable cloud counts with its last known machines and open intents") {
  auto world = hungry()
                   .set([](core::Settings& s) { s.scale.max_nodes = 5; })
                   .worker("i-1", "n1")
                   .busy("7", 4)
                   .machine("i-2", "n2")
                   .open_intent("k1");
  world.row([](core::Machine& row) { row.missing_passes = 2, row.missing_since = Snapshot::before(90s); });
  world.cloud("other")
      .pool("rest", [](core::Pool& pool) { pool.cloud = {"other"}, pool.price_micros = 900'000; })
      .unreadable("aws");
  const auto plan = world.plan();
  CHECK(ordered(plan) == 2);
  CHECK(launches(plan)[0].request.pool.value == "rest");
  CHECK(refused(plan, "cloud-unreadable"));
}

TEST_CASE("caps: a pool's own max; 0 is none") {
  CHECK(ordered(with_small([](core::Pool& pool) { pool.max = 3; }).machine("i-1", "n1").plan()) == 2);
  CHECK(ordered(with_small([](core::Pool& pool) { pool.max = 0; }).plan()) == 50);
}

TEST_CASE("caps: the limit per pass; 0 is none") {
  const auto plan = hungry().set([](core::Settings& s) { s.scale.max_launch_per_pass = 20; }).plan();
  CHECK(ordered(plan) == 20);
  CHECK(refused(plan, "launch-limit"));
}

TEST_CASE("money: per_hour counts what runs, is intended and ordered; its kind is money") {
  auto world = hungry().set([](core::Settings& s) { s.money.per_hour_micros = 1'000'000; });
  CHECK(ordered(world.plan()) == 10);
  const auto plan = world.worker("i-1", "n1").busy("7", 4).open_intent("k1", 2).plan();
  CHECK(ordered(plan) == 7);
  CHECK(refused(plan, "per-hour", ErrorKind::money));
}

TEST_CASE("money: a capped pool without a price launches nothing") {
  auto world = with_small([](core::Pool& pool) { pool.price_micros.reset(); }).set([](core::Settings& s) {
    s.money.per_hour_micros = 1'000'000;
  });
  CHECK(ordered(world.plan()) == 0);
  CHECK(refused(world.plan(), "no-price", ErrorKind::money));
}

TEST_CASE("money: while one machine's price is not known nothing is launched") {
  auto world = hungry().set([](core::Settings& s) { s.money.per_hour_micros = 9'000'000; }).worker("i-1", "n1", "old");
  world.row().price_micros = 0;
  CHECK(ordered(world.plan()) == 0);
}

TEST_CASE("money: machines that cost nothing are bound by other caps only") {
  auto world = with_small([](core::Pool& pool) { pool.price_micros = 0; }).set([](core::Settings& s) {
    s.money.per_hour_micros = 0;
  });
  CHECK(ordered(world.plan()) == 50);
}

TEST_CASE("back-off: of a type moves to the next type, then zone, then pool") {  // T-A8, T-P7
  const auto two = [](core::Pool& pool) { pool.types = {"t1", "t2"}, pool.zones = {"a", "b"}; };
  const auto first = [&](Snapshot world) { return launches(world.plan()).at(0).request; };
  auto world = with_small(two);
  CHECK(first(world).types == Lines{"t1"});
  CHECK(first(world).zone == "a");
  world = backing_off(world, "aws:on-demand:t1:a");
  CHECK(first(world).zone == "b");
  world = backing_off(world, "aws:on-demand:t1:b");
  CHECK(first(world).types == Lines{"t2"});
  world =
      backing_off(backing_off(world, "aws:on-demand:t2:a"), "aws:on-demand:t2:b").pool("dear", [](core::Pool& pool) {
        pool.price_micros = 900'000;
      });
  CHECK(first(world).pool.value == "dear");
  CHECK(refused(world.plan(), "back-off", ErrorKind::capacity));
}

TEST_CASE("choices: those that do not rest, in the pool's order, go with the launch") {
  auto world = backing_off(with_small([](core::Pool& pool) {
                             pool.types = {"t1", "t2"}, pool.zones = {"a", "b"};
                           }),
                           "aws:on-demand:t1:b");
  const auto request = launches(world.plan()).at(0).request;
  CHECK(request.types == Lines{"t1"});
  CHECK(request.alternatives == std::vector<core::Choice>{{"t2", "a", 100'000}, {"t2", "b", 100'000}});
  CHECK(core::describe(core::Action{launches(world.plan()).at(0)}).ends_with(": t1 in a, else t2 in a, else t2 in b"));
}

TEST_CASE("choices: one job's machines that need several calls stay in one zone") {
  auto world = snapshot().waiting(slots(40, 10)).set([](core::Settings& s) {
    s.pools.at({"small"}).types = {"t1", "t2"};
    s.pools.at({"small"}).zones = {"a", "b"};
  });
  CHECK(launches(world.plan()).at(0).request.alternatives.size() == 3);
  world.now.clouds.at({"aws"}).launch_max = 5;
  for (const auto& launch : launches(world.plan()))
    CHECK(launch.request.alternatives == std::vector<core::Choice>{{"t2", "a", 100'000}});
}

TEST_CASE("choices: all at rest, each is told with its end, a quota once") {
  auto world = with_small([](core::Pool& pool) { pool.types = {"t1", "t2", "t3"}; });
  world.now.clouds.at({"aws"}).families = {{"t2", "T"}, {"t3", "T"}};
  world = backing_off(world, "aws:on-demand:t1:");
  world.memory().back_offs.at("aws:on-demand:t1:").what = "t1";
  world = backing_off(world, "aws:on-demand:family=T:*", ErrorKind::quota);
  world.memory().back_offs.at("aws:on-demand:family=T:*").what = "T types";
  const auto plan = world.plan();
  CHECK(ordered(plan) == 0);
  const auto told = std::ranges::find(plan.declined, "back-off", [](const auto& one) { return one.reason.rule; });
  REQUIRE(told != plan.declined.end());
  CHECK(told->reason.text ==
        "pool 'small': t1: no capacity until 08:01:00Z; T types: over the quota, not asked for until 08:01:00Z: "
        "no c7 there");
}

TEST_CASE("calls: one machine each, where the pool is launched so") {
  auto world = hungry();
  world.now.clouds.at({"aws"}).one_a_call = {{"small"}};
  CHECK(launches(world.plan()).size() == 50);
}

TEST_CASE("back-off: of a pool or of a cloud; ends by itself") {  // B-P5, requirement 15
  CHECK(ordered(backing_off(hungry(), "aws/small", ErrorKind::quota).plan()) == 0);
  auto world = backing_off(hungry(), "aws", ErrorKind::throttled);
  CHECK(refused(world.plan(), "back-off", ErrorKind::throttled));
  world.memory().back_offs.at("aws").until = k_now;
  CHECK(ordered(world.plan()) == 50);
}

TEST_CASE("breaker: an open one launches nothing and says how to go on") {  // B-E6
  auto world = hungry();
  world.memory().breakers[{"small"}] = {
      .pool = {"small"}, .failures = 3, .open = true, .last = "instance 'i-1': kernel panic"};
  const auto plan = world.plan();
  CHECK(ordered(plan) == 0);
  REQUIRE(refused(plan, "breaker"));
  CHECK(plan.declined[0].reason.text.find("tide reset small") != std::string::npos);
  world.memory().breakers.at({"small"}).open = false;
  CHECK(ordered(world.plan()) == 50);
}

TEST_CASE("names: the lowest that nothing bears, in one call with their tag") {
  auto world =
      snapshot().waiting(slots(4), 3).worker("i-1", "demo-small-02").busy("7", 4).stranger("demo-small-03").held("x");
  world.memory().nodes[{"demo-small-04"}] = {.node = {"demo-small-04"}, .removed = true, .free_at = k_now + 1s};
  world.memory().nodes[{"demo-small-05"}] = {.node = {"demo-small-05"}, .removed = true, .free_at = k_now};
  const auto request = launches(world.plan()).at(0).request;
  CHECK(request.names == Lines{"demo-small-01", "demo-small-05", "demo-small-06"});
  CHECK(request.tags.at(core::tag::k_names) == "demo-small-[01,05-06]");
}

TEST_CASE("names: holes are filled") {  // T-C4
  auto world = snapshot()
                   .waiting(slots(4))
                   .worker("i-1", "demo-small-01")
                   .busy("1", 4)
                   .worker("i-3", "demo-small-03")
                   .busy("3", 4);
  CHECK(launches(world.plan()).at(0).request.names == Lines{"demo-small-02"});
}

TEST_CASE("names: of indexes that did not come are free at once; of an unanswered launch they are taken") {
  auto world = snapshot().waiting(slots(4), 3).open_intent("k1", 2);
  CHECK(launches(world.plan()).at(0).request.names == Lines{"demo-small-03"});
  world.memory().intents.at({"k1"}).state = core::IntentState::refused;
  world.memory().nodes.clear();
  CHECK(launches(world.plan()).at(0).request.names == Lines{"demo-small-01", "demo-small-02", "demo-small-03"});
}

TEST_CASE("names: a range that has no more is told") {
  const auto plan = with_small([](core::Pool& pool) { pool.names = "cloud[01-03]"; }).plan();
  CHECK(ordered(plan) == 3);
  CHECK(refused(plan, "names"));
}

TEST_CASE("names: dns has none before the machine is there") {
  const auto request = launches(with_small([](core::Pool& pool) { pool.names = "dns"; }).plan()).at(0).request;
  CHECK(request.count == 50);
  CHECK(request.names.empty());
  CHECK_FALSE(request.tags.contains(core::tag::k_names));
}

TEST_CASE("names: a call is cut where the tag's value would pass 256 characters") {
  auto world = with_small([](core::Pool& pool) { pool.names = "{cluster}-{pool}-{n:06}"; });
  for (int i = 1; i < 200; i += 2) world.memory().nodes[{fmt::format("demo-small-{:06}", i)}] = {};
  const auto made = launches(world.plan());
  CHECK(made.size() > 1);
  int count = 0;
  for (const auto& launch : made) {
    count += launch.request.count;
    CHECK(launch.request.tags.at(core::tag::k_names).size() <= 256);
    CHECK(std::ssize(launch.request.names) == launch.request.count);
  }
  CHECK(count == 50);
}

TEST_CASE("names: a multi-node job's calls are cut likewise, each all or none") {
  auto world = snapshot().waiting(slots(200, 50)).set([](core::Settings& s) {
    s.pools.at({"small"}).names = "{cluster}-{pool}-{n:06}";
  });
  for (int i = 1; i < 200; i += 2) world.memory().nodes[{fmt::format("demo-small-{:06}", i)}] = {};
  const auto made = launches(world.plan());
  REQUIRE(made.size() > 1);
  for (const auto& launch : made) {
    CHECK(launch.request.tags.at(core::tag::k_names).size() <= 256);
    CHECK(launch.request.min_count == launch.request.count);
  }
}

TEST_CASE("calls: as many machines as the cloud takes at once") {
  auto world = hungry();
  world.now.clouds.at({"aws"}).launch_max = 20;
  Lines sizes;
  for (const auto& launch : launches(world.plan())) sizes.push_back(fmt::format("{}", launch.request.count));
  CHECK(sizes == Lines{"20", "20", "10"});
}

TEST_CASE("user data: a template that wants the node's name goes one machine a call") {
  const auto made = launches(
      with_small([](core::Pool& pool) { pool.user_data = "slurmd -N @TIDE_NODE@ --conf-server @TIDE_HEAD@"; }).plan());
  REQUIRE(made.size() == 50);
  CHECK(made[1].request.user_data == "slurmd -N demo-small-02 --conf-server head");
}

TEST_CASE("user data: one that cannot be rendered launches nothing and is told") {
  const auto plan = with_small([](core::Pool& pool) { pool.user_data = "@TIDE_X@"; }).plan();
  CHECK(ordered(plan) == 0);
  CHECK(refused(plan, "user-data", ErrorKind::config));
}

TEST_CASE("request: bears the tags of design.md section 5 and all that was asked for") {
  const auto request = launches(with_small([](core::Pool& pool) {
                                  pool.features = {"avx"}, pool.options = {{"key", {"k"}}};
                                }).plan())
                           .at(0)
                           .request;
  CHECK(request.tags.at(core::tag::k_cluster) == "demo");
  CHECK(request.tags.at(core::tag::k_owner) == "head-1");
  CHECK(request.tags.at(core::tag::k_pool) == "small");
  CHECK(request.tags.at(core::tag::k_template).size() == 16);
  CHECK(request.features == Lines{"avx", "small"});
  CHECK(request.options.at("key") == Lines{"k"});
  CHECK(request.image == "ami-1");
}
