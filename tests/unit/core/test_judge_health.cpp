#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/judge_health");

namespace {

using core::Phase;

core::Health impaired(const std::string& id) {
  core::Health health{.id = {id}};
  health.impaired = "system check 'reachability' fails";
  return health;
}
core::Health planned(const std::string& id, const std::string& event) {
  core::Health health{.id = {id}};
  health.event = event;
  health.event_at = k_wall + 24h;
  return health;
}
core::Health taken_back(const std::string& id) {
  core::Health health{.id = {id}};
  health.interrupted = "marked-for-termination: by price";
  return health;
}

// What was read in this pass; and what is remembered of a reading `age` old.
Snapshot& checks(Snapshot& world, std::vector<core::Health> said) {
  world.now.checks.insert_or_assign({"aws"}, std::move(said));
  return world;
}
Snapshot& notices(Snapshot& world, std::vector<core::Health> said) {
  world.now.notices.insert_or_assign({"aws"}, std::move(said));
  return world;
}
Snapshot& remembered(Snapshot& world, const core::Health& said, Seconds age, Seconds impaired_for) {
  core::HealthReading& reading = world.memory().health[{"aws"}].checks;
  reading.tried = Snapshot::before(age);
  reading.read = Snapshot::before(age);
  core::HealthRow row{.says = said, .impaired_since = std::nullopt};
  if (!said.impaired.empty()) row.impaired_since = Snapshot::before(impaired_for);
  reading.rows[said.id] = row;
  return world;
}
Snapshot two_workers() { return snapshot().worker("i-1", "n1").worker("i-2", "n2"); }

}  // namespace

TEST_CASE("health: a check that just began to fail changes nothing; one that fails past its grace drains the node") {
  auto world = two_workers();
  checks(world, {impaired("i-1")});
  const auto first = world.plan();
  CHECK(actions(first).empty());
  const core::HealthReading& kept = first.memory.health.at({"aws"}).checks;
  CHECK(kept.read == k_now);
  CHECK(kept.rows.at({"i-1"}).impaired_since == k_now);
  for (const auto& [since, drained] : {std::pair{179s, false}, std::pair{180s, true}}) {
    CAPTURE(since.count());
    auto later = two_workers();
    remembered(later, impaired("i-1"), since, since);
    checks(later, {impaired("i-1")});
    const auto plan = later.plan();
    CHECK(actions(plan) == (drained ? Lines{"hold n1: impaired"} : Lines{}));
    CHECK(find(plan, "n1")->instance->impaired == drained);
    CHECK(plan.memory.health.at({"aws"}).checks.rows.at({"i-1"}).impaired_since == Snapshot::before(since));
  }
}

TEST_CASE("health: a check that passed in between begins anew") {
  auto world = two_workers();
  remembered(world, impaired("i-1"), 60s, 900s);
  checks(world, {});
  const auto plan = world.plan();
  CHECK(actions(plan).empty());
  CHECK(plan.memory.health.at({"aws"}).checks.rows.empty());
}

TEST_CASE("health: what could not be read changes nothing, is told, and is not asked again at once") {
  auto world = two_workers();
  world.now.checks.insert_or_assign({"aws"}, make_error(ErrorKind::auth, "DescribeInstanceStatus is denied"));
  remembered(world, planned("i-1", "system-reboot"), 700s, 0s);
  const auto plan = world.plan();
  CHECK(actions(plan).empty());
  CHECK(declined(plan) == Lines{"cloud aws: health-unreadable"});
  const core::HealthReading& kept = plan.memory.health.at({"aws"}).checks;
  CHECK(kept.tried == k_now);
  CHECK(kept.read == Snapshot::before(700s));
  CHECK(kept.rows.size() == 1);
}

TEST_CASE("health: a reading older than twenty minutes says nothing") {
  for (const auto& [age, drained] : {std::pair{1200s, true}, std::pair{1201s, false}}) {
    CAPTURE(age.count());
    auto world = two_workers();
    remembered(world, impaired("i-1"), age, 3000s);
    CHECK(actions(world.plan()) == (drained ? Lines{"hold n1: impaired"} : Lines{}));
  }
}

TEST_CASE("health: retirement and stop drain at once, whatever runs; reboots and maintenance are only shown") {
  for (const auto& [event, drained] : {std::pair<std::string, bool>{"instance-retirement", true},
                                       {"instance-stop", true},
                                       {"system-reboot", false},
                                       {"instance-reboot", false},
                                       {"system-maintenance", false}}) {
    CAPTURE(event);
    auto world = snapshot().worker("i-1", "n1").busy("7");
    checks(world, {planned("i-1", event)});
    const auto plan = world.plan();
    CHECK(actions(plan) == (drained ? Lines{"hold n1: scheduled-event"} : Lines{}));
    CHECK(find(plan, "n1")->instance->event == event);
    if (drained) CHECK(plan.actions[0].reason.text.find("not before 2027") != std::string::npos);
  }
}

TEST_CASE("health: the drained machine's jobs end, then it ends; demand does not get it back and is served anew") {
  auto world = snapshot().worker("i-1", "n1").busy("7").draining("scheduled-event");
  remembered(world, planned("i-1", "instance-retirement"), 60s, 0s);
  world.waiting(slots(2));
  CHECK(actions(world.plan()) == Lines{"launch small x1: demand"});
  world.now.jobs->running.clear();
  world.node().slots_used = 0;
  CHECK(has(actions(world.plan()), "terminate n1: scheduled-event"));
}

TEST_CASE("health: a drain for idleness of a machine that fails is no longer cancelled") {
  auto world = snapshot().worker("i-1", "n1").draining("idle");
  remembered(world, impaired("i-1"), 60s, 600s);
  world.waiting(slots(2));
  const auto plan = world.plan();
  CHECK_FALSE(has(actions(plan), "release n1: demand"));
  CHECK(has(actions(plan), "launch small x1: demand"));
  CHECK_FALSE(plan.memory.holds.at({"n1"}).cancellable);
}

TEST_CASE("health: a machine that is to be replaced fills no minimum") {
  auto world = snapshot().pool("small", [](core::Pool& pool) { pool.min = 1; });
  world.worker("i-1", "n1").busy("7");
  CHECK(actions(world.plan()).empty());
  checks(world, {planned("i-1", "instance-retirement")});
  CHECK(has(actions(world.plan()), "launch small x1: minimum"));
}

TEST_CASE("health: many impaired at once go a few a pass; a person's hold and an unreadable cloud are left alone") {
  auto world = snapshot();
  std::vector<core::Health> all;
  for (int i = 1; i <= 10; ++i) {
    world.worker(fmt::format("i-{}", i), fmt::format("n{:02}", i));
    remembered(world, impaired(fmt::format("i-{}", i)), 60s, 600s);
    all.push_back(impaired(fmt::format("i-{}", i)));
  }
  checks(world, all);
  world.set([](core::Settings& settings) { settings.scale.max_end_per_pass.percent = 20; });
  CHECK(actions(world.plan()) == Lines{"hold n01: impaired", "hold n02: impaired"});

  auto held = snapshot().worker("i-1", "n1").held("disk is bad");
  checks(held, {planned("i-1", "instance-stop")});
  CHECK(actions(held.plan()).empty());
  auto unread = snapshot().worker("i-1", "n1").unreadable("aws");
  remembered(unread, impaired("i-1"), 60s, 600s);
  CHECK(actions(unread.plan()).empty());
}

TEST_CASE("health: a silent machine that its cloud calls impaired ends by its down time, alone or not") {
  auto world = snapshot().worker("i-1", "n1").silent(1800s).worker("i-2", "n2").silent(1800s);
  CHECK(actions(world.plan()).empty());
  remembered(world, impaired("i-1"), 60s, 600s);
  CHECK(actions(world.plan()) == Lines{});  // two of two are the network's trouble
  auto more = snapshot().worker("i-1", "n1").silent(1800s);
  for (int i = 2; i <= 30; ++i) more.worker(fmt::format("i-{}", i), fmt::format("n{}", i));
  more.worker("i-31", "n31").silent(1800s);
  remembered(more, impaired("i-1"), 60s, 600s);
  CHECK(actions(more.plan()) == Lines{"hold n1: down"});
}

TEST_CASE("interruption: the cloud's notice holds the node at once, makes no room and is replaced in the same pass") {
  auto world = two_workers();
  world.waiting(slots(4), 2);
  notices(world, {taken_back("i-1")});
  const auto plan = world.plan();
  CHECK(actions(plan) == Lines{"launch small x1: demand", "hold n1: interrupted"});
  CHECK(find(plan, "n1")->phase == Phase::interrupted);
  CHECK(plan.memory.machines.at({"i-1"}).interrupted == k_now);
  CHECK(plan.memory.machines.at({"i-1"}).interrupted_why == "marked-for-termination: by price");
}

TEST_CASE("interruption: a notice is never taken back, whatever later readings say") {
  auto world = snapshot().worker("i-1", "n1").row([](core::Machine& row) {
    row.interrupted = Snapshot::before(60s);
    row.interrupted_why = "marked";
  });
  notices(world, {});
  CHECK(actions(world.plan()) == Lines{"hold n1: interrupted"});
  world.draining("interrupted");
  CHECK(actions(world.plan()) == Lines{"terminate n1: interrupted"});
}

TEST_CASE("interruption: while its jobs run it stays interrupted, and ends when they did") {
  auto world = snapshot().worker("i-1", "n1").busy("7").draining("interrupted").row([](core::Machine& row) {
    row.interrupted = Snapshot::before(60s);
  });
  const auto plan = world.plan();
  CHECK(actions(plan).empty());
  CHECK(find(plan, "n1")->phase == Phase::interrupted);
}

TEST_CASE("interruption: the node's own note is tide's to act on, with or without a row, and nothing releases it") {
  const std::string note = "tide: interrupted 2027-01-15T08:00:00Z";
  for (const std::string before : {"none", "joining", "idle", "keep"}) {
    CAPTURE(before);
    auto world = snapshot().worker("i-1", "n1");
    if (before == "joining") world.joining();
    if (before == "idle") world.draining("idle");
    if (before == "keep")
      world.hold_row(
          {.node = {"n1"}, .kind = core::HoldKind::keep, .note = "tide: keep", .rule = "keep", .confirmed = true});
    world.held(note).waiting(slots(2));
    const auto plan = world.plan();
    CHECK(actions(plan) == Lines{"launch small x1: demand"});
    const core::HoldRow& row = plan.memory.holds.at({"n1"});
    CHECK(row.rule == (before == "keep" ? "keep" : "interrupted"));
    CHECK(row.kind == (before == "keep" ? core::HoldKind::keep : core::HoldKind::end));
    CHECK_FALSE(row.cancellable);
    CHECK(plan.memory.machines.at({"i-1"}).interrupted == k_now);
  }
}

TEST_CASE("interruption: a machine that had not joined ends at once, and is no boot failure") {
  auto world = snapshot().machine("i-1", "n1", 100s);
  notices(world, {taken_back("i-1")});
  const auto plan = world.plan();
  REQUIRE(actions(plan) == Lines{"terminate n1: interrupted"});
  CHECK_FALSE(std::get<core::Terminate>(plan.actions[0].action).boot_failure);
  CHECK(plan.memory.breakers.empty());
  auto gone = snapshot().machine("i-1", "n1", 100s).state(core::InstanceState::gone).instance([](core::Instance& one) {
    one.interrupted = "Server.SpotInstanceTermination: Spot instance termination";
  });
  CHECK(gone.plan().memory.breakers.empty());
}

TEST_CASE("interruption: what a person released is left alone, a person's hold is not replaced") {
  auto world =
      snapshot().worker("i-1", "n1").row([](core::Machine& row) { row.left_alone_until = Moment{k_now.seconds + 60}; });
  notices(world, {taken_back("i-1")});
  CHECK(actions(world.plan()).empty());
  auto held = snapshot().worker("i-1", "n1").held("disk is bad");
  notices(held, {taken_back("i-1")});
  CHECK(actions(held.plan()).empty());
}

TEST_CASE("gone with jobs: they are taken from the node once the cloud and the batch system both say so") {
  const auto dead = [](core::InstanceState state, bool responding, bool can) {
    auto world = snapshot().worker("i-1", "n1").busy("7").state(state);
    world.node([&](core::Node& node) { node.responding = responding; });
    world.now.batch.can_give_up = can;
    return world;
  };
  CHECK(actions(dead(core::InstanceState::gone, false, true).plan()) == Lines{"give-up n1: gone"});
  for (auto world : {dead(core::InstanceState::gone, true, true), dead(core::InstanceState::gone, false, false)})
    CHECK(declined(world.plan()) == Lines{"n1: gone-with-jobs"});
  CHECK(actions(dead(core::InstanceState::running, false, true).plan()).empty());
  auto given_up = dead(core::InstanceState::gone, false, true);
  given_up.node([](core::Node& node) { node.down = true; });
  CHECK(declined(given_up.plan()) == Lines{"n1: gone-with-jobs"});
  auto unlisted = dead(core::InstanceState::gone, false, true).instance_missing();
  unlisted.row([](core::Machine& row) {
    row.missing_since = Snapshot::before(600s);
    row.missing_passes = 5;
  });
  CHECK(declined(unlisted.plan()) == Lines{"n1: gone-with-jobs"});  // a listing that lacks it is no word of its cloud
}

TEST_CASE("end refused: told and not tried again for an hour; others end") {
  auto world = snapshot().worker("i-1", "n1").draining().worker("i-2", "n2").draining();
  for (const auto& [ago, tried] : {std::pair{3599s, false}, std::pair{3600s, true}}) {
    world.memory().machines.at({"i-1"}).end_refused = Snapshot::before(ago);
    world.memory().machines.at({"i-1"}).end_refused_why = "it is protected";
    const auto plan = world.plan();
    CHECK(has(actions(plan), "terminate n2: idle"));
    CHECK(has(actions(plan), "terminate n1: idle") == tried);
    CHECK(has(declined(plan), "i-1: end-refused") == !tried);
  }
  auto wished = snapshot().machine("i-1", "n1", 100s).wish(core::WishKind::kill_node, {"n1"});
  wished.row([](core::Machine& row) { row.end_refused = Snapshot::before(60s); });
  const auto plan = wished.plan_for_wish();
  CHECK(actions(plan) == Lines{"close-wish w1: wish"});
}
TEST_SUITE_END();
