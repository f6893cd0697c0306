#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/nudges.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace tide::engine {

struct DaemonOptions {
  Seconds every{60};
  std::chrono::milliseconds watchdog{0};  // tell "alive" at least that often while waiting; 0: never
};

// What the loop touches; `alive` and `status` go to who supervises the daemon.
struct DaemonPorts {
  Clock& clock;
  Random& random;
  std::function<Nudges()> nudges;
  std::function<void()> alive;
  std::function<void(const std::string&)> status;
};

// Each says in a few words what came of it.
struct DaemonWork {
  std::function<std::string()> pass;
  std::function<std::string()> reload;
};

// Passes on a timer, until a signal asks the process to stop. From the end of one to the beginning of the next `every`,
// less up to a tenth, so that many heads do not ask one cloud in the same second. A pass that hangs is not hidden: only
// the loop itself says that it is alive.
void run_daemon(const DaemonPorts& ports, const DaemonOptions& options, const DaemonWork& work);

}  // namespace tide::engine
