#pragma once

#include <csignal>
#include <cstddef>

namespace tide::cloud::local {

// Where a start failed; sent through the pipe with errno.
enum class Stage : int { session, mounts, init, proc, command_fork, exec };

struct Failure {
  Stage stage = Stage::session;
  int code = 0;
};

// All that the processes of an instance need, made before the first fork: after it nothing is allocated.
struct Blueprint {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  char* pid_slot = nullptr;  // inside `environment`: where the command writes its PID, k_pid_digits wide
  int null = -1;             // descriptors, all above 2 and close-on-exec
  int log = -1;
  int claim = -1;
  int report = -1;
  unsigned grace_seconds = 10;
  bool namespaces = false;
  char* title = nullptr;  // the memory behind /proc/self/cmdline, or null
  std::size_t title_size = 0;
  const char* title_text = "";
};

constexpr std::size_t k_pid_digits = 10;

// comm of an init, by which the list tells an instance's life: at most 15 characters.
constexpr const char* k_init_name = "tide-local";
constexpr const char* k_ending_name = "tide-ending";

// What a claim says once the command may have run: its token is used up.
constexpr const char* k_claim_used = "used\n";

// The child of tide: makes the session and the namespaces, forks the init and exits. All signals must be blocked.
[[noreturn]] void run_first_child(const Blueprint& blueprint);

}  // namespace tide::cloud::local
