#include <tide/util/nudges.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace tide {

namespace {

std::atomic<bool> g_wake{false};
std::atomic<bool> g_reload{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void tide_on_nudge(int signal) {
  if (signal == SIGUSR1) g_wake.store(true);
  if (signal == SIGHUP) g_reload.store(true);
}

}  // namespace

Result<void> catch_nudges() {
  for (const int signal : {SIGUSR1, SIGHUP}) {
    struct sigaction action {};
    action.sa_handler = tide_on_nudge;
    action.sa_flags = SA_RESTART;
    if (::sigaction(signal, &action, nullptr) != 0)
      return make_error(ErrorKind::io, "sigaction failed: {}", std::system_category().message(errno));
  }
  return {};
}

Nudges take_nudges() noexcept { return {.wake = g_wake.exchange(false), .reload = g_reload.exchange(false)}; }

}  // namespace tide
