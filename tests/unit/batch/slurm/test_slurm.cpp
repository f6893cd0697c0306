#include "support_slurm.hpp"
#include "tests/support/bad_commands.hpp"
#include "tests/support/hand_clock.hpp"

#include <tide/batch/slurm/slurm.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace tide;
using batch::slurm::Slurm;
using test::check_bad;
using test::Recording;
using test::slurm_fixture;

TEST_SUITE_BEGIN("batch/slurm/slurm");

namespace {

const std::string k_nodes = "scontrol -a -d -o";
const std::string k_partitions = "scontrol -a -o";
const std::string k_config = "scontrol show config";
const std::string k_queue = "squeue *";
const std::string k_limits = "scontrol -a -o show job";

// The adapter over recordings of one state.
struct Rig {
  explicit Rig(const std::string& state = "zero", std::int64_t user_id = 0) {
    runner.on(k_config, {.output = slurm_fixture(state + "-config.txt")});
    runner.on(k_nodes, {.output = slurm_fixture(state + "-nodes.txt")});
    runner.on(k_partitions, {.output = slurm_fixture(state + "-partitions.txt")});
    runner.on(k_queue, {.output = slurm_fixture(state + "-squeue.txt")});
    batch::slurm::SlurmOptions options{
        .scontrol = "/usr/bin/scontrol", .squeue = "/usr/bin/squeue", .sacctmgr = "/usr/bin/sacctmgr"};
    options.environment = {{"PATH", "/usr/bin"}, {"SLURM_CONF", "/etc/slurm/slurm.conf"}};
    options.user_id = user_id;
    options.user = "me";
    slurm = std::make_unique<Slurm>(runner, clock, std::move(options));
  }
  void replace(const std::string& line, Recording recording) { runner.forget(line).on(line, std::move(recording)); }

  test::ScriptedRunner runner;
  test::HandClock clock{test::k_recorded};
  std::unique_ptr<Slurm> slurm;
};

}  // namespace

TEST_CASE("slurm: zero nodes, zero jobs, and who answers") {
  Rig rig;
  const auto server = rig.slurm->server();
  REQUIRE(server);
  CHECK(server->name == "testcluster");
  CHECK(server->version == "22.05.8");
  CHECK_FALSE(rig.slurm->traits().hides_unregistered);
  CHECK(rig.slurm->nodes()->empty());
  const auto jobs = rig.slurm->jobs(false);
  REQUIRE(jobs);
  CHECK(jobs->waiting.empty());
  CHECK(rig.runner.unexpected.empty());
}

TEST_CASE("slurm: every bad reading is an error") {
  check_bad<Rig>(k_config, slurm_fixture("zero-config.txt"), [](Rig& rig) { return rig.slurm->server(); });
  check_bad<Rig>(k_nodes, slurm_fixture("mixed-nodes.txt"), [](Rig& rig) { return rig.slurm->nodes(); });
  check_bad<Rig>(k_queue, slurm_fixture("mixed-squeue.txt"), [](Rig& rig) { return rig.slurm->jobs(false); });
  check_bad<Rig>(k_partitions, slurm_fixture("zero-partitions.txt"), [](Rig& rig) { return rig.slurm->jobs(false); });
}

TEST_CASE("slurm: whether memory is consumed is asked once, of who answers") {
  const std::string plain = test::squeue_text({test::squeue_line(
      {{batch::slurm::Column::min_memory, "0"}, {batch::slurm::Column::tres, "cpu=1,node=1,billing=1"}})});
  for (const bool asks_first : {false, true}) {
    for (const bool consumed : {false, true}) {
      Rig rig;
      std::string config = slurm_fixture("zero-config.txt");
      if (!consumed) config.replace(config.find("CR_CPU_MEMORY"), 13, "CR_CPU");
      rig.replace(k_config, {.output = config});
      rig.replace(k_queue, {.output = plain});
      if (asks_first) REQUIRE(rig.slurm->server());
      const auto jobs = rig.slurm->jobs(false);
      REQUIRE(jobs);
      CHECK(jobs->waiting.at(0).shape.exclusive == consumed);
      CHECK(rig.runner.count(k_config) == 1);
    }
  }
}

TEST_CASE("slurm: jobs whose most nodes are unclear are asked for once more") {
  Rig rig("waiting");
  for (const auto& [name, recording] : test::bad_commands(slurm_fixture("waiting-jobs.txt"))) {
    CAPTURE(name);
    rig.replace(k_limits, recording);
    CHECK_FALSE(rig.slurm->jobs(false));
  }
  rig.replace(k_limits, {.output = slurm_fixture("waiting-jobs.txt")});
  const auto jobs = rig.slurm->jobs(false);
  REQUIRE(jobs);
  CHECK(test::group_with(*jobs, "6").shape.chunks[0].nodes_max == 1);
  CHECK(test::group_with(*jobs, "4").shape.chunks[0].nodes_max == 0);
}

TEST_CASE("slurm: a stopped slurmctld is named, with what to do") {
  Rig rig;
  rig.replace(k_nodes, {.errors = "slurm_load_node error: Unable to contact slurm controller (connect failure)\n",
                        .exit_code = 1});
  const auto nodes = rig.slurm->nodes();
  REQUIRE_FALSE(nodes);
  CHECK(nodes.error().kind == ErrorKind::batch);
  CHECK(nodes.error().context.back().find("Unable to contact slurm controller") != std::string::npos);
  CHECK(nodes.error().hint.find("[batch.env]") != std::string::npos);
}

TEST_CASE("slurm: the environment of its commands is built") {
  Rig rig;
  REQUIRE(rig.slurm->jobs(false));
  for (const auto& call : rig.runner.calls) {
    CHECK(call.environment.at("LC_ALL") == "C");
    CHECK(call.environment.at("SLURM_TIME_FORMAT") == "%s");
    CHECK(call.environment.at("SLURM_BITSTR_LEN") == "0");
    CHECK(call.environment.at("SLURM_CONF") == "/etc/slurm/slurm.conf");
    CHECK(call.environment.size() == 6);
    CHECK(call.argv[0].starts_with("/"));
  }
}

TEST_CASE("slurm: PrivateData hides others' jobs from all but root, SlurmUser and operators") {
  std::string config = slurm_fixture("zero-config.txt");
  const auto change = [&](const std::string& key, const std::string& value) {
    const std::size_t at = config.find(key);
    REQUIRE(at != std::string::npos);
    config.replace(at, config.find('\n', at) - at, key + " = " + value);
  };
  change("PrivateData", "cloud,jobs");
  change("SlurmUser", "slurm(64030)");
  const auto server = [&](std::int64_t user_id, const std::string& level) {
    Rig rig("zero", user_id);
    rig.replace(k_config, {.output = config});
    rig.runner.on("sacctmgr *", {.output = level + "\n"});
    return rig.slurm->server();
  };
  CHECK(server(0, "None"));
  CHECK(server(64'030, "None"));
  CHECK(server(1'000, "Operator").error().kind == ErrorKind::unproven);  // no slurmdbd: no operators
  change("AccountingStorageType", "accounting_storage/slurmdbd");
  CHECK(server(1'000, "Operator"));
  CHECK(server(1'000, "Administrator"));
  const auto plain = server(1'000, "None");
  REQUIRE_FALSE(plain);
  CHECK(plain.error().kind == ErrorKind::unproven);
  CHECK(plain.error().hint.find("PrivateData") != std::string::npos);
}

TEST_CASE("slurm: the doctor says who may change nodes, and whether slurmctld has room for them") {
  std::string config = slurm_fixture("zero-config.txt");
  const auto change = [&](const std::string& key, const std::string& value) {
    const std::size_t at = config.find(key);
    REQUIRE(at != std::string::npos);
    config.replace(at, config.find('\n', at) - at, key + " = " + value);
  };
  change("SlurmUser", "slurm(64030)");
  change("MaxNodeCount", "16");
  const auto examine = [&](std::int64_t user_id, const std::string& level, int nodes_max) {
    Rig rig("zero", user_id);
    rig.replace(k_config, {.output = config});
    rig.runner.on("sacctmgr *", {.output = level + "\n"});
    core::Settings settings;
    settings.scale.max_nodes = nodes_max;
    return rig.slurm->examine(settings);
  };
  const auto fine = examine(64'030, "None", 16);
  REQUIRE(fine.size() == 2);
  CHECK(core::exit_code(fine) == core::ExitCode::done);
  CHECK(fine[0].level == core::Level::ok);
  CHECK(fine[1].level == core::Level::ok);
  const auto small = examine(0, "None", 17);
  CHECK(small[0].level == core::Level::warn);
  CHECK(small[0].hint.find("MaxNodeCount=17") != std::string::npos);
  change("AccountingStorageType", "accounting_storage/slurmdbd");
  CHECK(core::exit_code(examine(1'000, "Operator", 1)) == core::ExitCode::batch);
  CHECK(core::exit_code(examine(1'000, "Administrator", 1)) == core::ExitCode::done);
}

TEST_CASE("slurm: without PrivateData=cloud created nodes are hidden, and said to be") {
  std::string config = slurm_fixture("zero-config.txt");
  const std::size_t at = config.find("PrivateData");
  config.replace(at, config.find('\n', at) - at, "PrivateData = none");
  Rig rig;
  rig.replace(k_config, {.output = config});
  REQUIRE(rig.slurm->server());
  CHECK(rig.slurm->traits().hides_unregistered);
}

TEST_CASE("slurm: a node is created and drained by one scontrol") {
  Rig rig;
  rig.runner.on("scontrol -a -o show node w1", {.output = "Node w1 not found\n", .exit_code = 1});
  rig.runner.on("scontrol -a", {});
  REQUIRE(rig.slurm->add({.name = {"w1"},
                          .address = "10.0.0.7",
                          .slots = 4,
                          .memory_mib = 7'168,
                          .gpus = {{"a100", 2}},
                          .features = {"cloud", "small"},
                          .note = "tide: joining"}));
  CHECK(rig.runner.calls.back().input ==
        "create nodename=w1 CPUs=4 RealMemory=7168 State=CLOUD Feature=cloud,small Gres=gpu:a100:2 NodeAddr=10.0.0.7 "
        "NodeHostname=w1\n"
        "update nodename=w1 state=drain reason=\"tide: joining\"\n");
}

TEST_CASE("slurm: a node that has registered is not created") {
  Rig rig;
  const std::string nodes = slurm_fixture("mixed-nodes.txt");
  const std::size_t at = nodes.find("NodeName=w1 ");
  rig.runner.on("scontrol -a -o show node w1", {.output = nodes.substr(at, nodes.find('\n', at) + 1 - at)});
  REQUIRE(rig.slurm->add({.name = {"w1"}, .note = "tide: joining"}));
  CHECK(rig.runner.count("scontrol -a") == 0);
}

TEST_CASE("slurm: what slurmctld says to a change") {
  Rig rig;
  rig.runner.on("scontrol delete nodename=w1",
                {.errors = "Error deleting nodes: Requested nodes are busy\n", .exit_code = 1});
  rig.runner.on("scontrol delete nodename=w2",
                {.errors = "delete_node nodename=w2: Invalid node name specified\n", .exit_code = 1});
  rig.runner.on("scontrol delete nodename=w3", {.errors = "Access/permission denied\n", .exit_code = 1});
  rig.runner.on("scontrol update nodename=w2 *",
                {.errors = "slurm_update error: Invalid node name specified\n", .exit_code = 1});
  rig.runner.on("scontrol update nodename=w1 state=drain reason=tide: end idle for 10 min", {});
  rig.runner.on("scontrol update nodename=w1 state=undrain", {});
  rig.runner.on("scontrol update nodename=w1 state=down reason=tide: its machine is gone", {});
  rig.runner.on("scontrol update nodename=w1 nodeaddr=10.0.0.7 nodehostname=w1", {});
  CHECK(rig.slurm->remove({"w1"}).error().kind == ErrorKind::refused);
  CHECK(rig.slurm->remove({"w2"}));
  CHECK(rig.slurm->remove({"w3"}).error().kind == ErrorKind::batch);
  CHECK(rig.slurm->hold({"w2"}, "tide: end").error().kind == ErrorKind::not_found);
  CHECK(rig.slurm->hold({"w1"}, "tide: end idle for 10 min"));
  CHECK(rig.slurm->release({"w1"}));
  CHECK(rig.slurm->traits().can_give_up);
  CHECK(rig.slurm->give_up({"w1"}));
  CHECK(rig.slurm->set_address({"w1"}, "10.0.0.7"));
  CHECK(rig.runner.unexpected.empty());
}

TEST_CASE("slurm: nothing that scontrol would split goes into its command line") {
  Rig rig;
  for (const char* name : {"", "w1 state=down", "w1\nshutdown", "w[1-9]", "all,w1", "w1\"", "a=b"}) {
    CAPTURE(name);
    CHECK(rig.slurm->hold({name}, "tide: end").error().kind == ErrorKind::config);
    CHECK(rig.slurm->release({name}).error().kind == ErrorKind::config);
    CHECK(rig.slurm->remove({name}).error().kind == ErrorKind::config);
    CHECK(rig.slurm->give_up({name}).error().kind == ErrorKind::config);
    CHECK(rig.slurm->add({.name = {name}, .note = "tide: joining"}).error().kind == ErrorKind::config);
  }
  for (const char* note : {"", "a\"b", "a\nshutdown", "a\\", "a'b", "caf\xc3\xa9"}) {
    CAPTURE(note);
    CHECK(rig.slurm->hold({"w1"}, note).error().kind == ErrorKind::config);
  }
  CHECK(rig.slurm->hold({"w1"}, std::string(600, 'x')).error().kind == ErrorKind::config);
  CHECK(rig.slurm->set_address({"w1"}, "10.0.0.7 state=down").error().kind == ErrorKind::config);
  CHECK(rig.slurm->add({.name = {"w1"}, .features = {"a b"}, .note = "tide: joining"}).error().kind ==
        ErrorKind::config);
  CHECK(rig.slurm->add({.name = {"w1"}, .gpus = {{"a,b", 1}}, .note = "tide: joining"}).error().kind ==
        ErrorKind::config);
  CHECK(rig.slurm->add({.name = {"w1"}, .slots = 0, .note = "tide: joining"}).error().kind == ErrorKind::config);
  CHECK(rig.runner.calls.empty());
}
