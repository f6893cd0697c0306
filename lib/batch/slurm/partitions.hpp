#pragma once

#include <tide/batch/slurm/show_config.hpp>
#include <tide/core/job.hpp>
#include <tide/util/result.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tide::batch::slurm {

// What a partition lets its jobs have; 0 is no limit. slurmctld tells jobs of these limits only once the partition has
// nodes enough ("PartitionConfig" before), and says PartitionNodeLimit also where there are merely too few nodes yet.
struct Partition {
  bool up = true;
  int nodes_min = 0;
  int nodes_max = 0;
  int slots_per_node_max = 0;
  std::int64_t memory_mib_per_node_max = 0;
  Seconds time_max{0};
  bool all_memory = false;     // a job that asks for none gets all of its node's
  bool memory_by_gpu = false;  // but for one with GPUs (DefMemPerGPU)

  bool operator==(const Partition&) const = default;
};

using Partitions = std::map<std::string, Partition, std::less<>>;

constexpr std::string_view k_partitions_question = "show partition";

// What `scontrol -a -o` prints for that question and "version". `memory`: what holds where a partition says nothing.
Result<Partitions> parse_show_partitions(std::string_view text, const MemoryRules& memory = {});

struct Verdict {
  core::Waiting waiting = core::Waiting::eligible;
  std::string reason;  // "PartitionNodeLimit: MaxNodes=1"
};

// May such a job ever run there? If so, its tasks on a node are cut to what the partition allows, and it has its nodes
// to itself where it gets all of their memory. `endless`: the job asks for a time without limit.
Verdict judge(core::Shape& shape, bool endless, const Partition& partition);

}  // namespace tide::batch::slurm
