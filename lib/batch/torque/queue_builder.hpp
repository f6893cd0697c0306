#pragma once

#include <tide/batch/pbs/queues.hpp>
#include <tide/batch/pbs/values.hpp>
#include <tide/batch/torque/job_reader.hpp>
#include <tide/batch/torque/scheduler_view.hpp>
#include <tide/core/job.hpp>

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace tide::batch::torque {

struct QueueOptions {
  bool all_ids = false;
  bool with_accounts = false;  // some pool is for certain accounts: they are part of a shape
  TimePoint now{};
  pbs::Queues queues;  // of another moment: one that is not there limits nothing
  pbs::Limits server;
  const SchedulerView* scheduler = nullptr;  // of Maui or Moab, where they schedule
};

// What running jobs asked for on one node, which pbsnodes does not tell.
struct NodeUse {
  std::int64_t memory_mib = 0;
  int gpus = 0;

  bool operator==(const NodeUse&) const = default;
};

// Makes the queue of what `qstat -x -t` prints, while it prints it. What it keeps grows with shapes, running jobs and
// arrays, not with waiting jobs.
class QueueBuilder {
 public:
  explicit QueueBuilder(QueueOptions options);

  Result<void> feed(std::string_view piece);

  // Does an eligible job name what may be a node?
  bool wants_node_names() const;

  const std::map<core::NodeName, NodeUse>& uses() const { return m_uses; }
  std::int64_t printed() const { return m_reader.bytes(); }  // bytes
  std::int64_t unfinished() const { return m_unfinished; }   // jobs that are not complete

  // Once the command ended well: the queue, or why the output is not a whole one. `nodes` are the names that the batch
  // system knows, if they were wanted.
  Result<core::JobQueue> finish(const std::set<core::NodeName>& nodes);

 private:
  struct Group {
    core::WaitingJobs jobs;
    std::string user;  // where a limit of users is set, and so on
    std::string group;
    bool bound = false;              // names a node for sure
    std::vector<std::string> words;  // nodes that it names, or properties
  };
  // "15[]": listed beside its elements, or, by servers that know no -t, in their place.
  struct Array {
    bool has_elements = false;
    std::size_t group = 0;
    std::string id;  // of the parent, if it waits
    std::int64_t tasks = 0;
    TimePoint submitted{};
    std::int64_t priority = 0;
  };

  Result<void> take(const JobRecord& job);
  Result<void> take_waiting(const JobRecord& job, const pbs::JobName& name);
  Result<void> take_occupying(const JobRecord& job, std::string_view id);
  Result<std::size_t> group_of(const JobRecord& job);
  std::size_t make_group(const JobRecord& job);
  std::size_t blocked_group(std::size_t index);
  Array& array_of(std::string_view sequence);
  void count_running(const JobRecord& job);
  void bind(const std::set<core::NodeName>& nodes);
  void settle_arrays();
  void settle_limits();
  core::JobQueue merged();

  QueueOptions m_options;
  JobReader m_reader;
  bool m_by_user = false;
  bool m_by_group = false;
  std::int64_t m_unfinished = 0;
  std::vector<Group> m_groups;
  std::unordered_map<std::string, std::size_t> m_by_text;  // looked up, never walked
  std::map<std::size_t, std::size_t> m_blocked;            // of a group: that of its jobs which Maui blocks
  std::string m_text;
  std::map<std::string, Array, std::less<>> m_arrays;
  std::map<core::NodeName, std::vector<core::JobId>> m_running;
  std::map<core::NodeName, NodeUse> m_uses;
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> m_counts;  // queue, "u"/"g"/"", who
};

}  // namespace tide::batch::torque
