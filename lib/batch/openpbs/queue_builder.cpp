#include <tide/batch/openpbs/exec_nodes.hpp>
#include <tide/batch/openpbs/queue_builder.hpp>
#include <tide/batch/openpbs/select.hpp>
#include <tide/batch/openpbs/values.hpp>
#include <tide/batch/queue_order.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::openpbs {

namespace {

// A state is one letter; '\0' for what is none.
char letter_of(std::string_view state) { return state.size() == 1 ? state.front() : '\0'; }

constexpr std::string_view k_broken = "what it asks for cannot be read: the JSON is broken there";
constexpr std::string_view k_unread = "its select, place or walltime cannot be read";
constexpr std::string_view k_array_limit = "the array's limit on running tasks (max_run_subjobs)";

// "11" of "11[3].server"; "" if it is no part of an array.
std::string_view array_of(std::string_view id) {
  const std::size_t bracket = id.find('[');
  return bracket == std::string_view::npos ? std::string_view{} : id.substr(0, bracket);
}

bool is_whole_array(std::string_view id) { return id.find("[]") != std::string_view::npos; }

// N of "Queued:N Running:0 Exiting:0 Expired:0".
std::int64_t queued_in(std::string_view counts) {
  constexpr std::string_view k_queued = "Queued:";
  const std::size_t at = counts.find(k_queued);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = counts.substr(at + k_queued.size());
  return std::max<std::int64_t>(0, parse_integer(rest.substr(0, rest.find(' '))).value_or(0));
}

// Is it the key of group_of for these two?
bool is_key(std::string_view key, const Judgement& early, std::string_view shape) {
  const std::size_t size = early.reason.size();
  return key.size() == size + shape.size() + 2 && key.front() == static_cast<char>(early.waiting) &&
         key[size + 1] == '\n' && key.substr(1, size) == early.reason && key.ends_with(shape);
}

Error unreadable(const JobRecord& job, std::string_view what) {
  return make_error(ErrorKind::protocol, "job '{}' has no readable {}", job.id(), what)
      .with_hint("Look at it with 'qstat -f'; form = \"text\" in [batch] does without JSON.");
}

}  // namespace

Result<void> QueueBuilder::feed(std::string_view piece) {
  JobVisitor visitor(m_record, [this](const JobRecord& job) { return take(job); });
  return m_options.form == Form::json ? m_json.feed(piece, visitor) : m_text.feed(piece, visitor);
}

Result<void> QueueBuilder::take(const JobRecord& job) {
  ++m_records;
  const std::string_view state = job.raw(Field::state);
  if (state.empty() || job.damaged(Field::state)) return unreadable(job, "job_state");
  const char letter = letter_of(state);
  if (letter == 'F' || letter == 'M' || letter == 'X') return {};  // over, or another server's
  const std::string_view array = array_of(job.id());
  if (array != m_array) TIDE_TRY(close_array());
  if (array.empty() || is_whole_array(job.id())) ++m_entries;
  if (is_whole_array(job.id())) return take_array(job);
  m_array_listed = m_array_listed || !array.empty();
  if (letter == 'R' || letter == 'E' || letter == 'S' || letter == 'U') return take_running(job);
  return take_waiting(job);
}

Result<void> QueueBuilder::take_running(const JobRecord& job) {
  if (job.damaged(Field::exec_host) || job.damaged(Field::exec_vnode))
    return unreadable(job, "exec_host and exec_vnode");
  auto nodes = exec_nodes(job.value(Field::exec_vnode), job.value(Field::exec_host));
  if (!nodes || nodes->names.empty()) return unreadable(job, "exec_host and exec_vnode, but it runs");
  m_names_vnodes = m_names_vnodes || nodes->names_vnodes;
  for (auto& name : nodes->names) m_running[core::NodeName{std::move(name)}].push_back({job.id()});
  ++m_running_of[job.value(Field::queue)];
  if (m_array_limit > 0) ++m_arrays[m_array].running;
  return {};
}

Result<void> QueueBuilder::take_waiting(const JobRecord& job) {
  const Judgement& early = judge(job, job.raw(Field::state));
  TIDE_TRY_ASSIGN(const std::size_t group, group_of(job, early));
  if (m_array_limit > 0) {
    TIDE_TRY_ASSIGN(Pile pile, pile_of(job, 1));
    pile.ids.push_back({job.id()});
    add(m_arrays[m_array].waiting[group], std::move(pile));
    return {};
  }
  TIDE_TRY_ASSIGN(const Pile pile, pile_of(job, 1));
  core::WaitingJobs& jobs = m_groups[group];
  give(jobs, pile, 0, 1);
  if (m_options.all_ids || jobs.ids.size() < core::k_job_ids_per_shape) jobs.ids.push_back({job.id()});
  return {};
}

// The entry of an array comes before those of its tasks, which are told one by one.
Result<void> QueueBuilder::take_array(const JobRecord& job) {
  m_array = array_of(job.id());
  m_array_limit = std::max<std::int64_t>(0, parse_integer(job.raw(Field::max_run_subjobs)).value_or(0));
  m_array_listed = false;
  m_array_pile = {};
  const std::int64_t queued = queued_in(job.raw(Field::array_counts));
  if (queued == 0) return {};
  TIDE_TRY_ASSIGN(m_array_group, group_of(job, judge(job, job.raw(Field::state))));
  TIDE_TRY_ASSIGN(m_array_pile, pile_of(job, queued));
  m_array_pile.ids.push_back({job.id()});
  return {};
}

// Where a version lists no tasks, the array's own count stands for them.
Result<void> QueueBuilder::close_array() {
  if (!m_array_listed && m_array_pile.count > 0) {
    Array& array = m_arrays[m_array];
    array.limit = m_array_limit;
    add(array.waiting[m_array_group], std::move(m_array_pile));
  }
  if (m_array_listed && m_array_limit > 0) m_arrays[m_array].limit = m_array_limit;
  m_array.clear();
  m_array_limit = 0;
  m_array_listed = false;
  m_array_pile = {};
  return {};
}

// Why it waits, from all but its shape and its queue.
const Judgement& QueueBuilder::judge(const JobRecord& job, std::string_view state) {
  const auto other = [this](core::Waiting waiting, std::string reason) -> const Judgement& {
    return m_other = {waiting, std::move(reason)};
  };
  const std::string_view holds = job.raw(Field::holds);
  if (holds.find_first_of("uop") != std::string_view::npos)
    return other(core::Waiting::held, fmt::format("held ({})", printable(holds, 10)));
  const char letter = letter_of(state);
  if (letter == 'H' || holds.find('s') != std::string_view::npos) {
    const bool depends = job.raw(Field::depend).find("after") != std::string_view::npos;
    return depends ? other(core::Waiting::dependent, "it waits for another job")
                   : other(core::Waiting::held, "held (s)");
  }
  if (letter == 'W') return other(core::Waiting::deferred, "its start time is to come");
  if (letter == 'T') return other(core::Waiting::deferred, "in transit");
  if (letter == 'B') return other(core::Waiting::eligible, "queued");
  if (letter != 'Q') return other(core::Waiting::unknown, fmt::format("state {}", printable(state, 10)));
  if (!job.raw(Field::exec_vnode).empty())
    return other(core::Waiting::node_bound, "it was checkpointed and goes on where it ran");
  return comment_of(job);
}

const Judgement& QueueBuilder::comment_of(const JobRecord& job) {
  const std::string_view comment = job.raw(Field::comment);
  if (m_judged.reason.empty() || comment != m_comment) {
    m_comment = comment;
    m_judged = judge_comment(job.value(Field::comment));
  }
  return m_judged;
}

std::size_t QueueBuilder::group_of(const core::Shape& shape, core::Waiting waiting, const std::string& reason) {
  const auto [entry, added] = m_index.try_emplace({shape, waiting, reason}, m_groups.size());
  if (added) m_groups.push_back({.shape = shape, .waiting = waiting, .reason = reason});
  return entry->second;
}

// A million like jobs are parsed once: their fields are the same bytes.
Result<std::size_t> QueueBuilder::group_of(const JobRecord& job, const Judgement& early) {
  const bool damaged = job.shape_damaged();
  if (!damaged) {
    if (is_key(m_last_key, early, job.shape_text())) return m_last_group;  // as the job before it
    m_key.assign(1, static_cast<char>(early.waiting));
    m_key.append(early.reason).append(1, '\n').append(job.shape_text());
    if (const auto found = m_by_text.find(m_key); found != m_by_text.end()) {
      m_last_key = m_key;
      return m_last_group = found->second;
    }
  }
  const auto unknown = [this](std::string_view why) {
    core::Shape shape;
    shape.chunks.emplace_back();
    return group_of(shape, core::Waiting::unknown, std::string(why));
  };
  if (damaged) return unknown(k_broken);
  // What one user asks for must not hide the others' jobs.
  const Result<Request> asked = request_of(job);
  if (!asked) return unknown(k_unread);
  const Request& request = *asked;
  Judgement judged = early;
  if (judged.waiting == core::Waiting::eligible && !request.bound.empty())
    judged = {core::Waiting::node_bound, fmt::format("bound to {}", request.bound)};
  const auto known =
      m_options.queues == nullptr ? Queues::const_iterator{} : m_options.queues->find(request.shape.queue);
  if (judged.waiting == core::Waiting::eligible && m_options.queues != nullptr && known != m_options.queues->end()) {
    const std::string name = printable(request.shape.queue, 80);
    if (!known->second.execution)
      judged = {core::Waiting::queue_closed, fmt::format("it waits in the routing queue '{}'", name)};
    else if (!known->second.started)
      judged = {core::Waiting::queue_closed, fmt::format("queue '{}' is not started", name)};
  }
  const std::size_t group = group_of(request.shape, judged.waiting, judged.reason);
  m_by_text.emplace(m_key, group);
  return group;
}

Result<QueueBuilder::Pile> QueueBuilder::pile_of(const JobRecord& job, std::int64_t count) {
  const std::string_view created = job.raw(Field::created);
  if (created != m_time || m_time.empty()) {
    const auto time = parse_time_text(created);
    if (!time || job.damaged(Field::created)) return unreadable(job, "ctime");
    m_time = created;
    m_when = *time;
  }
  Pile pile{.count = count, .oldest = m_when, .priority = 0, .ids = {}};
  if (job.has(Field::priority)) {
    const auto priority = parse_integer(job.raw(Field::priority));
    if (!priority) return unreadable(job, "Priority");
    pile.priority = *priority;
  }
  return pile;
}

void QueueBuilder::add(Pile& into, Pile&& more) const {
  if (into.count == 0 || more.oldest < into.oldest) into.oldest = more.oldest;
  if (into.count == 0 || more.priority > into.priority) into.priority = more.priority;
  into.count += more.count;
  for (auto& id : more.ids) {
    if (m_options.all_ids || into.ids.size() < core::k_job_ids_per_shape) into.ids.push_back(std::move(id));
  }
}

// Some jobs of the pile, those from the given one on.
void QueueBuilder::give(core::WaitingJobs& jobs, const Pile& pile, std::int64_t from, std::int64_t count) const {
  if (count <= 0) return;
  if (jobs.count == 0 || pile.oldest < jobs.oldest) jobs.oldest = pile.oldest;
  if (jobs.count == 0 || pile.priority > jobs.priority) jobs.priority = pile.priority;
  jobs.count += count;
  for (std::int64_t i = from; i < std::min<std::int64_t>(from + count, std::ssize(pile.ids)); ++i) {
    if (!m_options.all_ids && jobs.ids.size() >= core::k_job_ids_per_shape) break;
    jobs.ids.push_back(pile.ids[static_cast<std::size_t>(i)]);
  }
}

// Of an array with a limit, no more make demand than may run beside those that do.
void QueueBuilder::settle_arrays() {
  for (auto& [id, array] : m_arrays) {
    std::int64_t room = std::max<std::int64_t>(array.limit - array.running, 0);
    for (const auto& [group, pile] : array.waiting) {
      const bool free = array.limit == 0 || m_groups[group].waiting != core::Waiting::eligible;
      const std::int64_t now = free ? pile.count : std::min(pile.count, room);
      if (!free) room -= now;
      give(m_groups[group], pile, 0, now);
      if (now == pile.count) continue;
      const core::Shape shape = m_groups[group].shape;
      const std::size_t rest = group_of(shape, core::Waiting::limited, std::string(k_array_limit));
      give(m_groups[rest], pile, now, pile.count - now);
    }
  }
}

// The scheduler's comment tells of a limit only once it looked at the job: max_run is counted here as well.
void QueueBuilder::settle_queues() {
  if (m_options.queues == nullptr) return;
  for (const auto& [name, queue] : *m_options.queues) {
    if (queue.max_run < 0) continue;
    const auto running = m_running_of.find(name);
    std::int64_t room =
        std::max<std::int64_t>(0, queue.max_run - (running == m_running_of.end() ? 0 : running->second));
    std::vector<std::size_t> groups;
    for (std::size_t i = 0; i < m_groups.size(); ++i) {
      const core::WaitingJobs& jobs = m_groups[i];
      if (jobs.count > 0 && jobs.waiting == core::Waiting::eligible && jobs.shape.queue == name) groups.push_back(i);
    }
    std::ranges::sort(groups, [this](std::size_t a, std::size_t b) { return runs_before(m_groups[a], m_groups[b]); });
    for (const std::size_t group : groups) {
      const std::int64_t most = std::min(room, m_groups[group].count);
      room -= most;
      cut(group, most, fmt::format("max_run of queue '{}'", name));
    }
  }
}

void QueueBuilder::cut(std::size_t group, std::int64_t most, const std::string& reason) {
  if (m_groups[group].count <= most) return;
  const core::Shape shape = m_groups[group].shape;
  const std::size_t other = group_of(shape, core::Waiting::limited, reason);
  core::WaitingJobs& from = m_groups[group];
  core::WaitingJobs& into = m_groups[other];
  const std::size_t kept = std::min(from.ids.size(), static_cast<std::size_t>(most));
  const Pile rest{.count = from.count - most,
                  .oldest = from.oldest,
                  .priority = from.priority,
                  .ids = {from.ids.begin() + static_cast<std::ptrdiff_t>(kept), from.ids.end()}};
  from.ids.resize(kept);
  from.count = most;
  give(into, rest, 0, rest.count);
}

Result<core::JobQueue> QueueBuilder::finish() {
  JobVisitor visitor(m_record, [this](const JobRecord& job) { return take(job); });
  TIDE_TRY(m_options.form == Form::json ? m_json.finish(visitor) : m_text.finish(visitor));
  TIDE_TRY(close_array());
  settle_arrays();
  settle_queues();
  core::JobQueue queue;
  for (auto& jobs : m_groups) {
    if (jobs.count > 0) queue.waiting.push_back(std::move(jobs));
  }
  std::ranges::sort(queue.waiting, runs_before);
  queue.running = std::move(m_running);
  queue.proof = m_options.form == Form::json
                    ? fmt::format("qstat: its closing brace, {} records, exit code 0", m_records)
                    : fmt::format("qstat: {} whole records, exit code 0", m_records);
  return queue;
}

}  // namespace tide::batch::openpbs
