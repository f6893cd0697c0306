#include <tide/process/supervisor.hpp>

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace tide::process {

namespace {

std::string value_of(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

}  // namespace

Supervisor::Supervisor(const std::map<std::string, std::string>& environment)
    : m_path(value_of(environment, "NOTIFY_SOCKET")) {
  const std::string pid = value_of(environment, "WATCHDOG_PID");
  const auto span = parse_integer(value_of(environment, "WATCHDOG_USEC"));
  const bool ours = pid.empty() || pid == std::to_string(::getpid());
  if (span && *span > 0 && ours) m_watchdog = std::chrono::milliseconds(*span / 1000);
}

void Supervisor::tell(const std::string& state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (m_path.size() < 2 || m_path.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, m_path.data(), m_path.size());
  if (m_path.front() == '@') address.sun_path[0] = '\0';  // no file: the abstract namespace
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + m_path.size());
  // Who does not listen is not told: a daemon does not end for that.
  [[maybe_unused]] const ssize_t sent = ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                                 reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace tide::process
