#include "cmd/doctor/checks.hpp"

#include <tide/engine/lock.hpp>
#include <tide/util/files.hpp>
#include <tide/util/units.hpp>

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>

namespace tide::cmd::doctor {

namespace {

using core::doubtful;
using core::failed;
using core::fine;

constexpr std::uint64_t k_mib = 1ULL << 20U;
constexpr std::uint64_t k_space_min = 64 * k_mib;  // below it SQLite may fail in the middle of a pass
constexpr std::uint64_t k_space_low = 1024 * k_mib;
constexpr long k_nfs = 0x6969;  // NFS_SUPER_MAGIC
constexpr long k_smb = 0x517B;

std::string user_of(uid_t id) {
  const passwd* entry = ::getpwuid(id);
  return entry == nullptr ? fmt::format("uid {}", id) : entry->pw_name;
}

// What exists of the path: a folder that is not there is made in it.
std::string nearest_folder(std::string path) {
  struct stat found {};
  while (path.size() > 1 && ::stat(path.c_str(), &found) != 0)
    path = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  return path;
}

core::Finding examine_folder(const std::string& path) {
  struct stat folder {};
  if (::stat(path.c_str(), &folder) != 0) {
    const std::string parent = nearest_folder(path);
    if (::access(parent.c_str(), W_OK) == 0)
      return fine("state", "", fmt::format("{} will be made by the first pass", path));
    return failed("state", "",
                  make_error(ErrorKind::io, "'{}' is not there, and '{}' may not make it", path, user_of(::geteuid()))
                      .with_hint(fmt::format("Run: install -d -m 0700 -o {} {}", user_of(::geteuid()), path)));
  }
  const std::string owner = user_of(folder.st_uid);
  const std::string text = fmt::format("{}, owner {}, mode {:04o}", path, owner, folder.st_mode & 07777U);
  if (!S_ISDIR(folder.st_mode)) return failed("state", "", make_error(ErrorKind::config, "'{}' is no folder", path));
  if ((folder.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return failed("state", "",
                  make_error(ErrorKind::config, "{}: others may write it", text).with_hint("Run: chmod 0700 " + path));
  }
  if (::geteuid() != 0 && ::geteuid() != folder.st_uid) {
    return failed("state", "",
                  make_error(ErrorKind::io, "{}: '{}' may not write it", text, user_of(::geteuid()))
                      .with_hint(fmt::format("Run tide as its owner: sudo -u {} tide …", owner)));
  }
  return fine("state", "", text);
}

core::Finding examine_disk(const std::string& path) {
  const std::string folder = nearest_folder(path);
  struct statvfs space {};
  struct statfs system {};
  if (::statvfs(folder.c_str(), &space) != 0 || ::statfs(folder.c_str(), &system) != 0) {
    return failed(
        "disk", "",
        make_error(ErrorKind::io, "'{}' cannot be looked at: {}", folder, std::system_category().message(errno)));
  }
  if (system.f_type == k_nfs || system.f_type == k_smb) {
    return failed("disk", "",
                  make_error(ErrorKind::config, "{} is on a network file system", folder)
                      .with_hint("Set [cluster] state_dir to a folder of a local disk: SQLite's locks need it."));
  }
  const std::uint64_t free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  const std::string text = fmt::format("{} MiB free at {}", free / k_mib, folder);
  if (free < k_space_min) {
    return failed(
        "disk", "",
        make_error(ErrorKind::io, "{}", text).with_hint("Free some: without it no pass can be written down."));
  }
  if (free < k_space_low) return doubtful("disk", "", text, "Free some before it runs out.");
  return fine("disk", "", fmt::format("more than {} MiB free at {}", k_space_low / k_mib, folder));
}

core::Finding examine_lock(const std::string& state_dir) {
  const auto holder = engine::Lock::holder(state_dir);
  if (!holder) return fine("lock", "", "free");
  return fine(
      "lock", "",
      fmt::format("held by '{}', process {}, since {}", holder->command, holder->pid, format_time(holder->since)));
}

core::Finding examine_head(const std::string& cluster) {
  const auto head = head_id(cluster);
  if (head) return fine("identity", "", fmt::format("this head is {}", head->value));
  if (::geteuid() == 0) return fine("identity", "", "none yet: the first command that changes something makes one");
  return failed("identity", "", head.error());
}

}  // namespace

core::Findings examine_host(const config::Config& config) {
  return {examine_head(config.settings.cluster), examine_folder(config.state_dir), examine_disk(config.state_dir),
          examine_lock(config.state_dir)};
}

core::Findings examine_config(Context& context) {
  const auto config = context.config();
  if (!config) return {failed("config", "", config.error())};
  const std::string& path = (*config)->path;
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    return {
        failed("config", "",
               make_error(ErrorKind::io, "'{}' cannot be looked at: {}", path, std::system_category().message(errno)))};
  }
  const std::string text = fmt::format("{}, owner {}, mode {:04o}", path, user_of(file.st_uid), file.st_mode & 07777U);
  core::Findings findings;
  if ((file.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    findings.push_back(failed("config", "",
                              make_error(ErrorKind::config, "{}: others may write it, and it names commands", text)
                                  .with_hint("Run: chmod go-w " + path)));
  } else {
    findings.push_back(fine("config", "", text));
  }
  for (const std::string& warning : config::warnings(**config))
    findings.push_back(doubtful("config", "", warning, "See 'man 5 tide.toml'."));
  return findings;
}

}  // namespace tide::cmd::doctor
