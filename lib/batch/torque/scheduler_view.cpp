#include <tide/batch/torque/scheduler_view.hpp>

#include <tide/batch/pbs/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::torque {

namespace {

constexpr std::size_t k_line_max = 65'536;
constexpr std::array<std::string_view, 3> k_lists{"active", "idle", "blocked"};

// "15[3].head", "15[3]", "15": one number. Indexes have 24 bits.
std::optional<std::uint64_t> key_of(std::string_view text) {
  const auto name = pbs::parse_job_name(text);
  if (!name) return std::nullopt;
  const auto sequence = parse_integer(name->sequence);
  const auto index = name->index.empty() ? std::optional<std::int64_t>(-1) : parse_integer(name->index);
  if (!sequence || !index || *sequence >= std::int64_t{1} << 39U || *index >= (std::int64_t{1} << 24U) - 1) {
    return std::nullopt;
  }
  return (static_cast<std::uint64_t>(*sequence) << 24U) | static_cast<std::uint64_t>(*index + 1);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!trim(word).empty()) words.push_back(trim(word));
  }
  return words;
}

Error unproven(std::string_view what) { return make_error(ErrorKind::unproven, "{}", what); }

}  // namespace

Result<void> SchedulerView::feed_showq(std::string_view piece) {
  m_rest.append(piece);
  std::size_t at = 0;
  while (true) {
    const std::size_t end = m_rest.find('\n', at);
    if (end == std::string::npos) break;
    TIDE_TRY(take_line(std::string_view(m_rest).substr(at, end - at)));
    at = end + 1;
  }
  m_rest.erase(0, at);
  if (m_rest.size() > k_line_max) {
    return make_error(ErrorKind::protocol, "a line is longer than {} bytes", k_line_max);
  }
  return {};
}

// "ACTIVE JOBS--------------------" (Moab: "active jobs----"; its idle ones are "eligible jobs") begins a list; then
// its heading, its jobs, and how many they are.
Result<void> SchedulerView::take_line(std::string_view line) {
  const std::string lower = to_lower(trim(line));
  if (lower.empty()) return {};
  const std::size_t dashes = lower.find(" jobs---");
  if (dashes != std::string::npos) {
    const std::string_view name = std::string_view(lower).substr(0, dashes);
    const auto* const list = std::ranges::find(k_lists, name == "eligible" ? "idle" : name);
    if (list == k_lists.end()) return make_error(ErrorKind::protocol, "'{}' is no list of jobs", printable(line, 80));
    m_section = static_cast<Section>(list - k_lists.begin());
    m_seen[static_cast<std::size_t>(m_section)] = true;
    return {};
  }
  if (lower.starts_with("total jobs:")) return take_totals(lower);
  if (m_section == Section::none || m_totals) return {};  // a greeting, or a message of the day
  const std::string_view first = std::string_view(lower).substr(0, lower.find(' '));
  const auto key = key_of(first);
  const auto words = words_of(lower);
  // "3 Active Jobs", "135 eligible jobs", "153 of 168 nodes active": no job is called so.
  const bool sum = words.size() > 1 && (words[1] == "of" || words[1] == "active" || words[1] == "idle" ||
                                        words[1] == "eligible" || words[1] == "blocked");
  if (!key || sum) return {};
  if (words.size() < 5) return make_error(ErrorKind::protocol, "'{}' is no line of a job", printable(line, 80));
  ++m_listed[static_cast<std::size_t>(m_section)];
  if (m_section == Section::blocked) m_blocked.push_back(*key);
  return {};
}

// "total jobs: 3   active jobs: 1   idle jobs: 1   blocked jobs: 1"; Moab tells the sum alone.
Result<void> SchedulerView::take_totals(std::string_view line) {
  const auto number_behind = [&](std::string_view what) -> std::optional<std::int64_t> {
    const std::size_t at = line.find(what);
    if (at == std::string_view::npos) return std::nullopt;
    const auto words = words_of(line.substr(at + what.size()));
    return words.empty() ? std::nullopt : parse_integer(words.front());
  };
  const auto total = number_behind("total jobs:");
  if (!total || *total != jobs()) {
    return make_error(ErrorKind::unproven, "it lists {} jobs and says '{}'", jobs(), printable(line, 100));
  }
  constexpr std::array<std::string_view, 3> k_counts{"active jobs:", "idle jobs:", "blocked jobs:"};
  for (std::size_t i = 0; i < k_counts.size(); ++i) {
    const auto count = number_behind(k_counts[i]);
    if (count && *count != m_listed[i]) {
      return make_error(ErrorKind::unproven, "it lists {} {} jobs and says {}", m_listed[i], k_lists[i], *count);
    }
  }
  m_totals = true;
  return {};
}

Result<void> SchedulerView::finish_showq() {
  if (!trim(m_rest).empty()) return unproven("its output ends in the middle of a line");
  for (std::size_t i = 0; i < k_lists.size(); ++i) {
    if (!m_seen[i]) return unproven(fmt::format("it lacks the list of {} jobs", k_lists[i]));
  }
  if (!m_totals) return unproven("it lacks the line 'Total Jobs:' that ends a whole one");
  std::ranges::sort(m_blocked);
  return {};
}

// A title, a heading, "Weights --------", then "JOBID PRIORITY[*] …", where '*' marks a priority that a person set.
Result<void> SchedulerView::read_priorities(std::string_view text) {
  if (text.find("diagnosing job priority information") == std::string_view::npos) {
    if (trim(text).empty()) return unproven("it printed nothing");
    return make_error(ErrorKind::protocol, "'{}' is no list of priorities",
                      printable(text.substr(0, text.find('\n')), 80));
  }
  for (const std::string_view line : split(text, '\n')) {
    const auto words = words_of(line);
    if (words.size() < 2) continue;
    const auto key = key_of(words[0]);
    std::string_view number = words[1];
    if (number.ends_with('*')) number.remove_suffix(1);
    const auto priority = parse_integer(number);
    if (key && priority) m_priorities.emplace_back(*key, *priority);
  }
  std::ranges::sort(m_priorities);
  return {};
}

bool SchedulerView::blocks(std::string_view job) const {
  const auto key = key_of(job);
  return key && std::ranges::binary_search(m_blocked, *key);
}

std::optional<std::int64_t> SchedulerView::priority(std::string_view job) const {
  const auto key = key_of(job);
  if (!key) return std::nullopt;
  const auto found = std::ranges::lower_bound(m_priorities, *key, {}, &std::pair<std::uint64_t, std::int64_t>::first);
  if (found == m_priorities.end() || found->first != *key) return std::nullopt;
  return found->second;
}

}  // namespace tide::batch::torque
