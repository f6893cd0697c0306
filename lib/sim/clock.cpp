#include <tide/sim/clock.hpp>

#include <fmt/format.h>

namespace tide::sim {

BootTime SimClock::boot() {
  return {.boot_id = fmt::format("boot-{}", m_reboots), .seconds = (m_real - m_booted).count()};
}

bool SimClock::sleep_for(std::chrono::milliseconds span) {
  advance(std::chrono::ceil<Seconds>(span));
  return true;
}

void SimClock::reboot() {
  ++m_reboots;
  m_booted = m_real;
}

}  // namespace tide::sim
