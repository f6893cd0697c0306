#include "stand.hpp"

#include <doctest/doctest.h>

#include <functional>

// What every adapter of the port owes when it changes something: nothing that is not a plain name reaches a command,
// and a command that fails is a failure.
using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("conformance/batch/changes");

namespace {

struct Change {
  std::string name;
  std::function<Result<void>(batch::BatchSystem&, const std::string& node)> run;
};

const std::string k_note = "tide: end idle: idle for 600 s";

std::vector<Change> changes() {
  return {{"add",
           [](batch::BatchSystem& system, const std::string& node) {
             return system.add({.name = {node},
                                .address = "10.0.0.9",
                                .slots = 4,
                                .memory_mib = 1024,
                                .gpus = {},
                                .features = {"small"},
                                .note = "tide: joining"});
           }},
          {"hold", [](batch::BatchSystem& system, const std::string& node) { return system.hold({node}, k_note); }},
          {"release", [](batch::BatchSystem& system, const std::string& node) { return system.release({node}); }},
          {"remove", [](batch::BatchSystem& system, const std::string& node) { return system.remove({node}); }}};
}

// Commands that read go on printing their recordings; all others do as they are told.
class Changing final : public process::CommandRunner {
 public:
  explicit Changing(ScriptedRunner& inner) : m_inner(inner) {}
  Result<process::Finished> run(const process::Command& command) override {
    auto finished = m_inner.run(command);
    const bool reads = finished || m_inner.unexpected.empty();
    if (reads) return finished;
    m_inner.unexpected.clear();
    commands.push_back(command);
    if (hangs) return make_error(ErrorKind::timeout, "'{}' did not end in time", command.argv.front());
    process::Finished answer{.exit_code = exit_code, .signal = 0, .output = "", .errors = exit_code == 0 ? "" : "no\n"};
    if (command.sink) TIDE_TRY(command.sink(answer.output));
    return answer;
  }

  std::vector<process::Command> commands;  // that no recording is of: the changes
  int exit_code = 0;
  bool hangs = false;

 private:
  ScriptedRunner& m_inner;
};

struct Busy {
  explicit Busy(const StandSpec& spec) : stand(spec), runner(stand.runner), system(stand.make(runner)) {
    const auto nodes = system->nodes();
    REQUIRE(nodes);
    REQUIRE_FALSE(nodes->empty());
    node = nodes->front().name.value;
    runner.commands.clear();
  }
  Stand stand;
  Changing runner;
  std::unique_ptr<batch::BatchSystem> system;
  std::string node;
};

template <typename Check>
void each_busy(Check check) {
  for (const StandSpec& spec : load_stands()) {
    if (spec.name != "busy") continue;
    CAPTURE(spec.kind);
    check(spec);
  }
}

}  // namespace

TEST_CASE("names that are no names: refused before any command runs with them") {
  each_busy([](const StandSpec& spec) {
    for (const char* name : {"", "a b", "a;reboot", "-a", "a\nb", "a,b", "a[1-3]", "a\"b", "a'b", "a\\b", "$(a)", "a=b",
                             "@all", "ALL", "all", "a\tb", "../a", "\xff\xfe"}) {
      for (const Change& change : changes()) {
        CAPTURE(change.name);
        CAPTURE(std::string(name));
        Busy busy(spec);
        CHECK_FALSE(change.run(*busy.system, name));
        for (const auto& command : busy.runner.commands) CAPTURE(ScriptedRunner::line_of(command));
        CHECK(busy.runner.commands.empty());
      }
    }
  });
}

TEST_CASE("a note cannot forge a command: refused, or an argument of its own") {
  each_busy([](const StandSpec& spec) {
    for (const char* note :
         {"tide: end x\nset server scheduling = false", "tide: \"x\" delete node all", "tide: 'x'"}) {
      CAPTURE(std::string(note));
      Busy busy(spec);
      const auto held = busy.system->hold({busy.node}, note);
      for (const auto& command : busy.runner.commands) {
        CHECK(command.input.find("\nset server scheduling") == std::string::npos);
        CHECK(command.argv.size() < 32);
      }
      if (!held) CHECK_FALSE(held.error().message.empty());
    }
  });
}

TEST_CASE("hold: a command that fails is a failure, and one that hangs a time-out") {
  each_busy([](const StandSpec& spec) {
    Busy busy(spec);
    busy.runner.exit_code = 1;
    const auto failed = busy.system->hold({busy.node}, k_note);
    CHECK_FALSE(failed);
    busy.runner.hangs = true;
    const auto hung = busy.system->hold({busy.node}, k_note);
    REQUIRE_FALSE(hung);
    CHECK(hung.error().kind == ErrorKind::timeout);
  });
}

TEST_CASE("changes: by full path, with a built environment and the configured time-out") {
  each_busy([](const StandSpec& spec) {
    Busy busy(spec);
    for (const Change& change : changes()) (void)change.run(*busy.system, busy.node).has_value();
    for (const auto& command : busy.runner.commands) {
      CAPTURE(ScriptedRunner::line_of(command));
      CHECK(command.argv.front().starts_with("/"));
      CHECK(command.environment.at("LC_ALL") == "C");
      CHECK_FALSE(command.environment.contains("LD_PRELOAD"));
      CHECK(command.timeout == std::chrono::seconds(7));
    }
  });
}
