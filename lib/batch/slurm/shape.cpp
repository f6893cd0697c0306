#include <tide/batch/slurm/features.hpp>
#include <tide/batch/slurm/shape.hpp>
#include <tide/batch/slurm/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <limits>

namespace tide::batch::slurm {

namespace {

constexpr std::int64_t k_count_max =
    1'000'000;  // of nodes and tasks; Slurm takes 2'000'000 nodes at `sbatch`, for ever waiting

constexpr std::int64_t k_not_set = 0xFFFF'FFFD;

// Without the job's ID: like jobs make one line.
Error bad_field(const JobRow& row, std::string_view what, Column column) {
  return make_error(ErrorKind::protocol, "'{}' for {}", printable(row[column], 80), what);
}

// A count below 2^31; "N/A" and Slurm's "not set" values (0xfffffffe and its like) are `otherwise`.
Result<int> number(const JobRow& row, std::string_view what, Column column, int otherwise) {
  const std::string_view text = row[column];
  if (is_none(text) || text == "*") return otherwise;
  const auto value = parse_integer(text);
  if (!value || *value < 0) return bad_field(row, what, column);
  if (*value == 0xFFFE || *value == 0xFFFF || *value >= k_not_set) return otherwise;
  if (*value > std::numeric_limits<int>::max()) return bad_field(row, what, column);
  return static_cast<int>(*value);
}

// The sizes that matter below, read once.
struct Sizes {
  int nodes = 1;
  int tasks = 1;
  std::int64_t cpus = 1;
  bool beyond = false;  // more than any cluster has
};

Result<Sizes> sizes_of(const JobRow& row) {
  Sizes sizes;
  const auto nodes = parse_integer(find_tres(row[Column::tres], "node"));
  const auto cpus = parse_integer(find_tres(row[Column::tres], "cpu"));
  auto tasks = is_none(row[Column::tasks]) ? std::optional<std::int64_t>(1) : parse_integer(row[Column::tasks]);
  if (tasks && *tasks >= k_not_set) tasks = 1;
  if (!nodes || !cpus || *nodes < 1 || *cpus < 1) {
    return bad_field(row, "TRES", Column::tres)
        .with_context(fmt::format("of job '{}'", printable(row[Column::id], 40)));
  }
  if (!tasks || *tasks < 0) {
    return bad_field(row, "tasks", Column::tasks)
        .with_context(fmt::format("of job '{}'", printable(row[Column::id], 40)));
  }
  sizes.beyond = *nodes > k_count_max || *tasks > k_count_max || *cpus > 1'000'000 * k_count_max;
  sizes.nodes = static_cast<int>(std::min(*nodes, k_count_max));
  sizes.cpus = std::min(*cpus, 1'000'000 * k_count_max);
  sizes.tasks = std::max({static_cast<int>(std::min(*tasks, k_count_max)), sizes.nodes, 1});
  return sizes;
}

void add_unjudged(core::Shape& shape, std::string text) {
  if (!shape.unjudged.empty()) shape.unjudged += ", ";
  shape.unjudged += text;
}

// Per CPU or per node? `squeue` does not say; the total in TRES does.
Result<void> read_memory(const JobRow& row, const Sizes& sizes, core::Chunk& chunk) {
  const auto memory = parse_memory_mib(row[Column::min_memory]);
  if (!memory) return bad_field(row, "memory", Column::min_memory);
  if (*memory == 0) return {};  // none asked for, or --mem=0: the partition tells what it gets
  const std::string_view text = find_tres(row[Column::tres], "mem");
  const auto total = text.empty() ? std::optional<std::int64_t>(*memory * sizes.cpus) : parse_memory_mib(text);
  if (!total) return bad_field(row, "TRES", Column::tres);
  const std::int64_t off_per_node = std::abs(*total - *memory * sizes.nodes);
  const std::int64_t off_per_cpu = std::abs(*total - *memory * sizes.cpus);
  (off_per_node < off_per_cpu ? chunk.memory_mib_per_node : chunk.memory_mib_per_slot) = *memory;
  return {};
}

void add_gpus(const core::Gpus& from, int times, core::Gpus& to) {
  for (const auto& [type, count] : from) to[type] += count * times;
}

int total(const core::Gpus& gpus) {
  int sum = 0;
  for (const auto& [type, count] : gpus) sum += count;
  return sum;
}

// From 23.11 on `-c 8` is also in the column of TRES per task: "cpu=8", "cpu:7,gres/gpu:1". No GRES is named so.
struct PerTask {
  int cpus = 0;
  std::string others;
};

Result<PerTask> read_per_task(const JobRow& row) {
  PerTask per_task;
  for (const std::string_view item : split(row[Column::tres_per_task], ',')) {
    if (!item.starts_with("cpu=") && !item.starts_with("cpu:")) {
      per_task.others += fmt::format("{}{}", per_task.others.empty() ? "" : ",", item);
      continue;
    }
    const auto cpus = parse_integer(item.substr(4));
    if (!cpus || *cpus < 1 || *cpus > k_count_max) return bad_field(row, "TRES per task", Column::tres_per_task);
    per_task.cpus = static_cast<int>(*cpus);
  }
  return per_task;
}

// One node for sure: all of the job's GPUs are then on it.
bool on_one_node(const core::Chunk& chunk) { return chunk.nodes == 1 && (chunk.tasks == 1 || chunk.nodes_max == 1); }

Result<void> read_gpus(const JobRow& row, core::Shape& shape, core::Chunk& chunk) {
  const auto per_node = parse_gres(row[Column::tres_per_node]);
  const auto per_job = parse_gres(row[Column::tres_per_job]);
  TIDE_TRY_ASSIGN(const PerTask of_task, read_per_task(row));
  const auto per_task = parse_gres(of_task.others);
  if (!per_node) return bad_field(row, "TRES per node", Column::tres_per_node);
  if (!per_job) return bad_field(row, "TRES per job", Column::tres_per_job);
  if (!per_task) return bad_field(row, "TRES per task", Column::tres_per_task);
  for (const auto* gres : {&*per_node, &*per_job, &*per_task}) {
    if (!gres->others.empty()) add_unjudged(shape, gres->others);
  }
  add_gpus(per_node->gpus, 1, chunk.gpus_per_node);
  if (!per_job->gpus.empty()) {
    if (on_one_node(chunk))
      add_gpus(per_job->gpus, 1, chunk.gpus_per_node);
    else
      add_unjudged(shape, fmt::format("{} for the job", row[Column::tres_per_job]));
  }
  if (!per_task->gpus.empty()) {
    if (on_one_node(chunk))
      add_gpus(per_task->gpus, chunk.tasks, chunk.gpus_per_node);
    else if (chunk.tasks == chunk.nodes)
      add_gpus(per_task->gpus, 1, chunk.gpus_per_node);
    else
      add_unjudged(shape, fmt::format("{} for each task", of_task.others));
  }
  if (!is_none(row[Column::tres_per_socket]))
    add_unjudged(shape, fmt::format("{} for each socket", row[Column::tres_per_socket]));
  return {};
}

// "--mem-per-gpu", "--cpus-per-gpu": with the GPUs of a node known, plain numbers. What comes from DefMemPerGPU and
// DefCpuPerGPU, 22.05 writes as "gpu:500".
Result<void> read_per_gpu(const JobRow& row, core::Shape& shape, core::Chunk& chunk) {
  const int gpus = total(chunk.gpus_per_node);
  const auto per_gpu = [&](Column column) -> std::optional<std::int64_t> {
    const std::string_view text = row[column];
    for (const std::string_view prefix : {"gres:gpu:", "gres/gpu:", "gres/gpu=", "gpu:"}) {
      if (text.starts_with(prefix)) return parse_memory_mib(text.substr(prefix.size()));
    }
    return std::nullopt;
  };
  if (!is_none(row[Column::memory_per_tres])) {
    const auto memory = per_gpu(Column::memory_per_tres);
    if (memory && gpus > 0) {
      chunk.memory_mib_per_slot = 0;
      chunk.memory_mib_per_node = *memory * gpus;
    } else {
      add_unjudged(shape, fmt::format("memory {}", row[Column::memory_per_tres]));
    }
  }
  if (!is_none(row[Column::cpus_per_tres])) {
    const auto cpus = per_gpu(Column::cpus_per_tres);
    if (cpus && *cpus <= 1'000'000 && gpus > 0 && chunk.tasks == chunk.nodes) {
      chunk.slots_per_task = std::max(chunk.slots_per_task, static_cast<int>(*cpus) * gpus);
    } else {
      add_unjudged(shape, fmt::format("CPUs {}", row[Column::cpus_per_tres]));
    }
  }
  return {};
}

// What tide cannot know of a machine that is not there. 1 is what any machine has.
Result<void> read_layout(const JobRow& row, core::Shape& shape) {
  struct Limit {
    Column column;
    std::string_view option;
    int harmless;
  };
  constexpr std::array k_limits{
      Limit{Column::sockets, "sockets-per-node", 1},       Limit{Column::cores, "cores-per-socket", 1},
      Limit{Column::threads, "threads-per-core", 1},       Limit{Column::tasks_per_socket, "ntasks-per-socket", 0},
      Limit{Column::tasks_per_core, "ntasks-per-core", 1}, Limit{Column::core_spec, "core-spec", 0},
      Limit{Column::contiguous, "contiguous", 0},          Limit{Column::switches, "switches", 0},
  };
  for (const Limit& limit : k_limits) {
    const std::string_view text = row[limit.column];
    const auto value = parse_integer(text);
    if (is_none(text) || text == "*" || (value && (*value <= limit.harmless || *value >= 0xFFFE))) continue;
    add_unjudged(shape, fmt::format("{}={}", limit.option, printable(text, 40)));
  }
  const auto disk = parse_memory_mib(row[Column::tmp_disk]);
  if (!disk || *disk > 0) add_unjudged(shape, fmt::format("tmp={}", printable(row[Column::tmp_disk], 40)));
  return {};
}

Result<void> read_sizes(const JobRow& row, const Sizes& sizes, std::optional<int> nodes_max, core::Shape& shape,
                        core::Chunk& chunk) {
  chunk.nodes = sizes.nodes;
  chunk.tasks = sizes.tasks;
  TIDE_TRY_ASSIGN(chunk.slots_per_task, number(row, "CPUs per task", Column::cpus_per_task, 1));
  TIDE_TRY_ASSIGN(chunk.tasks_per_node, number(row, "tasks per node", Column::tasks_per_node, 0));
  TIDE_TRY_ASSIGN(const int shown_max, number(row, "nodes", Column::max_nodes, 0));
  TIDE_TRY_ASSIGN(const int cpus_min, number(row, "CPUs per node", Column::min_cpus, 1));
  TIDE_TRY_ASSIGN(const PerTask per_task, read_per_task(row));
  chunk.slots_per_task = std::max({chunk.slots_per_task, per_task.cpus, 1});
  chunk.nodes_max = nodes_max.value_or(shown_max);
  if (chunk.nodes_max < chunk.nodes || chunk.nodes_max >= chunk.tasks)
    chunk.nodes_max = 0;  // no more than the tasks say
  if (cpus_min > chunk.slots_per_task * std::max(chunk.tasks_per_node, 1)) {
    if (chunk.tasks == chunk.nodes)
      chunk.slots_per_task = cpus_min;
    else
      add_unjudged(shape, fmt::format("mincpus={}", cpus_min));
  }
  return {};
}

}  // namespace

Result<bool> has_unclear_limit(const JobRow& row) {
  TIDE_TRY_ASSIGN(const Sizes sizes, sizes_of(row));
  // More than one node at the least means that -N was given, and then the most is what `squeue` shows.
  return sizes.nodes == 1 && sizes.tasks > 1;
}

namespace {

Result<void> read_wishes(const JobRow& row, const Sizes& sizes, std::optional<int> nodes_max, core::Shape& shape,
                         core::Chunk& chunk) {
  TIDE_TRY(read_sizes(row, sizes, sizes.nodes == 1 ? nodes_max : std::nullopt, shape, chunk));
  TIDE_TRY(read_memory(row, sizes, chunk));
  TIDE_TRY(read_gpus(row, shape, chunk));
  TIDE_TRY(read_per_gpu(row, shape, chunk));
  TIDE_TRY(read_layout(row, shape));
  if (auto features = parse_features(row[Column::features]))
    chunk.features = std::move(*features);
  else
    add_unjudged(shape, fmt::format("constraint {}", printable(row[Column::features], 80)));
  const auto limit = parse_time_limit(row[Column::time_limit]);
  if (!limit) return bad_field(row, "time limit", Column::time_limit);
  shape.walltime = *limit;
  return {};
}

}  // namespace

Result<core::Shape> shape_of(const JobRow& row, std::optional<int> nodes_max) {
  core::Shape shape;
  core::Chunk chunk;
  TIDE_TRY_ASSIGN(const Sizes sizes, sizes_of(row));
  // What follows is as somebody typed it: one job with "--gres=gpu:99999999" must not make us blind for all others.
  if (const auto read = read_wishes(row, sizes, nodes_max, shape, chunk); !read)
    add_unjudged(shape, read.error().message);
  if (sizes.beyond) add_unjudged(shape, printable(row[Column::tres], 80));
  shape.queue = std::string(row[Column::partition].substr(0, row[Column::partition].find(',')));
  shape.exclusive = row[Column::sharing] == "NO" || row[Column::sharing] == "USER" || row[Column::sharing] == "MCS";
  shape.rerunnable = row[Column::requeue] != "0";
  shape.chunks.push_back(std::move(chunk));
  return shape;
}

}  // namespace tide::batch::slurm
