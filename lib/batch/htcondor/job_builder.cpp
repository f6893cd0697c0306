#include <tide/batch/htcondor/job_builder.hpp>

#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::htcondor {

namespace {

// In the order of JobAttribute.
constexpr std::array<std::string_view, k_job_attributes> k_names{
    "AcctGroup",    "AllRemoteHosts", "AllowedJobDuration", "ClusterId",    "ConcurrencyLimits",
    "DeferralTime", "DiskUsage",      "HoldReasonCode",     "ImageSize",    "JobPrio",
    "JobStatus",    "JobUniverse",    "LastRejMatchReason", "MaxHosts",     "MemoryUsage",
    "ProcId",       "QDate",          "RemoteHost",         "RequestCpus",  "RequestDisk",
    "RequestGPUs",  "RequestMemory",  "RequireGPUs",        "Requirements", "ResidentSetSize"};

// Those by which jobs of one kind differ in nothing that tide looks at.
constexpr std::array k_of_shape{JobAttribute::acct_group,
                                JobAttribute::allowed_job_duration,
                                JobAttribute::concurrency_limits,
                                JobAttribute::hold_reason_code,
                                JobAttribute::job_status,
                                JobAttribute::job_universe,
                                JobAttribute::last_rej_match_reason,
                                JobAttribute::max_hosts,
                                JobAttribute::request_cpus,
                                JobAttribute::request_disk,
                                JobAttribute::request_gpus,
                                JobAttribute::request_memory,
                                JobAttribute::require_gpus,
                                JobAttribute::requirements};

// JobStatus, as in condor_includes/proc.h and the manual.
constexpr std::int64_t k_idle = 1;
constexpr std::int64_t k_running = 2;
constexpr std::int64_t k_removed = 3;
constexpr std::int64_t k_completed = 4;
constexpr std::int64_t k_held = 5;
constexpr std::int64_t k_transferring = 6;
constexpr std::int64_t k_suspended = 7;

constexpr std::int64_t k_universe_parallel = 11;
constexpr std::int64_t k_disk_told_mib = 8'192;  // less than that fits any machine

int attribute_of(std::string_view key) {
  const auto found = std::ranges::lower_bound(k_names, key, [](std::string_view a, std::string_view b) {
    return std::ranges::lexicographical_compare(a, b, [](char x, char y) { return (x | 0x20) < (y | 0x20); });
  });
  if (found == k_names.end() || *found != key) return -1;
  return static_cast<int>(found - k_names.begin());
}

// Scheduler (7) and local (12) run on the schedd's own machine, grid (9) in another system.
bool needs_machine(std::int64_t universe) { return universe != 7 && universe != 9 && universe != 12; }

std::string hold_reason(std::int64_t code) {
  switch (code) {
    case 1: return "held by a person";
    case 3: return "held by a policy of the job";
    case 6: return "held: the program could not be started";
    case 12:
    case 13: return "held: files could not be transferred";
    case 15: return "submitted on hold";
    case 26: return "held by a policy of the schedd";
    case 34: return "held: it used more memory than it asked for";
    default: return fmt::format("held, code {}", code);
  }
}

std::string make_projection() {
  std::string all;
  for (const std::string_view name : k_names) all += (all.empty() ? "" : ",") + std::string(name);
  return all;
}

bool before(const core::WaitingJobs& a, const core::WaitingJobs& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.oldest != b.oldest) return a.oldest < b.oldest;
  if (a.shape != b.shape) return a.shape < b.shape;
  if (a.waiting != b.waiting) return a.waiting < b.waiting;
  return a.reason < b.reason;
}

bool is_expression(std::string_view written) {
  return written.starts_with("\"\\/Expr(") || written.starts_with("\"/Expr(");
}

constexpr std::size_t k_texts_max = 10'000;  // of the short way; beyond it each job is judged again
constexpr int k_lookup_depth = 8;            // of attributes that refer to attributes

}  // namespace

const std::string& job_projection() {
  static const std::string k_projection = make_projection();
  return k_projection;
}

std::string host_of_slot(std::string_view slot) { return std::string(slot.substr(slot.rfind('@') + 1)); }

void JobBuilder::begin() {
  for (Text& value : m_values) value.clear();
}

Result<void> JobBuilder::attribute(std::string_view key, std::string_view value) {
  if (const int index = attribute_of(key); index >= 0) m_values[static_cast<std::size_t>(index)].assign(value);
  return {};
}

Value JobBuilder::looked_up(const std::string& name, int depth) const {
  const std::string lower = to_lower(name);
  for (std::size_t i = 0; i < k_job_attributes; ++i) {
    if (m_values[i].empty() || to_lower(k_names[i]) != lower) continue;
    if (depth == 0) return {.kind = Value::Kind::error};
    const auto value = value_of(m_values[i], [&](Scope scope, const std::string& other) {
      return scope == Scope::target ? Value{} : looked_up(other, depth - 1);
    });
    return value ? *value : Value{.kind = Value::Kind::error};
  }
  return {};
}

Value JobBuilder::evaluated(JobAttribute attribute) const {
  return looked_up(std::string(k_names[static_cast<std::size_t>(attribute)]), k_lookup_depth);
}

// Of what HTCondor itself sets: always a number.
Result<std::int64_t> JobBuilder::number(JobAttribute attribute, std::int64_t fallback) const {
  const Text& written = (*this)[attribute];
  if (written.empty()) return fallback;
  if (const auto plain = parse_integer(written)) return *plain;
  const Value value = evaluated(attribute);
  if (value.kind == Value::Kind::integer) return value.number;
  return make_error(ErrorKind::protocol, "'{}' is no number for {}", printable(written, 60),
                    k_names[static_cast<std::size_t>(attribute)]);
}

Result<void> JobBuilder::end() {
  ++m_jobs;
  const auto cluster = parse_integer((*this)[JobAttribute::cluster_id]);
  const auto proc = parse_integer((*this)[JobAttribute::proc_id]);
  const auto status = parse_integer((*this)[JobAttribute::job_status]);
  if (!cluster || !proc || !status)
    return make_error(ErrorKind::protocol, "an ad has no ClusterId, ProcId or JobStatus: it is no job's");
  const std::string id = fmt::format("{}{}.{}", m_prefix, *cluster, *proc);
  switch (*status) {
    case k_running:
    case k_transferring:
    case k_suspended:
    case k_removed: return take_running(id);  // a removed one until its machine is rid of it
    case k_completed: return {};
    default: return take_waiting(id);
  }
}

Result<void> JobBuilder::take_running(const std::string& id) {
  const Text& all = (*this)[JobAttribute::all_remote_hosts];
  const std::string hosts = unquote(all.empty() ? (*this)[JobAttribute::remote_host] : all);
  for (const std::string_view slot : split(hosts, ',')) {
    const std::string host = host_of_slot(trim(slot));
    if (host.empty()) continue;
    auto& ids = m_running[core::NodeName{host}];
    if (ids.empty() || ids.back().value != id) ids.push_back({id});
  }
  return {};
}

core::Waiting JobBuilder::classify(std::int64_t status, std::string& reason) const {
  if (status == k_held) {
    reason = hold_reason(parse_integer((*this)[JobAttribute::hold_reason_code]).value_or(0));
    return core::Waiting::held;
  }
  if (status != k_idle) {
    reason = fmt::format("JobStatus {}", status);
    return core::Waiting::unknown;
  }
  const std::string rejected = to_lower(unquote((*this)[JobAttribute::last_rej_match_reason]));
  if (rejected.find("concurrency limit") != std::string::npos ||
      rejected.find("submitter limit") != std::string::npos || rejected.find("quota") != std::string::npos) {
    reason = printable(trim(rejected), 100);
    return core::Waiting::limited;
  }
  reason = "Idle";
  return core::Waiting::eligible;
}

// A size that is no number is told; the job then makes no demand.
void JobBuilder::size_chunk(core::Chunk& chunk, bool parallel, std::string& unjudged) const {
  const auto size = [&](JobAttribute attribute, std::int64_t fallback) {
    const Value value = evaluated(attribute);
    if (value.kind == Value::Kind::undefined) return fallback;
    if (value.kind == Value::Kind::integer && value.number >= 0 && value.number <= 1'000'000'000) return value.number;
    unjudged = printable(
        fmt::format("{} = {}", k_names[static_cast<std::size_t>(attribute)], unquote((*this)[attribute])), 100);
    return fallback;
  };
  chunk.slots_per_task = static_cast<int>(std::max<std::int64_t>(1, size(JobAttribute::request_cpus, 1)));
  const std::int64_t memory = size(JobAttribute::request_memory, 0);
  const std::int64_t gpus = size(JobAttribute::request_gpus, 0);
  if (gpus > 0) chunk.gpus_per_node[""] = static_cast<int>(gpus);
  if (!parallel) {
    chunk.nodes_max = 1;
    chunk.memory_mib_per_node = memory;
    return;
  }
  // Its tasks are slots: as many on one machine as fit.
  const std::int64_t hosts = std::max<std::int64_t>(1, size(JobAttribute::max_hosts, 1));
  chunk.tasks = static_cast<int>(std::min<std::int64_t>(hosts, 1'000'000));
  chunk.memory_mib_per_slot = (memory + chunk.slots_per_task - 1) / chunk.slots_per_task;
  if (gpus > 0) chunk.tasks_per_node = 1;
}

Result<core::Shape> JobBuilder::shape(bool& never, bool& node_bound) {
  core::Shape shape;
  core::Chunk chunk;
  TIDE_TRY_ASSIGN(const std::int64_t universe, number(JobAttribute::job_universe, 5));
  size_chunk(chunk, universe == k_universe_parallel, shape.unjudged);
  const Value disk = evaluated(JobAttribute::request_disk);  // KiB
  const auto assume = [&](std::string text) { shape.assumed += (shape.assumed.empty() ? "" : "; ") + std::move(text); };
  if (disk.kind == Value::Kind::integer && disk.number / 1024 >= k_disk_told_mib)
    assume(fmt::format("RequestDisk of {} GiB", disk.number / 1024 / 1024));
  if (!(*this)[JobAttribute::require_gpus].empty())
    assume(printable("require_gpus " + unquote((*this)[JobAttribute::require_gpus]), 100));
  if (!(*this)[JobAttribute::concurrency_limits].empty())
    assume(printable("concurrency_limits " + unquote((*this)[JobAttribute::concurrency_limits]), 100));
  if (const Text& written = (*this)[JobAttribute::requirements]; !written.empty()) {
    const auto expression = expression_of(written);
    if (!expression) {
      assume(printable("Requirements " + unquote(written), 200));
    } else {
      const Requirements asked = judge_requirements(*expression, [this](Scope scope, const std::string& name) {
        return scope == Scope::target ? Value{} : looked_up(name, k_lookup_depth);
      });
      chunk.slots_per_task =
          std::max(chunk.slots_per_task, static_cast<int>(std::min<std::int64_t>(asked.cpus, 1'000'000)));
      if (universe != k_universe_parallel)
        chunk.memory_mib_per_node = std::max(chunk.memory_mib_per_node, asked.memory_mib);
      chunk.features = asked.features;
      m_machine_attributes.insert(asked.attributes.begin(), asked.attributes.end());
      never = asked.never;
      node_bound = asked.node_bound;
      if (!asked.unsure.empty()) assume(asked.unsure);
    }
  }
  shape.account = unquote((*this)[JobAttribute::acct_group]);
  TIDE_TRY_ASSIGN(const std::int64_t seconds, number(JobAttribute::allowed_job_duration, 0));
  shape.walltime = Seconds(std::max<std::int64_t>(0, seconds));
  shape.chunks = {std::move(chunk)};
  return shape;
}

// A million like jobs are judged once: their values are the same bytes.
Result<std::size_t> JobBuilder::group_of() {
  m_text.clear();
  for (const JobAttribute attribute : k_of_shape) {
    m_text += (*this)[attribute];
    m_text += '\n';
  }
  // What a job used when it ran before, where it asks for that again.
  if (is_expression((*this)[JobAttribute::request_memory])) {
    for (const JobAttribute used :
         {JobAttribute::memory_usage, JobAttribute::image_size, JobAttribute::resident_set_size})
      m_text.append((*this)[used]).append("\n");
  }
  if (is_expression((*this)[JobAttribute::request_disk])) m_text.append((*this)[JobAttribute::disk_usage]).append("\n");
  const auto start = parse_integer((*this)[JobAttribute::deferral_time]);
  const bool deferred = start && *start > m_options.now.time_since_epoch().count();
  m_text += deferred ? 'd' : '-';
  if (const auto found = m_by_text.find(m_text); found != m_by_text.end()) return found->second;
  bool never = false;
  bool node_bound = false;
  TIDE_TRY_ASSIGN(core::Shape asked, shape(never, node_bound));
  std::string reason;
  core::Waiting waiting = classify(parse_integer((*this)[JobAttribute::job_status]).value_or(0), reason);
  if (waiting == core::Waiting::eligible && never) {
    waiting = core::Waiting::failed;
    reason = "Requirements are false on any machine";
  } else if (waiting == core::Waiting::eligible && node_bound) {
    waiting = core::Waiting::node_bound;
    reason = "Requirements name a machine";
  } else if (waiting == core::Waiting::eligible && deferred) {
    waiting = core::Waiting::deferred;
    reason = "DeferralTime";
  }
  const auto [entry, added] = m_index.try_emplace({asked, waiting, reason}, m_groups.size());
  if (added) m_groups.push_back({.shape = std::move(asked), .waiting = waiting, .reason = std::move(reason)});
  if (m_by_text.size() >= k_texts_max) m_by_text.clear();
  m_by_text.emplace(m_text, entry->second);
  return entry->second;
}

Result<void> JobBuilder::take_waiting(const std::string& id) {
  TIDE_TRY_ASSIGN(const std::int64_t universe, number(JobAttribute::job_universe, 5));
  if (!needs_machine(universe)) return {};
  TIDE_TRY_ASSIGN(const std::size_t index, group_of());
  TIDE_TRY_ASSIGN(const std::int64_t submitted, number(JobAttribute::qdate, 0));
  const auto priority = parse_integer((*this)[JobAttribute::job_prio]);  // an expression is beyond what sorts here
  core::WaitingJobs& jobs = m_groups[index];
  const TimePoint time{Seconds(submitted)};
  if (jobs.count == 0 || time < jobs.oldest) jobs.oldest = time;
  if (jobs.count == 0 || priority.value_or(0) > jobs.priority) jobs.priority = priority.value_or(0);
  ++jobs.count;
  if (m_options.all_ids || jobs.ids.size() < core::k_job_ids_per_shape) jobs.ids.push_back({id});
  return {};
}

core::JobQueue JobBuilder::finish() {
  core::JobQueue queue;
  queue.waiting = std::move(m_groups);
  std::ranges::sort(queue.waiting, before);
  queue.running = std::move(m_running);
  queue.proof = fmt::format("condor_q: {} jobs between brackets, exit code 0", m_jobs);
  return queue;
}

}  // namespace tide::batch::htcondor
