#pragma once

#include <tide/process/command_runner.hpp>
#include <tide/util/clock.hpp>

#include <sys/types.h>

#include <vector>

namespace tide::process {

constexpr std::size_t k_errors_max = 16U << 10U;          // of stderr that is kept: its end
constexpr std::chrono::milliseconds k_drain_time{1'000};  // for what others still hold open once the command ended
constexpr std::chrono::milliseconds k_death_time{2'000};  // a killed process that takes longer hangs in the kernel

// Runs real commands with posix_spawn: own process group, default signals, no descriptor but 0, 1 and 2.
// Wants SIGCHLD at its default, else the kernel throws exit codes away (an error of kind io).
class PosixRunner final : public CommandRunner {
 public:
  explicit PosixRunner(Clock& clock) : m_clock(clock) {}
  ~PosixRunner() override { reap_late(); }

  Result<Finished> run(const Command& command) override;

 private:
  void reap_late();

  Clock& m_clock;
  std::vector<pid_t> m_late;  // killed, but stuck in the kernel when last seen (a dead NFS server)
};

}  // namespace tide::process
