#pragma once

#include <tide/batch/htcondor/job_row.hpp>
#include <tide/batch/htcondor/totals.hpp>
#include <tide/core/job.hpp>

#include <map>
#include <set>
#include <unordered_map>

namespace tide::batch::htcondor {

struct QueueOptions {
  bool all_ids = false;
  TimePoint now{};
  std::set<std::string> features;  // that some pool has
};

// Makes the queue of what condor_q prints of one schedd after another, while it prints it. What it keeps grows with
// shapes and running jobs, not with waiting jobs.
class QueueBuilder {
 public:
  explicit QueueBuilder(QueueOptions options) : m_options(std::move(options)) {}

  // `prefix` goes before the job IDs of the schedd that comes now: "" for the only one.
  void begin(const std::string& prefix);
  Result<void> feed(std::string_view piece);
  Result<void> end();  // once the command ended well: unproven if it printed fewer jobs than the schedd counted

  core::JobQueue finish();

 private:
  struct Group {
    core::WaitingJobs jobs;
    bool has_limits = false;     // concurrency limits
    bool limit_reached = false;  // says the negotiator of one of them: it asks for the first only
  };

  Result<void> take_line(std::string_view line, bool cut);
  void take_running(const JobRow& row);
  void take_waiting(const JobRow& row);
  std::size_t group_of(const JobRow& row);
  std::size_t group_of(Group group);
  std::size_t remember(const JobRow& row, std::size_t group);
  core::JobId id_of(const JobRow& row) const;

  QueueOptions m_options;
  std::string m_prefix;
  LineReader m_lines;
  Totals m_totals;
  std::int64_t m_rows = 0;  // of this schedd
  std::int64_t m_all_rows = 0;
  int m_schedds = 0;
  std::vector<Group> m_groups;
  std::map<std::tuple<core::Shape, core::Waiting, std::string>, std::size_t> m_index;
  std::unordered_map<std::string, std::size_t> m_by_text;  // looked up, never walked
  std::string m_text;
  std::string m_last_shape;
  std::string m_last_status;
  std::size_t m_last_group = 0;
  std::map<core::NodeName, std::vector<core::JobId>> m_running;
};

}  // namespace tide::batch::htcondor
