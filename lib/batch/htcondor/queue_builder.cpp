#include <tide/batch/htcondor/job_shape.hpp>
#include <tide/batch/htcondor/queue_builder.hpp>
#include <tide/batch/queue_order.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::htcondor {

namespace {

// Removed and completed jobs stay listed while their user wants it so; they are on a machine only while one is named.
bool is_over(std::string_view status) { return status == "3" || status == "4"; }
bool waits(std::string_view status) { return status == "1" || status == "5"; }

}  // namespace

void QueueBuilder::begin(const std::string& prefix) {
  m_prefix = prefix;
  m_totals = {};
  m_lines = {};
  m_rows = 0;
  ++m_schedds;
}

Result<void> QueueBuilder::feed(std::string_view piece) {
  return m_lines.feed(piece, [this](std::string_view line, bool cut) { return take_line(line, cut); });
}

Result<void> QueueBuilder::take_line(std::string_view line, bool cut) {
  if (line.empty() || m_totals.begun()) {
    if (m_totals.all_users && line.empty()) return {};
    TIDE_TRY(m_totals.take(line));
    return {};
  }
  ++m_rows;
  JobRow row;
  TIDE_TRY(parse_job_row(line, cut, m_last_shape, row));
  const std::string_view status = row[JobField::status];
  if (row.known && status != m_last_status) {
    row = {};
    TIDE_TRY(parse_job_row(line, cut, {}, row));
  }
  if (waits(status)) {
    take_waiting(row);
    return {};
  }
  if (!needs_node(row[JobField::universe])) return {};
  if (!is_undefined(row[JobField::host]) || !is_undefined(row[JobField::all_hosts])) {
    take_running(row);
    return {};
  }
  if (is_over(status) || status == "2" || status == "6" || status == "7") return {};
  take_waiting(row);
  return {};
}

core::JobId QueueBuilder::id_of(const JobRow& row) const {
  return {fmt::format("{}{}.{}", m_prefix, row[JobField::cluster], row[JobField::proc])};
}

void QueueBuilder::take_running(const JobRow& row) {
  std::set<std::string> hosts;
  const std::string first = text_of(row[JobField::host]);
  const std::string all = text_of(row[JobField::all_hosts]);
  for (const std::string& text : {first, all}) {
    for (const std::string_view slot : split(text, ',')) {
      const std::string_view host = host_of(trim(slot));
      if (!host.empty()) hosts.insert(printable(host, 300));
    }
  }
  for (const std::string& host : hosts) m_running[core::NodeName{host}].push_back(id_of(row));
}

std::size_t QueueBuilder::group_of(Group group) {
  const auto key = std::make_tuple(group.jobs.shape, group.jobs.waiting, group.jobs.reason);
  const auto [entry, added] = m_index.try_emplace(key, m_groups.size());
  if (added) m_groups.push_back(std::move(group));
  return entry->second;
}

// A million like jobs are parsed once: their columns are the same bytes.
std::size_t QueueBuilder::group_of(const JobRow& row) {
  if (row.known) return m_last_group;
  m_text.assign(row[JobField::status]);
  m_text += row.cut ? 'c' : ' ';
  m_text.append(row.cut ? std::string_view{} : row.shape_text);
  if (const auto found = m_by_text.find(m_text); found != m_by_text.end()) return remember(row, found->second);
  Judgement judged = judge_job(row, m_options.now, m_options.features);
  Group group;
  group.jobs.shape = std::move(judged.shape);
  group.jobs.waiting = judged.waiting;
  group.jobs.reason = std::move(judged.reason);
  group.has_limits = !is_undefined(row[JobField::concurrency_limits]);
  const std::size_t index = group_of(std::move(group));
  m_by_text.emplace(m_text, index);
  return remember(row, index);
}

// Jobs of one kind come one after the other.
std::size_t QueueBuilder::remember(const JobRow& row, std::size_t group) {
  m_last_shape.assign(row.cut ? std::string_view{} : row.shape_text);
  m_last_status.assign(row[JobField::status]);
  m_last_group = group;
  return group;
}

void QueueBuilder::take_waiting(const JobRow& row) {
  Group& group = m_groups[group_of(row)];
  core::WaitingJobs& jobs = group.jobs;
  // Users may set these to anything.
  const TimePoint submitted{Seconds{std::clamp<std::int64_t>(parse_integer(row[JobField::submitted]).value_or(0), 0,
                                                             m_options.now.time_since_epoch().count())}};
  const std::int64_t priority = parse_integer(row[JobField::priority]).value_or(0);
  if (jobs.count == 0 || submitted < jobs.oldest) jobs.oldest = submitted;
  if (jobs.count == 0 || priority > jobs.priority) jobs.priority = priority;
  ++jobs.count;
  if (m_options.all_ids || jobs.ids.size() < core::k_job_ids_per_shape) jobs.ids.push_back(id_of(row));
  if (group.has_limits && row[JobField::limit_reached] == "true") group.limit_reached = true;
}

Result<void> QueueBuilder::end() {
  if (m_lines.in_line()) return make_error(ErrorKind::unproven, "its output ends in the middle of a line");
  TIDE_TRY(m_totals.check(m_rows));
  m_all_rows += m_rows;
  return {};
}

core::JobQueue QueueBuilder::finish() {
  core::JobQueue queue;
  for (Group& group : m_groups) {
    if (group.limit_reached && group.jobs.waiting == core::Waiting::eligible) {
      group.jobs.waiting = core::Waiting::limited;
      group.jobs.reason = "LastRejMatchReason: a concurrency limit is reached";
    }
    queue.waiting.push_back(std::move(group.jobs));
  }
  std::ranges::sort(queue.waiting, runs_before);
  queue.running = std::move(m_running);
  queue.proof = fmt::format("condor_q: {} jobs, as {} schedd{} counted them, exit code 0", m_all_rows, m_schedds,
                            m_schedds == 1 ? "" : "s");
  return queue;
}

}  // namespace tide::batch::htcondor
