#include <tide/engine/daemon.hpp>

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace tide;
using namespace std::chrono_literals;
TEST_SUITE_BEGIN("engine/daemon");

namespace {

// Time that passes only by sleeping; it is told to stop after so many passes.
class VirtualClock final : public Clock {
 public:
  TimePoint now() override { return TimePoint(Seconds(1'800'000'000)) + std::chrono::duration_cast<Seconds>(at); }
  std::chrono::milliseconds monotonic() override { return at; }
  BootTime boot() override { return {}; }
  bool sleep_for(std::chrono::milliseconds span) override {
    at += span;
    return !stopped;
  }

  std::chrono::milliseconds at{0};
  bool stopped = false;
};

class Dice final : public Random {
 public:
  std::uint64_t next() override { return m_next += 7'919; }

 private:
  std::uint64_t m_next = 0;
};

struct Rig {
  VirtualClock clock;
  Dice dice;
  std::vector<std::chrono::milliseconds> passes;
  std::vector<std::string> told;
  int alive = 0;
  std::function<Nudges()> nudges = [] { return Nudges{}; };
  std::function<std::string()> reload = [] { return std::string("read anew"); };

  void run(std::size_t count, engine::DaemonOptions options = {}) {
    engine::run_daemon({.clock = clock,
                        .random = dice,
                        .nudges = nudges,
                        .alive = [&] { ++alive; },
                        .status = [&](const std::string& text) { told.push_back(text); }},
                       options,
                       {.pass =
                            [&] {
                              passes.push_back(clock.at);
                              clock.stopped = passes.size() >= count;
                              return std::string("fine");
                            },
                        .reload = reload});
  }
};

}  // namespace

TEST_CASE("daemon: ten thousand passes, each a minute after the last, less up to a tenth") {
  Rig rig;
  rig.run(10'000);
  REQUIRE(rig.passes.size() == 10'000);
  auto least = 1h + 0ms;
  auto most = 0ms;
  for (std::size_t i = 1; i < rig.passes.size(); ++i) {
    const auto gap = rig.passes[i] - rig.passes[i - 1];
    least = std::min<std::chrono::milliseconds>(least, gap);
    most = std::max(most, gap);
  }
  CHECK(least > 54s);
  CHECK(most <= 60s);
  CHECK(most - least > 4s);
}

TEST_CASE("daemon: told to stop, it begins no other pass") {
  Rig rig;
  rig.run(1);
  CHECK(rig.passes.size() == 1);
  CHECK(rig.told.back().find("fine; next pass at 2027-01-15T08:0") == 0);
}

TEST_CASE("daemon: a nudge begins the next pass within a second") {
  Rig rig;
  rig.nudges = [&] { return Nudges{.wake = rig.clock.at == 5s, .reload = false}; };
  rig.run(2);
  CHECK(rig.passes[1] == 5s);
}

TEST_CASE("daemon: the configuration is read anew before the next pass, and what came of it is told") {
  Rig rig;
  int reloads = 0;
  rig.reload = [&] { return fmt::format("reload {}", ++reloads); };
  rig.nudges = [&] { return Nudges{.wake = false, .reload = rig.clock.at == 3s}; };
  rig.run(2);
  CHECK(reloads == 1);
  CHECK(std::ranges::count(rig.told, std::string("reload 1")) == 1);
  CHECK(rig.passes[1] == 3s);
}

TEST_CASE("daemon: alive before and after each pass, and in good time between") {
  Rig rig;
  rig.run(1, {.every = 60s, .watchdog = 0ms});
  CHECK(rig.alive == 2);
  Rig watched;
  watched.run(2, {.every = 60s, .watchdog = 10s});
  CHECK(watched.alive >= 4 + 10);
  CHECK(watched.alive <= 4 + 13);
}
