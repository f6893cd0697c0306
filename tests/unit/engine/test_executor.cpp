#include "ports.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("engine/executor");

namespace {

Snapshot hungry(int machines = 1) { return snapshot().waiting(slots(4), machines); }
Error cloud_says(ErrorKind kind) { return make_error(kind, "no c7i.xlarge there"); }

}  // namespace

TEST_CASE("hold: the row is on disk before the call, and confirmed by it") {
  Stage stage(snapshot().worker("i-1", "n1").idle(600s));
  stage.done();
  CHECK(stage.calls() == Lines{"hold n1"});
  CHECK(stage.disk().holds.at({"n1"}).confirmed);
}

TEST_CASE("hold: one that is refused is not taken for held, and others go on") {
  Stage stage(snapshot().worker("i-1", "n1").idle(700s).worker("i-2", "n2").idle(600s));
  stage.batch.refuses = "hold n1";
  const auto report = stage.done();
  CHECK(stage.calls() == Lines{"hold n1", "hold n2"});
  CHECK_FALSE(stage.disk().holds.at({"n1"}).confirmed);
  CHECK(stage.disk().holds.at({"n2"}).confirmed);
  CHECK(engine::exit_code(report) == core::ExitCode::partly);
}

TEST_CASE("terminate: that it ends is on disk before the call") {
  Stage stage(snapshot().worker("i-1", "n1").draining());
  stage.done();
  CHECK(stage.calls() == Lines{"terminate i-1"});
  CHECK(stage.disk().machines.at({"i-1"}).ending == k_now);
  CHECK(stage.disk().machines.at({"i-1"}).told_to_end == k_now);
  CHECK(stage.disk().machines.at({"i-1"}).ending_why == "idle: held by tide since an earlier pass and empty");
}

TEST_CASE("terminate: a call that failed is tried again") {
  Stage stage(snapshot().worker("i-1", "n1").draining());
  stage.cloud().end_error = cloud_says(ErrorKind::throttled);
  const auto report = stage.done();
  CHECK_FALSE(stage.disk().machines.at({"i-1"}).told_to_end.has_value());
  CHECK(engine::exit_code(report) == core::ExitCode::cloud);
  stage.cloud().end_error.reset();
  stage.done();
  CHECK(stage.disk().machines.at({"i-1"}).told_to_end == k_now);
}

TEST_CASE("terminate: the console of a boot failure is kept first, and once") {
  const auto failed = [] {
    return snapshot().machine("i-1", "n1").state(core::InstanceState::failed).row([](core::Machine& row) {
      row.failing_since = Snapshot::before(60s);
    });
  };
  Stage stage(failed());
  stage.done();
  CHECK(stage.calls() == Lines{"console i-1", "terminate i-1"});
  CHECK(stage.disk().machines.at({"i-1"}).console == "kernel panic");
  Stage second(failed().row([](core::Machine& row) { row.console = "kernel panic"; }));
  second.cloud().console_text = std::string();
  second.done();
  CHECK(second.disk().machines.at({"i-1"}).console == "kernel panic");
}

TEST_CASE("terminate: the console of the last failure outlives the machine, with the breaker that it opened") {
  Stage stage(snapshot().machine("i-1", "n1").state(core::InstanceState::failed).row([](core::Machine& row) {
    row.failing_since = Snapshot::before(60s);
  }));
  stage.disk().breakers[{"small"}] = {.pool = {"small"}, .failures = 1, .last = "instance 'i-1': failed"};
  stage.done();
  CHECK(stage.disk().breakers.at({"small"}).console == "kernel panic");
}

TEST_CASE("terminate: a machine that may not be ended is told once, with what to do, and then left for an hour") {
  Stage stage(snapshot().worker("i-1", "n1").draining());
  stage.cloud().end_error =
      make_error(ErrorKind::refused, "instance 'i-1' is protected").with_hint("Take its protection off.");
  const auto report = stage.done();
  CHECK(engine::exit_code(report) == core::ExitCode::refused);
  const core::Machine row = stage.disk().machines.at({"i-1"});
  CHECK(row.end_refused == k_now);
  CHECK(row.end_refused_why == "instance 'i-1' is protected: Take its protection off.");
  CHECK_FALSE(row.told_to_end);
  stage.journal.lines.clear();
  const auto again = stage.done();
  CHECK(stage.calls().empty());
  CHECK(engine::exit_code(again) == core::ExitCode::done);
  CHECK(has(declined(again.plan), "i-1: end-refused"));
}

TEST_CASE("terminate: what no reading showed is looked for once more right before, and stays if its node came") {
  const auto failed = [] {
    return snapshot().machine("i-1", "n1").state(core::InstanceState::failed).row([](core::Machine& row) {
      row.failing_since = Snapshot::before(60s);
    });
  };
  SUBCASE("still not there: it ends") {
    Stage stage(failed());
    stage.done();
    CHECK(std::ranges::count(stage.journal.lines, "nodes") == 2);
    CHECK(has(stage.calls(), "terminate i-1"));
  }
  SUBCASE("it registered and takes a job: it stays") {
    Stage stage(failed());
    core::Node node = Snapshot::plain_node("n1");
    node.slots_used = 1;
    node.registered_at = k_wall;
    stage.batch.later_nodes = std::vector<core::Node>{node};
    const auto report = stage.done();
    CHECK(stage.calls() == Lines{"console i-1"});  // first, so that nothing takes time between the look and the end
    CHECK_FALSE(stage.disk().machines.at({"i-1"}).ending.has_value());
    REQUIRE(report.outcomes.size() == 1);
    CHECK(report.outcomes.front().error->kind == ErrorKind::refused);
  }
  SUBCASE("it cannot be looked for: it stays, and the batch system is at fault") {
    Stage stage(failed());
    stage.batch.later_nodes = make_error(ErrorKind::timeout, "'scontrol' gave no answer");
    const auto report = stage.done();
    CHECK(stage.calls() == Lines{"console i-1"});
    CHECK(report.outcomes.front().error->message == "'scontrol' gave no answer");
    CHECK(engine::exit_code(report) == core::ExitCode::batch);
  }
  SUBCASE("an entry of an earlier machine of its name is none of it") {
    Stage stage(failed());
    core::Node node = Snapshot::plain_node("n1");
    node.registered_at = k_wall - 86'400s;
    node.responding = false;
    stage.batch.later_nodes = std::vector<core::Node>{node};
    stage.done();
    CHECK(std::ranges::count(stage.journal.lines, "nodes") == 2);
    CHECK(has(stage.calls(), "terminate i-1"));
  }
  SUBCASE("one that was held since an earlier pass is not read again") {
    Stage stage(snapshot().worker("i-1", "n1").draining());
    stage.done();
    CHECK(std::ranges::count(stage.journal.lines, "nodes") == 1);
  }
}

TEST_CASE("give up: the batch system is told once the machine is gone") {
  auto world = snapshot().worker("i-1", "n1").busy("7").silent(60s).state(core::InstanceState::gone);
  world.now.batch.can_give_up = true;
  Stage stage(world);
  stage.done();
  CHECK(stage.calls() == Lines{"give-up n1"});
}

TEST_CASE("terminate: a console that cannot be had hinders nothing") {
  Stage stage(snapshot().machine("i-1", "n1").state(core::InstanceState::failed).row([](core::Machine& row) {
    row.failing_since = Snapshot::before(60s);
  }));
  stage.cloud().console_text = cloud_says(ErrorKind::auth);
  const auto report = stage.done();
  CHECK(has(stage.calls(), "terminate i-1"));
  CHECK(stage.disk().machines.at({"i-1"}).console.find("no c7i.xlarge there") != std::string::npos);
  CHECK(engine::exit_code(report) == core::ExitCode::done);
}

TEST_CASE("release: makes it ready, forgets the hold and closes the row of failures") {
  Stage stage(snapshot().worker("i-1", "n1").joining());
  stage.disk().breakers[{"small"}] = {.pool = {"small"}, .failures = 2};
  stage.done();
  CHECK(stage.calls() == Lines{"release n1"});
  CHECK(stage.disk().machines.at({"i-1"}).ready == k_now);
  CHECK(stage.disk().holds.empty());
  CHECK(stage.disk().breakers.empty());
}

TEST_CASE("release: one that is refused changes nothing") {
  Stage stage(snapshot().worker("i-1", "n1").joining());
  stage.batch.refuses = "release n1";
  const auto report = stage.done();
  CHECK(stage.disk().holds.contains({"n1"}));
  CHECK_FALSE(stage.disk().machines.at({"i-1"}).ready.has_value());
  CHECK(engine::exit_code(report) == core::ExitCode::batch);
}

TEST_CASE("remove, forget, close: what is gone is out of the list, then forgotten; its name rests") {
  Stage stage(snapshot().worker("i-1", "n1").state(core::InstanceState::gone));
  stage.done();
  CHECK(stage.calls() == Lines{"remove n1"});
  CHECK(stage.disk().nodes.at({"n1"}).removed);
  CHECK(stage.disk().nodes.at({"n1"}).free_at == k_now + 86'400s);
  CHECK(stage.disk().last_good.nodes.empty());  // not missing in the next pass
  CHECK(stage.disk().machines.contains({"i-1"}));
}

TEST_CASE("remove: one that is refused, for jobs, stays and is the batch system's failure") {
  Stage stage(snapshot().worker("i-1", "n1").state(core::InstanceState::gone));
  stage.batch.refuses = "remove n1";
  stage.batch.refuses_kind = ErrorKind::refused;
  const auto report = stage.done();
  CHECK_FALSE(stage.disk().nodes.at({"n1"}).removed);
  CHECK(engine::exit_code(report) == core::ExitCode::batch);
}

TEST_CASE("address: known to the store once the batch system took it") {
  Stage stage(snapshot().machine("i-1", "n1"));
  stage.disk().nodes.at({"n1"}).address.clear();
  stage.batch.refuses = "address n1";
  stage.done();
  CHECK(stage.disk().nodes.at({"n1"}).address.empty());
  stage.batch.refuses.clear();
  stage.done();
  CHECK(stage.disk().nodes.at({"n1"}).address == "10.0.0.1");
}

TEST_CASE("entry: row and hold are on disk before it is made, and the names before both") {
  auto world = snapshot().machine("i-1", "n1");
  world.memory().nodes.at({"n1"}).made = false;
  world.now.batch.entries = core::NodeEntries::with_address;
  Stage stage(std::move(world));
  FakeNames names(stage.journal);
  stage.ports().names = &names;
  stage.done();
  CHECK(stage.calls() == Lines{"hosts 1", "add n1"});
  CHECK(*names.table == std::vector<core::HostEntry>{{{"n1"}, "10.0.0.1"}});
  CHECK(stage.disk().nodes.at({"n1"}).made);
  CHECK(stage.disk().nodes.at({"n1"}).address == "10.0.0.1");
  CHECK(stage.disk().holds.at({"n1"}).confirmed);
}

TEST_CASE("entry: one that the batch system refuses is tried again") {
  auto world = snapshot().machine("i-1", "n1");
  world.memory().nodes.at({"n1"}).made = false;
  world.now.batch.entries = core::NodeEntries::with_address;
  Stage stage(std::move(world));
  stage.batch.refuses = "add n1";
  CHECK(engine::exit_code(stage.done()) == core::ExitCode::batch);
  CHECK_FALSE(stage.disk().nodes.at({"n1"}).made);
  stage.batch.refuses.clear();
  stage.done();
  CHECK(stage.calls() == Lines{"add n1", "add n1"});
}

TEST_CASE("names: a table that cannot be written is a failure, and is tried again") {
  Stage stage(snapshot().worker("i-1", "n1"));
  FakeNames names(stage.journal);
  names.refusal = make_error(ErrorKind::io, "'/etc/hosts' cannot be written");
  stage.ports().names = &names;
  CHECK(engine::exit_code(stage.done()) != core::ExitCode::done);
  names.refusal.reset();
  CHECK(engine::exit_code(stage.done()) == core::ExitCode::done);
  CHECK(stage.calls() == Lines{"hosts 1", "hosts 1"});
}

TEST_CASE("wish: closed in the store when nothing of it is left") {
  Stage stage(snapshot().wish(core::WishKind::kill_node, {"n1"}));
  stage.done({.scope = {.everything = false, .wish = {"w1"}}});
  CHECK(stage.calls() == Lines{"close-wish w1"});
  CHECK(stage.disk().wishes.empty());
}

TEST_CASE("store: a pass whose first write fails calls nothing") {
  Stage stage(hungry());
  stage.store.saves_left = 0;
  const auto report = stage.pass();
  REQUIRE_FALSE(report);
  CHECK(report.error().kind == ErrorKind::io);
  CHECK(stage.calls().empty());
}

TEST_CASE("store: a pass whose next write fails stops before the money is spent") {
  Stage stage(hungry());
  stage.store.saves_left = 1;
  CHECK_FALSE(stage.pass());
  CHECK(stage.calls().empty());
  Stage after(snapshot().worker("i-1", "n1").draining());
  after.store.saves_left = 1;
  CHECK_FALSE(after.pass());
  CHECK(after.calls().empty());
}

TEST_CASE("adopt, disown: the row says so on disk before a tag changes") {
  Stage stage(snapshot().worker("i-1", "n1").wish(core::WishKind::disown, {"n1"}));
  stage.done();
  CHECK(stage.calls() == Lines{"retag i-1 +0 -4"});
  CHECK(stage.disk().machines.at({"i-1"}).disowning == k_now);
  CHECK_FALSE(stage.disk().nodes.contains({"n1"}));
}

TEST_CASE("disown: what was surely not done leaves the machine ours, what is unclear is asked again") {
  for (const ErrorKind kind : {ErrorKind::auth, ErrorKind::retry}) {
    Stage stage(snapshot().worker("i-1", "n1").wish(core::WishKind::disown, {"n1"}));
    stage.cloud().tag_error = cloud_says(kind);
    const auto report = stage.done();
    CHECK(stage.disk().machines.at({"i-1"}).disowning.has_value() == (kind == ErrorKind::retry));
    CHECK(stage.disk().nodes.contains({"n1"}));
    CHECK(engine::exit_code(report) == (kind == ErrorKind::auth ? core::ExitCode::not_allowed : core::ExitCode::cloud));
    CHECK(stage.disk().wishes.contains({"w1"}) == (kind == ErrorKind::retry));
  }
}

namespace {

// A node of a machine that nobody launched through tide, which the cloud knows by its address.
Snapshot to_adopt() {
  auto world = snapshot().stranger("old-3");
  world.nodes().back().address = "10.0.0.9";
  world.wish(core::WishKind::adopt, {"old-3"});
  world.memory().wishes.at({"w1"}).pool = {"small"};
  return world;
}

core::Instance stranger() {
  core::Instance one{.cloud = {"aws"}, .id = {"i-9"}, .state = core::InstanceState::running};
  one.type = "t1";
  one.launched_at = k_wall - 90'100s;
  one.address = "10.0.0.9";
  one.addresses = {"10.0.0.9"};
  return one;
}

}  // namespace

TEST_CASE("adopt: it is looked for by all that its node says, and its row is there before its tags") {
  Stage stage(to_adopt());
  stage.cloud().strangers = {stranger()};
  stage.done();
  CHECK(has(stage.journal.lines, "find old-3 10.0.0.9"));
  CHECK(has(stage.journal.lines, "retag i-9 +4 -0"));
  const core::Machine& row = stage.disk().machines.at({"i-9"});
  CHECK(row.adopting == k_now);
  CHECK(row.registered == k_now);
  CHECK(row.pool.value == "small");
  CHECK(row.price_micros == 100'000);
}

TEST_CASE("adopt: a refused tag leaves no row, a stranger nobody finds leaves all as it was") {
  Stage stage(to_adopt());
  stage.cloud().strangers = {stranger()};
  stage.cloud().tag_error = cloud_says(ErrorKind::auth);
  stage.done();
  CHECK_FALSE(stage.disk().machines.contains({"i-9"}));
  Stage nobody(to_adopt());
  nobody.done();
  CHECK(nobody.disk().machines.empty());
  CHECK_FALSE(nobody.disk().wishes.contains({"w1"}));
}
