#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tide {

using Seconds = std::chrono::seconds;
using TimePoint = std::chrono::sys_seconds;  // wall time, UTC

// Seconds on tide's own age clock (core/age_clock.hpp): it advances from pass to pass, never back, and by at
// most one boot_deadline per gap, so that a stepped wall clock makes nothing old.
struct Moment {
  std::int64_t seconds = 0;

  auto operator<=>(const Moment&) const = default;
  Moment operator+(Seconds span) const { return {seconds + span.count()}; }
  Seconds operator-(Moment other) const { return Seconds(seconds - other.seconds); }
};

struct BootTime {
  std::string boot_id;       // /proc/sys/kernel/random/boot_id
  std::int64_t seconds = 0;  // CLOCK_BOOTTIME

  bool operator==(const BootTime&) const = default;
};

// The port for time. Nothing else in lib reads a clock or sleeps.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual TimePoint now() = 0;
  virtual std::chrono::milliseconds monotonic() = 0;
  virtual BootTime boot() = 0;
  // Returns early, with false, once a signal asked the process to stop.
  virtual bool sleep_for(std::chrono::milliseconds span) = 0;
};

// The port for randomness: full-jitter back-off, intents' IDs.
class Random {
 public:
  virtual ~Random() = default;

  virtual std::uint64_t next() = 0;
};

}  // namespace tide
