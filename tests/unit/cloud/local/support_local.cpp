#include "support_local.hpp"

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <dirent.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

namespace tide::test {

namespace {

constexpr unsigned k_nobody = 65'534;

std::string make_folder() {
  std::string path = "/tmp/tide-local-XXXXXX";
  return ::mkdtemp(path.data()) == nullptr ? std::string() : path;
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    if (const auto pid = parse_integer(entry.path().filename().string())) pids.push_back(static_cast<pid_t>(*pid));
  }
  return pids;
}

}  // namespace

Rig::Rig(std::vector<std::string> command, std::chrono::seconds grace) : m_folder(make_folder()) {
  m_settings.name.value = "c" + m_folder.substr(m_folder.size() - 6);
  m_settings.command = std::move(command);
  m_settings.addresses = cloud::local::parse_range("127.99.0.0/16").value();
  m_settings.log_dir = m_folder + "/local";
  m_settings.grace = grace;
}

Rig::~Rig() {
  for (const cloud::local::Found& one : found()) {
    if (one.init != 0) ::kill(one.init, SIGTERM);
  }
  wait_until([this] { return with_in_environment("TIDE_CLOUD=" + m_settings.name.value).empty(); });
  std::error_code ignored;
  std::filesystem::remove_all(m_folder, ignored);
}

cloud::local::LocalCloud Rig::cloud(std::vector<std::string> command) {
  cloud::local::LocalSettings settings = m_settings;
  settings.command = std::move(command);
  return {settings, m_clock};
}

core::LaunchRequest Rig::request(const std::string& token, int count) const {
  core::LaunchRequest request;
  // Tokens of one test are no other's.
  request.intent.value = m_settings.name.value + "-" + token;
  request.cloud = m_settings.name;
  request.pool.value = "small";
  request.count = count;
  request.min_count = count;
  for (int index = 0; index < count; ++index) request.names.push_back("n" + std::to_string(index + 1));
  request.tags = {{core::tag::k_cluster, "physics"},
                  {core::tag::k_owner, "head=1"},
                  {core::tag::k_pool, "small"},
                  {core::tag::k_names, "n[1-2]"},
                  {core::tag::k_intent, request.intent.value}};
  request.slots = 4;
  request.memory_mib = 2048;
  request.gpus = {{"a100", 2}};
  request.features = {"small", "CLOUD"};
  request.head = "head.example";
  return request;
}

std::vector<core::Instance> Rig::list() {
  auto all = cloud().list("physics");
  return all ? *all : std::vector<core::Instance>{};
}

std::vector<cloud::local::Found> Rig::found() {
  std::vector<cloud::local::Found> mine;
  const auto all = cloud::local::find_instances();
  if (!all) return mine;
  for (const cloud::local::Found& one : *all) {
    const auto name = one.environment.find("TIDE_CLOUD");
    if (name != one.environment.end() && name->second == m_settings.name.value) mine.push_back(one);
  }
  return mine;
}

bool Rig::wait_until(const std::function<bool()>& true_now, std::chrono::seconds limit) {
  const std::chrono::milliseconds end = m_clock.monotonic() + limit;
  while (!true_now()) {
    if (m_clock.monotonic() > end) return false;
    m_clock.sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

std::string script(const std::string& text, const std::string& path) {
  if (!write_file_atomically(path, text, {.mode = 0755})) ::abort();
  return path;
}

std::string status_line(pid_t pid, const std::string& key) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/status");
  if (!text) return {};
  for (const std::string_view line : split(*text, '\n')) {
    if (line.starts_with(key + ":")) return std::string(trim(line.substr(key.size() + 1)));
  }
  return {};
}

std::set<std::string> descriptors(pid_t pid) {
  std::set<std::string> targets;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone)) {
    targets.insert(entry.path().filename().string() + " " + std::filesystem::read_symlink(entry.path(), gone).string());
  }
  return targets;
}

std::vector<pid_t> with_in_environment(const std::string& text) {
  std::vector<pid_t> pids;
  for (const pid_t pid : all_pids()) {
    const auto environment = read_file("/proc/" + std::to_string(pid) + "/environ");
    if (environment && environment->find(text) != std::string::npos) pids.push_back(pid);
  }
  return pids;
}

std::string run_here(Scenario scenario) { return scenario(); }

std::string run_as_nobody(Scenario scenario) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    // Dumpable again, as a program that nobody started is.
    const bool dropped = ::setgroups(0, nullptr) == 0 && ::setgid(k_nobody) == 0 && ::setuid(k_nobody) == 0 &&
                         ::prctl(PR_SET_DUMPABLE, 1) == 0;
    const std::string complaint = dropped ? scenario() : "cannot become nobody";
    if (::write(ends[1], complaint.data(), complaint.size()) < 0) ::_exit(3);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string complaint;
  std::array<char, 1024> buffer{};
  for (ssize_t size = ::read(ends[0], buffer.data(), buffer.size()); size > 0;
       size = ::read(ends[0], buffer.data(), buffer.size())) {
    complaint.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? complaint : complaint + " (ended with " + std::to_string(status) + ")";
}

}  // namespace tide::test
