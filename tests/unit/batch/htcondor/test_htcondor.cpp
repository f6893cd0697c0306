#include "support_htcondor.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/scripted_runner.hpp"

#include <tide/batch/htcondor/htcondor.hpp>
#include <tide/batch/htcondor/words.hpp>
#include <tide/util/text.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace tide;
using batch::htcondor::HtCondor;
using test::collector_line;
using test::master_line;
using test::Recording;
using test::slot_line;

TEST_SUITE_BEGIN("batch/htcondor/htcondor");

namespace {

struct Rig {
  explicit Rig(const std::string& ads = collector_line(), batch::htcondor::CondorOptions options = {}) {
    runner.on("condor_status *", {.output = ads});
    for (const char* change : {"condor_off *", "condor_on *"})
      runner.on(change, {.output = "Sent \"Kill-Daemon-Peacefully\" command to master a.x\n"});
    runner.on("condor_drain *", {});
    options.condor_q = "/usr/bin/condor_q";
    options.condor_status = "/usr/bin/condor_status";
    options.condor_drain = "/usr/bin/condor_drain";
    options.condor_off = "/usr/sbin/condor_off";
    options.condor_on = "/usr/sbin/condor_on";
    options.environment = {{"PATH", "/usr/bin"}};
    condor = std::make_unique<HtCondor>(runner, clock, std::move(options));
  }
  // The changes that were made, in order.
  std::vector<std::string> changes() const {
    std::vector<std::string> made;
    for (const std::string& line : runner.lines) {
      if (!line.starts_with("condor_status")) made.push_back(line);
    }
    return made;
  }

  test::ScriptedRunner runner;
  test::HandClock clock{TimePoint{Seconds{test::k_condor_now}}};
  std::unique_ptr<HtCondor> condor;
};

using Lines = std::vector<std::string>;
const std::string k_address = "<10.0.0.5:9618?addrs=10.0.0.5-9618&sock=startd_1>";
const std::string k_check =
    "MaxJobRetirementTime >= 2592000 && (State =!= \"Claimed\" || RetirementTimeRemaining >= 2592000)";
std::string drain_line(const std::string& note) {
  return "condor_drain -graceful -reason " + note + " -check " + k_check + " " + k_address;
}
const std::string k_off = "condor_off -peaceful -constraint Machine == \"a.x\" -daemon startd";
const test::AdColumns k_draining{{"Draining", "true"}, {"DrainReason", "\"tide: end idle\""}, {"State", "\"Drained\""}};

}  // namespace

TEST_CASE("server: the collector names itself; up for a quarter of an hour before it is believed") {
  Rig rig;
  const auto server = rig.condor->server();
  REQUIRE(server);
  CHECK(server->name == "my pool@head");
  CHECK(server->version == "23.9.6");
  CHECK(server->up_since == TimePoint{Seconds{test::k_condor_now - 5'000}});
  CHECK_FALSE(server->fresh);
  Rig young(collector_line(), {.warmup = Seconds{5'001}});
  CHECK(young.condor->server()->fresh);
}

TEST_CASE("jobs: of this machine's, named, or all schedds; another pool") {
  const std::string one = test::job_line(5, {}) + test::totals(1, 1);
  Rig rig;
  rig.runner.on("condor_q -allusers -print-format -", {.output = one});
  CHECK(rig.condor->jobs(false)->waiting.front().ids == std::vector<core::JobId>{{"5.0"}});
  Rig named(collector_line(), {.pool = "cm.x:9618", .schedds = {"a", "b"}});
  named.runner.on("condor_q -pool cm.x:9618 -name a -allusers -print-format -", {.output = one});
  named.runner.on("condor_q -pool cm.x:9618 -name b -allusers -print-format -", {.output = one});
  const auto both = named.condor->jobs(false);
  REQUIRE(both);
  CHECK(both->waiting.front().ids == std::vector<core::JobId>{{"a#5.0"}, {"b#5.0"}});
  CHECK(both->proof.find("2 jobs") != std::string::npos);
  const std::string schedd = test::ad_line({{"MyType", "\"Scheduler\""}, {"Name", "\"s@x\""}, {"LastHeardFrom", "5"}});
  Rig all(schedd + collector_line(), {.schedds = {"all"}});
  all.runner.on("condor_q -name s@x -allusers -print-format -", {.output = one});
  CHECK(all.condor->jobs(false)->waiting.front().ids.front().value == "s@x#5.0");
  Rig none(collector_line(), {.schedds = {"all"}});
  CHECK(none.condor->jobs(false).error().kind == ErrorKind::unproven);
  // One that fails is the failure of all: half a queue is none.
  Rig half(collector_line(), {.schedds = {"a", "b"}});
  half.runner.on("condor_q -name a -allusers -print-format -", {.output = one});
  half.runner.on("condor_q -name b -allusers -print-format -",
                 {.errors = "-- Failed to fetch ads from: <10.0.0.1:9618>\n", .exit_code = 1});
  CHECK(half.condor->jobs(false).error().kind == ErrorKind::batch);
}

TEST_CASE("hold: a drain where no job loses by it") {
  Rig rig(slot_line("a.x") + collector_line());
  REQUIRE(rig.condor->hold({"a.x"}, "tide: end idle"));
  CHECK(rig.changes() == Lines{drain_line("tide: end idle")});
}

TEST_CASE("hold: never a drain where MaxJobRetirementTime is its default 0, or cannot be known") {
  for (const char* retirement : {"0", "undefined", "error", "86400", "2591999"}) {
    CAPTURE(std::string(retirement));
    Rig rig(slot_line("a.x") + slot_line("a.x", {{"MaxJobRetirementTime", retirement}}) + collector_line());
    REQUIRE(rig.condor->hold({"a.x"}, "tide: end idle"));
    CHECK(rig.changes() == Lines{k_off});
  }
}

TEST_CASE("hold: the startd itself refuses a drain that would evict a job: refused, and no peaceful off either") {
  Rig rig(slot_line("a.x") + collector_line());
  rig.runner.forget("condor_drain *")
      .on("condor_drain *", {.errors = "Received failure from slot1_1@a.x in response to DRAIN_JOBS request: error "
                                       "code 10003: Draining check expression is false on slot1_1@a.x.\n",
                             .exit_code = 1});
  CHECK(rig.condor->hold({"a.x"}, "tide: end idle").error().kind == ErrorKind::refused);
  CHECK(rig.changes() == Lines{drain_line("tide: end idle")});
}

TEST_CASE("hold: repeated, with another note, and over a person's") {
  Rig same(slot_line("a.x", k_draining) + collector_line());
  REQUIRE(same.condor->hold({"a.x"}, "tide: end idle"));
  CHECK(same.changes().empty());
  Rig other(slot_line("a.x", k_draining) + collector_line());
  REQUIRE(other.condor->hold({"a.x"}, "tide: end kill-node"));
  CHECK(other.changes() == Lines{"condor_drain -cancel " + k_address, drain_line("tide: end kill-node")});
  auto persons = k_draining;
  persons["DrainReason"] = "\"new disk\"";
  Rig theirs(slot_line("a.x", persons) + collector_line());
  CHECK(theirs.condor->hold({"a.x"}, "tide: end idle").error().kind == ErrorKind::refused);
  CHECK(theirs.changes().empty());
  // The collector's ad may lag behind: the startd says that it drains already.
  Rig late(slot_line("a.x") + collector_line());
  late.runner.forget("condor_drain *")
      .on("condor_drain *", {.errors = "error code 10001: Draining already in progress.\n", .exit_code = 1});
  CHECK(late.condor->hold({"a.x"}, "tide: end idle"));
  Rig broken(slot_line("a.x") + collector_line());
  broken.runner.forget("condor_drain *")
      .on("condor_drain *", {.errors = "AUTHENTICATE:1003:Failed to authenticate\n", .exit_code = 1});
  const auto refused = broken.condor->hold({"a.x"}, "tide: end idle");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::batch);
  CHECK(refused.error().hint.find("ADMINISTRATOR") != std::string::npos);
}

TEST_CASE("hold and release: a startd that is off or going") {
  Rig off(master_line("a.x", 0) + collector_line());
  REQUIRE(off.condor->hold({"a.x"}, "tide: end idle"));
  CHECK(off.changes().empty());
  REQUIRE(off.condor->release({"a.x"}));
  CHECK(off.changes() == Lines{"condor_on -constraint Machine == \"a.x\" -daemon startd"});
  Rig going(slot_line("a.x", {{"unparse(Requirements) == \"false\"", "true"}}) + collector_line());
  REQUIRE(going.condor->hold({"a.x"}, "tide: end idle"));
  CHECK(going.condor->release({"a.x"}).error().kind == ErrorKind::refused);
  CHECK(going.changes().empty());
  Rig drained(slot_line("a.x", k_draining) + collector_line());
  REQUIRE(drained.condor->release({"a.x"}));
  CHECK(drained.changes() == Lines{"condor_drain -cancel " + k_address});
  Rig free(slot_line("a.x") + collector_line());
  REQUIRE(free.condor->release({"a.x"}));
  CHECK(free.changes().empty());
}

TEST_CASE("nodes that are not there, and entries that nobody makes") {
  Rig rig;
  CHECK(rig.condor->hold({"a.x"}, "tide: end").error().kind == ErrorKind::not_found);
  CHECK(rig.condor->release({"a.x"}).error().kind == ErrorKind::not_found);
  CHECK(rig.condor->remove({"a.x"}));
  CHECK(rig.condor->add({.name = {"a.x"}, .address = "", .gpus = {}, .features = {}, .note = "tide: joining"}));
  CHECK(rig.condor->set_address({"a.x"}, "10.0.0.5"));
  CHECK(rig.changes().empty());
  CHECK(rig.condor->traits().entries == core::NodeEntries::by_themselves);
  Rig busy(slot_line("a.x", {{"Cpus", "1"}}) + collector_line());
  CHECK(busy.condor->remove({"a.x"}).error().kind == ErrorKind::refused);
  Rig dead(slot_line("a.x", {{"Cpus", "1"}, {"LastHeardFrom", "1795630000"}}) + collector_line());
  CHECK(dead.condor->remove({"a.x"}));
}

TEST_CASE("hold: a peaceful off that reached no master is a failure") {
  Rig rig(slot_line("a.x", {{"MaxJobRetirementTime", "0"}}) + collector_line());
  rig.runner.forget("condor_off *").on("condor_off *", {});
  CHECK(rig.condor->hold({"a.x"}, "tide: end idle").error().kind == ErrorKind::batch);
}

TEST_CASE("notes that HTCondor cannot keep") {
  for (const char* note : {"", "a\nb", "say \"x\"", "back\\slash", "\xff"}) {
    Rig rig(slot_line("a.x") + collector_line());
    CHECK(rig.condor->hold({"a.x"}, note).error().kind == ErrorKind::config);
    CHECK(rig.runner.lines.empty());
  }
}

TEST_CASE("what fails, hangs or stays silent is told") {
  Rig failing;
  failing.runner.forget("condor_status *")
      .on("condor_status *", {.errors = "Error: communication error\n", .exit_code = 1});
  CHECK(failing.condor->nodes().error().kind == ErrorKind::batch);
  Rig hanging;
  hanging.runner.forget("condor_status *").on("condor_status *", {.hang = true});
  CHECK(hanging.condor->server().error().kind == ErrorKind::timeout);
  Rig silent("");
  CHECK(silent.condor->nodes().error().kind == ErrorKind::unproven);
  CHECK(silent.condor->server().error().kind == ErrorKind::unproven);
}

TEST_SUITE_END();
