#pragma once

#include <tide/cloud/local/local_cloud.hpp>
#include <tide/cloud/local/processes.hpp>
#include <tide/util/system_clock.hpp>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace tide::test {

// A cloud with a folder and a name of its own; all that it started is killed when it goes.
class Rig {
 public:
  explicit Rig(std::vector<std::string> command, std::chrono::seconds grace = std::chrono::seconds(1));
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  cloud::local::LocalCloud cloud() { return cloud(m_settings.command); }
  cloud::local::LocalCloud cloud(std::vector<std::string> command);
  core::LaunchRequest request(const std::string& token, int count = 1) const;
  std::vector<core::Instance> list();
  std::vector<cloud::local::Found> found();  // of this cloud, by PID
  bool wait_until(const std::function<bool()>& true_now, std::chrono::seconds limit = std::chrono::seconds(10));

  const std::string& folder() const { return m_folder; }
  cloud::local::LocalSettings& settings() { return m_settings; }
  SystemClock& clock() { return m_clock; }

 private:
  std::string m_folder;
  cloud::local::LocalSettings m_settings;
  SystemClock m_clock;
};

std::string script(const std::string& text, const std::string& path);  // writes an executable file
std::string status_line(pid_t pid, const std::string& key);            // of /proc/PID/status
std::set<std::string> descriptors(pid_t pid);                          // what /proc/PID/fd points to
std::vector<pid_t> with_in_environment(const std::string& text);       // living processes, whoever they are

// Runs a scenario here as root, or in a child as nobody; returns its complaint, "" if all was well.
using Scenario = std::string (*)();
std::string run_here(Scenario scenario);
std::string run_as_nobody(Scenario scenario);

}  // namespace tide::test

// In a scenario: leaves with the text of what does not hold.
#define EXPECT(...)                                                                                      \
  do {                                                                                                   \
    if (!(__VA_ARGS__)) return std::string(__FILE__ ":") + std::to_string(__LINE__) + ": " #__VA_ARGS__; \
  } while (false)
