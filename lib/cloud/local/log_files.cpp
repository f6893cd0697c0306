#include <tide/cloud/local/log_files.hpp>

#include <tide/util/files.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

namespace tide::cloud::local {

namespace {

constexpr std::string_view k_claim_ending = ".claim";

// The lock says whether the instance lives: one may well be older than any limit.
void remove_if_old(const std::string& folder, std::string_view claim, TimePoint before) {
  const std::string path = folder + "/" + std::string(claim);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat found {};
  if (!fd || ::fstat(fd.get(), &found) != 0 || !S_ISREG(found.st_mode)) return;
  if (found.st_mtim.tv_sec >= before.time_since_epoch().count()) return;
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return;
  const std::string_view stem = claim.substr(0, claim.size() - k_claim_ending.size());
  for (const char* ending : {".log", ".tags"}) ::unlink((folder + "/" + std::string(stem) + ending).c_str());
  ::unlink(path.c_str());
}

}  // namespace

Result<std::string> read_tail(const std::string& path, std::size_t size_max) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat found {};
  if (!fd || ::fstat(fd.get(), &found) != 0) {
    return make_error(ErrorKind::io, "'{}' cannot be read: {}", path, std::system_category().message(errno));
  }
  const auto size = static_cast<std::size_t>(found.st_size);
  std::string text(std::min(size, size_max), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const auto offset = static_cast<off_t>(size - text.size() + have);
    const ssize_t count = ::pread(fd.get(), text.data() + have, text.size() - have, offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return make_error(ErrorKind::io, "'{}' cannot be read: {}", path, std::system_category().message(errno));
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  text.resize(have);
  return text;
}

void remove_old(const std::string& folder, TimePoint before) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), &::closedir);
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(k_claim_ending)) remove_if_old(folder, name, before);
  }
}

}  // namespace tide::cloud::local
