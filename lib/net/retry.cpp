#include <tide/net/retry.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace tide::net {

namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr int k_cost = 5;
constexpr int k_cost_timeout = 10;
constexpr std::int64_t k_retry_after_max = 86'400;  // more is nonsense, and must not overflow

Milliseconds full_jitter(Milliseconds limit, std::uint64_t random) {
  if (limit.count() <= 0) return Milliseconds(0);
  return Milliseconds(static_cast<std::int64_t>(random % (static_cast<std::uint64_t>(limit.count()) + 1)));
}

std::optional<std::chrono::month> month_of(std::string_view text) {
  constexpr std::array<std::string_view, 12> k_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto* found = std::ranges::find(k_names, text);
  if (found == k_names.end()) return std::nullopt;
  return std::chrono::month(static_cast<unsigned>(found - k_names.begin()) + 1);
}

std::optional<int> number_of(std::string_view text, std::size_t digits) {
  const auto number = text.size() == digits ? parse_integer(text) : std::nullopt;
  if (!number || *number < 0) return std::nullopt;
  return static_cast<int>(*number);
}

// "08:49:37"
std::optional<Seconds> time_of_day(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto hour = number_of(parts[0], 2);
  const auto minute = number_of(parts[1], 2);
  const auto second = number_of(parts[2], 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + Seconds(*second);
}

struct DateWords {
  std::string_view day;
  std::string_view month;
  std::string_view year;
  std::string_view time;
};

std::optional<TimePoint> to_time(const DateWords& words) {
  const auto day = number_of(words.day, words.day.size() == 1 ? 1 : 2);
  const auto month = month_of(words.month);
  auto year = number_of(words.year, words.year.size() == 2 ? 2 : 4);
  const auto time = time_of_day(words.time);
  if (!day || !month || !year || !time) return std::nullopt;
  if (words.year.size() == 2) *year += *year < 70 ? 2000 : 1900;
  const std::chrono::year_month_day date{std::chrono::year(*year), *month,
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *time;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const auto word : split(trim(text), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

}  // namespace

Milliseconds retry_delay(int attempt, const RetryPolicy& policy, std::optional<Seconds> retry_after,
                         std::uint64_t random) {
  Milliseconds limit = std::min(policy.base, policy.cap);
  for (int i = 0; i < attempt && limit < policy.cap; ++i) limit = std::min(limit * 2, policy.cap);
  const Milliseconds jitter = full_jitter(limit, random);
  if (!retry_after) return jitter;
  const Milliseconds asked = std::clamp<Milliseconds>(*retry_after, Milliseconds(0), policy.retry_after_max);
  // Spread behind the asked time: whoever was told the same would come back in the same moment.
  return asked + full_jitter(std::min(policy.base, limit), random);
}

bool may_retry(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::retry:
    case ErrorKind::throttled:
    case ErrorKind::timeout: return true;
    case ErrorKind::unexpected:
    case ErrorKind::usage:
    case ErrorKind::not_found:
    case ErrorKind::config:
    case ErrorKind::io:
    case ErrorKind::refused:
    case ErrorKind::lock_held:
    case ErrorKind::money:
    case ErrorKind::batch:
    case ErrorKind::unproven:
    case ErrorKind::protocol:
    case ErrorKind::stranger:
    case ErrorKind::capacity:
    case ErrorKind::quota:
    case ErrorKind::auth:
    case ErrorKind::bad_request:
    case ErrorKind::eventual:
    case ErrorKind::unsent:
    case ErrorKind::unknown: return false;
  }
  return false;
}

std::optional<int> RetryBudget::take(ErrorKind kind) {
  const int cost = kind == ErrorKind::timeout ? k_cost_timeout : k_cost;
  if (cost > m_tokens) return std::nullopt;
  m_tokens -= cost;
  return cost;
}

void RetryBudget::succeeded(int taken) { m_tokens = std::min(k_capacity, m_tokens + std::max(taken, 1)); }

std::optional<Seconds> parse_retry_after(std::string_view text, TimePoint now) {
  const std::string_view value = trim(text);
  if (const auto seconds = parse_integer(value)) {
    if (*seconds < 0) return std::nullopt;
    return Seconds(std::min(*seconds, k_retry_after_max));
  }
  const auto time = parse_http_date(value);
  if (!time) return std::nullopt;
  return std::clamp<Seconds>(*time - now, Seconds(0), Seconds(k_retry_after_max));
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
  const auto words = words_of(text);
  // Sun, 06 Nov 1994 08:49:37 GMT
  if (words.size() == 6 && words[0].ends_with(',') && words[5] == "GMT") {
    return to_time({.day = words[1], .month = words[2], .year = words[3], .time = words[4]});
  }
  // Sunday, 06-Nov-94 08:49:37 GMT
  if (words.size() == 4 && words[0].ends_with(',') && words[3] == "GMT") {
    const auto date = split(words[1], '-');
    if (date.size() != 3) return std::nullopt;
    return to_time({.day = date[0], .month = date[1], .year = date[2], .time = words[2]});
  }
  // Sun Nov  6 08:49:37 1994
  if (words.size() == 5) return to_time({.day = words[2], .month = words[1], .year = words[4], .time = words[3]});
  return std::nullopt;
}

}  // namespace tide::net
