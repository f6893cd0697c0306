#include "ports.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <set>

using namespace tide;
using namespace tide::test;
using core::IntentState;
TEST_SUITE_BEGIN("engine/launches");

namespace {

const core::Intent& only_intent(Stage& stage) {
  REQUIRE(stage.disk().intents.size() == 1);
  return stage.disk().intents.begin()->second;
}
Snapshot hungry(int machines = 1) { return snapshot().waiting(slots(4), machines); }
Error cloud_says(ErrorKind kind) { return make_error(kind, "no c7i.xlarge there"); }

}  // namespace

TEST_CASE("launch: the intent, its entries and holds are on disk before anything is asked") {
  Stage stage(hungry(2));
  const auto report = stage.done();
  CHECK(stage.calls() == Lines{"add demo-small-01", "add demo-small-02", "launch small x2"});
  const auto& intent = only_intent(stage);
  CHECK(intent.state == IntentState::accepted);
  CHECK(intent.id.value == "00000000000000010000000000000002");
  CHECK(intent.request.tags.at(core::tag::k_intent) == intent.id.value);
  CHECK(intent.instances == std::vector<core::InstanceId>{{"i-new1"}, {"i-new2"}});
  CHECK(stage.disk().machines.at({"i-new2"}).node.value == "demo-small-02");
  CHECK(stage.disk().machines.at({"i-new2"}).first_seen == k_now);
  CHECK(stage.disk().nodes.at({"demo-small-01"}).made);
  CHECK(stage.disk().holds.at({"demo-small-01"}).confirmed);
  CHECK(engine::exit_code(report) == core::ExitCode::done);
}

TEST_CASE("launch: fewer than asked is told, and is no failure") {
  Stage stage(hungry(3));
  stage.cloud().comes = 1;
  const auto report = stage.done();
  REQUIRE(report.outcomes.size() == 1);
  CHECK_FALSE(report.outcomes[0].error);
  CHECK(report.outcomes[0].note == "1 of 3 came");
  CHECK(report.outcomes[0].started == std::vector<core::InstanceId>{{"i-new1"}});
  CHECK(only_intent(stage).state == IntentState::accepted);
}

TEST_CASE("launch: an unclear answer leaves the intent open, without a back-off") {
  for (const auto kind : {ErrorKind::retry, ErrorKind::timeout, ErrorKind::protocol}) {
    Stage stage(hungry());
    stage.cloud().refusal = cloud_says(kind);
    const auto report = stage.done();
    CHECK(only_intent(stage).state == IntentState::open);
    CHECK(stage.disk().back_offs.empty());
    CHECK(report.outcomes[0].error->kind == kind);
    CHECK(engine::exit_code(report) == core::ExitCode::cloud);
  }
}

TEST_CASE("launch: a definite no refuses the intent and backs off from what it is about") {
  const auto key_after = [](ErrorKind kind) {
    Stage stage(hungry());
    stage.cloud().refusal = cloud_says(kind);
    stage.done();
    CHECK(only_intent(stage).state == IntentState::refused);
    REQUIRE(stage.disk().back_offs.size() == 1);
    return stage.disk().back_offs.begin()->first;
  };
  CHECK(key_after(ErrorKind::capacity) == "aws:on-demand:t1:");
  CHECK(key_after(ErrorKind::quota) == "aws/small");
  CHECK(key_after(ErrorKind::bad_request) == "aws/small");
  CHECK(key_after(ErrorKind::unknown) == "aws/small");
  CHECK(key_after(ErrorKind::throttled) == "aws");
  CHECK(key_after(ErrorKind::auth) == "aws");
}

TEST_CASE("launch: a back-off doubles, is bounded, and obeys what the cloud asks for") {
  const auto wait_after = [](int attempts, std::int64_t asked) {
    Stage stage(hungry());
    stage.disk().back_offs["aws"] = {.key = "aws", .kind = ErrorKind::throttled, .attempts = attempts, .until = k_now};
    Error error = cloud_says(ErrorKind::throttled);
    error.retry_after_seconds = asked;
    stage.cloud().refusal = error;
    stage.done();
    return (stage.disk().back_offs.at("aws").until - k_now).count();
  };
  CHECK(wait_after(1, 0) == 120);
  CHECK(wait_after(3, 0) == 480);
  CHECK(wait_after(16, 0) == 1'800);
  CHECK(wait_after(1, 3'000) == 3'000);
}

TEST_CASE("launch: what was not sent closes the intent, and waits only as long as our own rate says") {
  const auto after = [](std::int64_t wait) {
    Stage stage(hungry());
    Error error = cloud_says(ErrorKind::unsent);
    error.retry_after_seconds = wait;
    stage.cloud().refusal = error;
    const auto report = stage.done();
    CHECK(only_intent(stage).state == IntentState::refused);
    CHECK(engine::exit_code(report) == core::ExitCode::cloud);
    return stage.disk().back_offs;
  };
  CHECK(after(0).empty());
  REQUIRE(after(7).contains("aws"));
  CHECK(after(7).at("aws").until == k_now + 7s);
  CHECK(after(7).at("aws").kind == ErrorKind::unsent);
}

TEST_CASE("launch: success ends the back-offs of its kind") {
  Stage stage(hungry());
  for (const char* key : {"aws", "aws/small", "aws:on-demand:t1:"})
    stage.disk().back_offs[key] = {.key = key, .attempts = 5, .until = k_now};
  stage.done();
  CHECK(stage.disk().back_offs.empty());
}

TEST_CASE("launch: if its nodes cannot be added, nothing is launched and the batch system is named") {
  Stage stage(hungry(2));
  stage.batch.refuses = "add demo-small-02";
  const auto report = stage.done();
  CHECK(stage.calls() == Lines{"add demo-small-01", "add demo-small-02"});
  CHECK(only_intent(stage).state == IntentState::refused);
  CHECK(report.outcomes[0].error->kind == ErrorKind::batch);
  CHECK(engine::exit_code(report) == core::ExitCode::batch);
}

namespace {

// Three machines are wanted, of t1 or t2 in zones a or b.
Stage choosy(int machines = 3) {
  return Stage(hungry(machines).set([](core::Settings& s) {
    s.pools.at({"small"}).types = {"t1", "t2"};
    s.pools.at({"small"}).zones = {"a", "b"};
  }));
}

}  // namespace

TEST_CASE("choices: what one does not have is asked of the next in the same pass, with a token of its own") {
  Stage stage = choosy();
  stage.cloud().refuses = {{"t1 in a", cloud_says(ErrorKind::capacity)}};
  stage.cloud().comes_of = {{"t1 in b", 1}};
  const auto report = stage.done();
  CHECK(stage.cloud().asked == Lines{"t1 in a x3 demo-small-01,demo-small-02,demo-small-03",
                                     "t1 in b x3 demo-small-01,demo-small-02,demo-small-03",
                                     "t2 in a x2 demo-small-02,demo-small-03"});
  CHECK(std::set<std::string>(stage.cloud().tokens.begin(), stage.cloud().tokens.end()).size() == 3);
  // Entries are made once.
  CHECK(stage.calls() == Lines{"add demo-small-01", "add demo-small-02", "add demo-small-03", "launch small x3",
                               "launch small x3", "launch small x2"});
  REQUIRE(report.outcomes.size() == 1);
  CHECK_FALSE(report.outcomes[0].error);
  CHECK(report.outcomes[0].note == "t1 in a: no c7i.xlarge there; t1 in b: 1 of 3 came; t2 in a: 2 of 2 came");
  CHECK(report.outcomes[0].started.size() == 3);
  CHECK(engine::exit_code(report) == core::ExitCode::done);
  CHECK(stage.disk().intents.size() == 3);
  CHECK(stage.disk().back_offs.size() == 1);
  CHECK(stage.disk().back_offs.contains("aws:on-demand:t1:a"));
  // Each entry is the launch's that its machine came of.
  for (const auto& [id, machine] : stage.disk().machines)
    CHECK(stage.disk().nodes.at(machine.node).intent == machine.intent);
}

TEST_CASE("choices: where nothing has any, the last refusal is the outcome and all of them rest") {
  Stage stage = choosy();
  stage.cloud().refusal = cloud_says(ErrorKind::capacity);
  const auto report = stage.done();
  CHECK(stage.cloud().asked.size() == 4);
  REQUIRE(report.outcomes[0].error);
  CHECK(report.outcomes[0].error->kind == ErrorKind::capacity);
  CHECK(stage.disk().back_offs.size() == 4);
  CHECK(engine::exit_code(report) == core::ExitCode::no_capacity);
  for (const auto& [id, intent] : stage.disk().intents) CHECK(intent.state == IntentState::refused);
}

TEST_CASE("choices: a quota ends its family's, the others are asked") {
  Stage stage = choosy();
  stage.cloud().families = {{"t1", "T"}};
  Error quota = cloud_says(ErrorKind::quota);
  quota.reach = Reach::family;
  stage.cloud().refuses = {{"t1 in a", quota}};
  CHECK(engine::exit_code(stage.done()) == core::ExitCode::done);
  CHECK(stage.cloud().asked.size() == 2);
  CHECK(stage.cloud().asked[1].starts_with("t2 in a x3"));
}

TEST_CASE("choices: a throttled, refused or unanswered launch is not taken elsewhere") {
  for (const auto kind : {ErrorKind::throttled, ErrorKind::auth, ErrorKind::bad_request, ErrorKind::retry}) {
    Stage stage = choosy();
    stage.cloud().refuses = {{"t1 in a", cloud_says(kind)}};
    const auto report = stage.done();
    CHECK(stage.cloud().asked.size() == 1);
    CHECK(report.outcomes[0].error->kind == kind);
    CHECK_FALSE(stage.disk().back_offs.contains("aws:on-demand:t1:a"));
  }
}

TEST_CASE("choices: an answer that is lost on the way leaves that call open, and what came before stays") {
  Stage stage = choosy();
  stage.cloud().comes_of = {{"t1 in a", 1}};
  stage.cloud().refuses = {{"t1 in b", cloud_says(ErrorKind::retry)}};
  const auto report = stage.done();
  CHECK(report.outcomes[0].error->kind == ErrorKind::retry);
  CHECK(report.outcomes[0].started.size() == 1);
  const auto open = std::ranges::count_if(stage.disk().intents,
                                          [](const auto& entry) { return entry.second.state == IntentState::open; });
  CHECK(open == 1);
}

TEST_CASE("choices: none after the pass's deadline") {
  Stage stage = choosy();
  stage.clock().step = 121s;
  stage.cloud().refusal = cloud_says(ErrorKind::capacity);
  stage.done();
  CHECK(stage.cloud().asked.size() == 1);
}

TEST_CASE("choices: a multi-node job moves as a whole") {
  Stage stage(snapshot().waiting(slots(8, 2)).set([](core::Settings& s) {
    s.pools.at({"small"}).types = {"t1", "t2"};
  }));
  stage.cloud().refuses = {{"t1", cloud_says(ErrorKind::capacity)}};
  stage.done();
  CHECK(stage.cloud().asked == Lines{"t1 x2 demo-small-01,demo-small-02", "t2 x2 demo-small-01,demo-small-02"});
  for (const auto& [id, intent] : stage.disk().intents) CHECK(intent.request.min_count == 2);
}

TEST_CASE("choices: a store that fails between two calls stops there, with the next call's intent not lost") {
  for (int saves = 0; saves < 7; ++saves) {
    Stage stage = choosy();
    stage.cloud().refuses = {{"t1 in a", cloud_says(ErrorKind::capacity)}};
    stage.store.saves_left = saves;
    const bool done = stage.pass().has_value();
    for (const std::string& line : stage.calls()) CHECK(line.find("NOT ON DISK") == std::string::npos);
    CHECK(done == (saves >= 6));
  }
}

TEST_CASE("choices: a repeat that is refused goes on to the next") {
  Stage stage(snapshot().open_intent("k1").waiting(slots(4)));
  auto& request = stage.disk().intents.at({"k1"}).request;
  request.types = {"t1"};
  request.alternatives = {{"t2", ""}};
  stage.cloud().refuses = {{"t1", cloud_says(ErrorKind::capacity)}};
  stage.done();
  CHECK(stage.cloud().asked == Lines{"t1 x1 demo-small-01", "t2 x1 demo-small-01"});
  CHECK(stage.disk().intents.at({"k1"}).state == IntentState::refused);
}

TEST_CASE("image: resolved before the intent, which holds what it means now") {
  Stage stage(hungry());
  stage.cloud().image = std::string("ami-resolved");
  stage.done();
  CHECK(only_intent(stage).request.image == "ami-resolved");
}

TEST_CASE("image: one that cannot be resolved launches nothing and rests its pool") {
  Stage stage(hungry());
  stage.cloud().image = cloud_says(ErrorKind::bad_request);
  const auto report = stage.done();
  CHECK(stage.calls().empty());
  CHECK(stage.disk().intents.empty());
  CHECK(stage.disk().back_offs.contains("aws/small"));
  CHECK(report.outcomes[0].error->kind == ErrorKind::bad_request);
}

TEST_CASE("repeat: the same token and bytes, and entries that were made are left as they are") {
  Stage stage(snapshot().open_intent("k1").waiting(slots(4)));
  stage.disk().intents.at({"k1"}).request.types = {"t1"};
  stage.done();
  CHECK(stage.calls() == Lines{"launch small x1"});
  CHECK(stage.cloud().tokens == Lines{"k1"});
  CHECK(only_intent(stage).attempts == 2);
  CHECK(only_intent(stage).state == IntentState::accepted);
}

TEST_CASE("requests: until when one waits is part of the launch, and on disk; its cloud is told to list them") {
  auto world = hungry();
  world.now.clouds.at({"aws"}).by_request = {{"small"}};
  Stage stage(world);
  stage.done();
  REQUIRE(stage.disk().intents.size() == 1);
  const core::Intent& made = stage.disk().intents.begin()->second;
  CHECK(made.request.valid_until == made.made_at + stage.settings.scale.boot_deadline);
  stage.journal.lines.clear();
  stage.done();
  CHECK(has(stage.journal.lines, "requests aws"));
}

TEST_CASE("requests: other launches know no such time, and nobody lists requests") {
  Stage stage(hungry());
  stage.done();
  CHECK_FALSE(stage.disk().intents.begin()->second.request.valid_until);
  stage.done();
  CHECK_FALSE(has(stage.journal.lines, "requests aws"));
}

TEST_CASE("repeat: that this call was not done says nothing of the first one") {
  const auto state_after = [](ErrorKind kind) {
    Stage stage(snapshot().open_intent("k1").waiting(slots(4)));
    stage.cloud().refusal = cloud_says(kind);
    stage.done();
    return only_intent(stage).state;
  };
  CHECK(state_after(ErrorKind::throttled) == IntentState::open);
  CHECK(state_after(ErrorKind::unsent) == IntentState::open);
  CHECK(state_after(ErrorKind::auth) == IntentState::open);
  CHECK(state_after(ErrorKind::capacity) == IntentState::refused);
}

TEST_CASE(
    "repeat: without tokens even no room says nothing of the first one, and no other choice is asked for its name") {
  for (const ErrorKind kind : {ErrorKind::capacity, ErrorKind::quota}) {
    auto world = snapshot().open_intent("k1").waiting(slots(4));
    world.now.clouds.at({"aws"}) = {.has_launch_tokens = false, .launches_listed = true};
    Stage stage(world);
    auto& request = stage.disk().intents.at({"k1"}).request;
    request.types = {"t1"};
    request.alternatives = {{"t2", ""}};
    stage.cloud().refuses = {{"t1", cloud_says(kind)}};
    stage.done();
    CHECK(stage.cloud().asked == Lines{"t1 x1 demo-small-01"});
    CHECK(stage.disk().intents.at({"k1"}).state == IntentState::open);
  }
}

TEST_CASE("repeat: an entry that a crash kept from being made is made first") {
  Stage stage(snapshot().open_intent("k1").waiting(slots(4)));
  stage.disk().nodes.at({"demo-small-01"}).made = false;
  stage.disk().intents.at({"k1"}).request.types = {"t1"};
  stage.disk().holds[{"demo-small-01"}] = {.node = {"demo-small-01"}};
  stage.done();
  CHECK(stage.calls() == Lines{"add demo-small-01", "launch small x1"});
}

TEST_SUITE_END();
