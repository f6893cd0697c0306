#include <tide/engine/daemon.hpp>

#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::engine {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_slice{1'000};  // how long a nudge may lie

enum class Wake { timer, nudged, stopped };

milliseconds pause(const DaemonPorts& ports, Seconds every) {
  const milliseconds whole = every;
  const auto most = static_cast<std::uint64_t>(std::max<std::int64_t>(whole.count() / 10, 1));
  return whole - milliseconds(static_cast<std::int64_t>(ports.random.next() % most));
}

Wake wait_for(const DaemonPorts& ports, const DaemonOptions& options, const DaemonWork& work, milliseconds span) {
  const auto end = ports.clock.monotonic() + span;
  auto told = ports.clock.monotonic();
  while (true) {
    const auto now = ports.clock.monotonic();
    if (!ports.clock.sleep_for(milliseconds(0))) return Wake::stopped;  // before any nudge
    const Nudges nudges = ports.nudges();
    if (nudges.reload) ports.status(work.reload());
    if (nudges.wake || nudges.reload) return Wake::nudged;
    if (now >= end) return Wake::timer;
    if (options.watchdog.count() > 0 && now - told >= options.watchdog / 2) {
      ports.alive();
      told = now;
    }
    if (!ports.clock.sleep_for(std::min(k_slice, end - now))) return Wake::stopped;
  }
}

}  // namespace

void run_daemon(const DaemonPorts& ports, const DaemonOptions& options, const DaemonWork& work) {
  Wake wake = Wake::timer;
  while (wake != Wake::stopped) {
    ports.alive();
    const std::string came = work.pass();
    ports.alive();
    const milliseconds span = pause(ports, options.every);
    const TimePoint next = ports.clock.now() + std::chrono::duration_cast<Seconds>(span);
    ports.status(fmt::format("{}; next pass at {}", came, format_time(next)));
    wake = wait_for(ports, options, work, span);
  }
}

}  // namespace tide::engine
