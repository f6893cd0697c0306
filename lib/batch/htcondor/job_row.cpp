#include <tide/batch/htcondor/job_row.hpp>
#include <tide/util/line_ends.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::htcondor {

namespace {

// In the order of JobField.
constexpr std::array<Column, k_job_fields> k_columns{{
    {"ClusterId"},
    {"ProcId"},
    {"JobStatus"},
    {"RemoteHost"},
    {"AllRemoteHosts"},
    {"QDate"},
    {"JobPrio"},
    // A reason stays as it is while others of the job's kind are tried first: an old one says nothing.
    {"regexp(\"oncurrency limit\", LastRejMatchReason) && time() - LastRejMatchTime < 1200"},
    {"JobUniverse"},
    {"HoldReasonCode"},
    {"MinHosts"},
    {"MaxHosts"},
    {"RequestCpus"},
    {"RequestMemory"},
    {"RequestDisk > 10485760"},  // KiB; k_disk_told_gib
    {"RequestGPUs"},
    {"RequireGPUs", true},
    {"DeferralTime"},
    {"ConcurrencyLimits"},
    {"AccountingGroup"},
    {"AllowedJobDuration"},
    {"Requirements", true},
}};

// Of an int64_t.
bool is_number(std::string_view text) {
  constexpr std::size_t k_digits = 18;
  if (text.empty() || text.size() > k_digits) return parse_integer(text).value_or(-1) >= 0;
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::span<const Column> job_columns() { return k_columns; }

Result<void> parse_job_row(std::string_view line, bool cut, std::string_view known, JobRow& row) {
  row.cut = cut;
  std::size_t at = 0;
  std::size_t count = 0;
  bool more = true;
  for (; more && count < k_job_fields; ++count) {
    if (count == static_cast<std::size_t>(k_first_of_shape)) {
      row.shape_text = line.substr(at);
      row.known = !cut && !known.empty() && row.shape_text == known;
      if (row.known) break;
    }
    const std::size_t end = find_near(line, '\t', at);
    more = end != std::string_view::npos;
    row.fields[count] = line.substr(at, more ? end - at : std::string_view::npos);
    at = more ? end + 1 : line.size();
  }
  if (cut && count > 0 && !more) row.fields[--count] = {};
  if (!row.known && (more || (count < k_job_fields && !cut))) {
    return make_error(ErrorKind::protocol, "'{}' has {} columns, not {}", printable(line, 80), more ? "more" : "fewer",
                      k_job_fields);
  }
  if (!is_number(row[JobField::cluster]) || !is_number(row[JobField::proc]))
    return make_error(ErrorKind::protocol, "'{}' does not begin with a job's number", printable(line, 80));
  // Without these nobody knows where the job runs.
  if (count <= static_cast<std::size_t>(JobField::all_hosts)) {
    return make_error(ErrorKind::protocol, "job '{}.{}' names more hosts than fit into {} bytes",
                      row[JobField::cluster], row[JobField::proc], k_line_max);
  }
  return {};
}

}  // namespace tide::batch::htcondor
