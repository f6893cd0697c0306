#include <tide/cloud/local/init.hpp>

#include <tide/cloud/local/descendants.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tide::cloud::local {

namespace {

[[noreturn]] void fail(const Blueprint& blueprint, Stage stage, int code) {
  const Failure failure{.stage = stage, .code = code};
  // Nothing can be done if tide is gone by now: its next pass finds no instance.
  [[maybe_unused]] const ssize_t written = ::write(blueprint.report, &failure, sizeof failure);
  ::_exit(127);
}

void reset_signal_handlers() {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &plain, nullptr);  // KILL and STOP refuse, rightly
}

void close_between(unsigned first, unsigned last) {
  if (first > last) return;
  if (::syscall(SYS_close_range, first, last, 0U) == 0) return;
  // Before Linux 5.9.
  const long open_max = ::sysconf(_SC_OPEN_MAX);
  const unsigned end = std::min(last, open_max > 0 ? static_cast<unsigned>(open_max) : 65'536U);
  for (unsigned fd = first; fd <= end; ++fd) ::close(static_cast<int>(fd));
}

// Leaves 0 (null), 1 and 2 (the log), the claim and the pipe: tide's lock, store and sockets must not live on here.
bool arrange_descriptors(const Blueprint& blueprint) {
  if (::dup2(blueprint.null, 0) < 0 || ::dup2(blueprint.log, 1) < 0 || ::dup2(blueprint.log, 2) < 0) return false;
  const auto low = static_cast<unsigned>(std::min(blueprint.claim, blueprint.report));
  const auto high = static_cast<unsigned>(std::max(blueprint.claim, blueprint.report));
  close_between(3, low - 1);
  close_between(low + 1, high - 1);
  close_between(high + 1, ~0U);
  return true;
}

void write_title(const Blueprint& blueprint) {
  if (blueprint.title == nullptr || blueprint.title_size < 2) return;
  std::memset(blueprint.title, 0, blueprint.title_size);
  std::memcpy(blueprint.title, blueprint.title_text,
              std::min(std::strlen(blueprint.title_text), blueprint.title_size - 1));
}

void write_pid(char* slot) {
  std::array<char, k_pid_digits> digits{};
  std::size_t count = 0;
  for (auto pid = static_cast<unsigned>(::getpid()); pid > 0 && count < digits.size(); pid /= 10) {
    digits.at(count++) = static_cast<char>('0' + pid % 10);
  }
  for (std::size_t index = 0; index < count; ++index) slot[index] = digits.at(count - 1 - index);
  slot[count] = '\0';
}

[[noreturn]] void run_command(const Blueprint& blueprint, pid_t init) {
  ::setsid();
  // Without namespaces the command would outlive an init that somebody killed, and no one would end it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != init) ::_exit(127);
  ::prctl(PR_SET_NAME, "tide-command");
  write_pid(blueprint.pid_slot);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(blueprint.program, blueprint.argv, blueprint.environment);
  const int code = errno;
  // It never ran: the token may be used again.
  if (::ftruncate(blueprint.claim, 0) != 0) fail(blueprint, Stage::exec, errno);
  fail(blueprint, Stage::exec, code);
}

// Ends the instance. In a PID namespace the kernel kills all that is inside with its init.
[[noreturn]] void finish(const Blueprint& blueprint) {
  if (!blueprint.namespaces) kill_descendants();
  ::_exit(0);
}

[[noreturn]] void tend(const Blueprint& blueprint, pid_t command) {
  sigset_t all;
  ::sigfillset(&all);
  bool ending = false;
  for (;;) {
    const int signal = ::sigwaitinfo(&all, nullptr);
    if (signal == SIGCHLD) {
      for (pid_t pid = ::waitpid(-1, nullptr, WNOHANG); pid > 0; pid = ::waitpid(-1, nullptr, WNOHANG)) {
        if (pid == command) finish(blueprint);
      }
    } else if (signal == SIGTERM && !ending) {
      ending = true;
      ::prctl(PR_SET_NAME, k_ending_name);
      ::kill(-command, SIGTERM);
      ::alarm(blueprint.grace_seconds);
    } else if (signal == SIGALRM && ending) {
      finish(blueprint);
    }
  }
}

[[noreturn]] void run_init(const Blueprint& blueprint) {
  ::setsid();
  ::umask(022);
  if (::chdir("/") != 0) fail(blueprint, Stage::init, errno);
  if (blueprint.namespaces) {
    if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
      fail(blueprint, Stage::proc, errno);
  } else if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    fail(blueprint, Stage::init, errno);
  }
  ::prctl(PR_SET_NAME, k_init_name);
  write_title(blueprint);
  const pid_t self = ::getpid();
  // Before the command can run, and before tide can hear of it.
  const auto size = static_cast<ssize_t>(std::strlen(k_claim_used));
  if (::pwrite(blueprint.claim, k_claim_used, static_cast<std::size_t>(size), 0) != size)
    fail(blueprint, Stage::init, errno);
  const pid_t command = ::fork();
  if (command == 0) run_command(blueprint, self);
  if (command < 0) {
    const int code = errno;
    if (::ftruncate(blueprint.claim, 0) != 0) fail(blueprint, Stage::init, errno);
    fail(blueprint, Stage::command_fork, code);
  }
  ::close(blueprint.report);
  tend(blueprint, command);
}

}  // namespace

[[noreturn]] void run_first_child(const Blueprint& start) {
  Blueprint blueprint = start;
  reset_signal_handlers();
  if (!arrange_descriptors(blueprint)) fail(blueprint, Stage::session, errno);
  if (::setsid() < 0) fail(blueprint, Stage::session, errno);
  if (blueprint.namespaces) {
    if (::unshare(CLONE_NEWNS | CLONE_NEWPID) == 0) {
      // No mount made inside may show outside.
      if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail(blueprint, Stage::mounts, errno);
    } else if (errno == EPERM) {
      blueprint.namespaces = false;  // root of a container that may not make any: as an unprivileged user
    } else {
      fail(blueprint, Stage::mounts, errno);
    }
  }
  const pid_t init = ::fork();
  if (init == 0) run_init(blueprint);
  if (init < 0) fail(blueprint, Stage::init, errno);
  ::_exit(0);
}

}  // namespace tide::cloud::local
