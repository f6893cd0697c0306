#include "support_torque.hpp"
#include "tests/support/bad_commands.hpp"
#include "tests/support/hand_clock.hpp"

#include <tide/batch/torque/torque.hpp>
#include <tide/core/exit_code.hpp>
#include <tide/util/text.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace tide;
using batch::torque::Torque;
using test::check_bad;
using test::Recording;
using test::torque_fixture;
using test::xml_node;

TEST_SUITE_BEGIN("batch/torque/torque");

namespace {

const std::string k_server = "qstat -B -f";
const std::string k_queues = "qstat -Q -f";
const std::string k_jobs = "qstat -x -t";
const std::string k_nodes = "pbsnodes -x";
const std::string k_qmgr = "qmgr";
const std::string k_kick = "qmgr -c set server scheduling = True";

std::string server_text(int queued, const std::string& more = "    query_other_jobs = True\n") {
  return fmt::format(
      "Server: head\n    server_state = Active\n    scheduling = True\n    state_count = Transit:0 "
      "Queued:{} Held:0 Waiting:0 Running:0 Exiting:0 Complete:5 \n{}    pbs_version = 6.1.3\n\n",
      queued, more);
}

// The adapter over recordings of one state.
struct Rig {
  explicit Rig(const std::string& state = "s4-full", batch::torque::TorqueOptions options = {}) {
    runner.on(k_server, {.output = torque_fixture(state + "-qstat-Bf.txt")});
    runner.on(k_queues, {.output = torque_fixture(state + "-qstat-Qf.txt")});
    runner.on(k_jobs, {.output = torque_fixture(state + "-qstat-xt.xml")});
    runner.on(k_nodes, {.output = torque_fixture(state + "-pbsnodes-x.xml")});
    options.qstat = "/usr/bin/qstat";
    options.pbsnodes = "/usr/bin/pbsnodes";
    options.qmgr = "/usr/bin/qmgr";
    options.environment = {{"PATH", "/usr/bin"}};
    options.user = "me";
    torque = std::make_unique<Torque>(runner, clock, std::move(options));
  }
  void replace(const std::string& line, Recording recording) { runner.forget(line).on(line, std::move(recording)); }
  void replace_nodes(const std::string& nodes) { replace(k_nodes, {.output = "<Data>" + nodes + "</Data>\n"}); }

  test::ScriptedRunner runner;
  test::HandClock clock{test::k_recorded};
  std::unique_ptr<Torque> torque;
};

batch::NodeSpec spec() {
  return {.name = {"cloud-small-0001"},
          .address = "10.0.0.7",
          .slots = 4,
          .memory_mib = 8192,
          .gpus = {{"a100", 2}},
          .features = {"small", "CLOUD"},
          .note = "tide: joining"};
}

}  // namespace

TEST_CASE("readings of a recorded state") {
  Rig rig;
  CHECK(rig.torque->traits().entries == core::NodeEntries::with_address);
  CHECK(rig.torque->traits().hold_has_note);
  const auto server = rig.torque->server().value();
  CHECK(server.name == "localhost");
  CHECK(server.version == "master");
  const auto jobs = rig.torque->jobs(false).value();
  CHECK(jobs.running.size() == 2);
  CHECK(jobs.proof == "qstat: </Data> after 22 jobs, exit code 0");
  CHECK(rig.torque->nodes().value().size() == 5);
  CHECK(rig.runner.unexpected.empty());
  CHECK(rig.runner.count(k_server) == 2);
  for (const auto& call : rig.runner.calls) {
    CHECK(call.environment.at("LC_ALL") == "C");
    CHECK(!call.environment.contains("PBS_DEFAULT"));
  }
}

TEST_CASE("[batch] server goes to every command") {
  Rig rig("s4-full", {.server = "other.example"});
  REQUIRE(rig.torque->nodes());
  CHECK(rig.runner.calls.back().environment.at("PBS_DEFAULT") == "other.example");
}

TEST_CASE("bad readings are errors, whatever is asked") {
  check_bad<Rig>(k_server, torque_fixture("s4-full-qstat-Bf.txt"), [](Rig& rig) { return rig.torque->server(); });
  check_bad<Rig>(k_server, torque_fixture("s4-full-qstat-Bf.txt"), [](Rig& rig) { return rig.torque->jobs(false); });
  check_bad<Rig>(k_queues, torque_fixture("s4-full-qstat-Qf.txt"), [](Rig& rig) { return rig.torque->jobs(false); });
  check_bad<Rig>(k_jobs, torque_fixture("s4-full-qstat-xt.xml"), [](Rig& rig) { return rig.torque->jobs(false); });
  check_bad<Rig>(k_nodes, torque_fixture("s4-full-pbsnodes-x.xml"), [](Rig& rig) { return rig.torque->nodes(); });
}

TEST_CASE("no server and no queue are no reading") {
  for (const std::string& line : {k_server, k_queues}) {
    Rig rig;
    rig.replace(line, {});
    CHECK(rig.torque->jobs(false).error().kind == ErrorKind::unproven);
  }
}

TEST_CASE("nothing printed: the server's counts decide") {
  for (const std::string& output : {std::string(), torque_fixture("s0-empty-qstat-x.xml")}) {
    CAPTURE(output);
    Rig rig;
    rig.replace(k_jobs, {.output = output});
    const auto denied = rig.torque->jobs(false);
    REQUIRE(!denied);
    CHECK(denied.error().kind == ErrorKind::unproven);
    rig.replace(k_server, {.output = server_text(0)});
    const auto empty = rig.torque->jobs(false);
    REQUIRE(empty);
    CHECK(empty->waiting.empty());
    CHECK(!empty->proof.empty());
  }
}

TEST_CASE("far fewer jobs than the server counts are no reading; a few that ended are") {
  Rig rig;
  rig.replace(k_server, {.output = server_text(100)});
  CHECK(rig.torque->jobs(false).error().kind == ErrorKind::unproven);
  rig.replace(k_server, {.output = server_text(100)});
  rig.runner.on(k_server, {.output = server_text(25)});  // they ended meanwhile
  CHECK(rig.torque->jobs(false));
  rig.replace(k_server, {.output = server_text(26)});
  CHECK(rig.torque->jobs(false));
}

TEST_CASE("jobs that end while qstat runs") {
  Rig rig;
  const std::string whole = torque_fixture("s4-full-qstat-xt.xml");
  rig.replace(
      k_jobs,
      {.output = whole, .errors = "qstat: Unknown Job Id 12.head\nqstat: Unknown Job Id 13.head\n", .exit_code = 153});
  CHECK(rig.torque->jobs(false));
  rig.replace(
      k_jobs,
      {.output = whole, .errors = "qstat: Unknown Job Id 12.head\nqstat: Unauthorized Request\n", .exit_code = 153});
  CHECK(!rig.torque->jobs(false));
  rig.replace(k_jobs, {.output = whole.substr(0, 900), .errors = "qstat: Unknown Job Id 12.head\n", .exit_code = 153});
  CHECK(!rig.torque->jobs(false));
}

TEST_CASE("no nodes: pbsnodes says so, or prints an empty list") {
  Rig rig;
  rig.replace(k_nodes, {.errors = torque_fixture("s0-nonodes-pbsnodes-x.err"), .exit_code = 2});
  CHECK(rig.torque->nodes().value().empty());
  rig.replace(k_nodes, {.output = "<Data></Data>\n"});
  CHECK(rig.torque->nodes().value().empty());
  rig.replace(k_nodes, {});
  CHECK(rig.torque->nodes().error().kind == ErrorKind::unproven);
}

TEST_CASE("others' jobs must be seen") {
  Rig rig;
  rig.replace(k_server, {.output = server_text(0, "    managers = root@*\n")});
  const auto hidden = rig.torque->server();
  REQUIRE(!hidden);
  CHECK(hidden.error().kind == ErrorKind::unproven);
  CHECK(hidden.error().hint.find("query_other_jobs") != std::string::npos);
  Rig root("s4-full", {.is_root = true});
  root.replace(k_server, {.output = server_text(0, "")});
  CHECK(root.torque->server());
}

TEST_CASE("the doctor says who may change nodes, and that Maui was never tried") {
  const std::string managed = "    query_other_jobs = True\n    managers = root@*,me@head\n";
  const auto examine = [&](const std::string& more, batch::torque::TorqueOptions options = {}) {
    Rig rig("s4-full", std::move(options));
    rig.replace(k_server, {.output = server_text(0, more)});
    return rig.torque->examine({});
  };
  const auto fine = examine(managed);
  REQUIRE(fine.size() == 1);
  CHECK(fine.front().level == core::Level::ok);
  const auto plain = examine("    query_other_jobs = True\n");
  CHECK(core::exit_code(plain) == core::ExitCode::batch);
  CHECK(plain.front().hint.find("managers += me@*") != std::string::npos);
  const auto maui = examine(managed, {.showq = "/usr/bin/showq"});
  REQUIRE(maui.size() == 2);
  CHECK(maui.back().text.find("not tried on the real thing") != std::string::npos);
  CHECK(maui.back().level == core::Level::warn);
}

TEST_CASE("another system behind the same commands is exit 3") {
  const std::vector<Recording> answers{
      {.output =
           "Server: headnode\n    server_state = Active\n    state_count = Transit:0 Queued:0 \n    license_count = "
           "Avail_Global:1000000 \n    pbs_version = 23.06.06\n\n"},
      {.errors =
           "Unknown option: B\nUsage:\n    qstat [-f] [-a|-i|-r] [-n [-1]] [-G|-M] [-u user_list] [-? | --help]\n    "
           "[--man] [job_id...]\n",
       .exit_code = 2},
      {.errors = "error: ERROR! invalid option argument \"-B\"\n", .exit_code = 1},
  };
  for (const auto& answer : answers) {
    Rig rig;
    rig.replace(k_server, answer);
    const auto server = rig.torque->server();
    const auto jobs = rig.torque->jobs(false);
    REQUIRE_FALSE(server);
    REQUIRE_FALSE(jobs);
    for (const Error* error : {&server.error(), &jobs.error()}) {
      CAPTURE(error->message);
      CHECK(core::exit_code_of(error->kind) == core::ExitCode::config);
      CHECK(!error->hint.empty());
    }
  }
}

TEST_CASE("a job that names a node is held against the list of nodes") {
  Rig rig("s2-offline");
  rig.replace(k_server, {.output = server_text(1)});
  rig.replace(k_jobs, {.output = test::xml_queue({test::xml_job("1.head", {{"Resource_List.nodes", "mom2:ppn=2"}})})});
  const auto queue = rig.torque->jobs(false).value();
  CHECK(queue.waiting.front().waiting == core::Waiting::node_bound);
  CHECK(rig.runner.count(k_nodes) == 1);
  rig.replace(k_jobs, {.output = test::xml_queue({test::xml_job("1.head")})});
  REQUIRE(rig.torque->jobs(false));
  CHECK(rig.runner.count(k_nodes) == 1);  // asked only where it matters
}

TEST_CASE("where Maui schedules, it is asked too, and silence of it is an error") {
  const auto options = [] {
    batch::torque::TorqueOptions maui;
    maui.showq = "/usr/bin/showq";
    maui.priorities = {"/usr/bin/diagnose", "-p"};
    return maui;
  };
  const std::string empty =
      "ACTIVE JOBS----\n\nIDLE JOBS----\n\nBLOCKED JOBS----\n\nTotal Jobs: 0   Active Jobs: 0   Idle Jobs: 0   Blocked "
      "Jobs: 0\n";
  const std::string none = "diagnosing job priority information (partition: ALL)\n";
  Rig rig("s4-full", options());
  rig.runner.on("showq", {.output = empty});
  rig.runner.on("diagnose -p", {.output = none});
  CHECK(rig.torque->jobs(false));
  CHECK(rig.runner.unexpected.empty());
  for (const auto& [name, recording] : test::bad_commands(empty)) {
    CAPTURE(name);
    rig.replace("showq", recording);
    CHECK(!rig.torque->jobs(false));
  }
  rig.replace("showq", {.output = empty});
  rig.replace("diagnose -p", {.errors = "ERROR: not authorized", .exit_code = 1});
  CHECK(!rig.torque->jobs(false));
}

TEST_CASE("memory and GPUs in use are those of the jobs on a node") {
  Rig rig;
  rig.replace(k_jobs, {.output = test::xml_queue({test::xml_job("1.head", {{"job_state", "R"},
                                                                           {"exec_host", "w1/0"},
                                                                           {"Resource_List.mem", "2gb"},
                                                                           {"Resource_List.nodes", "1:gpus=1"}})})});
  rig.replace_nodes(xml_node("w1", {{"jobs", "0/1.head"}, {"gpus", "2"}}) + xml_node("w2", {{"gpus", "2"}}));
  REQUIRE(rig.torque->jobs(false));
  const auto nodes = rig.torque->nodes().value();
  CHECK(nodes[0].memory_mib_used == 2048);
  CHECK(nodes[0].gpus_used == core::Gpus{{"", 1}});
  CHECK(nodes[1].memory_mib_used == 0);
  CHECK(nodes[1].gpus_used.empty());
}

TEST_CASE("add: created, held and described by one qmgr; safe to repeat") {
  Rig rig;
  rig.replace_nodes("");
  rig.runner.on(k_nodes,
                {.output = "<Data>" +
                           xml_node("cloud-small-0001", {{"state", "down,offline,MOM-list-not-sent"}, {"status", ""}}) +
                           "</Data>"});
  rig.runner.on(k_qmgr, {});
  REQUIRE(rig.torque->add(spec()));
  REQUIRE(rig.runner.count(k_qmgr) == 1);
  const auto lines = split(rig.runner.calls[1].input, '\n');
  CHECK(rig.runner.calls[1].input ==
        "create node cloud-small-0001 np=4\n"
        "set node cloud-small-0001 state = offline\n"
        "set node cloud-small-0001 note = \"tide: joining\"\n"
        "set node cloud-small-0001 properties = CLOUD\n"
        "set node cloud-small-0001 properties += gpu_a100\n"
        "set node cloud-small-0001 properties += small\n"
        "set node cloud-small-0001 gpus = 2\n");
  // Again: the entry is there and never registered, so it is held once more, whatever `create` says of it.
  rig.replace(k_qmgr, {.errors = "qmgr obj=cloud-small-0001 svr=default: Node name already exists", .exit_code = 170});
  CHECK(rig.torque->add(spec()));
  CHECK(rig.runner.count(k_qmgr) == 2);
  // Its machine has registered: it is left as it is.
  rig.replace_nodes(xml_node("cloud-small-0001"));
  CHECK(rig.torque->add(spec()));
  CHECK(rig.runner.count(k_qmgr) == 2);
}

TEST_CASE("add: a name that does not resolve, an entry that is not held") {
  Rig rig;
  rig.replace_nodes("");
  rig.runner.on(k_qmgr,
                {.errors = "qmgr obj=x svr=default: Unknown node  MSG=cannot resolve host 'x'", .exit_code = 198});
  const auto unknown = rig.torque->add(spec());
  REQUIRE(!unknown);
  CHECK(unknown.error().message.find("resolves to no address") != std::string::npos);
  CHECK(unknown.error().hint.find("[names] method") != std::string::npos);
  rig.replace(k_qmgr, {});
  CHECK(rig.torque->add(spec()).error().message.find("not listed") != std::string::npos);
  rig.replace_nodes("");
  rig.runner.on(k_nodes, {.output = "<Data>" + xml_node("cloud-small-0001", {{"status", ""}}) + "</Data>"});
  CHECK(rig.torque->add(spec()).error().message.find("not held") != std::string::npos);
  rig.replace(k_qmgr, {.errors = "qmgr: Unauthorized Request", .exit_code = 159});
  rig.replace_nodes("");
  CHECK(rig.torque->add(spec()).error().hint.find("manager") != std::string::npos);
}

TEST_CASE("hold and release, with what the node says") {
  Rig rig;
  const core::NodeName node{"mom2"};
  rig.runner.on("pbsnodes -o -N tide: end idle mom2", {});
  CHECK(rig.torque->hold(node, "tide: end idle"));
  rig.runner.on("pbsnodes -c -N  mom2", {});
  rig.runner.on(k_kick, {});
  CHECK(rig.torque->release(node));
  CHECK(rig.runner.count(k_kick) == 1);
  // A person, or another scheduler, switched it off: not tide's to switch on.
  std::string off = torque_fixture("s4-full-qstat-Bf.txt");
  off.replace(off.find("scheduling = True"), 17, "scheduling = False");
  rig.replace(k_server, {.output = off});
  CHECK(rig.torque->release(node));
  CHECK(rig.runner.count(k_kick) == 1);
  rig.replace("pbsnodes -c -N  mom2",
              {.errors = "pbsnodes: Error marking node mom2 - Invalid node state", .exit_code = 1});
  const auto early = rig.torque->release(node);
  REQUIRE(!early);
  CHECK(early.error().kind == ErrorKind::batch);
  for (const std::string more : {"", "  MSG=cannot locate specified node"}) {
    rig.replace("pbsnodes -c -N  mom2",
                {.errors = "pbsnodes: Error marking node mom2 - Unknown node" + more, .exit_code = 1});
    CHECK(rig.torque->release(node).error().kind == ErrorKind::not_found);
  }
  CHECK(rig.torque->set_address(node, "10.0.0.1"));
  CHECK(rig.runner.unexpected.empty());
}

TEST_CASE("remove: never a node with jobs, though TORQUE would") {
  Rig rig;
  const std::string drop = "qmgr -c delete node w1";
  rig.runner.on(drop, {});
  for (const std::string jobs : {"0/12.head", "12.head/0-3"}) {
    rig.replace_nodes(xml_node("w1", {{"state", "offline"}, {"jobs", jobs}}));
    const auto busy = rig.torque->remove({"w1"});
    REQUIRE(!busy);
    CHECK(busy.error().kind == ErrorKind::refused);
    CHECK(rig.runner.count(drop) == 0);
  }
  rig.replace(k_nodes, {.exit_code = 1});
  CHECK(!rig.torque->remove({"w1"}));
  CHECK(rig.runner.count(drop) == 0);
  rig.replace_nodes(xml_node("w2"));
  CHECK(rig.torque->remove({"w1"}));
  CHECK(rig.runner.count(drop) == 0);
  rig.replace_nodes(xml_node("w1", {{"state", "down,offline"}}));
  CHECK(rig.torque->remove({"w1"}));
  CHECK(rig.runner.count(drop) == 1);
  rig.replace(drop, {.errors = "qmgr obj=w1 svr=default: Unknown node", .exit_code = 198});
  CHECK(rig.torque->remove({"w1"}));
  rig.replace(drop, {.errors = "qmgr: Unauthorized Request", .exit_code = 159});
  CHECK(!rig.torque->remove({"w1"}));
}

TEST_CASE("what would end a line of qmgr is refused before it is run") {
  Rig rig;
  for (const std::string name : {"", "a b", "a\nb", "a;b", "ALL", "-x", "a=b"}) {
    CAPTURE(name);
    auto bad = spec();
    bad.name.value = name;
    CHECK(rig.torque->add(bad).error().kind == ErrorKind::config);
    CHECK(rig.torque->hold({name}, "tide: x").error().kind == ErrorKind::config);
    CHECK(rig.torque->remove({name}).error().kind == ErrorKind::config);
  }
  for (const std::string note : {"", "a\"b", "a\nb", "caf\xc3\xa9"}) {
    auto bad = spec();
    bad.note = note;
    CHECK(rig.torque->add(bad).error().kind == ErrorKind::config);
    CHECK(rig.torque->hold({"w1"}, note).error().kind == ErrorKind::config);
  }
  for (const std::string feature : {"a,b", "a b", "", "a=b", "a:b"}) {
    auto bad = spec();
    bad.features = {feature};
    CHECK(rig.torque->add(bad).error().kind == ErrorKind::config);
  }
  auto bad = spec();
  bad.gpus = {{"a100", 1}, {"v100", 1}};
  CHECK(rig.torque->add(bad).error().kind == ErrorKind::config);
  bad = spec();
  bad.slots = 0;
  CHECK(rig.torque->add(bad).error().kind == ErrorKind::config);
  CHECK(rig.runner.calls.empty());
}

TEST_SUITE_END();
