#include <tide/batch/htcondor/job_shape.hpp>
#include <tide/batch/htcondor/requirements.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::htcondor {

namespace {

using core::Waiting;

constexpr std::int64_t k_count_max = 1'000'000;
constexpr std::int64_t k_memory_max = std::int64_t{1} << 40U;

constexpr std::array<std::pair<int, std::string_view>, 12> k_hold_codes{{
    {1, "by a person"},
    {2, "globus"},
    {3, "by its own periodic policy"},
    {6, "its program could not be started"},
    {12, "output could not be transferred"},
    {13, "input could not be transferred"},
    {14, "its working folder could not be used"},
    {15, "submitted on hold"},
    {16, "input is being spooled"},
    {21, "put on hold by the machine's policy"},
    {26, "by the system's periodic policy"},
    {34, "used more memory than it asked for"},
}};

std::string hold_reason(std::string_view code) {
  const auto number = parse_integer(code);
  for (const auto& [known, text] : k_hold_codes) {
    if (number == known) return fmt::format("Held: {} (HoldReasonCode {})", text, known);
  }
  return number ? fmt::format("Held (HoldReasonCode {})", *number) : "Held";
}

std::string_view universe_name(std::string_view number) {
  if (number == "7") return "scheduler";
  if (number == "9") return "grid";
  return number == "12" ? "local" : "other";
}

// Integers, and reals rounded up: "1024.5".
std::optional<std::int64_t> amount(std::string_view value, std::int64_t most) {
  const std::size_t dot = value.find('.');
  auto whole = parse_integer(value.substr(0, dot));
  if (!whole) return std::nullopt;
  if (dot != std::string_view::npos) {
    const std::string_view fraction = value.substr(dot + 1);
    if (!std::ranges::all_of(fraction, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    if (fraction.find_first_not_of('0') != std::string_view::npos) ++*whole;
  }
  if (*whole < 0 || *whole > most) return std::nullopt;
  return whole;
}

class Reader {
 public:
  Reader(const JobRow& row, core::Shape& shape) : m_row(row), m_shape(shape) {}

  std::int64_t number(JobField field, std::string_view name, std::int64_t absent, std::int64_t most) {
    const std::string_view value = m_row[field];
    if (is_undefined(value)) return absent;
    const auto found = amount(value, most);
    if (found) return *found;
    m_shape.unjudged = fmt::format("{} = {}", name, printable(value, 80));
    return absent;
  }

 private:
  const JobRow& m_row;
  core::Shape& m_shape;
};

void assume(core::Shape& shape, const std::string& text) {
  if (text.empty()) return;
  shape.assumed += shape.assumed.empty() ? text : " && " + text;
}

core::Chunk chunk_of(const JobRow& row, core::Shape& shape) {
  Reader read(row, shape);
  core::Chunk chunk;
  chunk.nodes_max = 1;
  chunk.slots_per_task =
      static_cast<int>(std::max<std::int64_t>(read.number(JobField::cpus, "RequestCpus", 1, k_count_max), 1));
  chunk.memory_mib_per_node = read.number(JobField::memory, "RequestMemory", 0, k_memory_max);
  const auto gpus = static_cast<int>(read.number(JobField::gpus, "RequestGPUs", 0, k_count_max));
  if (gpus > 0) chunk.gpus_per_node[""] = gpus;
  if (row[JobField::universe] == "11") {
    const std::int64_t fewest = std::max<std::int64_t>(read.number(JobField::hosts_min, "MinHosts", 1, k_count_max), 1);
    const std::int64_t most = read.number(JobField::hosts_max, "MaxHosts", fewest, k_count_max);
    chunk.nodes = static_cast<int>(fewest);
    chunk.nodes_max = static_cast<int>(std::max(fewest, most));
    chunk.tasks = chunk.nodes;
    chunk.tasks_per_node = 1;
  }
  return chunk;
}

}  // namespace

bool needs_node(std::string_view universe) { return universe != "7" && universe != "9" && universe != "12"; }

std::string_view host_of(std::string_view slot) {
  const std::size_t at = slot.rfind('@');
  return at == std::string_view::npos ? slot : slot.substr(at + 1);
}

Judgement judge_job(const JobRow& row, TimePoint now, const std::set<std::string>& features) {
  Judgement result;
  core::Shape& shape = result.shape;
  shape.account = printable(text_of(row[JobField::account]), 200);
  core::Chunk chunk = chunk_of(row, shape);
  if (const auto limit = parse_integer(row[JobField::duration]))
    shape.walltime = Seconds{std::max<std::int64_t>(*limit, 0)};
  if (row.cut) shape.unjudged = fmt::format("its attributes are longer than {} bytes", k_line_max);
  Demands demands = judge_requirements(row.cut ? "" : row[JobField::requirements], features);
  chunk.features = std::move(demands.features);
  chunk.lacking = std::move(demands.lacking);
  chunk.slots_per_task = static_cast<int>(std::clamp<std::int64_t>(demands.cpus, chunk.slots_per_task, k_count_max));
  chunk.memory_mib_per_node = std::max(chunk.memory_mib_per_node, demands.memory_mib);
  assume(shape, demands.assumed);
  if (row[JobField::big_disk] == "true") assume(shape, fmt::format("RequestDisk > {} GiB", k_disk_told_gib));
  if (!is_undefined(row[JobField::gpu_properties]))
    assume(shape, fmt::format("RequireGPUs: {}", printable(row[JobField::gpu_properties], 120)));
  const std::string limits = printable(text_of(row[JobField::concurrency_limits]), 120);
  if (!limits.empty()) assume(shape, fmt::format("ConcurrencyLimits: {}", limits));
  shape.chunks.push_back(std::move(chunk));

  const std::string_view status = row[JobField::status];
  const auto later = parse_integer(row[JobField::deferral_time]);
  const auto is = [&](Waiting waiting, std::string reason) {
    result.waiting = waiting;
    result.reason = std::move(reason);
    return result;
  };
  if (status == "5") return is(Waiting::held, hold_reason(row[JobField::hold_code]));
  if (status != "1") return is(Waiting::unknown, fmt::format("JobStatus {}", printable(status, 40)));
  if (!needs_node(row[JobField::universe])) {
    return is(Waiting::limited,
              fmt::format("{} universe: it runs on no machine of the pool", universe_name(row[JobField::universe])));
  }
  if (later && TimePoint{Seconds{*later}} > now) return is(Waiting::deferred, "DeferralTime");
  if (demands.never) return is(Waiting::failed, "Requirements is false");
  if (!demands.bound.empty()) return is(Waiting::node_bound, "Requirements: " + demands.bound);
  return is(Waiting::eligible, "Idle");
}

}  // namespace tide::batch::htcondor
