#include <tide/util/system_clock.hpp>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>

using namespace tide;
using std::chrono::milliseconds;

TEST_SUITE_BEGIN("util/system_clock");

TEST_CASE("SystemClock: reads the machine's clocks, none of which runs backwards") {
  SystemClock clock;
  CHECK(clock.now() > TimePoint(Seconds(1'700'000'000)));
  const auto first = clock.monotonic();
  CHECK(clock.sleep_for(milliseconds(20)));
  CHECK(clock.monotonic() - first >= milliseconds(20));
  const BootTime boot = clock.boot();
  CHECK(boot.seconds > 0);
  CHECK(boot.boot_id == clock.boot().boot_id);
  CHECK(boot.boot_id.find('\n') == std::string::npos);
  CHECK(clock.sleep_for(milliseconds(0)));
  CHECK(clock.sleep_for(milliseconds(-5)));
}

TEST_CASE("StopFlag: a sleeper wakes at once, and never sleeps again") {
  const auto flag = std::move(StopFlag::make()).value();
  SystemClock clock(flag.get());
  CHECK(clock.sleep_for(milliseconds(1)));
  CHECK(flag->signal() == 0);
  flag->request(SIGTERM);
  flag->request(SIGINT);
  CHECK(flag->signal() == SIGTERM);  // the first decides
  const auto began = clock.monotonic();
  CHECK_FALSE(clock.sleep_for(milliseconds(60'000)));
  CHECK_FALSE(clock.sleep_for(milliseconds(0)));
  CHECK(clock.monotonic() - began < milliseconds(5'000));
}

TEST_CASE("StopFlag: a real signal ends the sleep; a second one ends the process") {
  for (const int second : {0, SIGTERM}) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const auto flag = std::move(StopFlag::make()).value();
      if (!flag->catch_signals()) ::_exit(9);
      SystemClock clock(flag.get());
      if (::write(ready[1], "r", 1) != 1) ::_exit(8);
      const bool slept = clock.sleep_for(milliseconds(60'000));
      if (::write(ready[1], "w", 1) != 1) ::_exit(8);
      if (second != 0) ::pause();
      ::_exit(slept ? 1 : 100 + flag->signal());
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::kill(child, SIGTERM);
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    CHECK(byte == 'w');
    if (second != 0) ::kill(child, second);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (second == 0) {
      CHECK(WEXITSTATUS(status) == 100 + SIGTERM);
    } else {
      CHECK(WIFSIGNALED(status));
    }
    ::close(ready[0]);
    ::close(ready[1]);
  }
}

TEST_CASE("SystemRandom: draws differ") {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random.next());
  CHECK(seen.size() == 1'000);
}
