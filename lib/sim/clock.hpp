#pragma once

#include <tide/util/clock.hpp>

namespace tide::sim {

// Virtual time. The head's wall clock may be stepped and the head rebooted; real() runs on: machines, jobs and clouds
// live by it.
class SimClock final : public Clock {
 public:
  TimePoint now() override { return m_real + m_offset; }
  std::chrono::milliseconds monotonic() override { return m_real - m_booted; }
  BootTime boot() override;
  bool sleep_for(std::chrono::milliseconds span) override;

  TimePoint real() const { return m_real; }
  void advance(Seconds span) { m_real += span; }
  void step(Seconds by) { m_offset += by; }
  void reboot();
  int reboots() const { return m_reboots; }

 private:
  TimePoint m_real{Seconds(1'795'000'000)};
  TimePoint m_booted{m_real - Seconds(86'400)};
  Seconds m_offset{0};
  int m_reboots = 0;
};

}  // namespace tide::sim
