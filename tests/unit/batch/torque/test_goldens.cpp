// Each recording of a command that tide runs, against what is kept of it beside the recording.
#include "support_torque.hpp"

#include <tide/batch/torque/server_status.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

using namespace tide;

TEST_SUITE_BEGIN("batch/torque/goldens");

namespace {

constexpr std::array k_states{"s0-empty", "s2-offline", "s4-full", "s6-down"};

// As count_torque.py counts the recordings by itself.
std::string summary(const core::JobQueue& queue, const std::vector<core::Node>& nodes) {
  std::int64_t waiting = 0;
  std::int64_t eligible = 0;
  std::size_t running = 0;
  for (const auto& jobs : queue.waiting) {
    waiting += jobs.count;
    // A job that names a node is queued as any other.
    if (jobs.waiting == core::Waiting::eligible || jobs.waiting == core::Waiting::node_bound) eligible += jobs.count;
  }
  for (const auto& [name, ids] : queue.running) running += ids.size();
  int slots = 0;
  int held = 0;
  int down = 0;
  int busy = 0;
  for (const auto& node : nodes) {
    slots += node.slots;
    held += node.held ? 1 : 0;
    down += node.down ? 1 : 0;
    busy += node.slots_used > 0 ? 1 : 0;
  }
  return fmt::format("jobs waiting={} queued={} running={} | nodes={} slots={} busy={} held={} down={}\n", waiting,
                     eligible, running, nodes.size(), slots, busy, held, down);
}

// "" where that command was not recorded in that state.
std::string fixture_or_none(const std::string& name) {
  const std::string path = test::fixtures() + "/torque/6.1/" + name;
  return file_exists(path) ? test::torque_fixture(name) : "";
}

std::string made_of(const std::string& state) {
  core::JobQueue queue;
  batch::torque::QueueOptions options{.all_ids = true};
  std::vector<core::Node> nodes;
  if (const std::string text = fixture_or_none(state + "-pbsnodes-x.xml"); !text.empty())
    nodes = batch::torque::parse_pbsnodes(text).value();
  if (const std::string text = fixture_or_none(state + "-qstat-Qf.txt"); !text.empty())
    options.queues = batch::pbs::parse_queues(text).value();
  std::string server;
  if (const std::string text = fixture_or_none(state + "-qstat-Bf.txt"); !text.empty()) {
    const auto status = batch::torque::parse_server(text).value();
    options.server = status.limits;
    server = fmt::format("server {} {} scheduling={} shows_all={} unfinished={}\n", status.name, status.version,
                         status.scheduling, status.shows_all, status.unfinished);
  }
  std::set<core::NodeName> names;
  for (const auto& node : nodes) names.insert(node.name);
  const std::string jobs = fixture_or_none(state == "s0-empty" ? state + "-qstat-x.xml" : state + "-qstat-xt.xml");
  if (!jobs.empty()) queue = test::read_queue(jobs, std::move(options), 4'096, names).value();
  return summary(queue, nodes) + server + test::dump(queue) + test::dump(nodes);
}

}  // namespace

TEST_CASE("goldens: each recorded state") {
  for (const std::string state : k_states) {
    CAPTURE(state);
    CHECK(made_of(state) == test::torque_fixture(state + ".golden"));
  }
}

// unit-batch-torque --no-skip -tc='goldens: write anew', then look at what changed.
TEST_CASE("goldens: write anew" * doctest::skip()) {
  for (const std::string state : k_states) {
    REQUIRE(
        write_file_atomically(test::fixtures() + "/torque/6.1/" + state + ".golden", made_of(state), {.mode = 0644}));
  }
}

TEST_CASE("goldens: pieces of any size make the same queue") {
  const std::string text = test::torque_fixture("s2-offline-qstat-xt.xml");
  const auto whole = test::read_queue(text, {}, text.size()).value();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{61},
                                  std::size_t{1'500}, std::size_t{1'601}}) {
    CAPTURE(piece);
    CHECK(test::read_queue(text, {}, piece).value() == whole);
  }
}

TEST_CASE("goldens: without -t the parents of arrays stand for their elements") {
  const auto queue = test::read_queue(test::torque_fixture("s2-offline-qstat-x.xml")).value();
  CHECK(test::group_with(queue, "15[].localhost").waiting == core::Waiting::eligible);
  std::int64_t waiting = 0;
  for (const auto& jobs : queue.waiting) waiting += jobs.count;
  // 18 entries: one runs, one is complete; two of the others are arrays of 10 and 3 elements.
  CHECK(waiting == 18 - 2 - 2 + 10 + 3);
}

TEST_SUITE_END();
