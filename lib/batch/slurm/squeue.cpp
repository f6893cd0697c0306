#include <tide/batch/slurm/squeue.hpp>
#include <tide/util/text.hpp>

namespace tide::batch::slurm {

namespace {

struct ColumnName {
  std::string_view field;   // of -O
  std::string_view header;  // as 22.05.8 prints it
};

// In the order of Column. A tab ends each field: nothing that slurmctld lets through holds one, while '|' is in
// features.
constexpr char k_separator = '\t';
constexpr std::array<ColumnName, k_columns> k_names{{
    {"JobArrayID", "JOBID"},
    {"ArrayJobID", "ARRAY_JOB_ID"},
    {"JobID", "JOBID"},
    {"ArrayTaskID", "ARRAY_TASK_ID"},
    {"HetJobID", "HET_JOB_ID"},
    {"State", "STATE"},
    {"NodeList", "NODELIST"},
    {"SubmitTime", "SUBMIT_TIME"},
    {"EligibleTime", "ELIGIBLE_TIME"},
    {"Dependency", "DEPENDENCY"},
    {"PriorityLong", "PRIORITY"},
    {"Reason", "REASON"},
    {"Partition", "PARTITION"},
    {"tres-alloc", "TRES_ALLOC"},
    {"MaxNodes", "MAX_NODES"},
    {"NumTasks", "TASKS"},
    {"cpus-per-task", "CPUS_PER_TASK"},
    {"NTPerNode", "NTASKS_PER_NODE"},
    {"MinMemory", "MIN_MEMORY"},
    {"MinCpus", "MIN_CPUS"},
    {"tres-per-node", "TRES_PER_NODE"},
    {"tres-per-job", "TRES_PER_JOB"},
    {"tres-per-socket", "TRES_PER_SOCKET"},
    {"tres-per-task", "TRES_PER_TASK"},
    {"mem-per-tres", "MEM_PER_TRES"},
    {"cpus-per-tres", "CPUS_PER_TRES"},
    {"Feature", "FEATURES"},
    {"OverSubscribe", "OVER_SUBSCRIBE"},
    {"Requeue", "REQUEUE"},
    {"TimeLimit", "TIME_LIMIT"},
    {"ReqNodes", "REQ_NODES"},
    {"Reservation", "RESERVATION"},
    {"MinTmpDisk", "MIN_TMP_DISK"},
    {"Contiguous", "CONTIGUOUS"},
    {"ReqSwitch", "REQ_SWITCH"},
    {"Sockets", "SOCKETS_PER_NODE"},
    {"Cores", "CORES_PER_SOCKET"},
    {"Threads", "THREADS_PER_CORE"},
    {"NTPerSocket", "NTASKS_PER_SOCKET"},
    {"NTPerCore", "NTASKS_PER_CORE"},
    {"CoreSpec", "CORE_SPEC"},
}};

std::string make_format() {
  std::string format;
  for (const auto& name : k_names) {
    if (!format.empty()) format += ',';
    format += fmt::format("{}:{}", name.field, k_separator);
  }
  return format;
}

std::string make_header() {
  std::string header;
  for (const auto& name : k_names) header += fmt::format("{}{}", name.header, k_separator);
  return header;
}

}  // namespace

std::vector<std::string> squeue_arguments() {
  // -t all: a state that we do not know must be seen too. --local: other clusters of a federation are not ours.
  // --array-unique: else tasks that were requeued are merged with those that never ran, and the array's limit is lost.
  return {"-a", "--local", "--array-unique", "-t", "all", "-O", make_format()};
}

const std::string& squeue_header() {
  static const std::string k_header = make_header();
  return k_header;
}

Result<JobRow> parse_squeue_line(std::string_view line) {
  JobRow row;
  std::size_t at = 0;
  for (std::size_t i = 0; i < k_columns; ++i) {
    const std::size_t end = line.find(k_separator, at);
    if (end == std::string_view::npos) {
      return make_error(ErrorKind::protocol, "'{}' has {} fields, not {}", printable(line, 80), i, k_columns);
    }
    row.fields[i] = line.substr(at, end - at);
    if (i == static_cast<std::size_t>(k_first_of_shape)) row.shape_text = line.substr(at);
    at = end + 1;
  }
  if (at != line.size())
    return make_error(ErrorKind::protocol, "'{}' has more than {} fields", printable(line, 80), k_columns);
  return row;
}

}  // namespace tide::batch::slurm
