#pragma once

#include <tide/net/rate_limit.hpp>
#include <tide/util/files.hpp>

#include <optional>

namespace tide::net {

// The buckets' file, locked (flock) while this lives. Its first line names the version and the boot.
class RateFile {
 public:
  // Nothing: it cannot be opened, or somebody else could write it too. An error: it stays locked by another.
  static Result<std::optional<RateFile>> open(const std::string& path, Clock& clock);

  Buckets read() const;  // empty for another boot's, and for what cannot be read
  Result<void> write(const Buckets& buckets);

 private:
  RateFile(UniqueFd fd, std::string path, std::string boot)
      : m_fd(std::move(fd)), m_path(std::move(path)), m_boot(std::move(boot)) {}

  UniqueFd m_fd;
  std::string m_path;
  std::string m_boot;
};

}  // namespace tide::net
