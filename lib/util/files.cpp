#include <tide/util/files.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace tide {

namespace {

std::string words_of(int code) { return std::system_category().message(code); }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Error cannot_write(const std::string& path, int code) {
  return make_error(ErrorKind::io, "'{}' cannot be written: {}", path, words_of(code));
}

// 0, or the errno of what failed.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

int fill_and_rename(int fd, const std::string& temporary, const std::string& path, std::string_view text,
                    unsigned mode) {
  if (::fchmod(fd, mode) != 0) return errno;
  if (const int code = write_all(fd, text); code != 0) return code;
  if (::fsync(fd) != 0) return errno;
  return ::rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
}

// As the kernel with protected_symlinks: in /tmp, nobody's link but our own is followed.
bool may_follow(const std::string& link) {
  struct stat found {};
  struct stat folder {};
  if (::lstat(link.c_str(), &found) != 0 || ::stat(folder_of(link).c_str(), &folder) != 0) return false;
  return found.st_uid == ::geteuid() || found.st_uid == folder.st_uid;
}

// Where a chain of links leads, there or not.
std::string target_of(std::string path) {
  constexpr int k_links_max = 40;  // as the kernel's
  for (int i = 0; i < k_links_max; ++i) {
    std::array<char, 4'096> text{};
    const ssize_t size = ::readlink(path.c_str(), text.data(), text.size() - 1);
    if (size <= 0 || !may_follow(path)) break;
    const std::string to(text.data(), static_cast<std::size_t>(size));
    path = to.starts_with('/') ? to : folder_of(path) + "/" + to;
  }
  return path;
}

// A device, a pipe or a socket is no file that another could stand in for.
bool is_written_into(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
}

Result<void> write_into(const std::string& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  const int code = fd ? write_all(fd.get(), text) : errno;
  if (code != 0) return cannot_write(path, code);
  return {};
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    m_fd = other.release();
  }
  return *this;
}

UniqueFd::~UniqueFd() { reset(); }

int UniqueFd::release() { return std::exchange(m_fd, -1); }

void UniqueFd::reset() {
  // Never repeated after EINTR: Linux has closed it, and the number may be another's by now.
  if (m_fd >= 0) ::close(m_fd);
  m_fd = -1;
}

bool is_absent(const std::string& path) {
  return ::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

Result<std::string> read_file(const std::string& path, std::size_t size_max) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return make_error(ErrorKind::io, "'{}' cannot be read: {}", path, words_of(errno));
  std::string text;
  std::array<char, 65'536> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error(ErrorKind::io, "'{}' cannot be read: {}", path, words_of(errno));
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > size_max) return make_error(ErrorKind::io, "'{}' is larger than {} bytes", path, size_max);
  }
}

Result<void> write_file_atomically(const std::string& name, std::string_view text, WriteOptions options) {
  if (is_written_into(name)) return write_into(name, text);
  const std::string path = target_of(name);
  std::string temporary = path + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return cannot_write(path, errno);
  if (const int code = fill_and_rename(fd.get(), temporary, path, text, options.mode); code != 0) {
    ::unlink(temporary.c_str());
    return cannot_write(path, code);
  }
  // Without this the new name may be gone after a power cut.
  const UniqueFd folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return cannot_write(path, errno);
  return {};
}

Result<void> make_directories(const std::string& path, unsigned mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && ::mkdir(part.c_str(), mode) != 0) {
      const int code = errno;
      struct stat found {};
      const bool there = ::stat(part.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
      if (!there) return make_error(ErrorKind::io, "'{}' cannot be made: {}", part, words_of(code));
    }
    if (end == std::string::npos) return {};
  }
}

bool others_may_read(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && (found.st_mode & S_IROTH) != 0;
}

bool file_exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0;
}

}  // namespace tide
