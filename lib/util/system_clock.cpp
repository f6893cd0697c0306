#include <tide/util/system_clock.hpp>

#include <tide/util/assert.hpp>
#include <tide/util/text.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

namespace tide {

namespace {

std::atomic<StopFlag*> g_caught{nullptr};  // a signal handler gets no argument
static_assert(std::atomic<StopFlag*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void tide_on_stop_signal(int signal) {
  const int code = errno;
  if (StopFlag* flag = g_caught.load()) flag->request(signal);
  errno = code;
}

timespec read_clock(clockid_t clock) {
  timespec time{};
  TIDE_CHECK(::clock_gettime(clock, &time) == 0, "the kernel lacks a clock");
  return time;
}

}  // namespace

Result<std::unique_ptr<StopFlag>> StopFlag::make() {
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return make_error(ErrorKind::io, "eventfd failed: {}", std::system_category().message(errno));
  return std::unique_ptr<StopFlag>(new StopFlag(std::move(wake)));
}

StopFlag::~StopFlag() {
  StopFlag* self = this;
  g_caught.compare_exchange_strong(self, nullptr);
}

Result<void> StopFlag::catch_signals() {
  StopFlag* none = nullptr;
  TIDE_CHECK(g_caught.compare_exchange_strong(none, this), "two flags catch signals");
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    action.sa_handler = tide_on_stop_signal;
    action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
    if (::sigaction(signal, &action, nullptr) != 0) {
      return make_error(ErrorKind::io, "sigaction failed: {}", std::system_category().message(errno));
    }
  }
  return {};
}

void StopFlag::request(int signal) noexcept {
  int none = 0;
  m_signal.compare_exchange_strong(none, signal);  // the first one decides the exit code
  const std::uint64_t one = 1;
  // Fails only when the counter is full, that is, when sleepers are awake already.
  [[maybe_unused]] const ssize_t count = ::write(m_wake.get(), &one, sizeof one);
}

TimePoint SystemClock::now() { return TimePoint(Seconds(read_clock(CLOCK_REALTIME).tv_sec)); }

std::chrono::milliseconds SystemClock::monotonic() {
  const timespec time = read_clock(CLOCK_MONOTONIC);
  return Seconds(time.tv_sec) + std::chrono::milliseconds(time.tv_nsec / 1'000'000);
}

BootTime SystemClock::boot() {
  if (m_boot_id.empty()) {
    if (const auto text = read_file("/proc/sys/kernel/random/boot_id", 4'096)) m_boot_id = trim(*text);
  }
  return {.boot_id = m_boot_id, .seconds = read_clock(CLOCK_BOOTTIME).tv_sec};
}

bool SystemClock::sleep_for(std::chrono::milliseconds span) {
  const auto end = monotonic() + span;
  for (;;) {
    if (m_stop != nullptr && m_stop->signal() != 0) return false;
    const auto left = end - monotonic();
    if (left.count() <= 0) return true;
    constexpr std::int64_t k_longest = 60'000;  // poll takes an int
    std::array<pollfd, 1> wake{pollfd{.fd = m_stop != nullptr ? m_stop->fd() : -1, .events = POLLIN, .revents = 0}};
    const int count =
        ::poll(wake.data(), wake.size(), static_cast<int>(std::min<std::int64_t>(left.count(), k_longest)));
    TIDE_CHECK(count >= 0 || errno == EINTR, "poll failed");
  }
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  for (;;) {
    const ssize_t count = ::getrandom(&value, sizeof value, 0);
    if (count == static_cast<ssize_t>(sizeof value)) return value;
    TIDE_CHECK(count < 0 && errno == EINTR, "the kernel gives no random bytes");
  }
}

}  // namespace tide
