#include "cmd/run.hpp"

#include <tide/util/system_clock.hpp>

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

int columns_of(int fd) {
  winsize size{};
  constexpr int k_plain_columns = 80;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : k_plain_columns;
}

std::string terminal_name() {
  const char* name = isatty(STDIN_FILENO) == 1 ? ttyname(STDIN_FILENO) : nullptr;
  return name == nullptr ? "" : name;
}

int run_main(const std::vector<std::string>& arguments) {
  auto stop = tide::StopFlag::make();
  if (!stop || !(*stop)->catch_signals()) {
    std::cerr << "tide: error: cannot watch for signals\n";
    return static_cast<int>(tide::core::ExitCode::unexpected);
  }
  // An inherited "ignored" would make the kernel throw the exit codes of children away; a closed pipe is an error, no
  // death.
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  tide::SystemClock clock(stop->get());
  tide::SystemRandom random;
  tide::cmd::Process process{.environment = read_environment(),
                             .in = std::cin,
                             .out = std::cout,
                             .err = std::cerr,
                             .terminal = terminal_name(),
                             .in_is_terminal = isatty(STDIN_FILENO) == 1,
                             .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                             .err_is_terminal = isatty(STDERR_FILENO) == 1,
                             .columns = columns_of(STDOUT_FILENO),
                             .clock = clock,
                             .random = random,
                             .wrap_ports = nullptr,
                             .exit_code = [&stop](tide::core::ExitCode code) {
                               const int signal = (*stop)->signal();
                               return signal != 0 ? 128 + signal : static_cast<int>(code);
                             }};
  const auto code = tide::cmd::run(arguments, process);
  if ((*stop)->signal() != 0) return process.exit_code(code);
  if (!std::cout && errno == EPIPE) return 128 + SIGPIPE;  // `tide info | head`: the reader had enough
  if (!std::cout) {
    std::cerr << "tide: error: cannot write to standard output\n";
    return static_cast<int>(tide::core::ExitCode::unexpected);
  }
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_main(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& bug) {
    std::cerr << "tide: error: unexpected: " << bug.what()
              << "\nhint: This is a bug: please report it with the command and its output.\n";
    return static_cast<int>(tide::core::ExitCode::unexpected);
  }
}
