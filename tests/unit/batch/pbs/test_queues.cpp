#include <tide/batch/pbs/queues.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::batch;
using core::Waiting;

TEST_SUITE_BEGIN("batch/pbs/queues");

namespace {

constexpr std::string_view k_queues =
    "Queue: batch\n"
    "    queue_type = Execution\n"
    "    total_jobs = 22\n"
    "    state_count = Transit:0 Queued:5 Held:12 Waiting:0 Running:3 Exiting:0 Com\n"
    "\tplete:2 \n"
    "    max_running = 4\n"
    "    resources_max.mem = 8gb\n"
    "    resources_max.nodect = 10\n"
    "    resources_max.walltime = 24:00:00\n"
    "    resources_min.walltime = 00:05:00\n"
    "    resources_available.procct = 64\n"
    "    max_user_run = 2\n"
    "    enabled = True\n"
    "    started = True\n"
    "\n"
    "Queue: front\n"
    "    queue_type = Route\n"
    "    route_destinations = batch,off\n"
    "    enabled = True\n"
    "    started = True\n"
    "\n"
    "Queue: off\n"
    "    queue_type = E\n"
    "    enabled = False\n"
    "    started = False\n"
    "\n"
    "Queue: shut\n"
    "    queue_type = Route\n"
    "    route_destinations = off\n"
    "    enabled = True\n"
    "    started = True\n"
    "\n";

}  // namespace

TEST_CASE("blocks, folded values and state counts") {
  const auto blocks = pbs::parse_attributes(k_queues, "Queue");
  REQUIRE(blocks);
  REQUIRE(blocks->size() == 4);
  CHECK(blocks->front().name == "batch");
  CHECK(pbs::count_unfinished(blocks->front()["state_count"]) == 20);
  CHECK(blocks->front().below("resources_max.").size() == 3);
  CHECK(pbs::parse_attributes("", "Queue")->empty());
}

TEST_CASE("a state count is whole or none") {
  CHECK(pbs::count_unfinished("Transit:0 Queued:5 Held:12 Waiting:0 Running:3 Exiting:0 Complete:2 ") == 20);
  CHECK(pbs::count_unfinished("Queued:0") == 0);
  for (const char* bad : {"", "Queued", "Queued:5 Held:", "Queued:-5 Held:5", "Queued:6679214017356322134 Held:1",
                          "Queued:5 Held:x", "Queued:5 12"}) {
    CAPTURE(bad);
    CHECK_FALSE(pbs::count_unfinished(bad));
  }
}

TEST_CASE("cut anywhere but after a block, it is no reading") {
  for (std::size_t at = 1; at < k_queues.size(); ++at) {
    const auto part = pbs::parse_attributes(k_queues.substr(0, at), "Queue");
    const bool at_end_of_block = k_queues.substr(0, at).ends_with("\n\n");
    CAPTURE(at);
    CHECK(part.has_value() == at_end_of_block);
  }
  CHECK(!pbs::parse_attributes("<html>\n</html>\n\n", "Queue"));
  CHECK(!pbs::parse_attributes("Server: x\n\n", "Queue"));
  CHECK(!pbs::parse_attributes("Queue: \n\n", "Queue"));
  CHECK(!pbs::parse_queues(std::string(k_queues) + "Queue: batch\n    started = True\n\n"));
}

TEST_CASE("what a queue lets its jobs have") {
  const auto queues = pbs::parse_queues(k_queues);
  REQUIRE(queues);
  const pbs::Queue& batch = queues->at("batch");
  CHECK(batch.limits.jobs == 4);
  CHECK(batch.limits.user_jobs == 2);
  CHECK(!batch.limits.group_jobs);
  struct Row {
    pbs::Resources job;
    std::string queue;
    Waiting waiting;
    std::string reason;
  };
  const std::vector<Row> rows{
      {{{"walltime", "24:00:00"}, {"mem", "8192mb"}}, "batch", Waiting::eligible, ""},
      {{{"walltime", "24:00:01"}}, "batch", Waiting::failed, "resources_max.walltime = 24:00:00 of queue 'batch'"},
      {{{"walltime", "60"}}, "batch", Waiting::failed, "resources_min.walltime = 00:05:00 of queue 'batch'"},
      {{{"mem", "9gb"}}, "batch", Waiting::failed, "resources_max.mem = 8gb of queue 'batch'"},
      {{{"nodect", "11"}}, "batch", Waiting::failed, "resources_max.nodect = 10 of queue 'batch'"},
      {{{"procct", "65"}}, "batch", Waiting::failed, "resources_available.procct = 64 of queue 'batch'"},
      {{}, "off", Waiting::queue_closed, "queue 'off' is stopped"},
      {{}, "front", Waiting::limited, "still in route queue 'front': no queue behind it takes it"},
      {{}, "shut", Waiting::queue_closed, "no queue behind route queue 'shut' is enabled"},
  };
  for (const Row& row : rows) {
    const auto ruling = pbs::judge(row.job, queues->at(row.queue), *queues);
    CAPTURE(row.reason);
    CHECK(ruling.waiting == row.waiting);
    CHECK(ruling.reason == row.reason);
  }
}

TEST_CASE("values of one resource compare by what they are") {
  CHECK(pbs::compare_resource("walltime", "1:00:00", "3600") == 0);
  CHECK(pbs::compare_resource("mem", "1gb", "1024mb") == 0);
  CHECK(pbs::compare_resource("mem", "1025mb", "1gb") == 1);
  CHECK(pbs::compare_resource("ncpus", "2", "10") == -1);
  CHECK(!pbs::compare_resource("nodes", "2:ppn=4", "3"));
}

TEST_SUITE_END();
