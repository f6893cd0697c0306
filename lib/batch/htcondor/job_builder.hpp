#pragma once

#include <tide/batch/htcondor/ad_reader.hpp>
#include <tide/batch/htcondor/requirements.hpp>
#include <tide/core/job.hpp>

#include <array>
#include <map>
#include <set>
#include <unordered_map>

namespace tide::batch::htcondor {

// What a job is asked for. No free text: names, arguments and reasons may hold anything and be of any size.
enum class JobAttribute : std::size_t {
  acct_group,
  all_remote_hosts,
  allowed_job_duration,
  cluster_id,
  concurrency_limits,
  deferral_time,
  disk_usage,
  hold_reason_code,
  image_size,
  job_prio,
  job_status,
  job_universe,
  last_rej_match_reason,
  max_hosts,
  memory_usage,
  proc_id,
  qdate,
  remote_host,
  request_cpus,
  request_disk,
  request_gpus,
  request_memory,
  require_gpus,
  requirements,
  resident_set_size,
  count
};
constexpr std::size_t k_job_attributes = static_cast<std::size_t>(JobAttribute::count);

// For condor_q -attributes.
const std::string& job_projection();

struct JobOptions {
  bool all_ids = false;
  TimePoint now{};
};

// Makes the queue of what condor_q -json prints, of one schedd after the other, while it is printed. What it keeps
// grows with shapes and running jobs, not with waiting jobs. A visitor of AdReader.
class JobBuilder {
 public:
  explicit JobBuilder(JobOptions options) : m_options(options) {}

  // Where jobs of several schedds are read, IDs begin with "NAME#".
  void set_schedd(std::string prefix) { m_prefix = std::move(prefix); }

  void begin();
  Result<void> attribute(std::string_view key, std::string_view value);
  Result<void> end();

  // Once all schedds were read whole. Nodes are the machines' own names.
  core::JobQueue finish();
  const std::set<std::string>& machine_attributes() const { return m_machine_attributes; }

 private:
  using Text = std::string;

  const Text& operator[](JobAttribute attribute) const { return m_values[static_cast<std::size_t>(attribute)]; }
  Value evaluated(JobAttribute attribute) const;
  Value looked_up(const std::string& name, int depth) const;
  Result<std::int64_t> number(JobAttribute attribute, std::int64_t fallback) const;
  Result<void> take_running(const std::string& id);
  Result<void> take_waiting(const std::string& id);
  Result<std::size_t> group_of();
  Result<core::Shape> shape(bool& never, bool& node_bound);
  void size_chunk(core::Chunk& chunk, bool parallel, std::string& unjudged) const;
  core::Waiting classify(std::int64_t status, std::string& reason) const;

  JobOptions m_options;
  std::string m_prefix;
  std::array<Text, k_job_attributes> m_values;
  std::string m_text;  // of all that jobs of one kind have in common
  std::vector<core::WaitingJobs> m_groups;
  std::unordered_map<std::string, std::size_t> m_by_text;
  std::map<std::tuple<core::Shape, core::Waiting, std::string>, std::size_t> m_index;
  std::map<core::NodeName, std::vector<core::JobId>> m_running;
  std::set<std::string> m_machine_attributes;
  std::int64_t m_jobs = 0;
};

// "slot1_2@c1.example.org" is on c1.example.org.
std::string host_of_slot(std::string_view slot);

}  // namespace tide::batch::htcondor
