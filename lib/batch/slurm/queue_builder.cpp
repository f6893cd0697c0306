#include <tide/batch/queue_order.hpp>
#include <tide/batch/slurm/queue_builder.hpp>
#include <tide/batch/slurm/reasons.hpp>
#include <tide/batch/slurm/shape.hpp>
#include <tide/batch/slurm/values.hpp>
#include <tide/util/hostlist.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::slurm {

namespace {

constexpr std::string_view k_array_limit = "JobArrayTaskLimit";

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A job of a heterogeneous job: "69+1".
bool is_component(const JobRow& row) {
  const std::string_view id = row[Column::het_id];
  return is_number(id) && id != "0";
}

Result<void> check_id(const JobRow& row) {
  const std::string_view id = row[Column::id];
  const bool plain = !id.empty() && is_number(id.substr(0, 1)) && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || std::string_view("_+[]%,-:").find(c) != std::string_view::npos;
  });
  if (!plain || !is_number(row[Column::raw_id]) || !is_number(row[Column::array_id])) {
    return make_error(ErrorKind::protocol, "'{}' is no job ID", printable(id, 80));
  }
  return {};
}

void note_job(core::WaitingJobs& jobs, std::int64_t count, TimePoint submitted, std::int64_t priority) {
  if (jobs.count == 0 || submitted < jobs.oldest) jobs.oldest = submitted;
  if (jobs.count == 0 || priority > jobs.priority) jobs.priority = priority;
  jobs.count += count;
}

// Without the list of nodes behind it, which changes with every node: "ReqNodeNotAvail, UnavailableNodes:w[3-4]".
std::string_view brief(std::string_view reason) { return reason.substr(0, reason.find(", UnavailableNodes:")); }

}  // namespace

Result<void> QueueBuilder::feed(std::string_view piece) {
  return m_lines.feed(piece, [this](std::string_view line) { return take_line(line); });
}

Result<void> QueueBuilder::take_line(std::string_view line) {
  if (!m_header) {
    if (line != squeue_header()) {
      return make_error(ErrorKind::protocol, "its first line is '{}', not the header that was asked for",
                        printable(line, 80))
          .with_hint("Check with 'tide config check' that [batch] bin_dir holds the commands of Slurm 22.05 or newer.");
    }
    m_header = true;
    return {};
  }
  ++m_rows;
  TIDE_TRY_ASSIGN(const JobRow row, parse_squeue_line(line));
  TIDE_TRY(check_id(row));
  switch (stage_of(row[Column::state])) {
    case JobStage::finished: return {};
    case JobStage::on_nodes: return take_occupying(row);
    case JobStage::waiting:
    case JobStage::unknown:
      // A requeued job may still be leaving its nodes.
      return row[Column::nodes].empty() ? take_waiting(row) : take_occupying(row);
  }
  return {};
}

Result<void> QueueBuilder::take_occupying(const JobRow& row) {
  TIDE_TRY_ASSIGN(const std::vector<std::string> nodes, expand_hostlist(row[Column::nodes]));
  for (const auto& node : nodes) m_running[core::NodeName{node}].push_back(core::JobId{std::string(row[Column::id])});
  // slurmctld takes a task off its array's count when it completes.
  if (is_number(row[Column::task_ids]) && row[Column::state] != "COMPLETING" && row[Column::state] != "STAGE_OUT") {
    ++m_arrays[std::string(row[Column::array_id])].running;
  }
  return {};
}

std::optional<int> QueueBuilder::limit_of(const JobRow& row) const {
  return m_options.limits == nullptr ? std::nullopt : m_options.limits->find(row[Column::raw_id]);
}

std::size_t QueueBuilder::group_of(const core::Shape& shape, core::Waiting waiting, const std::string& reason) {
  const auto [entry, added] = m_index.try_emplace({shape, waiting, reason}, m_groups.size());
  if (added) m_groups.push_back({.jobs = {.shape = shape, .waiting = waiting, .reason = reason}});
  return entry->second;
}

// Until slurmctld looks at a new job for the second time, up to a minute, its reason is that of its size.
core::Waiting QueueBuilder::waits_for(const JobRow& row) const {
  const auto eligible = parse_slurm_time(row[Column::eligible_time]);
  if (eligible) return *eligible > m_options.now ? core::Waiting::deferred : core::Waiting::eligible;
  // Not known yet for new arrays, and never for jobs that depend on others.
  return is_none(row[Column::dependency]) ? core::Waiting::eligible : core::Waiting::dependent;
}

// Of the partitions that a job names, Slurm takes whichever can start it first. Those that can never do it do not
// count; nor do those whose own limits give it another shape than the first one that can.
Verdict QueueBuilder::judge_in_partitions(const JobRow& row, core::Shape& shape) const {
  const bool endless = row[Column::time_limit] == "UNLIMITED";
  std::optional<Verdict> first;  // of those that serve it, if one does
  std::optional<core::Shape> served;
  for (const std::string_view name : split(row[Column::partition], ',')) {
    const auto known =
        m_options.partitions == nullptr ? Partitions::const_iterator{} : m_options.partitions->find(name);
    core::Shape trial = shape;
    trial.queue = std::string(name);
    const bool judged = m_options.partitions != nullptr && known != m_options.partitions->end();
    const Verdict verdict = judged ? judge(trial, endless, known->second) : Verdict{};
    if (verdict.waiting == core::Waiting::eligible) {
      if (!served) {
        served = std::move(trial);
        first = verdict;
        continue;
      }
      trial.queue = served->queue;
      trial.other_queues = served->other_queues;
      if (trial == *served) served->other_queues.emplace_back(name);
    }
    if (!first) first = verdict;
  }
  if (served) shape = std::move(*served);
  return *first;  // split() gives one piece at least
}

// A million like jobs are parsed once: their fields are the same bytes.
Result<std::size_t> QueueBuilder::group_of(const JobRow& row) {
  const std::optional<int> limit = limit_of(row);
  const core::Waiting early = waits_for(row);
  m_text.assign(row[Column::state]);
  m_text += fmt::format("\t{}\t{}\t", limit.value_or(-1), static_cast<int>(early));
  m_text.append(row.shape_text);
  if (const auto found = m_by_text.find(m_text); found != m_by_text.end()) return found->second;
  const bool known = stage_of(row[Column::state]) == JobStage::waiting;
  const bool bound = !is_none(row[Column::required_nodes]) || !is_none(row[Column::reservation]);
  core::Waiting waiting = known ? classify(row[Column::state], row[Column::reason], bound) : core::Waiting::unknown;
  std::string reason(known ? brief(row[Column::reason]) : row[Column::state]);
  TIDE_TRY_ASSIGN(core::Shape shape, shape_of(row, limit));
  if (waiting == core::Waiting::eligible && early != core::Waiting::eligible) {
    waiting = early;
    reason = early == core::Waiting::dependent ? "Dependency" : "BeginTime";
  }
  if (waiting == core::Waiting::eligible) {
    const Verdict verdict = judge_in_partitions(row, shape);
    waiting = verdict.waiting;
    if (!verdict.reason.empty()) reason = verdict.reason;
  }
  TIDE_TRY_ASSIGN(const bool unclear, has_unclear_limit(row));
  const std::size_t group = group_of(shape, waiting, printable(reason, 200));
  if (unclear && waiting == core::Waiting::eligible) m_groups[group].unclear = true;
  m_by_text.emplace(m_text, group);
  return group;
}

Result<void> QueueBuilder::take_waiting(const JobRow& row) {
  TIDE_TRY_ASSIGN(const std::size_t group, group_of(row));
  m_wants_limits = m_wants_limits || m_groups[group].unclear;
  const auto submitted = parse_slurm_time(row[Column::submit_time]);
  const auto priority = parse_integer(row[Column::priority]);
  if (!submitted || !priority) {
    return make_error(ErrorKind::protocol, "job '{}' has '{}' for submit time and '{}' for priority", row[Column::id],
                      printable(row[Column::submit_time], 40), printable(row[Column::priority], 40));
  }
  if (is_component(row)) return take_component(row, group, *submitted, *priority);
  if (is_none(row[Column::task_ids])) {
    core::WaitingJobs& jobs = m_groups[group].jobs;
    note_job(jobs, 1, *submitted, *priority);
    if (m_options.all_ids || jobs.ids.size() < core::k_job_ids_per_shape)
      jobs.ids.push_back({std::string(row[Column::id])});
    return {};
  }
  auto tasks = parse_task_list(row[Column::task_ids]);
  if (!tasks)
    return make_error(ErrorKind::protocol, "job '{}' has no list of tasks: '{}'", row[Column::raw_id],
                      printable(row[Column::task_ids], 80));
  Array& array = m_arrays[std::string(row[Column::array_id])];
  array.limit = std::max(array.limit, tasks->limit);
  array.entries.push_back({.group = group, .tasks = std::move(*tasks), .submitted = *submitted, .priority = *priority});
  return {};
}

Result<void> QueueBuilder::take_component(const JobRow& row, std::size_t group, TimePoint submitted,
                                          std::int64_t priority) {
  const core::WaitingJobs& jobs = m_groups[group].jobs;
  m_components[std::string(row[Column::het_id])].push_back({.shape = jobs.shape,
                                                            .waiting = jobs.waiting,
                                                            .reason = jobs.reason,
                                                            .submitted = submitted,
                                                            .priority = priority});
  return {};
}

void QueueBuilder::count_tasks(const std::string& array, const Entry& entry, std::int64_t from, std::int64_t count,
                               std::size_t group) {
  if (count <= 0) return;
  core::WaitingJobs& jobs = m_groups[group].jobs;
  note_job(jobs, count, entry.submitted, entry.priority);
  std::int64_t index = 0;
  for (const TaskRange& range : entry.tasks.ranges) {
    for (std::int64_t task = range.first; task <= range.last; task += range.step, ++index) {
      if (index >= from + count) return;
      if (!m_options.all_ids && jobs.ids.size() >= core::k_job_ids_per_shape) return;
      if (index >= from) jobs.ids.push_back({fmt::format("{}_{}", array, task)});
    }
  }
}

// Of an array with a limit, no more make demand than may run beside those that do.
void QueueBuilder::settle_arrays() {
  for (const auto& [id, array] : m_arrays) {
    std::int64_t room = std::max<std::int64_t>(array.limit - array.running, 0);
    for (const Entry& entry : array.entries) {
      const std::int64_t size = entry.tasks.size();
      const core::Waiting waiting = m_groups[entry.group].jobs.waiting;
      if (array.limit == 0 || waiting != core::Waiting::eligible) {
        count_tasks(id, entry, 0, size, entry.group);
        continue;
      }
      const std::int64_t now = std::min(size, room);
      room -= now;
      count_tasks(id, entry, 0, now, entry.group);
      if (now == size) continue;
      const core::Shape shape = m_groups[entry.group].jobs.shape;
      count_tasks(id, entry, now, size - now, group_of(shape, core::Waiting::limited, std::string(k_array_limit)));
    }
  }
}

// A heterogeneous job starts whole: one job of several chunks, and it waits for whichever component may not start.
void QueueBuilder::settle_components() {
  for (auto& [id, parts] : m_components) {
    Component whole = parts.front();
    for (std::size_t i = 1; i < parts.size(); ++i) {
      Component& part = parts[i];
      whole.shape.chunks.insert(whole.shape.chunks.end(), part.shape.chunks.begin(), part.shape.chunks.end());
      whole.shape.exclusive = whole.shape.exclusive || part.shape.exclusive;
      whole.shape.rerunnable = whole.shape.rerunnable && part.shape.rerunnable;
      whole.shape.walltime = std::max(whole.shape.walltime, part.shape.walltime);
      if (!part.shape.unjudged.empty()) whole.shape.unjudged = part.shape.unjudged;
      if (part.shape.queue != whole.shape.queue || part.shape.other_queues != whole.shape.other_queues)
        whole.shape.unjudged = "components in several partitions";
      if (whole.waiting == core::Waiting::eligible && part.waiting != core::Waiting::eligible) {
        whole.waiting = part.waiting;
        whole.reason = part.reason;
      }
      whole.submitted = std::min(whole.submitted, part.submitted);
      whole.priority = std::max(whole.priority, part.priority);
    }
    core::WaitingJobs& jobs = m_groups[group_of(whole.shape, whole.waiting, whole.reason)].jobs;
    note_job(jobs, 1, whole.submitted, whole.priority);
    if (m_options.all_ids || jobs.ids.size() < core::k_job_ids_per_shape) jobs.ids.push_back({id});
  }
}

Result<core::JobQueue> QueueBuilder::finish() {
  if (!m_header) return make_error(ErrorKind::unproven, "it printed nothing, not even its header");
  if (!m_lines.rest().empty()) return make_error(ErrorKind::unproven, "its output ends in the middle of a line");
  settle_arrays();
  settle_components();
  core::JobQueue queue;
  for (auto& group : m_groups) {
    if (group.jobs.count > 0) queue.waiting.push_back(std::move(group.jobs));
  }
  std::ranges::sort(queue.waiting, runs_before);
  queue.running = std::move(m_running);
  queue.proof = fmt::format("squeue: its header, {} whole lines, exit code 0", m_rows);
  return queue;
}

}  // namespace tide::batch::slurm
