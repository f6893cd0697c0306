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

using Environment = std::map<std::string, std::string>;

const Environment k_none;

void tell_at(const std::string& path) {
  const Environment environment{{"NOTIFY_SOCKET", path}};
  process::Supervisor(environment).tell("READY=1");
}

std::int64_t watchdog_of(const Environment& environment) { return process::Supervisor(environment).watchdog().count(); }

}  // namespace

TEST_CASE("supervisor: is told over the socket that the environment names") {
  Listener listener;
  const Environment environment{{"NOTIFY_SOCKET", listener.name}};
  const process::Supervisor supervisor(environment);
  supervisor.tell("READY=1\nSTATUS=first pass");
  CHECK(listener.heard() == "READY=1\nSTATUS=first pass");
}

TEST_CASE("supervisor: nobody there is no failure") {
  process::Supervisor(k_none).tell("READY=1");
  tell_at("/nonexistent/socket");
  tell_at("@" + std::string(300, 'x'));
  CHECK(process::Supervisor(k_none).watchdog().count() == 0);
}

TEST_CASE("supervisor: its watchdog is ours only if it names this process") {
  const auto watchdog = [](const std::string& usec, const std::string& pid) {
    return watchdog_of({{"WATCHDOG_USEC", usec}, {"WATCHDOG_PID", pid}});
  };
  CHECK(watchdog("600000000", std::to_string(::getpid())) == 600'000);
  CHECK(watchdog("600000000", "1") == 0);
  CHECK(watchdog("soon", std::to_string(::getpid())) == 0);
  CHECK(watchdog_of({{"WATCHDOG_USEC", "1000000"}}) == 1000);
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
