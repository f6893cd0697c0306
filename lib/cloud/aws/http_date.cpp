#include <tide/cloud/aws/http_date.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::cloud::aws {
namespace {

constexpr std::array<std::string_view, 12> k_months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<unsigned> number(std::string_view digits, std::size_t length) {
  const bool plain = digits.size() == length && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  const auto value = plain ? parse_integer(digits) : std::nullopt;
  if (!value) return std::nullopt;
  return static_cast<unsigned>(*value);
}

}  // namespace

std::optional<TimePoint> parse_http_date(std::string_view text) {
  const auto words = split(trim(text), ' ');
  if (words.size() != 6 || words[5] != "GMT") return std::nullopt;
  const auto month = std::ranges::find(k_months, words[2]);
  const auto day = number(words[1], 2);
  const auto year = number(words[3], 4);
  const auto clock = split(words[4], ':');
  if (month == k_months.end() || !day || !year || clock.size() != 3) return std::nullopt;
  const auto hour = number(clock[0], 2);
  const auto minute = number(clock[1], 2);
  const auto second = number(clock[2], 2);
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month - k_months.begin()) + 1),
                                         std::chrono::day(*day)};
  if (!date.ok() || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + Seconds(*second);
}

}  // namespace tide::cloud::aws
