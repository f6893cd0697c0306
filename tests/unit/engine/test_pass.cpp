#include "ports.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
using core::ExitCode;
TEST_SUITE_BEGIN("engine/pass");

namespace {

Error error(ErrorKind kind) { return make_error(kind, "no answer"); }
ExitCode code_of(Stage& stage) { return engine::exit_code(stage.done()); }

// A pass over a world whose sources fail as told.
template <typename Spoil>
ExitCode code_with(Spoil spoil) {
  auto world = snapshot().worker("i-1", "n1").cloud("b").learned();
  spoil(world);
  Stage stage(world);
  return code_of(stage);
}

Lines types(const std::vector<store::Event>& events) {
  Lines out;
  for (const auto& event : events) out.push_back(event.type + " " + event.subject + ": " + event.rule);
  return out;
}

}  // namespace

TEST_CASE("observe: clouds first, then who answers, jobs before nodes") {
  Stage stage(snapshot().cloud("b"));
  stage.done();
  CHECK(stage.journal.lines == Lines{"list aws demo", "list b demo", "server", "jobs", "nodes"});
}

TEST_CASE("observe: health is read after the nodes, remembered, and not asked again before its time") {
  auto world = snapshot().worker("i-1", "n1").waiting(slots(1));
  world.pool("cheap", [](core::Pool& pool) { pool.market = core::Market::spot; });
  world.now.clouds.at({"aws"}).has_health = true;
  world.now.clouds.at({"aws"}).has_spot_prices = true;
  Stage stage(world);
  core::Health retires{.id = {"i-1"}};
  retires.event = "instance-retirement";
  stage.cloud().health_says = std::vector<core::Health>{retires, {.id = {"i-of-others"}}};
  stage.done();
  CHECK(stage.journal.lines ==
        Lines{"list aws demo", "server", "jobs", "nodes", "checks aws", "prices aws 1", "hold n1"});
  const core::HealthReading& kept = stage.disk().health.at({"aws"}).checks;
  CHECK(kept.read == k_now);
  CHECK(kept.rows.size() == 1);
  CHECK(stage.disk().prices.at({"aws"}).rows.front().micros == 40'000);
  stage.journal.lines.clear();
  stage.done();
  CHECK_FALSE(has(stage.journal.lines, "checks aws"));
  CHECK_FALSE(has(stage.journal.lines, "prices aws 1"));
}

TEST_CASE("observe: reservations are read once an hour, and remembered") {
  auto world = snapshot().worker("i-1", "n1").busy("7");
  world.now.clouds.at({"aws"}).has_reservations = true;
  Stage stage(world);
  stage.done();
  CHECK(has(stage.journal.lines, "reservations aws demo"));
  CHECK(stage.disk().reservations.at({"aws"}).says.reserved.front().type == "t1");
  stage.journal.lines.clear();
  stage.done();
  CHECK_FALSE(has(stage.journal.lines, "reservations aws demo"));
}

TEST_CASE("observe: asks no more of a batch system that does not say who it is") {
  auto world = snapshot();
  world.now.server = error(ErrorKind::batch);
  Stage stage(world);
  stage.done();
  CHECK(stage.journal.lines == Lines{"list aws demo", "server"});
}

TEST_CASE("observe: writes nothing, and is the head that it is, whatever the store says") {
  Stage stage(snapshot().worker("i-1", "n1"));
  stage.disk().head.value = "head-copied";
  const core::Memory before = stage.disk();
  const auto seen = engine::observe(stage.ports(), stage.settings, false);
  REQUIRE(seen);
  CHECK(seen->memory.head.value == "head-1");
  CHECK(seen->age == k_now);
  CHECK(stage.disk() == before);
}

TEST_CASE("observe: a store that cannot be read is an error, not a first run") {
  Stage stage(snapshot());
  stage.store.broken = make_error(ErrorKind::io, "'tide.db' is damaged");
  CHECK_FALSE(engine::observe(stage.ports(), stage.settings, false));
  CHECK_FALSE(stage.pass());
  CHECK(stage.journal.lines.empty());
}

TEST_CASE("dry_run: plans all and writes nothing") {
  Stage stage(snapshot().worker("i-1", "n1").draining().waiting(slots(4, 1), 9));
  stage.disk().wishes[{"w1"}] = {.id = {"w1"}, .kind = core::WishKind::kill_node, .targets = {"gone"}};
  const core::Memory before = stage.disk();
  const auto report = stage.done({.dry_run = true});
  CHECK(report.plan.actions.size() > 1);
  CHECK(report.outcomes.empty());
  CHECK(stage.calls().empty());
  CHECK(stage.disk() == before);
  CHECK(stage.store.log.empty());
}

TEST_CASE("pass: the second one launches nothing more") {
  Stage stage(snapshot().waiting(slots(4), 2));
  stage.done();
  stage.journal.lines.clear();
  stage.done();
  CHECK(stage.calls().empty());
}

TEST_CASE("pass: progress sees each outcome") {
  Stage stage(snapshot().worker("i-1", "n1").idle(600s).worker("i-2", "n2").draining());
  Lines seen;
  const auto report =
      stage.done({.progress = [&](const engine::Outcome& outcome) { seen.push_back(line(outcome.planned)); }});
  CHECK(seen == actions(report.plan));
  CHECK(report.outcomes.size() == 2);
}

TEST_CASE("exit: nothing to do, or all done, is 0; what planning declined too") {
  CHECK(code_with([](Snapshot&) {}) == ExitCode::done);
  CHECK(code_with([](Snapshot& world) { world.waiting(slots(4)); }) == ExitCode::done);
  CHECK(code_with([](Snapshot& world) {
          world.waiting(slots(4, 1), 9).set([](core::Settings& s) { s.scale.max_nodes = 1; });
        }) == ExitCode::done);
}

TEST_CASE("exit: a batch system that could not be read is 9, whatever else was") {
  for (const auto kind :
       {ErrorKind::batch, ErrorKind::timeout, ErrorKind::protocol, ErrorKind::unproven, ErrorKind::io}) {
    CHECK(code_with([&](Snapshot& w) { w.now.server = error(kind); }) == ExitCode::batch);
    CHECK(code_with([&](Snapshot& w) { w.now.jobs = error(kind); }) == ExitCode::batch);
    CHECK(code_with([&](Snapshot& w) {
            w.now.nodes = error(kind);
            w.unreadable("aws", ErrorKind::auth);
          }) == ExitCode::batch);
  }
}

TEST_CASE("exit: suspect and unproven readings are 9, another server is 3") {
  CHECK(code_with([](Snapshot& w) { w.node_missing(); }) == ExitCode::batch);
  CHECK(code_with([](Snapshot& w) { w.now.server->fresh = true; }) == ExitCode::batch);
  CHECK(code_with([](Snapshot& w) { w.now.server->name = "other"; }) == ExitCode::config);
}

TEST_CASE("exit: a cloud that refuses us is 7, one that fails 6, in whatever order") {
  CHECK(code_with([](Snapshot& w) { w.unreadable("aws", ErrorKind::auth); }) == ExitCode::not_allowed);
  CHECK(code_with([](Snapshot& w) { w.unreadable("aws"); }) == ExitCode::cloud);
  CHECK(code_with([](Snapshot& w) { w.unreadable("aws").unreadable("b", ErrorKind::auth); }) == ExitCode::not_allowed);
  CHECK(code_with([](Snapshot& w) { w.unreadable("aws", ErrorKind::auth).unreadable("b"); }) == ExitCode::not_allowed);
  CHECK(code_with([](Snapshot& w) { w.unreadable("aws", ErrorKind::throttled); }) == ExitCode::cloud);
  CHECK(code_with([](Snapshot& w) { w.unreadable("aws", ErrorKind::config); }) == ExitCode::config);
  CHECK(code_with([](Snapshot& w) { w.unreadable("aws", ErrorKind::config).unreadable("b"); }) == ExitCode::cloud);
  CHECK(code_with([](Snapshot& w) { w.unreadable("aws").unreadable("b", ErrorKind::config); }) == ExitCode::cloud);
}

TEST_CASE("exit: another head's machines are 5, and nothing is called") {
  Stage stage(snapshot().worker("i-1", "n1").idle(900s).waiting(slots(4), 3).instance([](core::Instance& one) {
    one.tags[core::tag::k_owner] = "head-2";
  }));
  CHECK(code_of(stage) == ExitCode::refused);
  CHECK(stage.calls().empty());
}

TEST_CASE("exit: an unreadable source decides over what was done") {
  Stage stage(snapshot()
                  .cloud("b")
                  .pool("rest", [](core::Pool& pool) { pool.cloud = {"b"}; })
                  .waiting(slots(4))
                  .unreadable("aws"));
  CHECK(code_of(stage) == ExitCode::cloud);
  CHECK(has(stage.calls(), "launch rest x1"));
}

TEST_CASE("exit: of actions alone: all failed is the first failure's, some is 4") {
  const auto launch_fails = [](ErrorKind kind) {
    Stage stage(snapshot().waiting(slots(4)));
    stage.cloud().refusal = error(kind);
    return code_of(stage);
  };
  CHECK(launch_fails(ErrorKind::capacity) == ExitCode::no_capacity);
  CHECK(launch_fails(ErrorKind::quota) == ExitCode::no_capacity);
  CHECK(launch_fails(ErrorKind::auth) == ExitCode::not_allowed);
  CHECK(launch_fails(ErrorKind::retry) == ExitCode::cloud);
  CHECK(launch_fails(ErrorKind::protocol) == ExitCode::cloud);
  CHECK(launch_fails(ErrorKind::bad_request) == ExitCode::cloud);
  Stage mixed(snapshot().worker("i-1", "n1").idle(900s).worker("i-2", "n2").draining());
  mixed.batch.refuses = "hold n1";
  CHECK(code_of(mixed) == ExitCode::partly);
  Stage hold(snapshot().worker("i-1", "n1").idle(900s));
  hold.batch.refuses = "hold n1";
  hold.batch.refuses_kind = ErrorKind::timeout;
  CHECK(code_of(hold) == ExitCode::batch);
}

TEST_CASE("exit: that a wish was closed does not make its failed launch partly done") {
  Stage stage(snapshot().wish_launch(1));
  stage.cloud().refusal = error(ErrorKind::capacity);
  CHECK(code_of(stage) == ExitCode::no_capacity);
}

TEST_CASE("exit: of the sources alone, for commands that only read") {
  auto world = snapshot();
  CHECK(engine::exit_code(world.build()) == ExitCode::done);
  CHECK(engine::exit_code(snapshot().unreadable("aws", ErrorKind::auth).build()) == ExitCode::not_allowed);
  world.now.nodes = error(ErrorKind::protocol);
  CHECK(engine::exit_code(world.unreadable("aws", ErrorKind::auth).build()) == ExitCode::batch);
}

TEST_CASE("events: each action with its rule, and its failure in words") {
  Stage stage(snapshot().worker("i-1", "n1").idle(900s));
  stage.batch.refuses = "hold n1";
  stage.done();
  REQUIRE(types(stage.store.log) == Lines{"hold n1: idle"});
  CHECK(stage.store.log[0].pass == 100);
  CHECK(stage.store.log[0].at == k_wall);
  CHECK(stage.store.log[0].text == "idle for 900 s, idle_time is 600 s; failed: 'hold n1' is refused");
}

TEST_CASE("events: an alarm that lasts is written once, another one beside it too") {
  Stage stage(snapshot().cloud("b").unreadable("aws"));
  stage.done();
  stage.done();
  CHECK(types(stage.store.log) == Lines{"alarm : cloud-unreadable"});
  Stage both(snapshot().cloud("b").unreadable("aws").unreadable("b"));
  both.done();
  both.done();
  CHECK(both.store.log.size() == 2);
}

TEST_CASE("events: what was declined is written when it changes, not each minute") {
  auto world = snapshot().worker("i-1", "n1").idle(900s).row([](core::Machine&) {});
  world.memory().rebuild = Snapshot::before(60s);
  Stage stage(world);
  stage.done();
  stage.done();
  CHECK(types(stage.store.log) == Lines{"alarm : rebuild", "refuse n1: rebuild"});
}

TEST_CASE("run_pass: what belongs to machines is kept up last, for those of ours that run and stay") {
  auto world = snapshot().worker("i-1", "n1").busy("7").worker("i-2", "n2").draining().held("tide: end idle");
  world.machine("i-3", "n3").state(core::InstanceState::pending);
  Stage stage(world);
  stage.cloud().upkeep_says = {{.verb = "attach", .subject = "n1", .text = "floating IP 203.0.113.7, made for it"}};
  const auto report = stage.done();
  CHECK(has(stage.journal.lines, "keep up i-1 for demo"));
  CHECK_FALSE(has(stage.journal.lines, "keep up i-3 for demo"));
  const bool ended = has(stage.journal.lines, "terminate i-2");
  CHECK(ended != has(stage.journal.lines, "keep up i-2 for demo"));
  CHECK(report.upkeep.size() == 1);
  CHECK(has(types(stage.store.log), "attach n1: upkeep"));
}

TEST_CASE("run_pass: once in ten minutes upkeep is thorough, whatever became of the clock") {
  Stage stage(snapshot().worker("i-1", "n1").busy("7").learned());
  const TimePoint begin = stage.clock().wall;
  for (const Seconds after : {0s, 599s, 600s, 700s, 1'200s, -3'600s, -3'000s}) {
    stage.clock().wall = begin + after;
    stage.done();
  }
  CHECK(stage.cloud().thorough == std::vector<bool>{true, false, true, false, true, true, true});
}

TEST_CASE(
    "run_pass: a wish's pass and a dry run keep nothing up, nor does one under another head or of an unreadable "
    "cloud") {
  auto world = snapshot().worker("i-1", "n1");
  for (const engine::PassOptions& options :
       {engine::PassOptions{.scope = {.everything = false, .wish = {"w1"}}}, engine::PassOptions{.dry_run = true}}) {
    Stage stage(world);
    stage.cloud().upkeep_says = {{.verb = "attach", .subject = "n1", .text = "floating IP 203.0.113.7"}};
    CHECK(stage.done(options).upkeep.empty());
  }
  auto foreign = snapshot().worker("i-1", "n1");
  foreign.worker("i-2", "n2").instance([](core::Instance& one) { one.tags[core::tag::k_owner] = "head-2"; });
  Stage under_another(foreign);
  under_another.cloud().upkeep_says = {{.verb = "attach", .subject = "n1", .text = "floating IP 203.0.113.7"}};
  CHECK(under_another.done().upkeep.empty());
  Stage stage(world.unreadable("aws"));
  stage.cloud().upkeep_says = {{.verb = "attach", .subject = "n1", .text = "floating IP 203.0.113.7"}};
  CHECK(stage.done().upkeep.empty());
}

TEST_CASE("exit: upkeep that failed alone is its own code, beside something done 4; its event is written once") {
  Stage stage(snapshot().worker("i-1", "n1").busy("7").learned());
  const cloud::UpkeepStep failed{
      .verb = "attach", .subject = "n1", .text = "a floating IP of 'public'", .error = error(ErrorKind::quota)};
  stage.cloud().upkeep_says = {failed};
  CHECK(code_of(stage) == ExitCode::no_capacity);
  CHECK(code_of(stage) == ExitCode::no_capacity);
  CHECK(std::ranges::count(types(stage.store.log), std::string("attach n1: upkeep")) == 1);
  stage.cloud().upkeep_says.push_back({.verb = "release", .subject = "203.0.113.9", .text = "floating IP 203.0.113.9"});
  CHECK(code_of(stage) == ExitCode::partly);
}

TEST_CASE("exit: upkeep that a cloud answered too late, unreadably or not at all is the cloud's, as of an action") {
  for (const ErrorKind kind : {ErrorKind::timeout, ErrorKind::protocol, ErrorKind::io, ErrorKind::retry}) {
    CAPTURE(to_string(kind));
    Stage stage(snapshot().worker("i-1", "n1").busy("7").learned());
    stage.cloud().upkeep_says = {
        {.verb = "attach", .subject = "n1", .text = "a floating IP of 'public'", .error = error(kind)}};
    CHECK(code_of(stage) == ExitCode::cloud);
  }
}
