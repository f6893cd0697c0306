#pragma once

#include <tide/util/result.hpp>

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tide::cloud::local {

// The command of one instance: a living session leader of our own user with a token and its own PID in its environment.
struct Found {
  pid_t pid = 0;
  pid_t init = 0;       // its parent; 0 if that is no init of ours
  bool ending = false;  // its init was told to end it
  std::map<std::string, std::string> environment;
};

// All of them, of any cluster, by PID. Processes that end while it looks are none.
Result<std::vector<Found>> find_instances(const std::string& proc = "/proc");

// This process, if it is one (still).
Result<std::optional<Found>> examine(const std::string& proc, pid_t pid);

// TERM to its init, which kills all that is left after the grace. Nothing if it ended meanwhile.
Result<void> ask_to_end(const std::string& proc, const Found& found);

}  // namespace tide::cloud::local
