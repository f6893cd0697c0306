#include <tide/process/supervisor.hpp>
#include <tide/util/files.hpp>
#include <tide/util/nudges.hpp>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <string>

using namespace tide;
TEST_SUITE_BEGIN("process/supervisor");

namespace {

// What systemd listens on: a datagram socket, in the abstract namespace.
class Listener {
 public:
  Listener() : name("@tide-test-" + std::to_string(::getpid())), m_socket(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(m_socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  }
  std::string heard() {
    std::array<char, 512> text{};
    const ssize_t count = ::recv(m_socket.get(), text.data(), text.size(), MSG_DONTWAIT);
    return count < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(count));
  }

  std::string name;

 private:
  UniqueFd m_socket;
};

}  // namespace

TEST_CASE("supervisor: is told over the socket that the environment names") {
  Listener listener;
  const process::Supervisor supervisor({{"NOTIFY_SOCKET", listener.name}});
  supervisor.tell("READY=1\nSTATUS=first pass");
  CHECK(listener.heard() == "READY=1\nSTATUS=first pass");
}

TEST_CASE("supervisor: nobody there is no failure") {
  process::Supervisor({}).tell("READY=1");
  process::Supervisor({{"NOTIFY_SOCKET", "/nonexistent/socket"}}).tell("READY=1");
  process::Supervisor({{"NOTIFY_SOCKET", "@" + std::string(300, 'x')}}).tell("READY=1");
  CHECK(process::Supervisor({}).watchdog().count() == 0);
}

TEST_CASE("supervisor: its watchdog is ours only if it names this process") {
  const auto watchdog = [](const std::string& usec, const std::string& pid) {
    return process::Supervisor({{"WATCHDOG_USEC", usec}, {"WATCHDOG_PID", pid}}).watchdog().count();
  };
  CHECK(watchdog("600000000", std::to_string(::getpid())) == 600'000);
  CHECK(watchdog("600000000", "1") == 0);
  CHECK(watchdog("soon", std::to_string(::getpid())) == 0);
  CHECK(process::Supervisor({{"WATCHDOG_USEC", "1000000"}}).watchdog().count() == 1000);
}

TEST_CASE("nudges: each is taken once") {
  REQUIRE(catch_nudges());
  CHECK_FALSE(take_nudges().wake);
  REQUIRE(::raise(SIGUSR1) == 0);
  const Nudges first = take_nudges();
  CHECK(first.wake);
  CHECK_FALSE(first.reload);
  CHECK_FALSE(take_nudges().wake);
  REQUIRE(::raise(SIGHUP) == 0);
  CHECK(take_nudges().reload);
}
