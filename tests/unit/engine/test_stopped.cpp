#include "ports.hpp"
#include "tests/support/stopped_machines.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("engine/stopped");

namespace {

Snapshot waited_for(int jobs = 1) {
  Snapshot world = keeping();
  stopped(world, "i-1", "n1").waiting(slots(4), jobs);
  return world;
}

}  // namespace

TEST_CASE("stop: that it stops, and does not end, is on disk before the call") {
  Snapshot world = keeping(1);
  drained(world, "i-1", "n1");
  drained(world, "i-2", "n2");
  Stage stage(world);
  stage.done();
  CHECK(stage.calls() == Lines{"terminate i-2", "stop i-1"});
  CHECK(stage.disk().machines.at({"i-1"}).stops);
  CHECK(stage.disk().machines.at({"i-1"}).told_to_end == k_now);
  CHECK_FALSE(stage.disk().machines.at({"i-2"}).stops);
}

TEST_CASE("stop: a machine that its cloud never stops ends in the next pass; one not reached is asked again") {
  for (const ErrorKind kind : {ErrorKind::refused, ErrorKind::bad_request, ErrorKind::auth, ErrorKind::unknown}) {
    CAPTURE(kind);
    Snapshot world = keeping();
    Stage stage(drained(world, "i-1", "n1"));
    stage.cloud().end_error = make_error(kind, "it cannot be stopped");
    stage.done();
    stage.cloud().end_error.reset();
    stage.done();
    CHECK(stage.calls() == Lines{"stop i-1", "terminate i-1"});
  }
  Snapshot world = keeping();
  Stage stage(drained(world, "i-1", "n1"));
  stage.cloud().end_error = make_error(ErrorKind::throttled, "slower");
  stage.done();
  stage.done();
  CHECK(stage.calls() == Lines{"stop i-1", "stop i-1"});
}

TEST_CASE("start: intent and entry first, then the call; its row begins anew under the new intent") {
  Stage stage(waited_for());
  stage.done();
  CHECK(stage.calls() == Lines{"add n1", "start small x1"});
  const core::Machine& row = stage.disk().machines.at({"i-1"});
  CHECK_FALSE(row.stopped);
  CHECK_FALSE(row.stops);
  CHECK(row.first_seen == k_now);
  CHECK(row.intent.value == stage.cloud().tokens.front());
  CHECK(stage.disk().intents.at(row.intent).state == core::IntentState::accepted);
  CHECK(stage.disk().holds.at({"n1"}).kind == core::HoldKind::joining);
}

TEST_CASE("start: without an answer the same is asked again; a listing that shows it running settles it") {
  Stage stage(waited_for());
  stage.cloud().refusal = make_error(ErrorKind::timeout, "no reply");
  stage.done();
  CHECK(stage.disk().machines.at({"i-1"}).stopped);
  stage.cloud().listing->front().state = core::InstanceState::pending;
  stage.cloud().refusal.reset();
  stage.done();
  const core::Machine& row = stage.disk().machines.at({"i-1"});
  CHECK_FALSE(row.stopped);
  CHECK(row.intent.value == stage.cloud().tokens.front());
  CHECK(stage.disk().intents.at(row.intent).state == core::IntentState::accepted);
  CHECK(stage.cloud().tokens.size() == 1);
}

TEST_CASE("start: one that has no room rests, and the next pass launches a new machine; its pool does not rest") {
  Stage stage(waited_for());
  stage.cloud().refusal = make_error(ErrorKind::capacity, "no c5.large there");
  stage.done();
  CHECK(stage.disk().machines.at({"i-1"}).start_refused == k_now);
  CHECK(stage.disk().back_offs.empty());
  stage.cloud().refusal.reset();
  stage.done();
  CHECK(has(stage.calls(), "launch small x1"));
}
