// Frames a second while `tide watch` scrolls over 10^4 workers: the view model and ncurses with it, into /dev/null.
// Fails below 30. Also how long one look takes to be laid out.
#include "cmd/watch/screen.hpp"
#include "cmd/watch/view.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

using namespace tide;
using namespace tide::cmd;

namespace {

using BenchClock = std::chrono::steady_clock;

constexpr int k_workers = 10'000;
constexpr int k_frames = 3'000;
constexpr double k_frames_least = 30;

output::Section workers(int tick) {
  output::Section section{.name = "workers", .columns = {}, .rows = {}, .empty = ""};
  for (const char* key : {"node", "instance", "pool", "phase", "state", "cloud_state", "slots", "used", "jobs",
                          "market", "price", "cost", "idle", "why"})
    section.columns.push_back({key, key});
  for (int i = 0; i < k_workers; ++i) {
    section.rows.push_back({fmt::format("physics-small-{:05}", i), fmt::format("i-{:017x}", i), "small",
                            i % 3 == 0 ? "idle" : "busy", "MIXED+CLOUD+DYNAMIC_NORM", "running", std::int64_t{8},
                            std::int64_t{(i + tick) % 8}, std::vector<std::string>{fmt::format("{}", 700'000 + i)},
                            "on-demand", "0.17", fmt::format("{}.42", i % 100), std::int64_t{i % 600}, ""});
  }
  return section;
}

double seconds_since(BenchClock::time_point start) {
  return std::chrono::duration<double>(BenchClock::now() - start).count();
}

}  // namespace

int main() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen("/dev/null", "w"), &std::fclose);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen("/dev/null", "r"), &std::fclose);
  ::setenv("LINES", "50", 1);
  ::setenv("COLUMNS", "160", 1);
  auto screen = watch::Screen::open("xterm", out.get(), in.get(), true);
  if (!screen) {
    std::fputs("bench-watch: ncurses does not know 'xterm'\n", stderr);
    return 2;
  }
  watch::View view(true);
  view.resize(screen->rows(), screen->columns());
  double look = 0;
  for (int tick = 0; tick < 3; ++tick) {
    watch::Look made;
    made.title = "tide physics";
    made.tabs = {workers(tick)};
    const auto start = BenchClock::now();
    view.update(std::move(made));
    look = seconds_since(start);
  }
  const auto start = BenchClock::now();
  for (int frame = 0; frame < k_frames; ++frame) {
    view.press(frame % 50 == 49 ? watch::Key::page_down : watch::Key::down);
    screen->show(view.lines());
  }
  const double frames = k_frames / seconds_since(start);
  screen.reset();
  fmt::print("watch: {} workers scroll at {:.0f} frames a second ({} wanted); a look is laid out in {:.0f} ms\n",
             k_workers, frames, k_frames_least, look * 1000);
  return frames >= k_frames_least ? 0 : 1;
}
