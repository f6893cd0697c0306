#pragma once

#include <tide/batch/htcondor/rows.hpp>
#include <tide/util/result.hpp>

#include <array>
#include <span>
#include <string_view>

namespace tide::batch::htcondor {

// What condor_q is asked for. What jobs of one kind have in common comes last, Requirements, which may be long, at the
// very end.
enum class JobField : std::size_t {
  cluster,
  proc,
  status,
  host,       // of the first slot it runs on
  all_hosts,  // parallel universe
  submitted,
  priority,
  limit_reached,  // the negotiator rejected it for a concurrency limit
  universe,
  hold_code,
  hosts_min,
  hosts_max,
  cpus,
  memory,
  big_disk,  // RequestDisk is more than k_disk_told_gib
  gpus,
  gpu_properties,
  deferral_time,
  concurrency_limits,
  account,
  duration,
  requirements,
  count
};
constexpr std::size_t k_job_fields = static_cast<std::size_t>(JobField::count);
constexpr JobField k_first_of_shape = JobField::universe;
constexpr int k_disk_told_gib = 10;

std::span<const Column> job_columns();

struct JobRow {
  std::array<std::string_view, k_job_fields> fields;
  std::string_view shape_text;  // from k_first_of_shape on
  bool known = false;           // shape_text is that of the row before: its columns are not there
  bool cut = false;             // longer than k_line_max: the last fields are not all there

  std::string_view operator[](JobField field) const { return fields[static_cast<std::size_t>(field)]; }
};

// Where its shape_text is `known`, those columns are checked already and are not looked at again. Into `row`, which is
// a fresh one: returned it would be copied, and there is one for each job.
Result<void> parse_job_row(std::string_view line, bool cut, std::string_view known, JobRow& row);

}  // namespace tide::batch::htcondor
