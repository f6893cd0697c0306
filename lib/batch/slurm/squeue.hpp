#pragma once

#include <tide/util/result.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::slurm {

// What `squeue` is asked for. No free text: a job's name, account, comment and paths may hold line ends and forge a
// line. All that is here is checked, or made, by slurmctld.
enum class Column : std::size_t {
  id,
  array_id,
  raw_id,
  task_ids,
  het_id,
  state,
  nodes,
  submit_time,
  eligible_time,
  dependency,
  priority,  // of one job
  reason,
  partition,
  tres,
  max_nodes,
  tasks,
  cpus_per_task,
  tasks_per_node,
  min_memory,
  min_cpus,
  tres_per_node,
  tres_per_job,
  tres_per_socket,
  tres_per_task,
  memory_per_tres,
  cpus_per_tres,
  features,
  sharing,
  requeue,
  time_limit,
  required_nodes,
  reservation,
  tmp_disk,
  contiguous,
  switches,
  sockets,
  cores,
  threads,
  tasks_per_socket,
  tasks_per_core,
  core_spec,
  count
};
constexpr Column k_first_of_shape = Column::reason;  // from here on: what jobs of one kind have in common

constexpr std::size_t k_columns = static_cast<std::size_t>(Column::count);

struct JobRow {
  std::array<std::string_view, k_columns> fields;
  std::string_view shape_text;  // all fields from k_first_of_shape on, as printed

  std::string_view operator[](Column column) const { return fields[static_cast<std::size_t>(column)]; }
};

// The arguments after the program's name, and the header with which its output must begin.
std::vector<std::string> squeue_arguments();
const std::string& squeue_header();

Result<JobRow> parse_squeue_line(std::string_view line);

}  // namespace tide::batch::slurm
