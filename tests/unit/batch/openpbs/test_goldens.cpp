// Each recording of a command that tide runs, against what is kept of it beside the recording.
#include "support_openpbs.hpp"

#include <doctest/doctest.h>
#include <where.hpp>

using namespace tide;
using batch::openpbs::Form;

TEST_SUITE_BEGIN("batch/openpbs/goldens");

namespace {

// As count_openpbs.py counts the recordings by itself.
std::string summary(const core::JobQueue& queue, const std::vector<core::Node>& nodes) {
  std::int64_t waiting = 0;
  std::int64_t eligible = 0;
  std::size_t running = 0;
  for (const auto& jobs : queue.waiting) {
    waiting += jobs.count;
    if (jobs.waiting == core::Waiting::eligible) eligible += jobs.count;
  }
  for (const auto& [name, ids] : queue.running) running += ids.size();
  int slots = 0;
  int used = 0;
  int held = 0;
  int down = 0;
  for (const auto& node : nodes) {
    slots += node.slots;
    used += node.slots_used;
    held += node.held ? 1 : 0;
    down += node.down || !node.responding ? 1 : 0;
  }
  return fmt::format("jobs waiting={} eligible={} running={} | nodes={} slots={} used={} held={} down={}\n", waiting,
                     eligible, running, nodes.size(), slots, used, held, down);
}

std::string made_of(const std::string& state) {
  const auto queues = batch::openpbs::parse_queues(test::pbs_fixture(state + "-qstat-Qf.json"), Form::json).value();
  const auto queue =
      test::read_queue(test::pbs_fixture(state + "-qstat-ft.json"), {.all_ids = true, .queues = &queues}).value();
  const auto list = batch::openpbs::parse_nodes(test::pbs_fixture(state + "-pbsnodes-a.json"), Form::json).value();
  return summary(queue, list.nodes) + test::dump(queue) + test::dump(list.nodes);
}

}  // namespace

TEST_CASE("goldens: each recorded state") {
  for (const std::string state : {"s0-empty", "s1-mixed", "s2-offline"}) {
    CAPTURE(state);
    CHECK(made_of(state) == test::pbs_fixture(state + ".golden"));
  }
}

// unit-batch-openpbs --no-skip -tc='goldens: write anew', then look at what changed.
TEST_CASE("goldens: write anew" * doctest::skip()) {
  for (const std::string state : {"s0-empty", "s1-mixed", "s2-offline"}) {
    REQUIRE(write_file_atomically(test::fixtures() + "/openpbs/23.06/" + state + ".golden", made_of(state),
                                  {.mode = 0644}));
  }
}

TEST_CASE("goldens: pieces of any size make the same queue") {
  const std::string text = test::pbs_fixture("s1-mixed-qstat-ft.json");
  const auto whole = test::read_queue(text, {}, text.size()).value();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{61}})
    CHECK(test::read_queue(text, {}, piece).value() == whole);
}

TEST_CASE("goldens: the text form of the same states says the same") {
  for (const std::string state : {"s0-empty", "s1-mixed", "s2-offline"}) {
    CAPTURE(state);
    auto text = test::read_queue(test::pbs_fixture(state + "-qstat-f.txt"), {.form = Form::text}).value();
    auto json = test::read_queue(test::pbs_fixture(state + "-qstat-f.json")).value();
    text.proof = json.proof;
    CHECK(test::dump(text) == test::dump(json));
    auto nodes = batch::openpbs::parse_nodes(test::pbs_fixture(state + "-pbsnodes-a.json"), Form::json).value().nodes;
    CHECK(batch::openpbs::parse_nodes(test::pbs_fixture(state + "-pbsnodes-a.txt"), Form::text).value().nodes.size() >=
          std::min<std::size_t>(nodes.size(), 2));
    if (state != "s2-offline") {
      CHECK(batch::openpbs::parse_nodes(test::pbs_fixture(state + "-pbsnodes-a.txt"), Form::text).value().nodes ==
            nodes);
    }
  }
}

TEST_SUITE_END();
