#include <tide/batch/programs.hpp>

#include <tide/process/resolve.hpp>

#include <array>

#include <pwd.h>
#include <unistd.h>

namespace tide::batch {

namespace {

constexpr std::string_view k_usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace

Programs::Programs(const config::Config& config, const Host& host, std::string_view also)
    : m_bin_dir(config.batch.bin_dir), m_environment(config.batch.environment) {
  const auto path = host.environment.find("PATH");
  m_path = path == host.environment.end() || path->second.empty() ? std::string(k_usual_path) : path->second;
  if (!also.empty()) m_path.append(":").append(also);
  m_environment.try_emplace("PATH", m_path);
}

Result<std::string> Programs::find(std::string_view name) const {
  return process::resolve(std::string(name), {.bin_dir = m_bin_dir, .path = m_path});
}

std::string Programs::find_or_none(std::string_view name) const {
  auto found = find(name);
  return found ? std::move(*found) : "";
}

std::string user_name() {
  const uid_t id = geteuid();
  std::array<char, 16'384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::to_string(id);
  return found->pw_name;
}

}  // namespace tide::batch
