#include <tide/core/age_clock.hpp>

#include <algorithm>

namespace tide::core {

PassClock advance(const PassClock& last, TimePoint wall, const BootTime& boot, Seconds gap_max) {
  const bool first = last.boot.boot_id.empty();
  const bool same_boot = boot.boot_id == last.boot.boot_id;
  const Seconds gap = first ? Seconds(0) : same_boot ? Seconds(boot.seconds - last.boot.seconds) : wall - last.wall;
  return {.wall = wall, .boot = boot, .age = last.age + std::clamp(gap, Seconds(0), std::max(gap_max, Seconds(0)))};
}

}  // namespace tide::core
