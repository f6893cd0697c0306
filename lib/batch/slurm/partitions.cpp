#include <tide/batch/slurm/fields.hpp>
#include <tide/batch/slurm/partitions.hpp>
#include <tide/batch/slurm/session.hpp>
#include <tide/batch/slurm/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <limits>

namespace tide::batch::slurm {

namespace {

constexpr std::string_view k_none = "No partitions in the system";

Error bad_field(std::string_view line, std::string_view key) {
  return make_error(ErrorKind::protocol, "'{}' has '{}' for {}", printable(line, 40),
                    printable(field_of(line, key), 40), key);
}

Result<std::int64_t> limit(std::string_view line, std::string_view key, bool needed) {
  const std::string_view text = field_of(line, key);
  if (text == "UNLIMITED" || (text.empty() && !needed)) return std::int64_t{0};
  const auto value = parse_integer(text);
  if (!value || *value < 0) return bad_field(line, key);
  return *value;
}

Result<int> count(std::string_view line, std::string_view key) {
  TIDE_TRY_ASSIGN(const std::int64_t value, limit(line, key, true));
  return static_cast<int>(std::min<std::int64_t>(value, std::numeric_limits<int>::max()));
}

Result<Partition> parse_line(std::string_view line, const MemoryRules& memory) {
  Partition partition;
  const std::string_view select = field_of(line, "SelectTypeParameters");
  const bool own = memory.partitions_count && !select.empty() && select != "NONE";
  const std::string_view per_cpu = field_of(line, "DefMemPerCPU");
  const std::string_view per_node = field_of(line, "DefMemPerNode");  // either is shown, "UNLIMITED" if neither is set
  const bool inherits = per_cpu.empty() && (per_node.empty() || per_node == "UNLIMITED");
  const bool free = inherits ? memory.free : per_cpu == "0";
  partition.all_memory = (own ? consumes_memory(select) : memory.consumed) && !free;
  partition.memory_by_gpu =
      memory.by_gpu || field_of(line, "JobDefaults").find("DefMemPerGPU=") != std::string_view::npos;
  const std::string_view state = field_of(line, "State");
  if (state != "UP" && state != "DOWN" && state != "DRAIN" && state != "INACTIVE") return bad_field(line, "State");
  partition.up = state == "UP" || state == "DRAIN";  // DRAIN takes no new jobs and runs those that it has
  TIDE_TRY_ASSIGN(partition.nodes_min, count(line, "MinNodes"));
  TIDE_TRY_ASSIGN(partition.nodes_max, count(line, "MaxNodes"));
  TIDE_TRY_ASSIGN(partition.slots_per_node_max, count(line, "MaxCPUsPerNode"));
  // In its place MaxMemPerCPU may stand: Slurm then gives a job more CPUs.
  TIDE_TRY_ASSIGN(partition.memory_mib_per_node_max, limit(line, "MaxMemPerNode", false));
  const auto time = parse_time_limit(field_of(line, "MaxTime"));
  if (!time || field_of(line, "MaxTime").empty()) return bad_field(line, "MaxTime");
  partition.time_max = *time;
  return partition;
}

// 22.05 with CR_..._Memory and no DefMem*, or with --mem=0: such a job neither starts beside another nor lets one
// start, whatever they ask for.
bool fills_nodes(const core::Chunk& chunk, const Partition& partition) {
  if (!partition.all_memory || chunk.memory_mib_per_node > 0 || chunk.memory_mib_per_slot > 0) return false;
  // What they get for their GPUs shows only once the scheduler has looked at them.
  return !partition.memory_by_gpu || chunk.gpus_per_node.empty();
}

Verdict never(std::string reason) { return {.waiting = core::Waiting::failed, .reason = std::move(reason)}; }

}  // namespace

Result<Partitions> parse_show_partitions(std::string_view text, const MemoryRules& memory) {
  TIDE_TRY_ASSIGN(const auto lines, read_session(text, k_partitions_question));
  Partitions partitions;
  for (const std::string_view line : lines) {
    if (line == k_none) continue;
    const std::string_view name = line.starts_with("PartitionName=") ? field_of(line, "PartitionName") : "";
    if (name.empty()) return make_error(ErrorKind::protocol, "'{}' is no line of a partition", printable(line, 80));
    TIDE_TRY_ASSIGN(const Partition partition, parse_line(line, memory));
    if (!partitions.emplace(name, partition).second) {
      return make_error(ErrorKind::protocol, "partition '{}' is listed twice", printable(name, 80));
    }
  }
  if (lines.empty())
    return make_error(ErrorKind::unproven, "it lists no partition and does not say that there is none");
  return partitions;
}

Verdict judge(core::Shape& shape, bool endless, const Partition& partition) {
  if (!partition.up) return {.waiting = core::Waiting::queue_closed, .reason = "PartitionDown"};
  if (partition.time_max.count() > 0 && (endless || shape.walltime > partition.time_max)) {
    return never(fmt::format("PartitionTimeLimit: MaxTime={} min", partition.time_max.count() / 60));
  }
  for (core::Chunk& chunk : shape.chunks) {
    shape.exclusive = shape.exclusive || fills_nodes(chunk, partition);
    if (partition.nodes_max > 0 && chunk.nodes > partition.nodes_max) {
      return never(fmt::format("PartitionNodeLimit: MaxNodes={}", partition.nodes_max));
    }
    if (std::max(chunk.nodes, chunk.nodes_max > 0 ? chunk.nodes_max : chunk.tasks) < partition.nodes_min) {
      return never(fmt::format("PartitionNodeLimit: MinNodes={}", partition.nodes_min));
    }
    const std::int64_t slots = partition.slots_per_node_max;
    const std::int64_t memory = partition.memory_mib_per_node_max;
    if (slots > 0 && chunk.slots_per_task > slots)
      return never(fmt::format("PartitionConfig: MaxCPUsPerNode={}", slots));
    const std::int64_t memory_per_task = chunk.memory_mib_per_slot * chunk.slots_per_task;
    if (memory > 0 && std::max(chunk.memory_mib_per_node, memory_per_task) > memory) {
      return never(fmt::format("MaxMemPerLimit: MaxMemPerNode={}", memory));
    }
    std::int64_t tasks = chunk.tasks;
    if (chunk.tasks_per_node > 0) tasks = std::min<std::int64_t>(tasks, chunk.tasks_per_node);
    if (slots > 0) tasks = std::min(tasks, slots / chunk.slots_per_task);
    if (memory > 0 && memory_per_task > 0) tasks = std::min(tasks, memory / memory_per_task);
    if (tasks < chunk.tasks) chunk.tasks_per_node = static_cast<int>(tasks);
    const int most = chunk.nodes_max > 0 ? chunk.nodes_max : chunk.tasks;
    if (partition.nodes_max > 0 && partition.nodes_max < most) chunk.nodes_max = partition.nodes_max;
    if (chunk.nodes_max > 0 && tasks * chunk.nodes_max < chunk.tasks) {
      return never(fmt::format("PartitionConfig: no more than {} tasks on a node", tasks));
    }
  }
  return {};
}

}  // namespace tide::batch::slurm
