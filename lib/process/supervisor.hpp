#pragma once

#include <chrono>
#include <map>
#include <string>

namespace tide::process {

// Who started the daemon and watches it: systemd's notification protocol (sd_notify(3)), over the socket that
// NOTIFY_SOCKET names. Without one nobody is told, and nothing fails.
class Supervisor {
 public:
  explicit Supervisor(const std::map<std::string, std::string>& environment);

  // "READY=1", "STATUS=...", "WATCHDOG=1"; several with line ends between.
  void tell(const std::string& state) const;

  // How often it wants to hear WATCHDOG=1 at least; 0: not at all.
  std::chrono::milliseconds watchdog() const { return m_watchdog; }

 private:
  std::string m_path;
  std::chrono::milliseconds m_watchdog{0};
};

}  // namespace tide::process
