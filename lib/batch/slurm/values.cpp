#include <tide/batch/slurm/values.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::slurm {

namespace {

constexpr std::int64_t k_digits_max = 999'999'999'999;  // keeps every sum and product below 2^63

std::optional<std::int64_t> parse_count(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto number = parse_integer(text);
  if (!number || *number > k_digits_max) return std::nullopt;
  return number;
}

// Hundredths: Slurm prints two decimals where it does not print exactly.
std::optional<std::int64_t> parse_hundredths(std::string_view text) {
  const std::size_t dot = text.find('.');
  const auto whole = parse_count(text.substr(0, dot));
  if (!whole) return std::nullopt;
  if (dot == std::string_view::npos) return *whole * 100;
  std::string fraction(text.substr(dot + 1, 2));
  if (fraction.empty() || !std::ranges::all_of(text.substr(dot + 1), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  fraction.resize(2, '0');
  return *whole * 100 + *parse_integer(fraction);
}

// The text without what stands in round brackets: "gpu:2(S:0-1,3),tape:1" is "gpu:2,tape:1".
std::string without_brackets(std::string_view text) {
  std::string out;
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (depth == 0) out.push_back(c);
    if (c == ')' && depth > 0) --depth;
  }
  return out;
}

bool add_gres(std::string_view item, Gres& gres) {
  std::string_view rest = item;
  for (const std::string_view prefix : {"gres:", "gres/"}) {
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
  }
  std::string parts_text(rest);
  std::ranges::replace(parts_text, '=', ':');
  const auto parts = split(parts_text, ':');
  if (parts.front() != "gpu") {
    if (!gres.others.empty()) gres.others += ",";
    gres.others += item;
    return !parts.front().empty();
  }
  if (parts.size() > 3) return false;
  std::string type;
  std::int64_t count = 1;
  if (parts.size() == 2) {
    if (const auto number = parse_count(parts[1]))
      count = *number;
    else
      type = std::string(parts[1]);
  } else if (parts.size() == 3) {
    const auto number = parse_count(parts[2]);
    if (!number) return false;
    type = std::string(parts[1]);
    count = *number;
  }
  if (count > 1'000'000) return false;
  if (count > 0) gres.gpus[type] += static_cast<int>(count);
  return true;
}

}  // namespace

bool is_none(std::string_view text) {
  return text.empty() || text == "(null)" || text == "N/A" || text == "None" || text == "n/a" || text == "none";
}

std::optional<std::int64_t> parse_memory_mib(std::string_view text) {
  if (text.empty()) return std::nullopt;
  constexpr std::string_view k_units = "KMGTP";
  std::int64_t kib = 1024;
  if (const std::size_t unit = k_units.find(text.back()); unit != std::string_view::npos) {
    kib = std::int64_t{1} << (10U * unit);
    text.remove_suffix(1);
  }
  const auto hundredths = parse_hundredths(text);
  if (!hundredths || *hundredths > (std::int64_t{1} << 62U) / kib) return std::nullopt;
  return (*hundredths * kib + 102'399) / 102'400;
}

std::optional<Seconds> parse_time_limit(std::string_view text) {
  if (is_none(text) || text == "UNLIMITED" || text == "NOT_SET" || text == "Partition_Limit" || text == "INVALID")
    return Seconds{0};
  std::int64_t seconds = 0;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto days = parse_count(text.substr(0, dash));
    if (!days || *days > 100'000'000) return std::nullopt;
    seconds = *days * 24;
    text.remove_prefix(dash + 1);
    if (split(text, ':').size() != 3) return std::nullopt;
    const auto hours = parse_count(text.substr(0, text.find(':')));
    if (!hours || *hours > 23) return std::nullopt;
    seconds += *hours;
    text.remove_prefix(text.find(':') + 1);
  }
  const auto parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  for (const std::string_view part : parts) {
    const auto number = parse_count(part);
    if (!number || *number > 100'000'000) return std::nullopt;
    seconds = seconds * 60 + *number;
  }
  return Seconds{seconds};
}

std::optional<TimePoint> parse_slurm_time(std::string_view text) {
  if (const auto epoch = parse_count(text)) return TimePoint{Seconds{*epoch}};
  if (text.size() != 19 || text[10] != 'T') return std::nullopt;
  const auto time = parse_time(std::string(text) + "Z");
  if (!time) return std::nullopt;
  return *time;
}

std::string_view find_tres(std::string_view tres, std::string_view kind) {
  while (!tres.empty()) {
    const std::size_t comma = tres.find(',');
    const std::string_view item = tres.substr(0, comma);
    if (item.size() > kind.size() && item.starts_with(kind) && item[kind.size()] == '=')
      return item.substr(kind.size() + 1);
    if (comma == std::string_view::npos) break;
    tres.remove_prefix(comma + 1);
  }
  return "";
}

std::optional<Gres> parse_gres(std::string_view text) {
  Gres gres;
  if (is_none(text)) return gres;
  const std::string plain = without_brackets(text);
  for (const std::string_view item : split(plain, ',')) {
    if (item.empty() || !add_gres(item, gres)) return std::nullopt;
  }
  return gres;
}

}  // namespace tide::batch::slurm
