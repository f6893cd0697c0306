#include <tide/process/posix_runner.hpp>
#include <tide/util/system_clock.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace tide;
using namespace tide::process;
using std::chrono::milliseconds;

namespace {

Command shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script},
          .environment = {{"PATH", "/usr/bin:/bin"}},
          .input = "",
          .timeout = milliseconds(20'000),
          .sink = {}};
}

struct Runner {
  SystemClock clock;
  PosixRunner posix{clock};
  milliseconds began = clock.monotonic();

  Result<Finished> operator()(const Command& command) { return posix.run(command); }
  milliseconds taken() { return clock.monotonic() - began; }
};

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

bool is_alive(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number;
  std::string name;
  std::string state;
  return static_cast<bool>(stat >> number >> name >> state) && state != "Z" && state != "X";
}

// Waits for a process that was killed to be gone; the kernel needs a moment.
bool dies(pid_t pid, Clock& clock) {
  for (int i = 0; i < 500 && is_alive(pid); ++i) clock.sleep_for(milliseconds(10));
  return !is_alive(pid);
}

}  // namespace

TEST_SUITE_BEGIN("process/posix_runner");

TEST_CASE("run: output, stderr and exit code come back") {
  const auto finished = Runner()(shell("echo out; echo err >&2; exit 3"));
  REQUIRE(finished);
  CHECK(finished->output == "out\n");
  CHECK(finished->errors == "err\n");
  CHECK(finished->exit_code == 3);
  CHECK(finished->signal == 0);
}

TEST_CASE("run: a command that dies by a signal says which") {
  const auto finished = Runner()(shell("kill -TERM $$"));
  REQUIRE(finished);
  CHECK(finished->signal == SIGTERM);
  CHECK(finished->exit_code == 0);
}

TEST_CASE("run: the environment is exactly the one given") {
  ::setenv("SQUEUE_FORMAT", "%i", 1);
  Command command{.argv = {"/usr/bin/env"}, .environment = {{"LC_ALL", "C"}, {"X", "a b=c"}}};
  const auto finished = Runner()(command);
  ::unsetenv("SQUEUE_FORMAT");
  REQUIRE(finished);
  CHECK(finished->output == "LC_ALL=C\nX=a b=c\n");
}

TEST_CASE("run: input is fed, also when nobody reads it or it is large") {
  auto command = shell("cat");
  command.input = std::string(3 << 20, 'x');
  Runner run;
  CHECK(run(command).value().output == command.input);
  command.argv = {"/bin/true"};
  CHECK(run(command).value().exit_code == 0);
  command.argv = {"/bin/cat"};
  command.input = "";
  CHECK(run(command).value().output == "");
}

TEST_CASE("run: the sink gets the output while the command still writes") {
  char folder[] = "/tmp/tide-run-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string seen_file = std::string(folder) + "/seen";
  std::string seen;
  // The command goes on only once the sink has what it wrote first.
  auto command = shell("echo one; until test -e " + seen_file + "; do sleep 0.01; done; echo two");
  command.sink = [&](std::string_view piece) -> Result<void> {
    seen += piece;
    if (!std::ofstream(seen_file)) return make_error(ErrorKind::io, "'{}' cannot be made", seen_file);
    return {};
  };
  const auto finished = Runner()(command);
  std::filesystem::remove_all(folder);
  REQUIRE(finished);
  CHECK(seen == "one\ntwo\n");
  CHECK(finished->output.empty());
}

TEST_CASE("run: huge output streams through a sink and is counted whole") {
  std::size_t size = 0;
  auto command = shell("head -c 200000000 /dev/zero");
  command.sink = [&](std::string_view piece) -> Result<void> {
    size += piece.size();
    return {};
  };
  REQUIRE(Runner()(command));
  CHECK(size == 200'000'000);
}

TEST_CASE("run: collected output has a bound, and the command ends with it") {
  Runner run;
  auto command = shell("echo $$; exec yes");
  command.output_max = 100'000;
  const auto finished = run(command);
  REQUIRE_FALSE(finished);
  CHECK(finished.error().kind == ErrorKind::io);
  CHECK(finished.error().message.find("more than 100000 bytes") != std::string::npos);
  command = shell("head -c 100000 /dev/zero");
  command.output_max = 100'000;
  CHECK(run(command).value().output.size() == 100'000);
}

TEST_CASE("run: only the end of stderr is kept") {
  const auto finished = Runner()(shell("head -c 300000 /dev/zero | tr '\\0' e >&2; echo last >&2"));
  REQUIRE(finished);
  CHECK(finished->errors.size() == k_errors_max);
  CHECK(finished->errors.ends_with("eelast\n"));
}

TEST_CASE("run: a command that hangs is killed with all its children") {
  Runner run;
  std::string pids;
  auto command = shell("sleep 300 & echo $! $$; echo cannot reach server >&2; wait");
  command.timeout = milliseconds(1'500);
  command.sink = [&](std::string_view piece) -> Result<void> {
    pids += piece;
    return {};
  };
  const auto finished = run(command);
  REQUIRE_FALSE(finished);
  CHECK(finished.error().kind == ErrorKind::timeout);
  CHECK(finished.error().message.find("1500 ms") != std::string::npos);
  CHECK(finished.error().context == std::vector<std::string>{"it said: cannot reach server"});
  CHECK_FALSE(finished.error().hint.empty());
  CHECK(run.taken() < milliseconds(10'000));
  const auto blank = pids.find(' ');
  REQUIRE(blank != std::string::npos);
  const pid_t child = std::stoi(pids);
  const pid_t parent = std::stoi(pids.substr(blank));
  CHECK(dies(child, run.clock));
  CHECK(::kill(parent, 0) == -1);  // reaped
}

TEST_CASE("run: a command that ignores TERM and never stops writing is killed all the same") {
  Runner run;
  auto command = shell("trap '' TERM INT HUP; while :; do echo x; done");
  command.timeout = milliseconds(500);
  command.sink = [](std::string_view) -> Result<void> { return {}; };
  const auto finished = run(command);
  REQUIRE_FALSE(finished);
  CHECK(finished.error().kind == ErrorKind::timeout);
  CHECK(run.taken() < milliseconds(10'000));
}

TEST_CASE("run: the sink's error ends the command and comes back as it is") {
  Runner run;
  std::string seen;
  auto command = shell("echo $$; exec sleep 300");
  command.sink = [&](std::string_view piece) -> Result<void> {
    seen += piece;
    return make_error(ErrorKind::protocol, "'line 1' is rubbish");
  };
  const auto finished = run(command);
  REQUIRE_FALSE(finished);
  CHECK(finished.error() == make_error(ErrorKind::protocol, "'line 1' is rubbish"));
  CHECK(::kill(std::stoi(seen), 0) == -1);
  CHECK(errno == ESRCH);
}

TEST_CASE("run: half an output before the end is handed over with its exit code") {
  const auto finished = Runner()(shell("printf 'JOBID\\n12'; kill -KILL $$"));
  REQUIRE(finished);
  CHECK(finished->output == "JOBID\n12");
  CHECK(finished->signal == SIGKILL);
}

TEST_CASE("run: a command that closes its pipes and runs on is waited for, up to the time-out") {
  Runner run;
  const auto finished = run(shell("echo x; exec >&- 2>&-; sleep 0.5; exit 4"));
  REQUIRE(finished);
  CHECK(finished->output == "x\n");
  CHECK(finished->exit_code == 4);
  auto command = shell("exec >&- 2>&-; sleep 300");
  command.timeout = milliseconds(300);
  CHECK(run(command).error().kind == ErrorKind::timeout);
}

TEST_CASE("run: a grandchild that keeps the pipe open does not hold tide up") {
  Runner run;
  const auto finished = run(shell("sleep 30 & echo $!; exit 5"));
  REQUIRE(finished);
  CHECK(finished->exit_code == 5);
  CHECK(run.taken() < milliseconds(10'000));
  const pid_t grandchild = std::stoi(finished->output);
  CHECK(is_alive(grandchild));  // not tide's to end
  ::kill(grandchild, SIGKILL);
}

TEST_CASE("run: what cannot be started is an io error that names it") {
  Runner run;
  for (const char* path : {"/nonexistent/squeue", "/etc/passwd", "/", "squeue", ""}) {
    CAPTURE(path);
    const auto finished = run({.argv = {path}});
    REQUIRE_FALSE(finished);
    CHECK(finished.error().kind == ErrorKind::io);
    CHECK(finished.error().message.find(std::string("'") + path + "'") == 0);
  }
  CHECK(run({.argv = {}}).error().kind == ErrorKind::io);
  CHECK(run({.argv = {"/bin/echo", std::string("a\0b", 3)}}).error().kind == ErrorKind::io);
}

TEST_CASE("run: the command inherits no descriptor, no ignored signal, and has its own group") {
  const int leaked = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as cron's may be
  REQUIRE(leaked > 2);
  ::signal(SIGPIPE, SIG_IGN);
  Runner run;
  const auto finished =
      run(shell("ls /proc/self/fd | wc -l; test $(cut -d ' ' -f 5 /proc/$$/stat) = $$ && echo leader; grep SigBlk "
                "/proc/self/status; "
                "sed -n 's/SigIgn:.//p' /proc/self/status"));
  ::signal(SIGPIPE, SIG_DFL);
  ::close(leaked);
  REQUIRE(finished);
  constexpr std::string_view k_want = "4\nleader\nSigBlk:\t0000000000000000\n";  // 0, 1, 2 and ls's own
  REQUIRE(finished->output.starts_with(k_want));
  constexpr std::uint64_t k_real =
      0x7fff'ffff;  // 32 and 33 are glibc's own, and may come down from whoever runs the tests
  CHECK((std::stoull(finished->output.substr(k_want.size()), nullptr, 16) & k_real) == 0);
}

TEST_CASE("run: descriptors do not leak, whatever happens") {
  Runner run;
  CHECK(run(shell("true")));
  const auto before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    auto command = shell(i % 2 == 0 ? "echo x" : "sleep 300");
    command.timeout = milliseconds(i % 2 == 0 ? 20'000 : 30);
    command.input = "x";
    const bool fine = run(command).has_value();
    CHECK(fine == (i % 2 == 0));
    CHECK_FALSE(run({.argv = {"/nonexistent"}}));
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("display: as typed into a shell, without the folder, and never endless") {
  CHECK(display({.argv = {"/usr/bin/squeue", "-h", "--format=%i %T", "", "it's"}}) ==
        "squeue -h '--format=%i %T' '' 'it'\\''s'");
  CHECK(display({.argv = {"/bin/echo", "a\nb"}}) == "echo 'a\\x0ab'");
  CHECK(display({.argv = {"/bin/echo", std::string(10'000, 'x')}}).size() <= 400);
}
