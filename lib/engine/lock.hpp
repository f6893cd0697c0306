#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/files.hpp>
#include <tide/util/result.hpp>

#include <optional>
#include <string>

namespace tide::engine {

// Who holds the pass lock; written into the lock file, for messages only.
struct Holder {
  int pid = 0;
  std::string command;
  TimePoint since{};

  bool operator==(const Holder&) const = default;
};

// The lock of one cluster, on STATE_DIR/lock, freed by the kernel however the process ends. Keeps flock(1) out too.
class Lock {
 public:
  // Error of kind lock_held, naming the holder, if it is taken; never waits.
  static Result<Lock> try_take(const std::string& state_dir, const Holder& self);
  static std::optional<Holder> holder(const std::string& state_dir);  // of a lock that is taken now

 private:
  explicit Lock(UniqueFd fd) : m_fd(std::move(fd)) {}
  UniqueFd m_fd;
};

}  // namespace tide::engine
