#include "cmd/when.hpp"

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <ctime>

namespace tide::cmd {

namespace {

bool read(const std::string& text, const char* form, std::tm& into) {
  const char* rest = ::strptime(text.c_str(), form, &into);
  return rest != nullptr && *rest == '\0';
}

constexpr TimePoint k_last{Seconds(253'402'300'799)};  // 9999-12-31T23:59:59Z: a later one has no form that is read

Error no_time(const std::string& option, const std::string& text) {
  return make_error(ErrorKind::usage, "{} '{}' is no time", option, printable(text, 40))
      .with_hint(fmt::format("Write it as 18:30, '2026-11-25 18:30' or 2026-11-25T18:30:00Z{}.",
                             option == "--since" ? "; or how long ago, as 2h" : ""));
}

}  // namespace

Result<TimePoint> parse_when(const std::string& option, const std::string& text, TimePoint now, When when) {
  if (auto exact = parse_time(text)) return exact;
  const auto moment_of = [&](std::tm local) -> Result<TimePoint> {
    local.tm_isdst = -1;  // whichever holds then
    const TimePoint moment{Seconds(::mktime(&local))};
    if (moment < TimePoint{} || moment > k_last) return no_time(option, text);
    return moment;
  };
  const std::time_t seconds = now.time_since_epoch().count();
  std::tm today{};
  ::localtime_r(&seconds, &today);
  today.tm_sec = 0;
  std::tm read_into = today;
  if (read(text, "%Y-%m-%d %H:%M", read_into)) return moment_of(read_into);
  read_into = today;
  if (!read(text, "%H:%M", read_into)) return no_time(option, text);
  TIDE_TRY_ASSIGN(const TimePoint moment, moment_of(read_into));
  if (when == When::future && moment <= now) ++read_into.tm_mday;
  if (when == When::past && moment > now) --read_into.tm_mday;
  return moment_of(read_into);
}

Result<Seconds> parse_span(const std::string& option, const std::string& text, Seconds least) {
  auto span = parse_duration(text);
  if (!span) {
    span.error().kind = ErrorKind::usage;
    span.error().message = option + " " + span.error().message;
  } else if (*span < least) {
    return make_error(ErrorKind::usage, "{} '{}' is too short", option, printable(text, 40))
        .with_hint(fmt::format("At least {}.", format_duration(least)));
  }
  return span;
}

}  // namespace tide::cmd
