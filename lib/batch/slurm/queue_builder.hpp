#pragma once

#include <tide/batch/slurm/lines.hpp>
#include <tide/batch/slurm/node_limits.hpp>
#include <tide/batch/slurm/partitions.hpp>
#include <tide/batch/slurm/squeue.hpp>
#include <tide/batch/slurm/task_list.hpp>
#include <tide/core/job.hpp>

#include <map>
#include <optional>
#include <unordered_map>

namespace tide::batch::slurm {

struct QueueOptions {
  bool all_ids = false;
  TimePoint now{};
  const NodeLimits* limits = nullptr;      // from `scontrol show job`, if it was asked
  const Partitions* partitions = nullptr;  // of another moment: one that is not there limits nothing
};

// Makes the queue of what `squeue` prints, while it prints it. What it keeps grows with shapes, running jobs, arrays
// and heterogeneous jobs, not with waiting jobs.
class QueueBuilder {
 public:
  explicit QueueBuilder(QueueOptions options) : m_options(options) {}

  Result<void> feed(std::string_view piece);

  // Did an eligible job come whose most nodes only `scontrol show job` tells?
  bool wants_limits() const { return m_wants_limits; }

  // Once the command ended well: the queue, or why the output is not a whole one.
  Result<core::JobQueue> finish();

 private:
  // Jobs of one shape, class and reason.
  struct Group {
    core::WaitingJobs jobs;
    bool unclear = false;
  };
  struct Entry {
    std::size_t group = 0;
    TaskList tasks;
    TimePoint submitted{};
    std::int64_t priority = 0;
  };
  struct Array {
    std::int64_t running = 0;
    std::int64_t limit = 0;
    std::vector<Entry> entries;
  };
  struct Component {
    core::Shape shape;
    core::Waiting waiting = core::Waiting::eligible;
    std::string reason;
    TimePoint submitted{};
    std::int64_t priority = 0;
  };

  Result<void> take_line(std::string_view line);
  Result<void> take_occupying(const JobRow& row);
  Result<void> take_waiting(const JobRow& row);
  Result<void> take_component(const JobRow& row, std::size_t group, TimePoint submitted, std::int64_t priority);
  Result<std::size_t> group_of(const JobRow& row);
  std::size_t group_of(const core::Shape& shape, core::Waiting waiting, const std::string& reason);
  std::optional<int> limit_of(const JobRow& row) const;
  core::Waiting waits_for(const JobRow& row) const;
  Verdict judge_in_partitions(const JobRow& row, core::Shape& shape) const;
  void count_tasks(const std::string& array, const Entry& entry, std::int64_t from, std::int64_t count,
                   std::size_t group);
  void settle_arrays();
  void settle_components();

  QueueOptions m_options;
  LineReader m_lines;
  bool m_header = false;
  bool m_wants_limits = false;
  std::int64_t m_rows = 0;
  std::vector<Group> m_groups;
  std::map<std::tuple<core::Shape, core::Waiting, std::string>, std::size_t> m_index;
  std::unordered_map<std::string, std::size_t> m_by_text;  // looked up, never walked
  std::string m_text;
  std::map<std::string, Array> m_arrays;
  std::map<std::string, std::vector<Component>> m_components;
  std::map<core::NodeName, std::vector<core::JobId>> m_running;
};

}  // namespace tide::batch::slurm
