#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/drain_idle");

namespace {

// n workers, idle for so long; n1 the longest.
Snapshot idle(int count, Seconds since) {
  auto world = snapshot();
  for (int i = 1; i <= count; ++i)
    world.worker(fmt::format("i-{}", i), fmt::format("n{}", i)).idle(since - Seconds(i - 1));
  return world;
}

}  // namespace

TEST_CASE("drain_idle: held after idle_time, with a note that says why") {
  CHECK(actions(idle(1, 599s).plan()).empty());
  const auto plan = idle(1, 600s).plan();
  REQUIRE(actions(plan) == Lines{"hold n1: idle"});
  const auto& row = std::get<core::Hold>(plan.actions[0].action).row;
  CHECK(row.note == "tide: end idle: idle for 600 s, idle_time is 600 s");
  CHECK(row.cancellable);
  CHECK(row.pass == 100);
  CHECK(row.since == k_now);
}

TEST_CASE("drain_idle: idleness begins in the first pass that sees it, and ends with the first job") {  // T-E6
  CHECK(snapshot().worker("i-1", "n1").plan().memory.machines.at({"i-1"}).idle_since == k_now);
  CHECK_FALSE(idle(1, 900s).busy("7").plan().memory.machines.at({"i-1"}).idle_since.has_value());
}

TEST_CASE("drain_idle: an unreadable batch system leaves idle times as they are") {
  auto world = idle(1, 900s);
  world.now.jobs = make_error(ErrorKind::batch, "squeue hangs");
  CHECK(world.plan().memory.machines.at({"i-1"}).idle_since == Snapshot::before(900s));
}

TEST_CASE("drain_idle: a node that is counted towards a waiting job is not idle") {
  const auto plan = idle(2, 900s).waiting(slots(4)).plan();
  CHECK(actions(plan) == Lines{"hold n2: idle"});
  CHECK_FALSE(plan.memory.machines.at({"i-1"}).idle_since.has_value());
}

TEST_CASE("drain_idle: a job that no pool can ever serve keeps no node") {  // B-P13
  CHECK(actions(idle(1, 900s).waiting(slots(64)).plan()) == Lines{"hold n1: idle"});
}

TEST_CASE("drain_idle: a job whose requirement tide cannot judge keeps no node") {
  auto shape = slots(1);
  shape.unjudged = "--licenses=x";
  const auto plan = idle(1, 900s).waiting(shape).plan();
  CHECK(actions(plan) == Lines{"hold n1: idle"});
  REQUIRE(plan.shapes.size() == 1);
  CHECK(plan.shapes[0].not_counted == 1);
  CHECK(plan.shapes[0].reasons.front().rule == "unjudged");
}

TEST_CASE("drain_idle: a pool keeps its minimum, counting neither drained nor broken machines") {  // T-E5, B-E4, T-D7
  auto world = idle(3, 900s).set([](core::Settings& s) { s.pools.at({"small"}).min = 2; });
  CHECK(actions(world.plan()) == Lines{"hold n1: idle"});
  world = idle(2, 900s).worker("i-9", "n9").draining("idle", 100).set([](core::Settings& s) {
    s.pools.at({"small"}).min = 2;
  });
  CHECK(actions(world.plan()).empty());
  world = idle(2, 900s).machine("i-9", "n9").state(core::InstanceState::failed).set([](core::Settings& s) {
    s.pools.at({"small"}).min = 2;
  });
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("drain_idle: what a minimum keeps stays idle, and goes at once when the minimum does") {  // B-E9
  auto world = idle(1, 900s).set([](core::Settings& s) { s.pools.at({"small"}).min = 1; });
  CHECK(world.plan().memory.machines.at({"i-1"}).idle_since == Snapshot::before(900s));
  world.set([](core::Settings& s) { s.pools.at({"small"}).min = 0; });
  CHECK(actions(world.plan()) == Lines{"hold n1: idle"});
}

TEST_CASE(
    "drain_idle: a machine whose pool was taken out of the configuration counts, and goes like any other") {  // B-C16
  const auto with_cap = [](int cap) {
    auto world = snapshot().worker("i-1", "n1", "old").idle(900s).worker("i-2", "n2", "old").busy("7");
    return world.waiting(slots(8, 2)).set([=](core::Settings& s) { s.scale.max_nodes = cap; }).plan();
  };
  CHECK(actions(with_cap(3)) == Lines{"hold n1: idle"});  // no room for two more beside these two
  CHECK(has(actions(with_cap(4)), "launch small x2: demand"));
  CHECK(actions(snapshot().worker("i-1", "n1", "old").draining("idle", 99).plan()) == Lines{"terminate n1: idle"});
}

TEST_CASE("drain_idle: the cluster keeps min_nodes") {
  CHECK(actions(idle(3, 900s).set([](core::Settings& s) { s.scale.min_nodes = 2; }).plan()) == Lines{"hold n1: idle"});
}

TEST_CASE("drain_idle: at most a fifth in one pass, the longest idle first") {
  const auto plan = idle(10, 900s).set([](core::Settings& s) { s.scale.max_end_per_pass.percent = 20; }).plan();
  CHECK(actions(plan) == Lines{"hold n1: idle", "hold n2: idle"});
  CHECK(has(declined(plan), "n3: end-limit"));
}

TEST_CASE("drain_idle: left alone while a person's release lasts") {
  auto world = idle(1, 900s).row([](core::Machine& row) { row.left_alone_until = k_now + 1s; });
  CHECK(actions(world.plan()).empty());
  world.row().left_alone_until = k_now;
  CHECK(actions(world.plan()) == Lines{"hold n1: idle"});
}

TEST_CASE("drain_idle: over a cap, idle nodes end before their time, and only as many as that takes") {
  const auto over = [](int max) { return idle(4, 60s).set([=](core::Settings& s) { s.scale.max_nodes = max; }); };
  CHECK(actions(over(4).plan()).empty());
  CHECK(actions(over(3).plan()) == Lines{"hold n1: idle"});
  CHECK(actions(over(2).plan()).size() == 2);
  CHECK(actions(over(3).worker("i-9", "n9").draining("idle", 100).plan()) == Lines{"hold n1: idle"});
}

TEST_CASE("drain_idle: over per_hour likewise") {
  auto world = idle(4, 60s).set([](core::Settings& s) { s.money.per_hour_micros = 300'000; });
  CHECK(actions(world.plan()) == Lines{"hold n1: idle"});
}

TEST_CASE("drain_idle: caps end no jobs") {
  auto world = snapshot().worker("i-1", "n1").busy("7").set([](core::Settings& s) { s.scale.max_nodes = 0; });
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("drain_idle: a pass for one wish drains nothing else, and still notes what is idle") {
  auto world = idle(1, 900s).wish(core::WishKind::kill_node, {"n7"});
  world.row().idle_since.reset();
  const auto plan = world.plan_for_wish();
  CHECK(actions(plan) == Lines{"close-wish w1: wish"});
  CHECK(plan.memory.machines.at({"i-1"}).idle_since == k_now);
}
