#include "support_slurm.hpp"

#include <tide/batch/slurm/partitions.hpp>

#include <doctest/doctest.h>

using namespace tide;
using batch::slurm::judge;
using batch::slurm::parse_show_partitions;
using batch::slurm::Partition;
using core::Waiting;
using test::slurm_fixture;

TEST_SUITE_BEGIN("batch/slurm/partitions");

namespace {

core::Shape shape_of(core::Chunk chunk, Seconds walltime = Seconds{3'600}) {
  core::Shape shape;
  shape.chunks.push_back(std::move(chunk));
  shape.walltime = walltime;
  return shape;
}

std::string verdict(const Partition& partition, core::Chunk chunk, bool endless = false) {
  core::Shape shape = shape_of(std::move(chunk));
  const auto judged = judge(shape, endless, partition);
  CHECK((judged.waiting == Waiting::eligible) == judged.reason.empty());
  return judged.reason;
}

}  // namespace

TEST_CASE("partitions: as recorded") {
  const auto partitions = parse_show_partitions(slurm_fixture("zero-partitions.txt"));
  REQUIRE(partitions);
  REQUIRE(partitions->size() == 4);
  CHECK(partitions->at("cloud") == Partition{});
  CHECK(partitions->at("one").nodes_max == 1);
  CHECK_FALSE(partitions->at("closed").up);
}

TEST_CASE("partitions: what can never run there") {
  CHECK(verdict({}, {.nodes = 9, .tasks = 9}).empty());
  CHECK(verdict({.nodes_max = 2}, {.nodes = 3, .tasks = 3}) == "PartitionNodeLimit: MaxNodes=2");
  CHECK(verdict({.nodes_max = 2}, {.nodes = 2, .tasks = 2}).empty());
  CHECK(verdict({.nodes_min = 2}, {.nodes = 1, .tasks = 1}) == "PartitionNodeLimit: MinNodes=2");
  CHECK(verdict({.nodes_min = 2}, {.nodes = 2, .tasks = 2}).empty());
  CHECK(verdict({.slots_per_node_max = 2}, {.slots_per_task = 4}) == "PartitionConfig: MaxCPUsPerNode=2");
  CHECK(verdict({.slots_per_node_max = 2}, {.nodes_max = 1, .tasks = 3}) ==
        "PartitionConfig: no more than 2 tasks on a node");
  CHECK(verdict({.memory_mib_per_node_max = 200}, {.memory_mib_per_node = 300}) == "MaxMemPerLimit: MaxMemPerNode=200");
  CHECK(verdict({.memory_mib_per_node_max = 200}, {.slots_per_task = 3, .memory_mib_per_slot = 100}) ==
        "MaxMemPerLimit: MaxMemPerNode=200");
  CHECK(verdict({.time_max = Seconds{600}}, {}) == "PartitionTimeLimit: MaxTime=10 min");
  CHECK(verdict({.time_max = Seconds{7'200}}, {}).empty());
  CHECK(verdict({.time_max = Seconds{7'200}}, {}, true) == "PartitionTimeLimit: MaxTime=120 min");
  CHECK(verdict({.up = false}, {}) == "PartitionDown");
}

TEST_CASE("partitions: tasks on a node are cut to what the partition allows") {
  core::Shape shape = shape_of({.tasks = 8, .slots_per_task = 2, .memory_mib_per_slot = 100});
  CHECK(judge(shape, false, {.nodes_max = 4, .slots_per_node_max = 5}).waiting == Waiting::eligible);
  CHECK(shape.chunks[0].tasks_per_node == 2);
  CHECK(shape.chunks[0].nodes_max == 4);
  shape = shape_of({.tasks = 8, .slots_per_task = 2, .memory_mib_per_slot = 100});
  CHECK(judge(shape, false, {.nodes_max = 20, .memory_mib_per_node_max = 300}).waiting == Waiting::eligible);
  CHECK(shape.chunks[0].tasks_per_node == 1);
  CHECK(shape.chunks[0].nodes_max == 0);  // more than its tasks need is no limit
  CHECK(judge(shape, false, {.nodes_max = 4}).reason == "PartitionConfig: no more than 1 tasks on a node");
}

TEST_CASE("partitions: a job without memory has its nodes to itself where memory is consumed") {
  const auto alone = [](const Partition& partition, core::Chunk chunk) {
    core::Shape shape = shape_of(std::move(chunk));
    CHECK(judge(shape, false, partition).waiting == Waiting::eligible);
    return shape.exclusive;
  };
  CHECK(alone({.all_memory = true}, {}));
  CHECK_FALSE(alone({}, {}));
  CHECK_FALSE(alone({.all_memory = true}, {.memory_mib_per_node = 100}));
  CHECK_FALSE(alone({.all_memory = true}, {.memory_mib_per_slot = 100}));
  CHECK(alone({.all_memory = true}, {.gpus_per_node = {{"", 1}}}));
  CHECK_FALSE(alone({.all_memory = true, .memory_by_gpu = true}, {.gpus_per_node = {{"", 1}}}));
  CHECK(alone({.all_memory = true, .memory_by_gpu = true}, {}));
}

TEST_CASE("partitions: their own SelectTypeParameters, where slurmctld heeds them") {
  const auto all_memory = [](const std::string& own, const batch::slurm::MemoryRules& memory) {
    return parse_show_partitions(
               "PartitionName=a MaxNodes=1 MaxTime=UNLIMITED MinNodes=0 MaxCPUsPerNode=UNLIMITED State=UP" + own +
                   "\nslurm-wlm 22.05.8\n",
               memory)
        ->at("a")
        .all_memory;
  };
  const std::string core = " SelectTypeParameters=CR_CORE";
  const std::string core_memory = " SelectTypeParameters=CR_CORE_MEMORY";
  for (const std::string none : {"", " SelectTypeParameters=NONE"}) {
    CHECK(all_memory(none, {.consumed = true, .partitions_count = true}));
    CHECK_FALSE(all_memory(none, {.partitions_count = true}));
  }
  CHECK_FALSE(all_memory(core, {.consumed = true, .partitions_count = true}));
  CHECK(all_memory(core_memory, {.partitions_count = true}));
  CHECK(all_memory(core, {.consumed = true}));  // CR_CPU_Memory: shown, and not heeded
  CHECK_FALSE(all_memory(core_memory, {}));
  // DefMemPerCPU=0 is not the same as no default.
  CHECK_FALSE(all_memory(" DefMemPerNode=UNLIMITED", {.consumed = true, .free = true}));
  CHECK_FALSE(all_memory(" DefMemPerCPU=0", {.consumed = true}));
  CHECK(all_memory(" DefMemPerNode=UNLIMITED", {.consumed = true}));
  CHECK(all_memory(" DefMemPerNode=500", {.consumed = true, .free = true}));  // --mem=0
  CHECK(parse_show_partitions("PartitionName=a MaxNodes=1 MaxTime=UNLIMITED MinNodes=0 MaxCPUsPerNode=UNLIMITED "
                              "State=UP JobDefaults=DefMemPerGPU=700\nslurm-wlm 22.05.8\n")
            ->at("a")
            .memory_by_gpu);
}

TEST_CASE("partitions: cut anywhere, other documents and doubles are errors") {
  const std::string text = slurm_fixture("zero-partitions.txt");
  const std::string end = "slurm-wlm 22.05.8\n";
  const std::size_t proof = text.find(end) + end.size();
  for (std::size_t length = 0; length < proof; ++length) {
    CAPTURE(length);
    CHECK_FALSE(parse_show_partitions(std::string_view(text).substr(0, length)));
  }
  CHECK(parse_show_partitions("No partitions in the system\n" + end)->empty());
  CHECK(parse_show_partitions(end).error().kind == ErrorKind::unproven);
  CHECK(parse_show_partitions("<html></html>\n" + end).error().kind == ErrorKind::protocol);
  CHECK(parse_show_partitions(slurm_fixture("mixed-nodes.txt")).error().kind == ErrorKind::protocol);
  const std::string line =
      "PartitionName=a MaxNodes=1 MaxTime=UNLIMITED MinNodes=0 MaxCPUsPerNode=UNLIMITED State=UP\n";
  CHECK(parse_show_partitions(line + end)->size() == 1);
  CHECK(parse_show_partitions(line + line + end).error().kind == ErrorKind::protocol);
  CHECK(parse_show_partitions("PartitionName=a MaxNodes=many MaxTime=1 MinNodes=0 State=UP\n" + end).error().kind ==
        ErrorKind::protocol);
  CHECK(parse_show_partitions("PartitionName=a MaxNodes=1 MinNodes=0 State=ASLEEP\n" + end).error().kind ==
        ErrorKind::protocol);
}
