#include <tide/util/units.hpp>

#include <tide/util/text.hpp>

#include <fmt/format.h>

#include <array>
#include <limits>
#include <optional>

namespace tide {

namespace {

constexpr std::int64_t k_duration_max = 100LL * 365 * 86'400;  // a century: more is a slip of the keyboard
constexpr std::int64_t k_micros = 1'000'000;
constexpr std::size_t k_digits_max = 12;  // of the whole part of a size or a sum
constexpr std::size_t k_decimals_max = 6;

struct Unit {
  std::string_view name;
  std::int64_t size;
};

constexpr std::array k_durations{Unit{"d", 86'400}, Unit{"h", 3'600}, Unit{"m", 60}, Unit{"s", 1}};
constexpr std::array k_sizes{
    Unit{"KiB", 1LL << 10U}, Unit{"MiB", 1LL << 20U}, Unit{"GiB", 1LL << 30U},   Unit{"TiB", 1LL << 40U},
    Unit{"kB", 1'000},       Unit{"MB", 1'000'000},   Unit{"GB", 1'000'000'000}, Unit{"TB", 1'000'000'000'000}};

template <std::size_t Count>
std::optional<std::int64_t> size_of(const std::array<Unit, Count>& units, std::string_view name) {
  for (const auto& unit : units) {
    if (unit.name == name) return unit.size;
  }
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "12.5" as 12 and 500000 millionths; nothing if it is no plain decimal number.
struct Decimal {
  std::int64_t whole = 0;
  std::int64_t millionths = 0;
};

std::optional<Decimal> parse_decimal(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string decimals(point == std::string_view::npos ? std::string_view("0") : text.substr(point + 1));
  for (const std::string_view part : {whole, std::string_view(decimals)}) {
    if (part.empty() || part.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  }
  if (whole.size() > k_digits_max || decimals.size() > k_decimals_max) return std::nullopt;
  decimals.append(k_decimals_max - decimals.size(), '0');
  return Decimal{.whole = parse_integer(whole).value_or(0), .millionths = parse_integer(decimals).value_or(0)};
}

Error bad_duration(std::string_view text) {
  return make_error(ErrorKind::config, "'{}' is no duration", printable(text, 40))
      .with_hint("Write a number with its unit, such as 90s, 10m, 1h30m or 2d; a century at most.");
}

Error bad_size(std::string_view text) {
  return make_error(ErrorKind::config, "'{}' is no size", printable(text, 40))
      .with_hint("Write a number with its unit, such as 512MiB, 8GiB or 1TiB.");
}

Error bad_time(std::string_view text) {
  return make_error(ErrorKind::protocol, "'{}' is no time in UTC", printable(text, 40))
      .with_hint("Write it as 2026-11-25T16:25:55Z.");
}

// A number of exactly so many digits, taken off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits || text.substr(0, digits).find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  const auto value = parse_integer(text.substr(0, digits));
  text.remove_prefix(digits);
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// What follows the seconds: an optional fraction, which is dropped, then Z.
bool ends_in_utc(std::string_view text) {
  if (take(text, '.')) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return false;
    text.remove_prefix(digits);
  }
  return text == "Z";
}

}  // namespace

Result<Seconds> parse_duration(std::string_view text) {
  std::string_view rest = text;
  std::int64_t total = 0;
  std::int64_t unit_before = std::numeric_limits<std::int64_t>::max();
  if (rest.empty()) return bad_duration(text);
  while (!rest.empty()) {
    const std::size_t digits = rest.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return bad_duration(text);
    const auto count = parse_integer(rest.substr(0, digits));
    rest.remove_prefix(digits);
    std::size_t letters = 0;
    while (letters < rest.size() && !is_digit(rest[letters])) ++letters;
    const auto unit = size_of(k_durations, rest.substr(0, letters));
    rest.remove_prefix(letters);
    if (!count || !unit || *unit >= unit_before || *count > k_duration_max / *unit) return bad_duration(text);
    total += *count * *unit;
    unit_before = *unit;
  }
  if (total > k_duration_max) return bad_duration(text);
  return Seconds(total);
}

std::string format_duration(Seconds span) {
  if (span.count() < 0) return "-" + format_duration(-span);
  std::int64_t rest = span.count();
  for (std::size_t i = 0; i < k_durations.size(); ++i) {
    const auto& unit = k_durations[i];
    if (rest < unit.size) continue;
    std::string text = fmt::format("{}{}", rest / unit.size, unit.name);
    rest %= unit.size;
    if (i + 1 == k_durations.size()) return text;
    const auto& next = k_durations[i + 1];
    if (rest >= next.size) text += fmt::format("{}{}", rest / next.size, next.name);
    return text;
  }
  return "0s";
}

Result<std::int64_t> parse_size_mib(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789.");
  if (end == std::string_view::npos) return bad_size(text);
  const auto number = parse_decimal(text.substr(0, end));
  const auto unit = size_of(k_sizes, text.substr(end));
  if (!number || !unit || number->whole > (1LL << 60U) / *unit) return bad_size(text);
  // 10^12 bytes times 10^6 stays below 2^63.
  const std::int64_t bytes = number->whole * *unit + number->millionths * *unit / k_micros;
  return bytes >> 20U;
}

Result<std::int64_t> parse_money_micros(std::string_view text) {
  const auto number = parse_decimal(text);
  if (!number) {
    return make_error(ErrorKind::config, "'{}' is no sum of money", printable(text, 40))
        .with_hint("Write a plain number with at most six decimals, such as 0.17.");
  }
  return number->whole * k_micros + number->millionths;
}

std::string format_money(std::int64_t micros) {
  const bool negative = micros < 0;
  const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  std::string text = fmt::format("{}{}.{:06}", negative ? "-" : "", size / k_micros, size % k_micros);
  constexpr std::size_t k_always = 2;
  const std::size_t keep = text.find('.') + 1 + k_always;
  while (text.size() > keep && text.back() == '0') text.pop_back();
  return text;
}

std::string format_time(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Result<TimePoint> parse_time(std::string_view text) {
  std::string_view rest = text;
  std::array<int, 6> parts{};
  constexpr std::array<std::size_t, 6> k_digits{4, 2, 2, 2, 2, 2};
  constexpr std::string_view k_between = "--T::";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = take_number(rest, k_digits[i]);
    if (!number || (i < k_between.size() && !take(rest, k_between[i]))) return bad_time(text);
    parts[i] = *number;
  }
  const std::chrono::year_month_day date{std::chrono::year(parts[0]),
                                         std::chrono::month(static_cast<unsigned>(parts[1])),
                                         std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!date.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 59 || !ends_in_utc(rest)) return bad_time(text);
  return std::chrono::sys_days(date) + std::chrono::hours(parts[3]) + std::chrono::minutes(parts[4]) +
         Seconds(parts[5]);
}

}  // namespace tide
