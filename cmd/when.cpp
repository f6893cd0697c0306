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

TimePoint moment_of(std::tm local) {
  local.tm_isdst = -1;  // whichever holds then
  return TimePoint{Seconds(::mktime(&local))};
}

}  // namespace

Result<TimePoint> parse_when(const std::string& option, const std::string& text, TimePoint now, When when) {
  if (auto exact = parse_time(text)) return exact;
  const std::time_t seconds = now.time_since_epoch().count();
  std::tm today{};
  ::localtime_r(&seconds, &today);
  today.tm_sec = 0;
  std::tm read_into = today;
  if (read(text, "%Y-%m-%d %H:%M", read_into)) return moment_of(read_into);
  read_into = today;
  if (!read(text, "%H:%M", read_into)) {
    return make_error(ErrorKind::usage, "{} '{}' is no time", option, printable(text, 40))
        .with_hint("Write it as 18:30, '2026-11-25 18:30' or 2026-11-25T18:30:00Z.");
  }
  TimePoint moment = moment_of(read_into);
  if (when == When::future && moment <= now) ++read_into.tm_mday;
  if (when == When::past && moment > now) --read_into.tm_mday;
  return moment_of(read_into);
}

}  // namespace tide::cmd
