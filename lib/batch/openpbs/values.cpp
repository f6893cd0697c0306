#include <tide/batch/openpbs/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::openpbs {

namespace {

constexpr std::array<std::string_view, 12> k_months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t k_epoch_max = std::int64_t{1} << 40;

std::optional<int> digits(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::optional<TimePoint> parse_time_text(std::string_view text) {
  if (const auto epoch = parse_integer(text)) {
    return *epoch >= 0 && *epoch < k_epoch_max ? std::optional(TimePoint{Seconds{*epoch}}) : std::nullopt;
  }
  if (text.size() != 24 || text[3] != ' ' || text[7] != ' ' || text[10] != ' ' || text[13] != ':' || text[16] != ':' ||
      text[19] != ' ')
    return std::nullopt;
  const auto month = std::ranges::find(k_months, text.substr(4, 3));
  const auto day = digits(trim(text.substr(8, 2)));
  const auto hour = digits(text.substr(11, 2));
  const auto minute = digits(text.substr(14, 2));
  const auto second = digits(text.substr(17, 2));
  const auto year = digits(text.substr(20, 4));
  if (month == k_months.end() || !day || !hour || !minute || !second || !year) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(month - k_months.begin()) + 1},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + Seconds{*second};
}

}  // namespace tide::batch::openpbs
