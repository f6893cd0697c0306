#include <tide/batch/gridengine/queue_builder.hpp>
#include <tide/batch/queue_order.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <limits>

namespace tide::batch::gridengine {

namespace {

constexpr Seconds k_fresh{60};  // the scheduler has not looked at such a job yet
constexpr std::int64_t k_tasks_max = 10'000'000;

struct TaskRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t step = 1;
};

std::optional<TaskRange> parse_range(std::string_view text) {
  TaskRange range;
  const std::size_t colon = text.find(':');
  const std::size_t dash = text.find('-');
  const auto first = parse_integer(text.substr(0, std::min(colon, dash)));
  const auto last =
      dash == std::string_view::npos
          ? first
          : parse_integer(text.substr(dash + 1, colon == std::string_view::npos ? colon : colon - dash - 1));
  const auto step =
      colon == std::string_view::npos ? std::optional<std::int64_t>(1) : parse_integer(text.substr(colon + 1));
  if (!first || !last || !step || *first < 1 || *last < *first || *last > k_tasks_max || *step < 1) return {};
  range.first = *first;
  range.last = *last;
  range.step = *step;
  return range;
}

// "0.60500": in hundred-thousandths.
std::optional<std::int64_t> parse_priority(std::string_view text) {
  const std::size_t dot = text.find('.');
  const auto whole = parse_integer(text.substr(0, dot));
  if (!whole || *whole < 0 || *whole > 1'000'000'000'000) return {};
  std::string digits(dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1, 5));
  digits.resize(5, '0');
  const auto rest = parse_integer(digits);
  if (!rest || *rest < 0) return {};
  return *whole * 100'000 + *rest;
}

// "2026-11-20T03:40:29", in the zone that its command was told: UTC.
std::optional<TimePoint> parse_submitted(const std::string& text) {
  const auto time = parse_time(text + "Z");
  if (!time) return {};
  return *time;
}

// Tasks of that job on hosts.
std::int64_t running_of(const std::string& job, const std::vector<HostRecord>& hosts) {
  std::set<core::JobId> seen;
  for (const auto& host : hosts) {
    for (const auto& id : host.jobs) {
      if (id.value.starts_with(job + ".")) seen.insert(id);
    }
  }
  return static_cast<std::int64_t>(seen.size());
}

std::string key_of(const JobRecord& job, int stand) {
  constexpr char k_between = '\n';  // in no text of one line
  std::string key = std::to_string(stand);
  for (const std::string* text : {&job.pe, &job.range, &job.slots, &job.project, &job.department, &job.state})
    key.append(*text) += k_between;
  for (const auto& [name, value] : job.requests) key.append("l").append(name).append("=").append(value) += k_between;
  for (const auto& queue : job.queues) key.append("q").append(queue) += k_between;
  for (const auto& queue : job.master_queues) key.append("m").append(queue) += k_between;
  return key;
}

}  // namespace

std::optional<std::int64_t> count_tasks(std::string_view text) {
  std::int64_t count = 0;
  for (const std::string_view part : split(text, ',')) {
    const auto range = parse_range(trim(part));
    if (!range) return {};
    count += (range->last - range->first) / range->step + 1;
    if (count > k_tasks_max) return {};
  }
  return count;
}

std::vector<std::int64_t> first_tasks(std::string_view text, std::size_t most) {
  std::vector<std::int64_t> tasks;
  for (const std::string_view part : split(text, ',')) {
    const auto range = parse_range(trim(part));
    for (std::int64_t task = range ? range->first : 1; range && task <= range->last && tasks.size() < most;
         task += range->step)
      tasks.push_back(task);
  }
  return tasks;
}

QueueBuilder::QueueBuilder(QueueOptions options)
    : m_options(options), m_reader([this](const JobRecord& job) { return take(job); }) {}

QueueBuilder::Stand QueueBuilder::stand_of(const JobRecord& job) {
  const std::string& state = job.state;
  if (state.find('E') != std::string::npos) return Stand::failed;
  if (state.find('h') != std::string::npos) return job.waits_for_jobs ? Stand::dependent : Stand::held;
  if (state.find_first_not_of("qwRrt") != std::string::npos || state.empty()) return Stand::strange;
  return Stand::ready;
}

std::size_t QueueBuilder::group_of(const JobRecord& job, Stand stand) {
  m_text = key_of(job, static_cast<int>(stand));
  const auto [entry, added] = m_by_text.try_emplace(m_text, m_groups.size());
  if (!added) return entry->second;
  Group group{.sample = job, .stand = stand, .jobs = {}};
  group.sample.tasks.clear();
  m_groups.push_back(std::move(group));
  if (!job.pe.empty()) m_pes.insert(job.pe);
  for (const auto& request : job.requests) m_resources.insert(request.first);
  m_wants_queues = m_wants_queues || gridengine::wants_queue_names(job);
  return entry->second;
}

void QueueBuilder::add(core::WaitingJobs& into, const core::WaitingJobs& more) const {
  if (more.count == 0) return;
  if (into.count == 0 || more.oldest < into.oldest) into.oldest = more.oldest;
  if (into.count == 0 || more.priority > into.priority) into.priority = more.priority;
  into.count += more.count;
  for (const auto& id : more.ids) {
    if (m_options.all_ids || into.ids.size() < core::k_job_ids_per_shape) into.ids.push_back(id);
  }
}

Result<void> QueueBuilder::take(const JobRecord& job) {
  const auto priority = parse_priority(job.priority);
  if (!priority) {
    return make_error(ErrorKind::protocol, "job '{}' has '{}' for JAT_prio", job.id, printable(job.priority, 40));
  }
  m_has_priorities = m_has_priorities || *priority > 0;
  const auto tasks = job.tasks.empty() ? std::optional<std::int64_t>(1) : count_tasks(job.tasks);
  if (!tasks) return make_error(ErrorKind::protocol, "job '{}' has '{}' for tasks", job.id, printable(job.tasks, 80));
  const std::size_t wanted = m_options.all_ids ? static_cast<std::size_t>(*tasks)
                                               : std::min(core::k_job_ids_per_shape, static_cast<std::size_t>(*tasks));
  std::vector<core::JobId> ids;
  if (job.tasks.empty()) ids.push_back({job.id});
  if (!job.tasks.empty()) {
    for (const std::int64_t task : first_tasks(job.tasks, wanted)) ids.push_back({fmt::format("{}.{}", job.id, task)});
  }
  if (const std::size_t at = job.queue.find('@'); at != std::string::npos) {
    for (auto& id : ids) m_sent.emplace_back(job.queue.substr(at + 1), std::move(id));
    return {};
  }
  const auto submitted = parse_submitted(job.submitted);
  if (!submitted) {
    return make_error(ErrorKind::protocol, "job '{}' has '{}' for JB_submission_time", job.id,
                      printable(job.submitted, 40));
  }
  Stand stand = stand_of(job);
  const core::WaitingJobs jobs{.shape = {},
                               .waiting = core::Waiting::eligible,
                               .reason = "",
                               .count = *tasks,
                               .ids = std::move(ids),
                               .oldest = *submitted,
                               .priority = *priority};
  const bool passed_over = *priority == 0;
  // Tasks that were rescheduled are listed apart from the rest of their array, and share its limit.
  const bool task_again = !job.tasks.empty() && job.state.find('R') != std::string::npos;
  const bool puzzling = stand == Stand::ready && (passed_over || *tasks > 1 || task_again);
  if (puzzling && add_puzzle(job, stand, passed_over, jobs)) return {};
  if (stand == Stand::ready && passed_over) stand = Stand::passed_over;
  add(m_groups[group_of(job, stand)].jobs, jobs);
  return {};
}

// False if there are too many. Like entries of one job are one.
bool QueueBuilder::add_puzzle(const JobRecord& job, Stand stand, bool passed_over, const core::WaitingJobs& jobs) {
  const auto [entry, added] = m_puzzle_of.try_emplace({job.id, group_of(job, stand), passed_over}, m_puzzles.size());
  if (!added) {
    add(m_puzzles[entry->second].jobs, jobs);
    return true;
  }
  if (m_puzzles.size() >= k_details_max) {
    m_puzzle_of.erase(entry);
    return false;
  }
  m_puzzles.push_back({.group = group_of(job, stand), .id = job.id, .passed_over = passed_over, .jobs = jobs});
  return true;
}

std::vector<std::string> QueueBuilder::wants_details() const {
  std::vector<std::string> ids;
  for (const Puzzle& puzzle : m_puzzles) {
    if (std::ranges::find(ids, puzzle.id) == ids.end()) ids.push_back(puzzle.id);
  }
  return ids;
}

void QueueBuilder::tell(const Group& group, core::WaitingJobs jobs, core::Waiting waiting, const std::string& reason,
                        Lines& lines) {
  if (jobs.count == 0) return;
  const Wishes& wishes = m_wishes[static_cast<std::size_t>(&group - m_groups.data())];
  jobs.shape = wishes.shape;
  jobs.waiting = waiting;
  jobs.reason = reason;
  if (waiting == core::Waiting::eligible && !wishes.bound_to.empty()) {
    jobs.waiting = core::Waiting::node_bound;
    jobs.reason = fmt::format("it names host '{}'", printable(wishes.bound_to, 120));
  }
  const auto [line, added] = lines.try_emplace({jobs.shape, jobs.waiting, jobs.reason});
  if (added) {
    line->second.shape = jobs.shape;
    line->second.waiting = jobs.waiting;
    line->second.reason = jobs.reason;
  }
  add(line->second, jobs);
}

// The scheduler gives no priority to what it does not look at: jobs whose time has not come, tasks over a limit, and
// what came since it last looked.
void QueueBuilder::settle(const Puzzle& puzzle, const QueueContext& context, Rooms& rooms, Lines& lines) {
  const Group& group = m_groups[puzzle.group];
  const auto found = context.details.find(puzzle.id);
  const JobDetail detail = found == context.details.end() ? JobDetail{} : found->second;
  core::WaitingJobs jobs = puzzle.jobs;
  if (detail.start > m_options.now) {
    return tell(group, std::move(jobs), core::Waiting::deferred,
                fmt::format("not before {}", format_time(detail.start)), lines);
  }
  if (detail.together > 0) {
    const auto [room, first] = rooms.try_emplace(puzzle.id, 0);
    if (first) room->second = std::max<std::int64_t>(detail.together - running_of(puzzle.id, context.hosts), 0);
    core::WaitingJobs rest = jobs;
    jobs.count = std::min(room->second, jobs.count);
    room->second -= jobs.count;
    rest.count -= jobs.count;
    const std::size_t kept = std::min(jobs.ids.size(), static_cast<std::size_t>(jobs.count));
    rest.ids.erase(rest.ids.begin(), rest.ids.begin() + static_cast<std::ptrdiff_t>(kept));
    jobs.ids.resize(kept);
    if (rest.ids.empty()) rest.ids.push_back({puzzle.id});
    tell(group, std::move(rest), core::Waiting::limited, fmt::format("-tc {}", detail.together), lines);
    return tell(group, std::move(jobs), core::Waiting::eligible, "", lines);
  }
  const bool skipped =
      puzzle.passed_over && (m_has_priorities || context.has_priorities) && jobs.oldest + k_fresh <= m_options.now;
  tell(group, std::move(jobs), skipped ? core::Waiting::limited : core::Waiting::eligible,
       skipped ? "the scheduler passes it over (priority 0)" : "", lines);
}

core::JobQueue QueueBuilder::finish(const QueueContext& context) {
  m_wishes.clear();
  for (const Group& group : m_groups) m_wishes.push_back(wishes_of(group.sample, context.shapes));
  Lines lines;
  Rooms rooms;
  for (const Puzzle& puzzle : m_puzzles) settle(puzzle, context, rooms, lines);
  const bool skips = m_has_priorities || context.has_priorities;
  for (const Group& group : m_groups) {
    const std::string& state = group.sample.state;
    switch (group.stand) {
      case Stand::ready: tell(group, group.jobs, core::Waiting::eligible, "", lines); break;
      case Stand::passed_over:
        tell(group, group.jobs, skips ? core::Waiting::limited : core::Waiting::eligible,
             skips ? "the scheduler passes it over (priority 0)" : "", lines);
        break;
      case Stand::held: tell(group, group.jobs, core::Waiting::held, state, lines); break;
      case Stand::dependent: tell(group, group.jobs, core::Waiting::dependent, state, lines); break;
      case Stand::failed: tell(group, group.jobs, core::Waiting::failed, state, lines); break;
      case Stand::strange: tell(group, group.jobs, core::Waiting::unknown, printable(state, 20), lines); break;
    }
  }
  core::JobQueue queue;
  for (auto& line : lines) queue.waiting.push_back(std::move(line.second));
  std::ranges::sort(queue.waiting, runs_before);
  for (const HostRecord& host : context.hosts) {
    if (!host.jobs.empty()) queue.running[{host.name}] = host.jobs;
  }
  for (const auto& [host, id] : m_sent) {
    auto& ids = queue.running[{host}];
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  }
  queue.proof = fmt::format("qstat: </job_info> after {} entries; qhost: </qhost> after {} hosts; exit code 0",
                            m_reader.records(), context.hosts.size());
  return queue;
}

}  // namespace tide::batch::gridengine
