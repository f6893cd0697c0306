#include "support_openpbs.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/scripted_runner.hpp"

#include <tide/batch/openpbs/openpbs.hpp>
#include <tide/batch/openpbs/words.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace tide;
using batch::openpbs::Form;
using batch::openpbs::OpenPbs;
using test::pbs_fixture;
using test::Recording;

TEST_SUITE_BEGIN("batch/openpbs/openpbs");

namespace {

const std::string k_server = "qstat -B -f -F json";
const std::string k_queues = "qstat -Q -f -F json";
const std::string k_jobs = "qstat -f -t -F json";
const std::string k_nodes = "pbsnodes -a -F json";
const std::string k_resources = "qmgr -c list resource";
const Recording k_usage{.errors = "qstat: invalid option -- 'F'\nusage:\nqstat [-f] ...\n", .exit_code = 2};
const std::string k_known =
    "Resource tide_features\n    type = string_array\n    flag = h\n\nResource CLOUD\n    type = "
    "boolean\n    flag = h\n\nResource ngpus\n    type = long\n    flag = hn\n\n";

// The adapter over recordings of one state.
struct Rig {
  explicit Rig(const std::string& state = "s2-offline", Form form = Form::json) {
    runner.on(k_server, {.output = pbs_fixture(state + "-qstat-Bf.json")});
    runner.on(k_queues, {.output = pbs_fixture(state + "-qstat-Qf.json")});
    runner.on(k_jobs, {.output = pbs_fixture(state + "-qstat-ft.json")});
    runner.on(k_nodes, {.output = pbs_fixture(state + "-pbsnodes-a.json")});
    runner.on("qmgr *", {});
    runner.on(k_resources, {.output = k_known});
    batch::openpbs::PbsOptions options{
        .qstat = "/usr/bin/qstat", .pbsnodes = "/usr/bin/pbsnodes", .qmgr = "/usr/bin/qmgr"};
    options.environment = {{"PATH", "/usr/bin"}};
    options.form = form;
    options.user = "me";
    pbs = std::make_unique<OpenPbs>(runner, clock, std::move(options));
  }
  void replace(const std::string& line, Recording recording) { runner.forget(line).on(line, std::move(recording)); }
  const process::Command& last() const { return runner.calls.back(); }

  test::ScriptedRunner runner;
  test::HandClock clock{test::k_recorded};
  std::unique_ptr<OpenPbs> pbs;
};

const batch::NodeSpec k_spec{.name = {"t-small-01"},
                             .address = "10.0.0.9",
                             .slots = 4,
                             .memory_mib = 8192,
                             .gpus = {{"a100", 2}},
                             .features = {"small", "CLOUD"},
                             .note = "tide: joining"};

}  // namespace

TEST_CASE("openpbs: who answers, what it has") {
  Rig rig;
  CHECK(rig.pbs->server() == core::ServerIdentity{.name = "headnode", .version = "23.06.06"});
  CHECK(rig.pbs->traits() == core::BatchTraits{.entries = core::NodeEntries::with_address,
                                               .hides_unregistered = false,
                                               .hold_has_note = true});
  CHECK(rig.pbs->nodes()->size() == 3);
  CHECK(rig.pbs->jobs(false)->running.size() == 2);
  CHECK(rig.runner.unexpected.empty());
  for (const auto& call : rig.runner.calls) CHECK(call.environment.at("TZ") == "UTC");
}

TEST_CASE("openpbs: no node at all is proven by PBS's own words") {
  Rig rig;
  rig.replace(k_nodes, {.errors = "pbsnodes: Server has no node list\n", .exit_code = 1});
  CHECK(rig.pbs->nodes()->empty());
  rig.replace(k_nodes, {.errors = "pbsnodes: Server has no node list\n", .exit_code = 0});
  CHECK_FALSE(rig.pbs->nodes());
  rig.replace(k_nodes, {.errors = "Connection refused\n", .exit_code = 1});
  CHECK_FALSE(rig.pbs->nodes());
  rig.replace(k_nodes, {});
  CHECK_FALSE(rig.pbs->nodes());
}

TEST_CASE("openpbs: a server that is starting up proves nothing yet; one that hides jobs is unproven") {
  Rig rig;
  std::string text = pbs_fixture("s1-mixed-qstat-Bf.json");
  text.replace(text.find("Active"), 6, "Hot_Start");
  rig.replace(k_server, {.output = text});
  CHECK(rig.pbs->server()->fresh);
  text.replace(text.find("\"query_other_jobs\":\t\"True\""), 26, "\"query_other_jobs\":\t\"False\"");
  rig.replace(k_server, {.output = text});
  const auto server = rig.pbs->server();
  REQUIRE_FALSE(server);
  CHECK(server.error().kind == ErrorKind::unproven);
  CHECK(server.error().hint.find("query_other_jobs") != std::string::npos);
}

TEST_CASE("openpbs: TORQUE and Slurm's wrappers are told apart") {
  Rig rig;
  rig.replace(k_server, k_usage);
  rig.runner.on("qstat -B -f", {.output = "Server: localhost\n    state_count = Transit:0 Queued:1 \n    pbs_version = "
                                          "6.1.3\n    next_job_number = 30\n\n"});
  const auto torque = rig.pbs->server();
  REQUIRE_FALSE(torque);
  CHECK(torque.error().kind == ErrorKind::config);
  CHECK(torque.error().hint == "Set batch to \"torque\".");
  const Recording slurm{.errors = "Unknown option: B\nUsage:\n    qstat [-f] [-a|-i|-r]\n", .exit_code = 2};
  Rig wrapper;
  wrapper.replace(k_server, slurm);
  wrapper.runner.on("qstat -B -f", slurm);
  const auto other = wrapper.pbs->server();
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::config);
}

TEST_CASE("openpbs: a PBS without -F json is read as text, with the server's count as witness") {
  Rig rig;
  const std::string server =
      "Server: headnode\n    server_state = Active\n    state_count = Transit:0 Queued:6 Held:3 "
      "Waiting:1 Running:4 Exiting:0 Begun:0 \n    query_other_jobs = True\n    pbs_version = "
      "13.1.0\n\n";
  rig.replace(k_server, k_usage);
  rig.runner.on("qstat -B -f", {.output = server});
  rig.runner.on("qstat -Q -f", {.output = "Queue: workq\n    queue_type = Execution\n    started = True\n\n"});
  rig.runner.on("qstat -f -t", {.output = pbs_fixture("s1-mixed-qstat-f.txt")});
  rig.runner.on("pbsnodes -a", {.output = pbs_fixture("s1-mixed-pbsnodes-a.txt")});
  REQUIRE(rig.pbs->server());
  CHECK(rig.pbs->nodes()->size() == 2);
  const auto jobs = rig.pbs->jobs(false);
  REQUIRE(jobs);
  CHECK(jobs->proof == "qstat: 14 whole records, exit code 0; qstat -B: 14 jobs");
  // Half of it, cut behind a job; and nothing.
  const std::string text = pbs_fixture("s1-mixed-qstat-f.txt");
  rig.replace("qstat -f -t", {.output = text.substr(0, text.find("Job Id: 5."))});
  CHECK(rig.pbs->jobs(false).error().kind == ErrorKind::unproven);
  rig.replace("qstat -f -t", {});
  CHECK(rig.pbs->jobs(false).error().kind == ErrorKind::unproven);
  std::string idle = server;
  idle.replace(idle.find("Queued:6 Held:3 Waiting:1 Running:4"), 35, "Queued:0 Held:0 Waiting:0 Running:0");
  rig.replace("qstat -B -f", {.output = idle});
  CHECK(rig.pbs->jobs(false)->waiting.empty());
}

TEST_CASE("openpbs: jobs on vnodes of another name are told by their host") {
  Rig rig;
  rig.replace(k_jobs, {.output = test::json_queue({test::json_job(
                           "1.a", {{"job_state", "R"}, {"exec_host", "h1/0"}, {"exec_vnode", "(gpu_a:ncpus=1)"}})})});
  std::string nodes = pbs_fixture("s0-empty-pbsnodes-a.json");
  rig.replace(k_nodes, {.output = nodes.replace(nodes.find("\"via qmgr\""), 10, "\"<various>\"")});
  std::string vnodes = pbs_fixture("s0-empty-pbsnodes-a.json");
  vnodes.replace(vnodes.find("\"m3\":\t{"), 4, "\"gpu_a\"");
  vnodes.replace(vnodes.find("\"host\":\t\"m3\""), 12, "\"host\":\t\"m2\"");
  rig.runner.on("pbsnodes -a -v -F json", {.output = vnodes});
  const auto jobs = rig.pbs->jobs(false);
  if (!jobs) FAIL(jobs.error().message);
  CHECK(jobs->running.at({"m2"}) == std::vector<core::JobId>{{"1.a"}});
  // A hold is of all of them.
  REQUIRE(rig.pbs->hold({"m2"}, "tide: x"));
  CHECK(rig.last().argv[2] == "set node gpu_a,m2 state=offline,comment=\"tide: x\"");
  REQUIRE(rig.pbs->release({"m2"}));
  CHECK(rig.last().input == "set node gpu_a,m2 state -= offline\nunset node gpu_a,m2 comment\n");
}

TEST_CASE("openpbs: add makes, holds and describes the node in one process") {
  Rig rig;
  rig.runner.forget("qmgr *").on("qmgr", {.output = "Max open servers: 49\n"});
  REQUIRE(rig.pbs->add(k_spec));
  CHECK(rig.last().input ==
        "create node t-small-01\nset node t-small-01 state=offline,comment=\"tide: joining\"\nset node t-small-01 "
        "resources_available.ncpus=4,resources_available.mem=8192mb,resources_available.ngpus=2,"
        "resources_available.CLOUD=True,resources_available.tide_features=\"small,CLOUD\"\n");
  rig.replace("qmgr",
              {.errors = "qmgr obj=t-small-01 svr=default: Node name already exists\nqmgr: Error (15066) returned "
                         "from server\n"});
  CHECK(rig.pbs->add(k_spec));
  // The last command's exit code says nothing of those before it.
  rig.replace("qmgr", {.errors = "qmgr obj=t-small-01 svr=default: Unauthorized Request \nqmgr: Error (15007) returned "
                                 "from server\n"});
  const auto refused = rig.pbs->add(k_spec);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint.find("managers") != std::string::npos);
}

TEST_CASE("openpbs: add names the resource that PBS lacks") {
  Rig rig;
  rig.replace(k_resources, {.output = "Resource CLOUD\n    type = boolean\n    flag = h\n\n"});
  auto spec = k_spec;
  spec.gpus.clear();
  const auto lacks = rig.pbs->add(spec);
  REQUIRE_FALSE(lacks);
  CHECK(lacks.error().kind == ErrorKind::config);
  CHECK(lacks.error().hint.find("create resource tide_features type=string_array,flag=h") != std::string::npos);
  spec.features = {"CLOUD"};
  CHECK(rig.pbs->add(spec));
  spec.features = {"site=a"};
  CHECK(rig.pbs->add(spec).error().message.find("'site'") != std::string::npos);
  CHECK_FALSE(rig.pbs->add(k_spec));  // no ngpus
  spec.features = {"a b"};
  CHECK_FALSE(rig.pbs->add(spec));
}

TEST_CASE("openpbs: hold, release, remove") {
  Rig rig;
  REQUIRE(rig.pbs->hold({"m2"}, "tide: end idle: idle for 600 s"));
  CHECK(rig.last().argv[2] == "set node m2 state=offline,comment=\"tide: end idle: idle for 600 s\"");
  REQUIRE(rig.pbs->release({"m2"}));
  CHECK(rig.last().input == "set node m2 state -= offline\nunset node m2 comment\n");
  const auto busy = rig.pbs->remove({"m2"});  // its jobs are read first
  REQUIRE_FALSE(busy);
  CHECK(busy.error().kind == ErrorKind::refused);
  CHECK(rig.last().argv[0] == "/usr/bin/pbsnodes");
  REQUIRE(rig.pbs->remove({"m4"}));
  CHECK(rig.last().argv[2] == "delete node m4");
  CHECK(rig.pbs->remove({"m9"}));
  // A job that came in between.
  rig.replace(
      "qmgr -c delete node m4",
      {.errors = "qmgr obj=m4 svr=default: Cannot delete busy object\nqmgr: Error (15027) returned from server\n",
       .exit_code = 179});
  CHECK(rig.pbs->remove({"m4"}).error().kind == ErrorKind::refused);
  rig.replace("qmgr -c delete node m4", {.errors = pbs_fixture("s3-delbusy.err"), .exit_code = 214});
  CHECK(rig.pbs->remove({"m4"}));
  rig.replace("qmgr *", {.errors = pbs_fixture("s3-delbusy.err"), .exit_code = 214});
  CHECK(rig.pbs->hold({"m1"}, "tide: x").error().kind == ErrorKind::not_found);
}

TEST_CASE("openpbs: a server that does not answer is named in the hint") {
  Rig rig;
  rig.replace(k_server, {.errors = "Connection refused\nqstat: cannot connect to server headnode (errno=111)\n",
                         .exit_code = 111});
  const auto server = rig.pbs->server();
  REQUIRE_FALSE(server);
  CHECK(server.error().kind == ErrorKind::batch);
  CHECK(server.error().hint.find("pbs_server") != std::string::npos);
}

TEST_SUITE_END();
