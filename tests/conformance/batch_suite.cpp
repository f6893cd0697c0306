#include "stand.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

// What every adapter of the port owes when it reads: proof. Whatever a command does but print all that it should and
// exit 0 is an error, or, where it changes nothing of what was read, the same reading; never another one.
using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("conformance/batch/readings");

namespace {

constexpr std::size_t k_cuts = 60;

// Kinds by which a pass knows that the batch system could not be read (exit 9, or 3 for another server).
bool is_told(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::batch:
    case ErrorKind::unproven:
    case ErrorKind::protocol:
    case ErrorKind::stranger:
    case ErrorKind::config:
    case ErrorKind::timeout:
    case ErrorKind::io: return true;
    default: return false;
  }
}

struct Case {
  explicit Case(const StandSpec& spec) : stand(spec) {
    auto system = stand.make(stand.runner);
    whole = read_all(*system);
    calls = stand.runner.calls;
  }
  Reading with(std::size_t call, Fault fault, std::size_t at = 0) {
    FaultyRunner faulty(stand.runner, call, fault, at);
    auto system = stand.make(faulty);
    Reading reading = read_all(*system);
    size = faulty.size;
    return reading;
  }

  Stand stand;
  Reading whole;
  std::vector<process::Command> calls;
  std::size_t size = 0;
};

template <typename Check>
void each_stand(Check check) {
  for (const StandSpec& spec : load_stands()) {
    CAPTURE(spec.kind);
    CAPTURE(spec.name);
    Case test(spec);
    REQUIRE_MESSAGE(test.whole.good, test.whole.text);
    REQUIRE(test.stand.runner.unexpected.empty());
    check(test);
  }
}

void expect_told_or_same(const Case& test, const Reading& reading) {
  if (reading.good) {
    const bool same = reading.text == test.whole.text;
    CHECK_MESSAGE(same, "another reading was believed");
  } else {
    CHECK_MESSAGE(is_told(reading.kind), reading.text);
  }
}

}  // namespace

TEST_CASE("every kind that the build has is in the suite") {
  const auto missing = kinds_without_stand();
  CHECK_MESSAGE(missing.empty(), "no tests/conformance/batch/", (missing.empty() ? "" : missing.front()), ".txt");
  std::set<std::string> names;
  for (const StandSpec& spec : load_stands()) names.insert(spec.kind + " " + spec.name);
  for (const batch::Factory* factory : batch::factories()) {
    CHECK(names.contains(std::string(factory->kind) + " busy"));
    CHECK(names.contains(std::string(factory->kind) + " empty"));
  }
}

TEST_CASE("a whole reading: sorted, named, proved, and the same twice") {
  for (const StandSpec& spec : load_stands()) {
    CAPTURE(spec.kind);
    CAPTURE(spec.name);
    Stand stand(spec);
    auto system = stand.make(stand.runner);
    const auto server = system->server();
    REQUIRE(server);
    CHECK_FALSE(server->name.empty());
    CHECK_FALSE(server->version.empty());
    const auto jobs = system->jobs(false);  // before the nodes, as in every pass
    REQUIRE(jobs);
    const auto nodes = system->nodes();
    REQUIRE(nodes);
    CHECK(std::ranges::is_sorted(*nodes, {}, &core::Node::name));
    CHECK(std::ranges::adjacent_find(*nodes, {}, &core::Node::name) == nodes->end());
    CHECK_FALSE(jobs->proof.empty());
    for (const auto& waiting : jobs->waiting) {
      CHECK(waiting.count > 0);
      CHECK(waiting.ids.size() <= core::k_job_ids_per_shape);
      CHECK_FALSE(waiting.ids.empty());
      CHECK_FALSE(waiting.shape.chunks.empty());
    }
    for (const auto& node : *nodes) {
      CHECK(node.slots_used >= 0);
      CHECK_FALSE(node.state.empty());
    }
    CHECK((spec.name == "empty") == (jobs->waiting.empty() && jobs->running.empty() && nodes->empty()));
    CHECK(*system->nodes() == *nodes);
    CHECK(*system->jobs(false) == *jobs);
  }
}

TEST_CASE("the size of the pieces in which a command prints changes nothing") {
  for (StandSpec spec : load_stands()) {
    CAPTURE(spec.kind);
    Case test(spec);
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 24U}) {
      for (auto& [line, recording] : spec.recordings) recording.piece_size = size;
      Stand stand(spec);
      CHECK(read_all(*stand.make(stand.runner)).text == test.whole.text);
    }
  }
}

TEST_CASE("cut short anywhere: told, never another reading") {
  each_stand([](Case& test) {
    for (std::size_t call = 0; call < test.calls.size(); ++call) {
      test.with(call, Fault::cut, std::string::npos - 1);
      const std::size_t size = test.size;
      std::set<std::size_t> cuts{0, 1, size / 2, size - std::min<std::size_t>(size, 1),
                                 size - std::min<std::size_t>(size, 2)};
      for (std::size_t i = 0; i < k_cuts; ++i) cuts.insert(size * i / k_cuts);
      for (const std::size_t at : cuts) {
        if (at >= size) continue;
        CAPTURE(ScriptedRunner::line_of(test.calls[call]));
        CAPTURE(at);
        expect_told_or_same(test, test.with(call, Fault::cut, at));
      }
    }
  });
}

TEST_CASE("a command that fails, prints nothing or another program's words, hangs or cannot start: told") {
  each_stand([](Case& test) {
    for (std::size_t call = 0; call < test.calls.size(); ++call) {
      CAPTURE(ScriptedRunner::line_of(test.calls[call]));
      for (const Fault fault :
           {Fault::exit_code, Fault::nothing, Fault::web_page, Fault::hang, Fault::cannot_start, Fault::zero_bytes}) {
        CAPTURE(static_cast<int>(fault));
        expect_told_or_same(test, test.with(call, fault));
      }
    }
  });
}

TEST_CASE("a server that hangs is a time-out, whichever command it is that hangs first") {
  each_stand([](Case& test) {
    const Reading reading = test.with(0, Fault::hang);
    CHECK_FALSE(reading.good);
    CHECK(reading.kind == ErrorKind::timeout);
  });
}

TEST_CASE("commands: by full path, with a built environment and the configured time-out, no shell") {
  each_stand([](Case& test) {
    for (const process::Command& command : test.calls) {
      CAPTURE(ScriptedRunner::line_of(command));
      CHECK(command.argv.front().starts_with("/"));
      CHECK(command.argv.front() != "/bin/sh");
      CHECK(command.environment.at("LC_ALL") == "C");
      CHECK(command.timeout == std::chrono::seconds(7));
      for (const char* name :
           {"SQUEUE_FORMAT", "SLURM_CONF", "PBS_DEFAULT", "_CONDOR_COLLECTOR_HOST", "SGE_ROOT", "LD_PRELOAD"})
        CHECK_FALSE(command.environment.contains(name));
    }
  });
}
