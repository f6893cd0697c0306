#pragma once

#include <tide/process/command_runner.hpp>
#include <tide/util/clock.hpp>
#include <tide/util/files.hpp>

#include <sys/types.h>

namespace tide::process {

struct ChildEnd {
  int exit_code = 0;
  int signal = 0;
};

// A started process, the leader of its own group. Kills the group when it goes unless it was reaped.
class Child {
 public:
  Child(pid_t pid, UniqueFd pidfd_, UniqueFd output_, UniqueFd errors_);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  Result<bool> has_ended() const;  // leaves it as a zombie, so that its group's number stays its own
  Result<ChildEnd> reap();         // waits
  // SIGKILL to the group. Returns the process if it has not died within `patience` (stuck in the kernel), else 0.
  pid_t kill_all(Clock& clock, std::chrono::milliseconds patience);

  UniqueFd pidfd;   // readable once it ended; absent before Linux 5.3 and under some sandboxes
  UniqueFd output;  // read ends, not blocking
  UniqueFd errors;

 private:
  pid_t m_pid;
};

Result<Child> start(const Command& command);

// What is at the end of stderr, on one line.
std::string last_words(std::string_view errors);

}  // namespace tide::process
