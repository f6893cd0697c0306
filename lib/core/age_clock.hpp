#pragma once

#include <tide/core/memory.hpp>

namespace tide::core {

// tide's own clock after the gap since the last pass: it grows by what the boot clock says (another boot: the wall
// clock), by at most `gap_max`, and never shrinks. So a stepped clock makes nothing idle or lost.
PassClock advance(const PassClock& last, TimePoint wall, const BootTime& boot, Seconds gap_max);

}  // namespace tide::core
