#include <tide/cloud/local/descendants.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace tide::cloud::local {

namespace {

struct Kin {
  pid_t pid = 0;
  pid_t parent = 0;
  bool inside = false;
};

constexpr std::size_t k_processes_max = 65'536;  // what does not fit is found in the next round, when others are dead
constexpr int k_rounds = 1'500;
constexpr timespec k_round{.tv_sec = 0, .tv_nsec = 20'000'000};

// Static: used only after the fork, where nothing may be allocated.
std::array<Kin, k_processes_max> g_kin;
alignas(8) std::array<char, 32'768> g_entries;

pid_t number_of(const char* text) {
  pid_t value = 0;
  for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + (*text - '0');
  return *text == '\0' ? value : 0;
}

// The parent of a process: field 4 of its stat, behind a name that may hold anything. 0: gone.
pid_t parent_of(const char* pid_text) {
  std::array<char, 64> path{"/proc/"};
  std::strncat(path.data(), pid_text, 16);
  std::strncat(path.data(), "/stat", 8);
  const int fd = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  std::array<char, 512> text{};
  const ssize_t size = ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  if (size <= 0) return 0;
  const char* behind = std::strrchr(text.data(), ')');
  if (behind == nullptr || std::strlen(behind) < 5) return 0;
  pid_t parent = 0;
  for (const char* digit = behind + 4; *digit >= '0' && *digit <= '9'; ++digit) parent = parent * 10 + (*digit - '0');
  return parent;
}

std::size_t read_all_processes() {
  const int proc = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) return 0;
  std::size_t count = 0;
  for (;;) {
    const long size = ::syscall(SYS_getdents64, proc, g_entries.data(), g_entries.size());
    if (size <= 0) break;
    for (long at = 0; at < size && count < g_kin.size();) {
      // struct linux_dirent64: u64 inode, s64 offset, u16 length, u8 type, name.
      const char* entry = g_entries.data() + at;
      std::uint16_t length = 0;
      std::memcpy(&length, entry + 16, sizeof length);
      at += length;
      const char* name = entry + 19;
      if (const pid_t pid = number_of(name); pid > 0)
        g_kin.at(count++) = {.pid = pid, .parent = parent_of(name), .inside = false};
    }
  }
  ::close(proc);
  return count;
}

void kill_once(pid_t self) {
  const std::size_t count = read_all_processes();
  const auto inside = [count](pid_t pid) {
    return std::any_of(g_kin.begin(), g_kin.begin() + count,
                       [pid](const Kin& kin) { return kin.pid == pid && kin.inside; });
  };
  for (bool grew = true; grew;) {
    grew = false;
    for (std::size_t index = 0; index < count; ++index) {
      Kin& kin = g_kin.at(index);
      if (kin.inside || kin.parent == 0 || (kin.parent != self && !inside(kin.parent))) continue;
      kin.inside = true;
      grew = true;
    }
  }
  for (std::size_t index = 0; index < count; ++index) {
    if (g_kin.at(index).inside) ::kill(g_kin.at(index).pid, SIGKILL);
  }
}

}  // namespace

void kill_descendants() {
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  for (int round = 0; round < k_rounds; ++round) {
    kill_once(::getpid());
    pid_t reaped = 0;
    do reaped = ::waitpid(-1, nullptr, WNOHANG);
    while (reaped > 0);
    // Orphans come to their subreaper: with no child left there is no descendant left.
    if (reaped < 0 && errno == ECHILD) return;
    ::sigtimedwait(&child, nullptr, &k_round);
  }
}

}  // namespace tide::cloud::local
