#pragma once

#include <tide/util/clock.hpp>

#include <string>

namespace tide::test {

// A clock that stands still unless a test moves it; a sleep moves only what is counted since the start.
class HandClock : public Clock {
 public:
  explicit HandClock(TimePoint now = {}) : time(now) {}

  TimePoint now() override { return time; }
  std::chrono::milliseconds monotonic() override { return at; }
  BootTime boot() override { return {.boot_id = boot_id}; }
  bool sleep_for(std::chrono::milliseconds span) override {
    at += span;
    return !stopped;
  }
  void pass(Seconds span) {
    time += span;
    at += span;
  }

  TimePoint time;
  std::chrono::milliseconds at{1'000'000};
  std::string boot_id = "boot-1";
  bool stopped = false;
};

}  // namespace tide::test
