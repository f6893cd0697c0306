#include <tide/engine/lock.hpp>

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace tide::engine {

namespace {

constexpr std::size_t k_text_max = 4'096;

std::string path_of(const std::string& state_dir) { return state_dir + "/lock"; }

// "PID\nCOMMAND\nSINCE\n". Whatever is there is a hint for people; the lock itself is the kernel's.
std::string text_of(const Holder& holder) {
  return fmt::format("{}\n{}\n{}\n", holder.pid, printable(holder.command, 1'000), format_time(holder.since));
}

std::optional<Holder> holder_from(std::string_view text) {
  const auto lines = split(text, '\n');
  const auto pid = parse_integer(lines.front());
  const auto since = lines.size() < 4 ? Result<TimePoint>(TimePoint{}) : parse_time(lines[2]);
  if (lines.size() < 4 || !pid || *pid <= 0 || *pid > (1 << 22) || !since) return std::nullopt;
  return Holder{.pid = static_cast<int>(*pid), .command = std::string(lines[1]), .since = *since};
}

Error cannot(const char* what, const std::string& path, int code) {
  return make_error(ErrorKind::io, "'{}' cannot be {}: {}", path, what, std::system_category().message(code))
      .with_hint(
          "Run the command as the owner of [cluster] state_dir, on a local disk with room: sudo -u OWNER tide ...");
}

struct flock whole_file() {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

enum class Taken { by_us, by_tide, by_other };

// Two locks, both freed with the descriptor. tide's own is one that can be asked about without being taken: one who
// only looks must not make a pass believe that it is held. The second is flock(), so that `flock STATE_DIR/lock ...`
// works.
Result<Taken> lock_now(int fd, const std::string& path) {
  struct flock range = whole_file();
  while (::fcntl(fd, F_OFD_SETLK, &range) != 0) {
    if (errno == EAGAIN || errno == EACCES) return Taken::by_tide;
    if (errno != EINTR) return cannot("locked", path, errno);
  }
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return Taken::by_other;
    if (errno != EINTR) return cannot("locked", path, errno);
  }
  return Taken::by_us;
}

Error held(const std::string& state_dir, const std::optional<Holder>& other) {
  const std::string look = other ? fmt::format(", or look at it with `ps -fp {}`", other->pid) : "";
  const std::string who =
      other ? fmt::format("'{}', process {}, since {}", other->command, other->pid, format_time(other->since))
            : std::string("a program that has not left its name here yet");
  return make_error(ErrorKind::lock_held, "'{}' is held: another pass is running", path_of(state_dir))
      .with_peer("by " + who)
      .with_hint(fmt::format("Wait for it{}; the lock is free as soon as that process ends.", look));
}

// The holder rewrites this file only under the lock; a reader may see it half written, and then sees nobody.
std::optional<Holder> read_holder(const std::string& path) {
  const auto text = read_file(path, k_text_max);
  return text ? holder_from(*text) : std::nullopt;
}

int write_holder(int fd, const Holder& self) {
  const std::string text = text_of(self);
  if (::ftruncate(fd, 0) != 0) return errno;
  const ssize_t count = ::pwrite(fd, text.data(), text.size(), 0);
  if (count < 0) return errno;
  return count == static_cast<ssize_t>(text.size()) ? 0 : ENOSPC;
}

}  // namespace

Result<Lock> Lock::try_take(const std::string& state_dir, const Holder& self) {
  if (auto made = make_directories(state_dir); !made) {
    return std::move(made).error().with_hint("Run the command as root once, or make that folder for its owner.");
  }
  const std::string path = path_of(state_dir);
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return cannot("opened", path, errno);
  TIDE_TRY_ASSIGN(const Taken taken, lock_now(fd.get(), path));
  if (taken == Taken::by_tide) return held(state_dir, read_holder(path));
  if (taken == Taken::by_other) return held(state_dir, std::nullopt);
  if (const int failed = write_holder(fd.get(), self); failed != 0) return cannot("written", path, failed);
  return Lock(std::move(fd));
}

std::optional<Holder> Lock::holder(const std::string& state_dir) {
  const std::string path = path_of(state_dir);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  struct flock range = whole_file();
  if (::fcntl(fd.get(), F_OFD_GETLK, &range) != 0 || range.l_type == F_UNLCK) return std::nullopt;
  return read_holder(path);
}

}  // namespace tide::engine
