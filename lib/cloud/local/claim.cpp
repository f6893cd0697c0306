#include <tide/cloud/local/claim.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tide::cloud::local {

Result<Claim> take_claim(const std::string& path) {
  const auto failed = [&path] {
    return make_error(ErrorKind::io, "'{}' cannot be locked: {}", path, std::system_category().message(errno))
        .with_hint("See that [clouds.x] log_dir is writable and on a local disk.");
  };
  UniqueFd low(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!low) return failed();
  // Above 2: the starter puts its own there.
  UniqueFd fd(::fcntl(low.get(), F_DUPFD_CLOEXEC, 3));
  if (!fd) return failed();
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed();
    return Claim{.state = ClaimState::taken, .fd = {}};
  }
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0) return failed();
  if (found.st_size > 0) return Claim{.state = ClaimState::used, .fd = {}};
  return Claim{.state = ClaimState::fresh, .fd = std::move(fd)};
}

}  // namespace tide::cloud::local
