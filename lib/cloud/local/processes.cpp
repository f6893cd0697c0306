#include <tide/cloud/local/processes.hpp>

#include <tide/cloud/local/environment.hpp>
#include <tide/cloud/local/init.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <system_error>

namespace tide::cloud::local {

namespace {

// While a process replaces its program its environment reads as empty, for microseconds.
constexpr int k_looks = 200;

struct Status {
  bool alive = false;
  bool leads_session = false;
  bool own = false;
  pid_t parent = 0;
  std::string inner_pid;  // in the innermost PID namespace
};

std::string first_word(std::string_view text) { return std::string(text.substr(0, text.find_first_of(" \t"))); }

std::string last_word(std::string_view text) {
  const std::size_t blank = text.find_last_of(" \t");
  return std::string(blank == std::string_view::npos ? text : text.substr(blank + 1));
}

// Real and effective user: a set-uid program of ours is another's.
bool is_own(std::string_view uids) {
  const std::string self = std::to_string(::geteuid());
  std::vector<std::string_view> fields = split(uids, '\t');
  return fields.size() >= 2 && fields[0] == self && fields[1] == self;
}

std::string path_of(const std::string& proc, pid_t pid, const char* file) {
  return proc + "/" + std::to_string(pid) + "/" + file;
}

// What stands in a file of a process; nothing if it is gone, or not to be read by us: then it is no instance of ours.
// Whatever else fails (no descriptor or memory left) is an error, for what could not be read is not gone.
Result<std::optional<std::string>> read_of(const std::string& path) {
  const auto failed = [&](int code) -> Result<std::optional<std::string>> {
    if (code == ENOENT || code == ESRCH || code == EACCES || code == EPERM) return std::optional<std::string>();
    return make_error(ErrorKind::io, "'{}' cannot be read: {}", path, std::system_category().message(code))
        .with_hint("Which instances there are is not known until it can; see the limits of this process (ulimit -a).");
  };
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failed(errno);
  std::string text;
  std::array<char, 16'384> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(errno);
    if (count == 0) return std::optional(std::move(text));
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

Result<std::optional<Status>> read_status(const std::string& proc, pid_t pid) {
  TIDE_TRY_ASSIGN(const auto text, read_of(path_of(proc, pid, "status")));
  if (!text) return std::optional<Status>();
  Status status;
  for (const std::string_view line : split(*text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (key == "State") status.alive = !value.starts_with('Z') && !value.starts_with('X');
    if (key == "PPid") status.parent = static_cast<pid_t>(parse_integer(value).value_or(0));
    if (key == "Uid") status.own = is_own(value);
    if (key == "NSpid") status.inner_pid = last_word(value);
    if (key == "NSsid") status.leads_session = first_word(value) == std::to_string(pid);
  }
  return std::optional(std::move(status));
}

Result<std::string> name_of(const std::string& proc, pid_t pid) {
  TIDE_TRY_ASSIGN(const auto text, read_of(path_of(proc, pid, "comm")));
  return text ? std::string(trim(*text)) : std::string();
}

bool is_init(const std::string& name) { return name == k_init_name || name == k_ending_name; }

}  // namespace

Result<std::optional<Found>> examine(const std::string& proc, pid_t pid) {
  const std::optional<Found> none;
  TIDE_TRY_ASSIGN(const std::optional<Status> status, read_status(proc, pid));
  if (!status || !status->alive || !status->leads_session || !status->own) return none;
  TIDE_TRY_ASSIGN(const std::string parent_name, name_of(proc, status->parent));
  TIDE_TRY_ASSIGN(const std::optional<Status> parent, read_status(proc, status->parent));
  const bool tended = is_init(parent_name) && parent && parent->own;
  Found found{.pid = pid,
              .init = tended ? status->parent : 0,
              .ending = tended && parent_name == k_ending_name,
              .environment = {}};
  for (int look = 0; look < k_looks; ++look) {
    // Unreadable although our own: a program that nobody may read, so none that was started as an instance.
    TIDE_TRY_ASSIGN(const auto text, read_of(path_of(proc, pid, "environ")));
    if (!text) return none;
    found.environment = decode_environment(*text);
    if (!found.environment.empty() || !tended) break;
    ::sched_yield();
  }
  const auto token = found.environment.find(k_token);
  const auto self = found.environment.find(k_pid);
  if (token == found.environment.end() || self == found.environment.end()) return none;
  // What it started carries the same environment, and may lead a session too; but it is another process.
  if (self->second != status->inner_pid) return none;
  return std::optional(std::move(found));
}

Result<std::vector<Found>> find_instances(const std::string& proc) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(proc.c_str()), &::closedir);
  if (!folder) {
    return make_error(ErrorKind::io, "'{}' cannot be listed: {}", proc, std::system_category().message(errno))
        .with_hint("The local cloud finds its instances in /proc: see that it is mounted.");
  }
  std::vector<Found> all;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr && errno != 0) {
      return make_error(ErrorKind::io, "'{}' cannot be listed: {}", proc, std::system_category().message(errno));
    }
    if (entry == nullptr) break;
    const std::optional<std::int64_t> pid = parse_integer(entry->d_name);
    if (!pid || *pid <= 0) continue;
    TIDE_TRY_ASSIGN(auto found, examine(proc, static_cast<pid_t>(*pid)));
    if (found) all.push_back(std::move(*found));
  }
  std::sort(all.begin(), all.end(), [](const Found& left, const Found& right) { return left.pid < right.pid; });
  return all;
}

Result<void> ask_to_end(const std::string& proc, const Found& found) {
  const bool tended = found.init != 0;
  const pid_t target = tended ? found.init : found.pid;
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, target, 0U)));
  if (!handle && errno == ESRCH) return {};
  if (!handle) {
    return make_error(ErrorKind::io, "process {} cannot be opened: {}", target, std::system_category().message(errno));
  }
  // The handle is fixed now: is it still that process, or was its number given to another?
  TIDE_TRY_ASSIGN(const std::optional<Found> now, examine(proc, found.pid));
  if (!now || now->environment != found.environment) return {};
  if (now->init != found.init) {
    return make_error(ErrorKind::retry, "instance '{}' changed while it was being ended",
                      found.environment.at(k_token));
  }
  // Its init is dead only where somebody killed it; the kernel is killing the command too, or we do.
  if (::syscall(SYS_pidfd_send_signal, handle.get(), tended ? SIGTERM : SIGKILL, nullptr, 0U) == 0 || errno == ESRCH)
    return {};
  return make_error(ErrorKind::io, "process {} cannot be ended: {}", target, std::system_category().message(errno));
}

}  // namespace tide::cloud::local
