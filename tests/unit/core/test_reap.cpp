#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/reap");

namespace {

Snapshot failing(Seconds since) {
  return snapshot().machine("i-1", "n1", 120s).state(core::InstanceState::failed).row([=](core::Machine& row) {
    row.failing_since = Snapshot::before(since);
  });
}
Snapshot unfit(Seconds since) {
  return snapshot()
      .worker("i-1", "n1")
      .held("Low RealMemory")
      .node([](core::Node& node) { node.unfit = true; })
      .row([=](core::Machine& row) { row.failing_since = Snapshot::before(since); });
}
// `silent` of `all` joined nodes do not answer for `since`.
Snapshot silent(int count, int all, Seconds since) {
  auto world = snapshot();
  for (int i = 1; i <= all; ++i) {
    world.worker(fmt::format("i-{}", i), fmt::format("n{}", i));
    if (i <= count) world.silent(since);
  }
  return world;
}

}  // namespace

TEST_CASE("failed: ended after a grace, as a boot failure whose console is kept") {  // T-E8, T-C11
  CHECK(actions(failing(59s).plan()).empty());
  const auto plan = failing(60s).plan();
  REQUIRE(actions(plan) == Lines{"terminate n1: failed"});
  CHECK(std::get<core::Terminate>(plan.actions[0].action).boot_failure);
}

TEST_CASE("failed: a machine that joined drains first, and its jobs go on") {
  auto world = snapshot().worker("i-1", "n1").busy("7").state(core::InstanceState::failed);
  CHECK(actions(world.plan()) == Lines{"hold n1: failed"});
  world.draining("failed");
  CHECK(actions(world.plan()).empty());
  world.now.jobs->running.clear();
  world.node().slots_used = 0;
  CHECK(actions(world.plan()) == Lines{"terminate n1: failed"});
}

TEST_CASE("lost: a node entry with a job is never ended, whatever the clocks say") {
  auto world =
      snapshot().machine("i-1", "n1", 1000s).row([](core::Machine& row) { row.failing_since = Snapshot::before(60s); });
  auto node = Snapshot::plain_node("n1");
  node.registered_at = k_wall - 90'000s;  // its own clock is wrong
  world.nodes().push_back(node);
  world.busy("7");
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("orphan: past its grace it ends") {  // T-D8
  auto world = snapshot().machine("i-1", "n1", 600s).row([](core::Machine& row) { row.adopted = true; });
  CHECK(actions(world.plan()) == Lines{"terminate n1: orphan"});
}

TEST_CASE("unfit: held once empty and past its grace") {
  CHECK(actions(unfit(59s).plan()).empty());
  CHECK(actions(unfit(60s).plan()) == Lines{"hold n1: unfit"});
  CHECK(actions(unfit(60s).busy("7").plan()).empty());
}

TEST_CASE("unfit: left alone after a person released it") {
  CHECK(actions(unfit(60s).row([](core::Machine& row) { row.left_alone_until = k_now + 1s; }).plan()).empty());
}

TEST_CASE("down: alone, without jobs and for down_time it is held for its end") {
  CHECK(actions(silent(1, 4, 1799s).plan()).empty());
  CHECK(actions(silent(1, 4, 1800s).plan()) == Lines{"hold n1: down"});
}

TEST_CASE("down: with jobs never by rule") {
  CHECK(actions(snapshot().worker("i-1", "n1").busy("7").silent(90'000s).plan()).empty());
}

TEST_CASE("down: a node that was given up while it joined, its note gone, ends like any other") {
  auto world = silent(0, 4, 0s).worker("i-9", "n9").joining().silent(1800s);
  world.node().down = true;
  world.node().note.clear();
  CHECK(actions(world.plan()) == Lines{"hold n9: down"});
  world.now.memory.holds.clear();  // nor is its row there
  CHECK(actions(world.plan()) == Lines{"hold n9: down"});
}

TEST_CASE("down: two of many end only where the cloud agrees") {
  CHECK(actions(silent(2, 30, 1800s).plan()).empty());
  auto world = silent(2, 30, 1800s);
  for (auto& one : *world.now.instances.at({"aws"})) one.impaired = one.id.value == "i-1";
  CHECK(actions(world.plan()) == Lines{"hold n1: down"});
  for (auto& one : *world.now.instances.at({"aws"})) {
    if (one.id.value == "i-2") one.state = core::InstanceState::stopped;
  }
  CHECK(actions(world.plan()) == Lines{"hold n1: down", "hold n2: down"});
}

TEST_CASE("down: three together, or a tenth, end nothing and raise one alarm") {
  const auto three = silent(3, 100, 1800s).plan();
  CHECK(actions(three).empty());
  CHECK(alarms(three) == Lines{"down-together"});
  const auto tenth = silent(2, 20, 1800s).plan();
  CHECK(actions(tenth).empty());
  CHECK(alarms(tenth) == Lines{"down-together"});
  CHECK(alarms(silent(2, 21, 1800s).plan()).empty());
}

TEST_CASE("down: a silence of seconds, as after a release, raises no alarm and still ends nothing") {
  CHECK(alarms(silent(3, 4, 59s).plan()).empty());
  CHECK(alarms(silent(3, 4, 60s).plan()) == Lines{"down-together"});
  auto world = silent(3, 4, 59s).worker("i-9", "n9").silent(1900s).draining("down");
  CHECK(has(declined(world.plan()), "n9: down-together"));
}

TEST_CASE("down: nodes of metal count too") {
  auto world = silent(1, 4, 1800s).stranger("m1").silent(60s).stranger("m2").silent(60s);
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("down: one that was held for it does not end once many are silent") {
  auto world = silent(3, 5, 1800s).worker("i-9", "n9").silent(1900s).draining("down");
  const auto plan = world.plan();
  CHECK(actions(plan).empty());
  CHECK(has(declined(plan), "n9: down-together"));
}

TEST_CASE("down: one that is being ended is not silent together with others") {
  auto world = silent(1, 4, 1800s);
  for (const char* id : {"i-2", "i-3"}) {
    for (auto& one : *world.now.instances.at({"aws"}))
      one.state = one.id.value == id ? core::InstanceState::stopping : one.state;
  }
  for (auto& node : world.nodes()) node.responding = node.name.value == "n4";
  CHECK(actions(world.plan()) == Lines{"hold n1: down"});
}

TEST_CASE("reap: nothing on an unreadable cloud or in a rebuild") {
  CHECK(actions(silent(1, 4, 1800s).unreadable("aws").plan()).empty());
  auto world = failing(60s);
  world.memory().rebuild = Snapshot::before(60s);
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("reap: the limit per pass is one for all rules") {
  auto world = snapshot().set([](core::Settings& s) { s.scale.max_end_per_pass.percent = 20; });
  for (int i = 1; i <= 8; ++i) world.worker(fmt::format("i-{}", i), fmt::format("n{}", i)).draining();
  for (int i = 9; i <= 10; ++i) {
    world.machine(fmt::format("i-{}", i), fmt::format("n{}", i), 1000s).row([](core::Machine& row) {
      row.failing_since = Snapshot::before(60s);
    });
  }
  const auto plan = world.plan();
  CHECK(actions(plan).size() == 2);  // a fifth of ten
  CHECK(has(declined(plan), "n1: end-limit"));
}

TEST_CASE("reap: at least one may go") {
  auto world = failing(60s).set([](core::Settings& s) { s.scale.max_end_per_pass.percent = 20; });
  CHECK(actions(world.plan()).size() == 1);
}

TEST_CASE("lost: not while the queue says that jobs run on a node of its name, which the list lacks") {
  auto world = snapshot().machine("i-1", "n1", 7200s);
  world.row([](core::Machine& row) { row.failing_since = Snapshot::before(120s); });
  REQUIRE(has(actions(world.plan()), "terminate n1: lost"));
  world.now.jobs->running[{"n1.cluster.example"}] = {{"7"}};
  CHECK_FALSE(has(actions(world.plan()), "terminate n1: lost"));
}

TEST_CASE("drain: its note is what every batch system takes: plain, without quotes, at most 80 characters") {
  auto world = snapshot().worker("i-1", "n1").state(core::InstanceState::failed);
  world.instance(
      [](core::Instance& one) { one.fault = "the host's disk says \"\\x\n\xc3\xa9\" " + std::string(200, 'y'); });
  const auto plan = world.plan();
  REQUIRE(actions(plan) == Lines{"hold n1: failed"});
  const std::string note = std::get<core::Hold>(plan.actions[0].action).row.note;
  CHECK(note.starts_with("tide: end failed: the hosts disk says x... y"));
  CHECK(note.size() == 80);
  CHECK(note.ends_with("y..."));
}
