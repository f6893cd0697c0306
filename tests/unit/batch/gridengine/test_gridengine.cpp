#include "support_gridengine.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
using batch::gridengine::GridEngine;
using batch::gridengine::GridEngineOptions;

TEST_SUITE_BEGIN("batch/gridengine/adapter");

namespace {

class StillClock final : public Clock {
 public:
  TimePoint now() override { return TimePoint{Seconds{k_ge_now}}; }
  std::chrono::milliseconds monotonic() override { return {}; }
  BootTime boot() override { return {}; }
  bool sleep_for(std::chrono::milliseconds) override { return true; }
};

struct Bench {
  explicit Bench(const GridEngineOptions& options = ge_options()) : adapter(cell, clock, options) {}

  FakeCell cell;
  StillClock clock;
  GridEngine adapter;

  std::optional<core::Node> node(const std::string& name) {
    cell.changes_left = -1;
    const auto nodes = adapter.nodes();
    REQUIRE(nodes);
    const auto found = std::ranges::find(*nodes, core::NodeName{name}, &core::Node::name);
    return found == nodes->end() ? std::nullopt : std::optional(*found);
  }
};

batch::NodeSpec spec(const std::string& name = "n9") {
  return {.name = {name},
          .address = "10.0.0.9",
          .slots = 4,
          .memory_mib = 4096,
          .gpus = {},
          .features = {"small"},
          .note = "tide: joining"};
}

}  // namespace

TEST_CASE("add: a host with its size and mark, in its group and queue, born disabled") {
  Bench bench;
  REQUIRE(bench.adapter.add(spec()));
  const auto node = bench.node("n9");
  REQUIRE(node);
  CHECK(node->held);
  CHECK(node->note == "tide: joining");
  CHECK(node->slots == 4);
  CHECK_FALSE(node->registered_at);
  CHECK(node->features == std::vector<std::string>{"small"});
  CHECK(bench.cell.admins.contains("n9"));
  CHECK(bench.cell.queues["all.q"].born_disabled.empty());  // a daemon that restarts stays in service
  const auto before = bench.cell.changes.size();
  REQUIRE(bench.adapter.add(spec()));
  CHECK(bench.cell.changes.size() > before);
  bench.cell.hosts["n9"].reports = true;
  const auto now = bench.cell.changes.size();
  REQUIRE(bench.adapter.add(spec()));  // registered: no hand is laid on it
  CHECK(bench.cell.changes.size() == now);
}

TEST_CASE("add: killed behind any step, no instance is ever open, and a repeat ends well") {
  Bench whole;
  REQUIRE(whole.adapter.add(spec()));
  const int steps = static_cast<int>(whole.cell.changes.size());
  CHECK(steps == 8);
  for (int killed = 0; killed < steps; ++killed) {
    CAPTURE(killed);
    Bench bench;
    bench.cell.changes_left = killed;
    CHECK_FALSE(bench.adapter.add(spec()));
    const auto left = bench.node("n9");
    if (left) {
      CHECK(left->held);
      CHECK(left->note == "tide: joining");
      CHECK(left->slots == 4);
    }
    REQUIRE(bench.adapter.add(spec()));
    CHECK(bench.node("n9")->held);
    CHECK(bench.cell.queues["all.q"].born_disabled.empty());
  }
}

TEST_CASE("add: what is left of a killed one goes with a release and a removal too") {
  for (int killed = 0; killed < 8; ++killed) {
    CAPTURE(killed);
    Bench bench;
    bench.cell.changes_left = killed;
    CHECK_FALSE(bench.adapter.add(spec()));
    if (bench.node("n9")) {
      REQUIRE(bench.adapter.release({"n9"}));
      CHECK_FALSE(bench.node("n9")->held);
      CHECK(bench.cell.queues["all.q"].born_disabled.empty());
    }
    REQUIRE(bench.adapter.remove({"n9"}));
    CHECK_FALSE(bench.cell.hosts.contains("n9"));
    CHECK_FALSE(bench.cell.admins.contains("n9"));
  }
}

TEST_CASE("add: a pool's own host group and queues") {
  GridEngineOptions options = ge_options();
  options.groups["small"] = "@gpuhosts";
  options.queues_of["small"] = {"gpu.q"};
  Bench bench(options);
  bench.cell.queues["gpu.q"].group = "@gpuhosts";
  REQUIRE(bench.adapter.add(spec()));
  CHECK(bench.node("n9")->queues == std::vector<std::string>{"gpu.q"});
  CHECK(bench.cell.groups["@allhosts"].empty());
}

TEST_CASE("add: what is refused is told, with exit code 0 too") {
  Bench bench;
  CHECK(bench.adapter.add(spec("nowhere")).error().hint.find("[names]") != std::string::npos);
  CHECK(bench.adapter.add(spec("cached")).error().hint.find("[names]") != std::string::npos);
  const auto forbidden = bench.adapter.add(spec("forbidden"));
  REQUIRE_FALSE(forbidden);
  CHECK(forbidden.error().kind == ErrorKind::batch);
  CHECK(forbidden.error().hint.find("qconf -am") != std::string::npos);
  bench.cell.queues["all.q"].group = "@gpuhosts";  // the queue does not name our group
  CHECK_FALSE(bench.adapter.add(spec()));
  GridEngineOptions options = ge_options();
  options.queues = {"nosuch.q"};
  CHECK_FALSE(Bench(options).adapter.add(spec()));
}

TEST_CASE("hold and release: the mark comes last and goes first") {
  Bench bench;
  REQUIRE(bench.adapter.add(spec()));
  REQUIRE(bench.adapter.release({"n9"}));
  CHECK_FALSE(bench.node("n9")->held);
  CHECK_FALSE(bench.cell.hosts["n9"].values.contains("tide_note"));
  bench.cell.changes.clear();
  REQUIRE(bench.adapter.hold({"n9"}, "tide: end idle: idle, for 600 s"));
  CHECK(bench.cell.changes.front() == "qmod -d *@n9");
  CHECK(bench.cell.changes.size() == 2);
  CHECK(bench.node("n9")->note == "tide: end idle: idle, for 600 s");
  for (int killed = 0; killed < 3; ++killed) {
    bench.cell.changes_left = killed;
    CHECK_FALSE(bench.adapter.release({"n9"}));
    // Enabled with a mark on it, a person's hold would look like ours.
    const bool open = !bench.node("n9")->held;
    CHECK_FALSE((open && bench.cell.hosts["n9"].values.contains("tide_note")));
  }
  REQUIRE(bench.adapter.release({"n9"}));
  REQUIRE(bench.adapter.release({"n9"}));
  CHECK(bench.adapter.hold({"n77"}, "tide: x").error().kind == ErrorKind::not_found);
  CHECK(bench.adapter.release({"n77"}).error().kind == ErrorKind::not_found);
}

namespace {

// In service in two queues, of which a person has closed one; it begins disabled by that person's will.
struct TwoQueues : Bench {
  TwoQueues() {
    cell.queues["gpu.q"] = {};
    REQUIRE(adapter.add(spec()));
    REQUIRE(adapter.release({"n9"}));
    close("gpu.q");
    cell.queues["gpu.q"].born_disabled.insert("n9");
    cell.changes.clear();
  }
  void close(const std::string& queue, bool closed = true) { cell.queues[queue].instances["n9"] = closed; }
  std::string closed() {
    std::string text;
    for (const auto& [name, queue] : cell.queues) text += queue.instances.at("n9") ? name + " " : "";
    return text;
  }
  void check_released() {
    cell.changes_left = -1;
    CHECK(closed() == "gpu.q ");
    CHECK(cell.queues["gpu.q"].born_disabled.contains("n9"));
    CHECK_FALSE(cell.hosts["n9"].values.contains("tide_note"));
  }
};

}  // namespace

TEST_CASE("hold and release: what a person had closed before stays closed") {
  TwoQueues bench;
  REQUIRE(bench.adapter.hold({"n9"}, "tide: end idle: x"));
  CHECK(bench.closed() == "all.q gpu.q ");
  CHECK(bench.node("n9")->note == "tide: end idle: x");
  REQUIRE(bench.adapter.hold({"n9"}, "tide: end kill-node: y"));  // all are closed now, by tide too
  CHECK(bench.node("n9")->note == "tide: end kill-node: y");
  REQUIRE(bench.adapter.release({"n9"}));
  bench.check_released();
  REQUIRE(bench.adapter.release({"n9"}));  // a repeat finds nothing of tide's
  bench.check_released();
}

TEST_CASE("hold and release: killed behind any step, a repeat knows what a person had closed") {
  for (int killed = 0; killed < 4; ++killed) {
    CAPTURE(killed);
    TwoQueues bench;
    bench.cell.changes_left = killed;
    CHECK(bench.adapter.hold({"n9"}, "tide: end idle: x").has_value() == (killed == 3));
    // Before the last step nothing says that the hold is tide's.
    CHECK(bench.node("n9")->note == (killed == 3 ? "tide: end idle: x" : ""));
    CHECK(bench.node("n9")->held == (killed >= 2));
    REQUIRE(bench.adapter.hold({"n9"}, "tide: end idle: x"));
    CHECK(bench.node("n9")->note == "tide: end idle: x");
    REQUIRE(bench.adapter.release({"n9"}));
    bench.check_released();
  }
  for (int killed = 0; killed < 4; ++killed) {
    CAPTURE(killed);
    TwoQueues bench;
    REQUIRE(bench.adapter.hold({"n9"}, "tide: end idle: x"));
    bench.cell.changes_left = killed;
    CHECK_FALSE(bench.adapter.release({"n9"}));
    const bool open = !bench.node("n9")->held;
    if (open) bench.close("all.q");
    CHECK_FALSE((open && !bench.node("n9")->note.empty()));  // a person's hold that looked like ours
    if (open) bench.close("all.q", false);
    REQUIRE(bench.adapter.release({"n9"}));
    bench.check_released();
  }
}

TEST_CASE("hold and release: a person who opens an instance meanwhile has the last word") {
  TwoQueues bench;
  REQUIRE(bench.adapter.hold({"n9"}, "tide: end idle: x"));
  bench.close("gpu.q", false);
  REQUIRE(bench.adapter.release({"n9"}));
  CHECK(bench.closed().empty());
  // What an old mark says of others counts no more once some are open again.
  bench.cell.hosts["n9"].values["tide_note"] = "tide:_end|gpu.q";
  REQUIRE(bench.adapter.hold({"n9"}, "tide: end idle: x"));
  REQUIRE(bench.adapter.release({"n9"}));
  CHECK(bench.closed().empty());
}

TEST_CASE("hold and release: without the resource for notes nothing is kept") {
  TwoQueues bench;
  bench.cell.has_note = false;
  REQUIRE(bench.adapter.hold({"n9"}, "tide: end idle: x"));
  CHECK(bench.closed() == "all.q gpu.q ");
  REQUIRE(bench.adapter.release({"n9"}));
  CHECK(bench.closed().empty());
}

TEST_CASE("hold: without the resource for notes it holds all the same, and no placeholder is made") {
  Bench bench;
  bench.cell.has_note = false;
  REQUIRE(bench.adapter.add(spec()));
  REQUIRE(bench.adapter.hold({"n9"}, "tide: end idle: x"));
  CHECK(bench.node("n9")->held);
  CHECK(bench.node("n9")->note == "");
  CHECK_FALSE(bench.adapter.traits().hold_has_note);
  auto placeholder = spec("p1");
  placeholder.note = "tide: placeholder";
  CHECK(bench.adapter.add(placeholder).error().kind == ErrorKind::config);
  CHECK_FALSE(bench.cell.hosts.contains("p1"));
}

TEST_CASE("remove: a host with jobs is refused, and stays in service") {
  Bench bench;
  REQUIRE(bench.adapter.add(spec()));
  REQUIRE(bench.adapter.release({"n9"}));
  bench.cell.hosts["n9"].slots_used = 1;
  bench.cell.changes.clear();
  CHECK(bench.adapter.remove({"n9"}).error().kind == ErrorKind::refused);
  CHECK(bench.cell.changes.empty());
  CHECK_FALSE(bench.node("n9")->held);
}

TEST_CASE("remove: a job that starts while it is disabled: refused, and enabled again") {
  for (const bool held : {false, true}) {
    Bench bench;
    REQUIRE(bench.adapter.add(spec()));
    if (!held) REQUIRE(bench.adapter.release({"n9"}));
    bench.cell.on_change = [&](const std::string& line) {
      if (line == "qmod -d *@n9") bench.cell.hosts["n9"].slots_used = 1;
    };
    CHECK(bench.adapter.remove({"n9"}).error().kind == ErrorKind::refused);
    CHECK(bench.node("n9")->held == held);
    CHECK(bench.cell.groups["@allhosts"].contains("n9"));
  }
}

TEST_CASE("remove: what is refused at the last look opens only what was open") {
  TwoQueues bench;
  bench.cell.on_change = [&](const std::string& line) {
    if (line == "qmod -d *@n9") bench.cell.hosts["n9"].slots_used = 1;
  };
  CHECK(bench.adapter.remove({"n9"}).error().kind == ErrorKind::refused);
  CHECK(bench.closed() == "gpu.q ");
}

TEST_CASE("remove: killed behind any step, a repeat ends well, and nothing is left") {
  Bench whole;
  REQUIRE(whole.adapter.add(spec()));
  whole.cell.hosts["n9"].reports = true;
  whole.cell.changes.clear();
  REQUIRE(whole.adapter.remove({"n9"}));
  const int steps = static_cast<int>(whole.cell.changes.size());
  CHECK(steps >= 6);
  for (int killed = 0; killed <= steps; ++killed) {
    CAPTURE(killed);
    Bench bench;
    REQUIRE(bench.adapter.add(spec()));
    bench.cell.hosts["n9"].reports = true;
    bench.cell.changes_left = killed;
    CHECK(bench.adapter.remove({"n9"}).has_value() == (killed == steps));
    if (const auto left = bench.node("n9"); left && killed > 0) CHECK(left->held);
    REQUIRE(bench.adapter.remove({"n9"}));
    CHECK_FALSE(bench.cell.hosts.contains("n9"));
    CHECK_FALSE(bench.cell.admins.contains("n9"));
    CHECK(bench.cell.groups["@allhosts"].empty());
    CHECK(bench.cell.queues["all.q"].slots.empty());
  }
}

TEST_CASE("remove: a daemon that the qmaster cannot reach is as good as ended; one that may not be ended is not") {
  const auto removed = [](const std::string& words) {
    Bench bench;
    REQUIRE(bench.adapter.add(spec()));
    bench.cell.hosts["n9"].reports = true;
    bench.cell.unreachable = words;
    const bool well = bench.adapter.remove({"n9"}).has_value();
    CHECK(bench.cell.hosts.contains("n9") != well);
    return well;
  };
  CHECK(removed("unknown execd host \"n9\""));
  CHECK(removed("failed sending shutdown notification to  execd host n9"));
  CHECK_FALSE(removed("denied: \"nobody\" must be manager for this operation"));
}

TEST_CASE("a qmaster that does not answer is the batch system's failure, with a hint") {
  ScriptedRunner runner;
  StillClock clock;
  GridEngine adapter(runner, clock, ge_options());
  Recording recording;
  recording.errors = "error: commlib error: got select error (Connection refused)\n";
  recording.exit_code = 1;
  for (const char* line : {"qconf *", "qhost *", "qstat *"}) runner.on(line, recording);
  for (const auto& error : {adapter.server().error(), adapter.nodes().error(), adapter.jobs(false).error()}) {
    CHECK(error.kind == ErrorKind::batch);
    CHECK(error.hint.find("SGE_QMASTER_PORT") != std::string::npos);
  }
}

TEST_CASE("server: the cell and its qmaster's host") {
  for (const std::string cell : {"", "physics"}) {
    ScriptedRunner runner;
    StillClock clock;
    GridEngineOptions options = ge_options();
    if (!cell.empty()) options.environment["SGE_CELL"] = cell;
    GridEngine adapter(runner, clock, options);
    Recording master;
    master.output = ge_fixture("s7-live-master.txt");
    Recording help;
    help.output = ge_fixture("s7-live-help.txt");
    runner.on("qconf -sss", master).on("qconf -help", help);
    const auto server = adapter.server().value();
    CHECK(server.name == (cell.empty() ? "default@gehead" : "physics@gehead"));
    CHECK(server.version == "8.1.9");
  }
}

TEST_CASE("jobs: only what they name is asked for") {
  ScriptedRunner runner;
  StillClock clock;
  GridEngineOptions options = ge_options();
  options.with_accounts = true;
  GridEngine adapter(runner, clock, options);
  const auto plays = [&](const std::string& line, const std::string& file) {
    Recording recording;
    recording.output = ge_fixture(file);
    runner.on(line, recording);
  };
  plays("qconf -sc", "s7-live-complexes.txt");
  plays("qstat -xml -r -ext -urg -u * -s p", "s7-live-waiting-ext.xml");
  plays("qhost *", "s7-live-hosts.xml");
  plays("qstat -xml -j 49,46,60", "s7-live-details.xml");
  plays("qconf -spl", "s7-live-pes.txt");
  for (const char* name : {"mpi", "mpi4", "smp"})
    plays(fmt::format("qconf -sp {}", name), fmt::format("s7-live-pe-{}.txt", name));
  plays("qconf -se global", "s7-live-global.txt");
  plays("qstat -g c -xml", "s7-live-queues.xml");
  const auto queue = adapter.jobs(false);
  REQUIRE(queue);
  CHECK(runner.unexpected.empty());
  CHECK(runner.count("qconf -sp mpi") == 1);
  CHECK(queue->running.size() == 3);
  CHECK(std::ranges::any_of(queue->waiting, [](const auto& jobs) { return jobs.shape.account == "astro"; }));
}

TEST_CASE("examine: rights, host group, queue and marks") {
  const auto levels = [](const std::string& managers, const std::string& group, const std::string& complexes) {
    ScriptedRunner runner;
    StillClock clock;
    GridEngine adapter(runner, clock, ge_options());
    const auto plays = [&](const std::string& line, std::string output) {
      Recording recording;
      recording.output = std::move(output);
      runner.on(line, recording);
    };
    plays("qconf -sm", managers);
    plays("qconf -shgrpl", group);
    plays("qstat -g c -xml", ge_fixture("s7-live-queues.xml"));
    plays("qconf -sc", complexes);
    std::string text;
    for (const auto& finding : adapter.examine({}))
      text += fmt::format("{}:{} ", finding.check, core::to_string(finding.level));
    return text;
  };
  const std::string complexes = ge_fixture("s7-live-complexes.txt");
  CHECK(levels("root\n", "@allhosts\n", complexes) == "rights:ok host-group:ok queue:ok marks:ok ");
  std::string plain = complexes;
  plain.erase(plain.find("tide_note"), plain.find('\n', plain.find("tide_note")) - plain.find("tide_note") + 1);
  CHECK(levels("sgeadmin\n", "@others\n", plain) == "rights:fail host-group:fail queue:ok marks:warn ");
}

TEST_SUITE_END();
