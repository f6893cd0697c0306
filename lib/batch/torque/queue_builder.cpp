#include <tide/batch/queue_order.hpp>
#include <tide/batch/torque/queue_builder.hpp>

#include <tide/batch/pbs/values.hpp>
#include <tide/batch/torque/job_state.hpp>
#include <tide/batch/torque/shape.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::torque {

namespace {

void note_job(core::WaitingJobs& jobs, std::int64_t count, TimePoint submitted, std::int64_t priority) {
  if (jobs.count == 0 || submitted < jobs.oldest) jobs.oldest = submitted;
  if (jobs.count == 0 || priority > jobs.priority) jobs.priority = priority;
  jobs.count += count;
}

std::string_view user_of(const JobRecord& job) {
  if (!job[Field::user].empty()) return job[Field::user];
  return job[Field::owner].substr(0, job[Field::owner].find('@'));
}

// Of parts that differ, any may be the one on this node: the largest is counted.
void add_use(NodeUse& use, const core::Shape& shape, std::int64_t slots) {
  constexpr std::int64_t k_memory_max = std::int64_t{1} << 50U;
  std::int64_t memory = 0;
  int gpus = 0;
  for (const auto& chunk : shape.chunks) {
    memory = std::max(memory, chunk.memory_mib_per_node + chunk.memory_mib_per_slot * slots);
    for (const auto& [type, count] : chunk.gpus_per_node) gpus = std::max(gpus, count);
  }
  use.memory_mib = std::min(use.memory_mib + memory, k_memory_max);
  use.gpus = std::min(use.gpus + gpus, 1'000'000);
}

}  // namespace

QueueBuilder::QueueBuilder(QueueOptions options) : m_options(std::move(options)) {
  const auto look_at = [&](const pbs::Limits& limits) {
    m_by_user = m_by_user || limits.user_jobs;
    m_by_group = m_by_group || limits.group_jobs;
  };
  look_at(m_options.server);
  for (const auto& [name, queue] : m_options.queues) look_at(queue.limits);
}

Result<void> QueueBuilder::feed(std::string_view piece) {
  return m_reader.feed(piece, [this](const JobRecord& job) { return take(job); });
}

QueueBuilder::Array& QueueBuilder::array_of(std::string_view sequence) {
  const auto found = m_arrays.find(sequence);
  return found == m_arrays.end() ? m_arrays[std::string(sequence)] : found->second;
}

Result<void> QueueBuilder::take(const JobRecord& job) {
  const std::string_view id = job[Field::id];
  const auto name = pbs::parse_job_name(id);
  if (!name || id.size() > 512) return make_error(ErrorKind::protocol, "'{}' is no job ID", printable(id, 80));
  if (job[Field::state].size() != 1 || job[Field::queue].empty()) {
    return make_error(ErrorKind::protocol, "job '{}' has '{}' for job_state and '{}' for queue", id,
                      printable(job[Field::state], 20), printable(job[Field::queue], 40));
  }
  if (name->is_array && !name->is_parent()) array_of(name->sequence).has_elements = true;
  const JobStage stage = stage_of(job[Field::state]);
  if (stage == JobStage::finished) return {};
  if (!name->is_parent()) ++m_unfinished;
  const bool waits = stage == JobStage::waiting || (stage == JobStage::unknown && job[Field::exec_host].empty());
  if (!waits) return name->is_parent() ? Result<void>{} : take_occupying(job, id);
  return take_waiting(job, *name);
}

Result<void> QueueBuilder::take_occupying(const JobRecord& job, std::string_view id) {
  TIDE_TRY_ASSIGN(const std::size_t index, group_of(job));
  const core::Shape& shape = m_groups[index].jobs.shape;
  for (const auto& [node, slots] : nodes_of(job[Field::exec_host])) {
    const core::NodeName name{node};
    m_running[name].push_back(core::JobId{std::string(id)});
    add_use(m_uses[name], shape, slots);
  }
  count_running(job);
  return {};
}

void QueueBuilder::count_running(const JobRecord& job) {
  for (const std::string& queue : {std::string(), std::string(job[Field::queue])}) {
    ++m_counts[{queue, "", ""}];
    if (m_by_user) ++m_counts[{queue, "u", std::string(user_of(job))}];
    if (m_by_group) ++m_counts[{queue, "g", std::string(job[Field::group])}];
  }
}

// A million like jobs are parsed once: what they share are the same bytes.
Result<std::size_t> QueueBuilder::group_of(const JobRecord& job) {
  if (job.same && *job.memo >= 0) return static_cast<std::size_t>(*job.memo);
  m_text.clear();
  constexpr std::array k_of_shape{Field::state,     Field::hold_types, Field::queue,
                                  Field::rerunable, Field::exclusive,  Field::extension};
  for (const Field field : k_of_shape) m_text.append(job[field]).push_back('<');  // in no text
  // Each dependent job has a text of its own here.
  m_text.push_back(waits_for_others(job[Field::depend]) ? 'd' : ' ');
  if (!job[Field::execution_time].empty()) {
    const auto time = pbs::parse_epoch(job[Field::execution_time]);
    m_text.push_back(time && *time > m_options.now ? 'w' : ' ');
  }
  if (m_options.with_accounts) m_text.append("<").append(job[Field::account]);
  if (m_by_user) m_text.append("<").append(user_of(job));
  if (m_by_group) m_text.append("<").append(job[Field::group]);
  m_text.append("<").append(job[Field::resources]);
  auto found = m_by_text.find(m_text);
  if (found == m_by_text.end()) found = m_by_text.emplace(m_text, make_group(job)).first;
  if (job.same) *job.memo = static_cast<std::int64_t>(found->second);
  return found->second;
}

std::size_t QueueBuilder::make_group(const JobRecord& job) {
  Group group;
  Wishes wishes = wishes_of(job, m_options.with_accounts);
  Standing standing = standing_of(job, m_options.now);
  if (standing.waiting == core::Waiting::eligible) {
    pbs::Ruling ruling = pbs::judge(wishes.resources, m_options.server, "the server");
    const auto queue = m_options.queues.find(job[Field::queue]);
    if (ruling.waiting == core::Waiting::eligible && queue != m_options.queues.end()) {
      ruling = pbs::judge(wishes.resources, queue->second, m_options.queues);
    }
    if (ruling.waiting != core::Waiting::eligible) {
      standing = {.waiting = ruling.waiting, .reason = std::move(ruling.reason)};
    }
  }
  group.bound = !wishes.hosts.empty();
  group.words = std::move(wishes.words);
  if (m_by_user) group.user = std::string(user_of(job));
  if (m_by_group) group.group = std::string(job[Field::group]);
  group.jobs.shape = std::move(wishes.shape);
  group.jobs.waiting = standing.waiting;
  group.jobs.reason = std::move(standing.reason);
  m_groups.push_back(std::move(group));
  return m_groups.size() - 1;
}

std::size_t QueueBuilder::blocked_group(std::size_t index) {
  const auto [entry, added] = m_blocked.try_emplace(index, m_groups.size());
  if (added) {
    Group group;
    group.jobs.shape = m_groups[index].jobs.shape;
    group.jobs.waiting = core::Waiting::limited;
    group.jobs.reason = "blocked by the scheduler (showq)";
    m_groups.push_back(std::move(group));
  }
  return entry->second;
}

Result<void> QueueBuilder::take_waiting(const JobRecord& job, const pbs::JobName& name) {
  const std::string_view id = job[Field::id];
  TIDE_TRY_ASSIGN(std::size_t index, group_of(job));
  auto submitted = pbs::parse_epoch(job[Field::qtime]);
  if (!submitted) submitted = pbs::parse_epoch(job[Field::ctime]);
  auto priority = job[Field::priority].empty() ? std::optional<std::int64_t>(0) : parse_integer(job[Field::priority]);
  if (!submitted || !priority) {
    return make_error(ErrorKind::protocol, "job '{}' has '{}' for qtime and '{}' for Priority", id,
                      printable(job[Field::qtime], 40), printable(job[Field::priority], 40));
  }
  if (m_options.scheduler != nullptr && m_groups[index].jobs.waiting == core::Waiting::eligible) {
    if (m_options.scheduler->blocks(id)) index = blocked_group(index);
    if (const auto given = m_options.scheduler->priority(id)) priority = given;
  }
  if (name.is_parent()) {
    Array& array = array_of(name.sequence);
    array.group = index;
    array.id = std::string(id);
    array.tasks = std::max<std::int64_t>(count_elements(job[Field::array_request]), 1);
    array.submitted = *submitted;
    array.priority = *priority;
    return {};
  }
  core::WaitingJobs& jobs = m_groups[index].jobs;
  note_job(jobs, 1, *submitted, *priority);
  if (m_options.all_ids || jobs.ids.size() < core::k_job_ids_per_shape) jobs.ids.push_back({std::string(id)});
  return {};
}

bool QueueBuilder::wants_node_names() const {
  return std::ranges::any_of(m_groups, [](const Group& group) {
    return group.jobs.waiting == core::Waiting::eligible && !group.words.empty();
  });
}

// Who names a node waits for that one: no new machine helps.
void QueueBuilder::bind(const std::set<core::NodeName>& nodes) {
  for (Group& group : m_groups) {
    if (group.jobs.waiting != core::Waiting::eligible) continue;
    const auto word = std::ranges::find_if(
        group.words, [&](const std::string& text) { return nodes.contains(core::NodeName{text}); });
    if (!group.bound && word == group.words.end()) continue;
    group.jobs.waiting = core::Waiting::node_bound;
    group.jobs.reason = word == group.words.end() ? "it names a node" : fmt::format("it names node '{}'", *word);
  }
}

void QueueBuilder::settle_arrays() {
  for (const auto& [sequence, array] : m_arrays) {
    if (array.has_elements || array.id.empty()) continue;
    core::WaitingJobs& jobs = m_groups[array.group].jobs;
    note_job(jobs, array.tasks, array.submitted, array.priority);
    m_unfinished += array.tasks;
    if (m_options.all_ids || jobs.ids.size() < core::k_job_ids_per_shape) jobs.ids.push_back({array.id});
  }
}

// Of a queue, a user or a server with a limit, no more make demand than may run beside those that do.
void QueueBuilder::settle_limits() {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < m_groups.size(); ++i) {
    if (m_groups[i].jobs.waiting == core::Waiting::eligible && m_groups[i].jobs.count > 0) order.push_back(i);
  }
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (m_groups[a].jobs != m_groups[b].jobs) return runs_before(m_groups[a].jobs, m_groups[b].jobs);
    return a < b;
  });
  for (const std::size_t index : order) {
    core::WaitingJobs& jobs = m_groups[index].jobs;
    const std::string user = m_groups[index].user;
    const std::string group = m_groups[index].group;
    std::int64_t room = jobs.count;
    std::string reason;
    const auto apply = [&](const std::optional<std::int64_t>& limit, const std::string& queue, const char* kind,
                           const std::string& who, std::string_view words) {
      if (!limit) return;
      const std::int64_t free = std::max<std::int64_t>(0, *limit - m_counts[{queue, kind, who}]);
      if (free >= room) return;
      room = free;
      const std::string whose = queue.empty() ? "the server" : fmt::format("queue '{}'", queue);
      reason = fmt::format("{} = {} of {}", words, *limit, whose);
    };
    const auto apply_all = [&](const pbs::Limits& limits, const std::string& queue) {
      apply(limits.jobs, queue, "", "", "max_running");
      apply(limits.user_jobs, queue, "u", user, "max_user_run");
      apply(limits.group_jobs, queue, "g", group, "max_group_run");
    };
    apply_all(m_options.server, "");
    const auto queue = m_options.queues.find(jobs.shape.queue);
    if (queue != m_options.queues.end()) apply_all(queue->second.limits, queue->first);
    for (const std::string& name : {std::string(), jobs.shape.queue}) {
      m_counts[{name, "", ""}] += room;
      if (m_by_user) m_counts[{name, "u", user}] += room;
      if (m_by_group) m_counts[{name, "g", group}] += room;
    }
    if (room == jobs.count) continue;
    Group rest{.jobs = jobs, .user = {}, .group = {}, .bound = false, .words = {}};
    rest.jobs.waiting = core::Waiting::limited;
    rest.jobs.reason = std::move(reason);
    rest.jobs.count = jobs.count - room;
    const auto kept = std::min(jobs.ids.size(), static_cast<std::size_t>(room));
    rest.jobs.ids.erase(rest.jobs.ids.begin(), rest.jobs.ids.begin() + static_cast<std::ptrdiff_t>(kept));
    jobs.ids.resize(kept);
    jobs.count = room;
    m_groups.push_back(std::move(rest));
  }
}

// Texts that differ in what makes no difference, users and so on are one line of demand.
core::JobQueue QueueBuilder::merged() {
  std::map<std::tuple<core::Shape, core::Waiting, std::string>, core::WaitingJobs> lines;
  for (Group& group : m_groups) {
    core::WaitingJobs& jobs = group.jobs;
    if (jobs.count == 0) continue;
    const auto [line, added] = lines.try_emplace({jobs.shape, jobs.waiting, jobs.reason});
    if (added) {
      line->second = std::move(jobs);
      continue;
    }
    core::WaitingJobs& into = line->second;
    note_job(into, jobs.count, jobs.oldest, jobs.priority);
    into.ids.insert(into.ids.end(), jobs.ids.begin(), jobs.ids.end());
    if (!m_options.all_ids && into.ids.size() > core::k_job_ids_per_shape) into.ids.resize(core::k_job_ids_per_shape);
  }
  core::JobQueue queue;
  for (auto& line : lines) queue.waiting.push_back(std::move(line.second));
  std::ranges::sort(queue.waiting, runs_before);
  queue.running = std::move(m_running);
  return queue;
}

Result<core::JobQueue> QueueBuilder::finish(const std::set<core::NodeName>& nodes) {
  TIDE_TRY(m_reader.finish());
  settle_arrays();
  bind(nodes);
  settle_limits();
  core::JobQueue queue = merged();
  queue.proof = fmt::format("qstat: </Data> after {} jobs, exit code 0", m_reader.jobs());
  return queue;
}

}  // namespace tide::batch::torque
