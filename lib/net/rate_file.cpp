#include <tide/net/rate_file.hpp>

#include <tide/util/text.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace tide::net {
namespace {

constexpr std::string_view k_version = "tide-rates-1";
constexpr std::size_t k_size_max = 64U << 10U;          // a few dozen buckets; more is not ours
constexpr std::chrono::milliseconds k_lock_max{2'000};  // it is held for microseconds: longer is a stopped process
constexpr std::chrono::milliseconds k_lock_step{5};

// Ours alone: else another user could slow tide down, or have it write elsewhere.
bool is_ours(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid() && info.st_nlink == 1 &&
         (info.st_mode & 0077U) == 0;
}

Error cannot(const char* what, const std::string& path, int code) {
  return make_error(ErrorKind::io, "'{}' cannot be {}: {}", path, what, std::system_category().message(code))
      .with_hint("See that its file system has room; the file may be deleted.");
}

}  // namespace

Result<std::optional<RateFile>> RateFile::open(const std::string& path, Clock& clock) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd || !is_ours(fd.get())) return std::optional<RateFile>();
  const auto end = clock.monotonic() + k_lock_max;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return cannot("locked", path, errno);
    const bool goes_on = clock.sleep_for(k_lock_step);
    if (goes_on && clock.monotonic() < end) continue;
    return make_error(ErrorKind::unsent, "'{}' stays locked: nothing was sent", path)
        .with_hint("Look for a stopped tide process: fuser -v " + path + ".");
  }
  return std::optional<RateFile>(RateFile(std::move(fd), path, clock.boot().boot_id));
}

Buckets RateFile::read() const {
  std::string text(k_size_max, '\0');
  const ssize_t size = ::pread(m_fd.get(), text.data(), text.size(), 0);
  if (size <= 0) return {};
  text.resize(static_cast<std::size_t>(size));
  Buckets buckets;
  bool first = true;
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (first && (words.size() != 2 || words[0] != k_version || words[1] != m_boot)) return {};
    const auto full_at = !first && words.size() == 2 ? parse_integer(words[1]) : std::nullopt;
    if (full_at) buckets[std::string(words[0])] = *full_at;
    first = false;
  }
  return buckets;
}

Result<void> RateFile::write(const Buckets& buckets) {
  std::string text = fmt::format("{} {}\n", k_version, m_boot);
  for (const auto& [name, full_at] : buckets) text += fmt::format("{} {}\n", name, full_at);
  const ssize_t size = ::pwrite(m_fd.get(), text.data(), text.size(), 0);
  if (size != static_cast<ssize_t>(text.size())) return cannot("written", m_path, size < 0 ? errno : ENOSPC);
  if (::ftruncate(m_fd.get(), static_cast<off_t>(text.size())) != 0) return cannot("written", m_path, errno);
  return {};
}

}  // namespace tide::net
