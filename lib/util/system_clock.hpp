#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/files.hpp>
#include <tide/util/result.hpp>

#include <atomic>
#include <memory>

namespace tide {

// Remembers that a signal asked the process to stop, and wakes whoever sleeps.
class StopFlag {
 public:
  static Result<std::unique_ptr<StopFlag>> make();
  ~StopFlag();
  StopFlag(const StopFlag&) = delete;
  StopFlag& operator=(const StopFlag&) = delete;

  // SIGINT and SIGTERM set this flag from now on; the second one of a kind ends the process as usual. Once per process.
  Result<void> catch_signals();
  void request(int signal) noexcept;              // async-signal-safe
  int signal() const { return m_signal.load(); }  // 0: go on
  int fd() const { return m_wake.get(); }         // readable, for ever, once asked to stop

 private:
  explicit StopFlag(UniqueFd wake) : m_wake(std::move(wake)) {}

  UniqueFd m_wake;
  std::atomic<int> m_signal{0};
};

// The machine's clocks. `stop`, if given, outlives it.
class SystemClock final : public Clock {
 public:
  explicit SystemClock(const StopFlag* stop = nullptr) : m_stop(stop) {}

  TimePoint now() override;
  std::chrono::milliseconds monotonic() override;
  BootTime boot() override;  // boot_id is "" where /proc hides it
  bool sleep_for(std::chrono::milliseconds span) override;

 private:
  const StopFlag* m_stop;
  std::string m_boot_id;
};

// The kernel's randomness, fit for tokens.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

}  // namespace tide
