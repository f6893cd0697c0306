#include <tide/core/age_clock.hpp>

#include <algorithm>

namespace tide::core {

PassClock advance(const PassClock& last, TimePoint wall, const BootTime& boot, Seconds gap_max) {
  const bool first = last.wall == TimePoint{};
  const bool same_boot = !boot.boot_id.empty() && boot.boot_id == last.boot.boot_id;  // none: /proc is hidden
  const Seconds gap = first ? Seconds(0) : same_boot ? Seconds(boot.seconds - last.boot.seconds) : wall - last.wall;
  const Seconds counted = std::clamp(gap, Seconds(0), std::max(gap_max, Seconds(0)));
  return {.wall = wall, .boot = boot, .age = last.age + counted, .gap = std::max(gap, Seconds(0))};
}

}  // namespace tide::core
