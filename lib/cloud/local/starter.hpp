#pragma once

#include <tide/cloud/local/environment.hpp>
#include <tide/util/files.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace tide::cloud::local {

struct Start {
  std::vector<std::string> argv;  // argv[0] absolute
  Environment environment;        // without TIDE_PID
  std::string log_path;           // stdout and stderr are appended
  std::string title;              // what ps shows of its init
  std::chrono::seconds grace{10};
  bool namespaces = false;  // its own PID and mount namespace; dropped where root may not make any
};

// Returns once the command runs (its exec succeeded) or could not be started. `claim` is the locked file that the
// instance keeps open as long as it lives. Error timeout: not known within 20 s.
Result<void> start_instance(const Start& start, const UniqueFd& claim);

}  // namespace tide::cloud::local
