#include <tide/process/child.hpp>

#include <tide/util/text.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace tide::process {

namespace {

std::string words_of(int code) { return std::system_category().message(code); }

Error cannot_start(const Command& command, std::string_view why) {
  const std::string program = command.argv.empty() ? "" : command.argv.front();
  return make_error(ErrorKind::io, "'{}' cannot be started: {}", printable(program, 200), why)
      .with_hint("Check that the file is there and that this user may run it.");
}

// Descriptors below 3 would be overwritten while the child's own 0, 1 and 2 are put in place.
Result<UniqueFd> above_stdio(UniqueFd fd) {
  if (fd && fd.get() > 2) return fd;
  if (fd) {
    fd = UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
    if (fd) return fd;
  }
  return make_error(ErrorKind::io, "no file descriptor: {}", words_of(errno));
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

constexpr int k_pipe_size = 1 << 20;  // the most that a plain user may have

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return make_error(ErrorKind::io, "pipe2 failed: {}", words_of(errno));
  UniqueFd first(ends[0]);
  UniqueFd second(ends[1]);
  TIDE_TRY_ASSIGN(UniqueFd read_end, above_stdio(std::move(first)));
  TIDE_TRY_ASSIGN(UniqueFd write_end, above_stdio(std::move(second)));
  if (::fcntl(read_end.get(), F_SETFL, O_NONBLOCK) != 0)
    return make_error(ErrorKind::io, "fcntl failed: {}", words_of(errno));
  return Pipe{std::move(read_end), std::move(write_end)};
}

// Input lies ready in memory: no SIGPIPE when the command ends early, no deadlock while it prints before it reads.
Result<UniqueFd> make_input(const std::string& text) {
  if (text.empty()) return above_stdio(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  TIDE_TRY_ASSIGN(UniqueFd fd, above_stdio(UniqueFd(::memfd_create("tide-input", MFD_CLOEXEC))));
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(fd.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error(ErrorKind::io, "a command's input cannot be written: {}", words_of(errno));
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return make_error(ErrorKind::io, "lseek failed: {}", words_of(errno));
  return fd;
}

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&m_actions); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&m_actions); }

  int fill(int input, int output, int errors) {
    const int from[] = {input, output, errors};
    for (int to = 0; to < 3; ++to) {
      if (const int code = ::posix_spawn_file_actions_adddup2(&m_actions, from[to], to); code != 0) return code;
    }
    // What cron or a library left open without O_CLOEXEC is none of the command's business.
    return ::posix_spawn_file_actions_addclosefrom_np(&m_actions, 3);
  }
  const posix_spawn_file_actions_t* get() const { return &m_actions; }

 private:
  posix_spawn_file_actions_t m_actions{};
};

class Attributes {
 public:
  Attributes() { ::posix_spawnattr_init(&m_attributes); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&m_attributes); }

  // Own group, nothing blocked, nothing ignored: a command behaves as from a fresh shell.
  int fill() {
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    constexpr short k_flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (const int code = ::posix_spawnattr_setflags(&m_attributes, k_flags); code != 0) return code;
    if (const int code = ::posix_spawnattr_setpgroup(&m_attributes, 0); code != 0) return code;
    if (const int code = ::posix_spawnattr_setsigdefault(&m_attributes, &all); code != 0) return code;
    return ::posix_spawnattr_setsigmask(&m_attributes, &none);
  }
  const posix_spawnattr_t* get() const { return &m_attributes; }

 private:
  posix_spawnattr_t m_attributes{};
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// 0 and the process, or an errno.
int spawn(const Command& command, const FileActions& actions, pid_t& pid) {
  Attributes attributes;
  if (const int code = attributes.fill(); code != 0) return code;
  std::vector<std::string> arguments = command.argv;
  std::vector<std::string> variables;
  for (const auto& [name, value] : command.environment) variables.push_back(name + "=" + value);
  const auto argv = pointers_to(arguments);
  const auto envp = pointers_to(variables);
  return ::posix_spawn(&pid, arguments.front().c_str(), actions.get(), attributes.get(), argv.data(), envp.data());
}

// A NUL would cut an argument short without a word.
bool has_nul(const Command& command) {
  for (const auto& text : command.argv) {
    if (text.find('\0') != std::string::npos) return true;
  }
  for (const auto& [name, value] : command.environment) {
    if (name.find('\0') != std::string::npos || value.find('\0') != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Child::Child(pid_t pid, UniqueFd pidfd_, UniqueFd output_, UniqueFd errors_)
    : pidfd(std::move(pidfd_)), output(std::move(output_)), errors(std::move(errors_)), m_pid(pid) {}

Child::Child(Child&& other) noexcept
    : pidfd(std::move(other.pidfd)),
      output(std::move(other.output)),
      errors(std::move(other.errors)),
      m_pid(std::exchange(other.m_pid, 0)) {}

Child::~Child() {
  if (m_pid <= 0) return;
  ::kill(-m_pid, SIGKILL);
  ::waitpid(m_pid, nullptr, WNOHANG);
}

Result<bool> Child::has_ended() const {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(m_pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    if (errno != EINTR) return make_error(ErrorKind::io, "a command's exit code is lost: {}", words_of(errno));
  }
  return info.si_pid != 0;
}

Result<ChildEnd> Child::reap() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(m_pid), &info, WEXITED) != 0) {
    if (errno != EINTR) return make_error(ErrorKind::io, "a command's exit code is lost: {}", words_of(errno));
  }
  m_pid = 0;
  if (info.si_code == CLD_EXITED) return ChildEnd{.exit_code = info.si_status, .signal = 0};
  return ChildEnd{.exit_code = 0, .signal = info.si_status};
}

pid_t Child::kill_all(Clock& clock, std::chrono::milliseconds patience) {
  if (m_pid <= 0) return 0;
  ::kill(-m_pid, SIGKILL);
  const auto end = clock.monotonic() + patience;
  const pid_t pid = std::exchange(m_pid, 0);
  for (;;) {
    const pid_t reaped = ::waitpid(pid, nullptr, WNOHANG);
    if (reaped == pid || (reaped < 0 && errno != EINTR)) return 0;
    if (clock.monotonic() >= end) return pid;
    pollfd entry{pidfd.get(), POLLIN, 0};
    ::poll(&entry, 1, 20);
  }
}

Result<Child> start(const Command& command) {
  if (command.argv.empty() || !command.argv.front().starts_with('/')) return cannot_start(command, "no absolute path");
  if (has_nul(command)) return cannot_start(command, "an argument or variable holds a NUL byte");
  TIDE_TRY_ASSIGN(const UniqueFd input, make_input(command.input));
  TIDE_TRY_ASSIGN(Pipe output, make_pipe());
  TIDE_TRY_ASSIGN(Pipe errors, make_pipe());
  // A queue of a million jobs goes through in fewer turns. Where the kernel refuses, the usual 64 KiB do.
  if (command.sink) (void)::fcntl(output.write_end.get(), F_SETPIPE_SZ, k_pipe_size);
  FileActions actions;
  pid_t pid = 0;
  int code = actions.fill(input.get(), output.write_end.get(), errors.write_end.get());
  if (code == 0) code = spawn(command, actions, pid);
  if (code != 0) return cannot_start(command, words_of(code));
  // By number: glibc 2.36 declares pidfd_open without extern "C".
  return Child(pid, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))), std::move(output.read_end),
               std::move(errors.read_end));
}

std::string last_words(std::string_view errors) {
  constexpr std::size_t k_length = 300;
  std::string line;
  for (const auto piece : split(trim(errors), '\n')) {
    if (!line.empty()) line += "; ";
    line += trim(piece);
  }
  if (line.size() > k_length) line = "..." + line.substr(line.size() - k_length);
  return printable(line, k_length + 3);
}

}  // namespace tide::process
