// Each recording of a command that tide runs, against what is kept of it beside the recording.
#include "support_htcondor.hpp"

#include <tide/util/files.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

using namespace tide;

TEST_SUITE_BEGIN("batch/htcondor/goldens");

namespace {

const std::vector<std::string> k_states{"s0-empty", "s1-mixed", "s2-held", "s3-off"};

// As count_htcondor.py counts the same moment in what other commands print.
std::string summary(const core::JobQueue& queue, const std::vector<core::Node>& nodes) {
  std::int64_t idle = 0;
  std::int64_t held = 0;
  std::size_t running = 0;
  for (const auto& jobs : queue.waiting) (jobs.waiting == core::Waiting::held ? held : idle) += jobs.count;
  for (const auto& [name, ids] : queue.running) running += ids.size();
  int slots = 0;
  int used = 0;
  std::int64_t memory = 0;
  int draining = 0;
  std::size_t on = 0;
  for (const auto& node : nodes) {
    slots += node.slots;
    used += node.slots_used;
    memory += node.memory_mib;
    on += node.state == "Off" ? 0U : 1U;
    draining += node.held && !node.hold_is_final ? 1 : 0;
  }
  return fmt::format("jobs idle={} held={} running={} | machines={} slots={} used={} memory={} draining={}\n", idle,
                     held, running, on, slots, used, memory, draining);
}

std::string made_of(const std::string& state) {
  const auto queue = test::read_queue(test::condor_fixture("23.9/" + state + "-jobs.txt")).value();
  const auto nodes = test::nodes_in(test::condor_fixture("23.9/" + state + "-nodes.txt"));
  return summary(queue, nodes) + test::dump(queue) + test::dump(nodes);
}

}  // namespace

TEST_CASE("goldens: each recorded state") {
  for (const std::string& state : k_states) {
    CAPTURE(state);
    CHECK(made_of(state) == test::condor_fixture("23.9/" + state + ".golden"));
  }
}

// unit-batch-htcondor --no-skip -tc='goldens: write anew', then look at what changed.
TEST_CASE("goldens: write anew" * doctest::skip()) {
  for (const std::string& state : k_states) {
    REQUIRE(write_file_atomically(test::fixtures() + "/htcondor/23.9/" + state + ".golden", made_of(state),
                                  {.mode = 0644}));
  }
}

TEST_CASE("goldens: pieces of any size make the same queue") {
  const std::string text = test::condor_fixture("23.9/s1-mixed-jobs.txt");
  const auto whole = test::read_queue(text, {}, text.size()).value();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{61}})
    CHECK(test::read_queue(text, {}, piece).value() == whole);
}

TEST_CASE("goldens: cut at every byte, no recording is believed") {
  const std::string jobs = test::condor_fixture("23.9/s1-mixed-jobs.txt");
  const auto whole = test::read_queue(jobs).value();
  for (std::size_t size = 0; size < jobs.size(); ++size) {
    const auto queue = test::read_queue(jobs.substr(0, size));
    // What comes behind the last total is only an empty line.
    if (queue) CHECK_MESSAGE((*queue == whole && size > jobs.rfind("suspended")), size);
  }
  const std::string ads = test::condor_fixture("23.9/s1-mixed-nodes.txt");
  for (std::size_t size = 0; size < ads.size(); ++size)
    CHECK_FALSE(batch::htcondor::parse_ads(ads.substr(0, size), {}));
}

TEST_SUITE_END();
