#include <tide/batch/torque/job_state.hpp>

#include <tide/batch/pbs/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::torque {

using core::Waiting;

JobStage stage_of(std::string_view state) {
  if (state.size() != 1) return JobStage::unknown;
  switch (state.front()) {
    case 'Q':
    case 'H':
    case 'W':
    case 'T': return JobStage::waiting;
    case 'R':
    case 'E':
    case 'S': return JobStage::on_nodes;
    case 'C': return JobStage::finished;
    default: return JobStage::unknown;
  }
}

bool waits_for_others(std::string_view depend) {
  for (const std::string_view item : split(depend, ',')) {
    const std::string_view kind = trim(item.substr(0, item.find(':')));
    if (kind.starts_with("after") || kind == "on" || kind.starts_with("sync")) return true;
  }
  return false;
}

namespace {

Standing held(const JobRecord& job) {
  const std::string_view types = job[Field::hold_types];
  const bool by_person = types.find_first_of("uop") != std::string_view::npos;
  if (!by_person && waits_for_others(job[Field::depend])) {
    return {.waiting = Waiting::dependent, .reason = "Dependency"};
  }
  if (types.find_first_of("uospa") != std::string_view::npos) {
    std::string letters;
    for (const char letter : std::string_view("uospa")) {
      if (types.find(letter) != std::string_view::npos) letters.push_back(letter);
    }
    return {.waiting = Waiting::held, .reason = "Hold_Types=" + letters};
  }
  return {.waiting = Waiting::limited, .reason = "slot limit of its array"};
}

}  // namespace

Standing standing_of(const JobRecord& job, TimePoint now) {
  const std::string_view state = job[Field::state];
  if (state == "H") return held(job);
  if (state == "W") return {.waiting = Waiting::deferred, .reason = "Execution_Time"};
  if (state == "T") return {.waiting = Waiting::deferred, .reason = "in transit between queues"};
  if (state != "Q") return {.waiting = Waiting::unknown, .reason = "job_state=" + printable(state, 20)};
  const auto time = pbs::parse_epoch(job[Field::execution_time]);
  if (time && *time > now) return {.waiting = Waiting::deferred, .reason = "Execution_Time"};
  return {.waiting = Waiting::eligible, .reason = "Queued"};
}

namespace {

// "0", "0-15", "0-3,5"; what cannot be read is one slot.
std::int64_t count_slots(std::string_view text) {
  std::int64_t count = 0;
  for (const std::string_view range : split(text, ',')) {
    const std::size_t dash = range.find('-');
    const auto first = parse_integer(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_integer(range.substr(dash + 1));
    const bool fine = first && last && *first >= 0 && *last >= *first && *last < 1'000'000;
    count += fine ? *last - *first + 1 : 1;
  }
  return count;
}

}  // namespace

std::map<std::string, std::int64_t> nodes_of(std::string_view exec_host) {
  std::map<std::string, std::int64_t> nodes;
  for (const std::string_view piece : split(exec_host, '+')) {
    const std::size_t slash = piece.find('/');
    const std::string_view name = trim(piece.substr(0, slash));
    if (name.empty()) continue;
    nodes[std::string(name)] += slash == std::string_view::npos ? 1 : count_slots(piece.substr(slash + 1));
  }
  return nodes;
}

std::int64_t count_elements(std::string_view request) {
  constexpr std::int64_t k_elements_max = 100'000'000;
  std::int64_t limit = k_elements_max;
  if (const std::size_t percent = request.find('%'); percent != std::string_view::npos) {
    const auto number = parse_integer(request.substr(percent + 1));
    if (!number || *number < 0) return 0;
    limit = std::min(limit, *number);
    request = request.substr(0, percent);
  }
  std::int64_t count = 0;
  for (const std::string_view range : split(request, ',')) {
    const std::size_t dash = range.find('-');
    const auto first = parse_integer(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_integer(range.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first || *last > k_elements_max) return 0;
    count += *last - *first + 1;
  }
  return std::min(count, limit);
}

}  // namespace tide::batch::torque
