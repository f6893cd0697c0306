#include <tide/batch/gridengine/complexes.hpp>
#include <tide/util/text.hpp>

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

namespace tide::batch::gridengine {

namespace {

constexpr std::string_view k_closing_line = "# >#<";
constexpr double k_bytes_max = 1e18;

std::vector<std::string> words_in(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    line = trim(line);
    if (line.empty()) return words;
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

double factor_of(char unit) {
  switch (unit) {
    case 'k': return 1e3;
    case 'K': return 1024.0;
    case 'm': return 1e6;
    case 'M': return 1024.0 * 1024;
    case 'g': return 1e9;
    case 'G': return 1024.0 * 1024 * 1024;
    case 't': return 1e12;
    case 'T': return 1024.0 * 1024 * 1024 * 1024;
    default: return 0;
  }
}

std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value < 0) return {};
  return value;
}

}  // namespace

Result<Complexes> parse_complexes(std::string_view text) {
  if (trim(text).empty()) return make_error(ErrorKind::unproven, "it printed nothing");
  if (text.find('\0') != std::string_view::npos || !text.starts_with("#name"))
    return make_error(ErrorKind::protocol, "'{}' is no list of complexes", printable(text.substr(0, 60), 80));
  // Its last line is a comment that it always prints, and that nobody can make a resource of.
  const std::size_t last = text.rfind('\n', text.empty() ? 0 : text.size() - 2);
  if (!text.ends_with('\n') || last == std::string_view::npos || !text.substr(last + 1).starts_with(k_closing_line))
    return make_error(ErrorKind::unproven, "its output lacks the comment that ends a whole one");
  Complexes complexes;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    const auto words = words_in(line);
    if (words.size() < 8) return make_error(ErrorKind::protocol, "'{}' is no complex", printable(line, 80));
    const Complex one{
        .name = words[0], .type = words[2], .relation = words[3], .consumable = words[5], .fallback = words[6]};
    complexes.emplace(words[0], one);
    complexes.emplace(words[1], one);
  }
  return complexes;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  if (text.empty()) return {};
  const double factor = factor_of(text.back());
  if (factor > 0) text.remove_suffix(1);
  const auto value = parse_decimal(text);
  if (!value || *value * std::max(factor, 1.0) > k_bytes_max) return {};
  return static_cast<std::int64_t>(std::llround(*value * std::max(factor, 1.0)));
}

std::optional<std::int64_t> parse_mib_up(std::string_view text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) return {};
  return (*bytes + (std::int64_t{1} << 20U) - 1) >> 20U;
}

std::optional<Seconds> parse_time_limit(std::string_view text) {
  constexpr std::int64_t k_max = std::int64_t{100} * 366 * 24 * 3600;
  std::int64_t total = 0;
  for (const std::string_view part : split(text, ':')) {
    const auto number = part.empty() ? std::optional<std::int64_t>(0) : parse_integer(part.substr(0, part.find('.')));
    if (!number || *number < 0 || *number > k_max) return {};
    total = total * 60 + *number;
    if (total > k_max) return {};
  }
  return Seconds{total};
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos && text.substr(dot + 1).find_first_not_of('0') != std::string_view::npos) return {};
  const auto number = parse_integer(text.substr(0, dot));
  if (!number || *number < 0 || *number > 1'000'000'000) return {};
  return number;
}

bool is_pattern(std::string_view text) { return text.find_first_of("*?[|!&()") != std::string_view::npos; }

bool matches_pattern(const std::string& pattern, const std::string& text) {
  for (const std::string_view one : split(pattern, '|')) {
    if (::fnmatch(std::string(one).c_str(), text.c_str(), 0) == 0) return true;
  }
  return false;
}

}  // namespace tide::batch::gridengine
