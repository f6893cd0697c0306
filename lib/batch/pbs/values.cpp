#include <tide/batch/pbs/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <limits>

namespace tide::batch::pbs {

namespace {

constexpr std::int64_t k_count_max = 999'999'999'999;  // keeps sums and products below 2^63

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::int64_t> parse_count(std::string_view text) {
  if (text.empty() || text.size() > 18 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  return parse_integer(text);
}

}  // namespace

std::optional<std::int64_t> parse_size_bytes(std::string_view text) {
  const auto* const end = std::ranges::find_if_not(text, is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const auto number = parse_count(text.substr(0, length));
  if (!number) return std::nullopt;
  const std::string unit = to_lower(text.substr(length));
  std::string_view rest = unit;
  std::int64_t factor = 1;
  constexpr std::string_view k_prefixes = "kmgtp";
  if (!rest.empty()) {
    if (const std::size_t prefix = k_prefixes.find(rest.front()); prefix != std::string_view::npos) {
      factor = std::int64_t{1} << (10U * (prefix + 1));
      rest.remove_prefix(1);
    }
  }
  if (rest == "w")
    factor *= 8;
  else if (!rest.empty() && rest != "b")
    return std::nullopt;
  if (*number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
  return *number * factor;
}

std::optional<std::int64_t> parse_size_mib(std::string_view text) {
  const auto bytes = parse_size_bytes(text);
  if (!bytes) return std::nullopt;
  constexpr std::int64_t k_mib = std::int64_t{1} << 20U;
  return *bytes / k_mib + (*bytes % k_mib != 0 ? 1 : 0);
}

std::optional<Seconds> parse_walltime(std::string_view text) {
  if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
    if (!parse_count(text.substr(dot + 1))) return std::nullopt;
    text = text.substr(0, dot);
  }
  const auto parts = split(text, ':');
  if (parts.size() > 4) return std::nullopt;
  std::int64_t seconds = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = parse_count(parts[i]);
    if (!number || *number > k_count_max) return std::nullopt;
    if (seconds > k_count_max) return std::nullopt;
    const bool after_days = parts.size() == 4 && i == 1;
    seconds = seconds * (after_days ? 24 : 60) + *number;
  }
  return Seconds{seconds};
}

std::optional<TimePoint> parse_epoch(std::string_view text) {
  const auto number = parse_count(text);
  if (!number || *number > k_count_max) return std::nullopt;
  return TimePoint{Seconds{*number}};
}

std::optional<JobName> parse_job_name(std::string_view text) {
  JobName name;
  const auto* const end = std::ranges::find_if_not(text, is_digit);
  name.sequence = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  if (name.sequence.empty()) return std::nullopt;
  text.remove_prefix(name.sequence.size());
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    name.is_array = true;
    name.index = text.substr(1, close - 1);
    if (!std::ranges::all_of(name.index, is_digit)) return std::nullopt;
    text.remove_prefix(close + 1);
  }
  if (text.size() > 1 && text.front() == '-' && !name.is_array) {
    const std::size_t length = std::min(text.find('.'), text.size());
    name.is_array = true;
    name.index = text.substr(1, length - 1);
    if (!parse_count(name.index)) return std::nullopt;
    text.remove_prefix(length);
  }
  if (text.empty()) return name;
  if (text.front() != '.' || text.size() == 1) return std::nullopt;
  name.server = text.substr(1);
  for (const char c : name.server) {
    if (c <= ' ' || c >= '\x7f') return std::nullopt;
  }
  return name;
}

}  // namespace tide::batch::pbs
