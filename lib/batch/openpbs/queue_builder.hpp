#pragma once

#include <tide/batch/openpbs/comments.hpp>
#include <tide/batch/openpbs/job_record.hpp>
#include <tide/batch/openpbs/queues.hpp>
#include <tide/batch/openpbs/text_reader.hpp>
#include <tide/core/job.hpp>

#include <map>
#include <unordered_map>

namespace tide::batch::openpbs {

struct QueueOptions {
  Form form = Form::json;
  bool all_ids = false;
  TimePoint now{};
  const Queues* queues = nullptr;  // of another moment: one that is not there limits nothing
};

// Makes the queue of what `qstat -f -t` prints, while it prints it. What it keeps grows with shapes, running jobs and
// limited arrays, not with waiting jobs.
class QueueBuilder {
 public:
  explicit QueueBuilder(QueueOptions options) : m_options(options) { m_record.escaped = options.form == Form::json; }

  Result<void> feed(std::string_view piece);
  // Once the command ended well: the queue, or why the output is not a whole one.
  Result<core::JobQueue> finish();

  // Jobs and arrays that are not over, a whole array as one: what `qstat -B` counts.
  std::int64_t entries() const { return m_entries; }
  // Does a job run on a vnode whose host has another name? Then `running` names vnodes, not nodes.
  bool names_vnodes() const { return m_names_vnodes; }
  const std::string& server() const { return m_json.server(); }

 private:
  struct Pile {
    std::int64_t count = 0;
    TimePoint oldest{};
    std::int64_t priority = 0;
    std::vector<core::JobId> ids;
  };
  // An array whose "%" limits how many run at once.
  struct Array {
    std::int64_t limit = 0;
    std::int64_t running = 0;
    std::map<std::size_t, Pile> waiting;  // by group
  };

  Result<void> take(const JobRecord& job);
  Result<void> take_running(const JobRecord& job);
  Result<void> take_waiting(const JobRecord& job);
  Result<void> take_array(const JobRecord& job);
  Result<void> close_array();
  const Judgement& judge(const JobRecord& job, std::string_view state);
  const Judgement& comment_of(const JobRecord& job);
  Result<std::size_t> group_of(const JobRecord& job, const Judgement& early);
  std::size_t group_of(const core::Shape& shape, core::Waiting waiting, const std::string& reason);
  Result<Pile> pile_of(const JobRecord& job, std::int64_t count);
  void add(Pile& into, Pile&& more) const;
  void give(core::WaitingJobs& jobs, const Pile& pile, std::int64_t from, std::int64_t count) const;
  void settle_arrays();
  void settle_queues();
  void cut(std::size_t group, std::int64_t most, const std::string& reason);

  QueueOptions m_options;
  JsonReader m_json{"Jobs"};
  TextReader m_text{"Job Id: "};
  JobRecord m_record;
  std::int64_t m_records = 0;
  std::int64_t m_entries = 0;
  bool m_names_vnodes = false;
  std::vector<core::WaitingJobs> m_groups;
  std::map<std::tuple<core::Shape, core::Waiting, std::string>, std::size_t> m_index;
  std::unordered_map<std::string, std::size_t> m_by_text;  // looked up, never walked
  std::string m_key;
  std::string m_last_key;  // of the last group that was found by its text
  std::size_t m_last_group = 0;
  std::string m_comment;  // the last one, and what it says
  Judgement m_judged;
  Judgement m_other;  // the last one of which something else than its comment says why it waits
  std::string m_time;
  TimePoint m_when{};
  std::string m_array;  // the number of the array whose tasks come now; its limit, and its tasks if none are listed
  std::int64_t m_array_limit = 0;
  std::size_t m_array_group = 0;
  Pile m_array_pile;
  bool m_array_listed = false;
  std::map<std::string, Array> m_arrays;
  std::map<std::string, std::int64_t> m_running_of;  // by queue
  std::map<core::NodeName, std::vector<core::JobId>> m_running;
};

}  // namespace tide::batch::openpbs
