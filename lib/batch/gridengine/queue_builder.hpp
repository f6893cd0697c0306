#pragma once

#include <tide/batch/gridengine/hosts.hpp>
#include <tide/batch/gridengine/job_details.hpp>
#include <tide/batch/gridengine/job_shape.hpp>
#include <tide/batch/gridengine/waiting_reader.hpp>
#include <tide/core/job.hpp>

#include <map>
#include <set>
#include <unordered_map>

namespace tide::batch::gridengine {

struct QueueOptions {
  bool all_ids = false;
  TimePoint now{};
};

constexpr std::size_t k_details_max = 200;  // jobs of which more is asked than the list tells

// What is known once the list of waiting jobs was read.
struct QueueContext {
  ShapeContext shapes;
  std::vector<HostRecord> hosts;
  bool has_priorities = false;  // of the jobs on hosts
  std::map<std::string, JobDetail> details;
};

// Makes the queue of what `qstat -xml -r -s p` prints, while it prints it. What it keeps grows with shapes, not with
// waiting jobs, but for the first k_details_max that need a closer look.
class QueueBuilder {
 public:
  explicit QueueBuilder(QueueOptions options);

  Result<void> feed(std::string_view piece) { return m_reader.feed(piece); }
  // Once the command ended well: was it whole?
  Result<void> end() const { return m_reader.finish(); }

  // What finish() wants to be told, once end() is well.
  const std::set<std::string>& parallel_environments() const { return m_pes; }
  const std::set<std::string>& resources() const { return m_resources; }
  bool wants_queue_names() const { return m_wants_queues; }
  std::vector<std::string> wants_details() const;

  core::JobQueue finish(const QueueContext& context);

 private:
  // Why a job waits, as far as its record tells.
  enum class Stand { ready, passed_over, held, dependent, failed, strange };
  struct Group {
    JobRecord sample;
    Stand stand = Stand::ready;
    core::WaitingJobs jobs;
  };
  // A job of which more is asked: an array that may have a limit, one that the scheduler passes over.
  struct Puzzle {
    std::size_t group = 0;
    std::string id;
    bool passed_over = false;
    core::WaitingJobs jobs;
  };
  using Lines = std::map<std::tuple<core::Shape, core::Waiting, std::string>, core::WaitingJobs>;
  // By job: how many more of its tasks may run (-tc). An array may be listed in several entries.
  using Rooms = std::map<std::string, std::int64_t>;

  Result<void> take(const JobRecord& job);
  std::size_t group_of(const JobRecord& job, Stand stand);
  static Stand stand_of(const JobRecord& job);
  void add(core::WaitingJobs& into, const core::WaitingJobs& more) const;
  bool add_puzzle(const JobRecord& job, Stand stand, bool passed_over, const core::WaitingJobs& jobs);
  void settle(const Puzzle& puzzle, const QueueContext& context, Rooms& rooms, Lines& lines);
  void tell(const Group& group, core::WaitingJobs jobs, core::Waiting waiting, const std::string& reason, Lines& lines);

  QueueOptions m_options;
  WaitingReader m_reader;
  std::vector<Group> m_groups;
  std::unordered_map<std::string, std::size_t> m_by_text;  // looked up, never walked
  std::vector<Puzzle> m_puzzles;
  std::map<std::tuple<std::string, std::size_t, bool>, std::size_t> m_puzzle_of;
  std::vector<std::pair<std::string, core::JobId>> m_sent;  // to a host while the list was made
  std::vector<Wishes> m_wishes;                             // by group
  std::set<std::string> m_pes;
  std::set<std::string> m_resources;
  bool m_wants_queues = false;
  bool m_has_priorities = false;
  std::string m_text;
};

// How many tasks "10-100:5,3" are; none if it is no such list. With `first`, so many of them by number.
std::optional<std::int64_t> count_tasks(std::string_view text);
std::vector<std::int64_t> first_tasks(std::string_view text, std::size_t most);

}  // namespace tide::batch::gridengine
