#include <tide/core/sleep.hpp>

#include <tide/util/units.hpp>

#include <fmt/format.h>

namespace tide::core {

const Sleep* asleep(const Memory& memory, TimePoint now) {
  if (!memory.sleep || (memory.sleep->until && *memory.sleep->until <= now)) return nullptr;
  return &*memory.sleep;
}

std::string describe(const Sleep& sleep) {
  return fmt::format("asleep until {}, since {} by {}{}", sleep.until ? format_time(*sleep.until) : "'tide wake'",
                     format_time(sleep.since), sleep.by, sleep.reason.empty() ? "" : " (" + sleep.reason + ")");
}

}  // namespace tide::core
