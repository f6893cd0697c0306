#pragma once

#include "cmd/changing.hpp"

namespace tide::cmd {

struct EndOptions {
  std::vector<std::string> targets;
  bool force = false;
};

// Patterns are refused: each thing is named.
Result<void> check_names(const std::vector<std::string>& targets);

// The workers that these names (terminate: IDs; disown: both) mean, as they are now; not_found with the nearest known
// one.
struct Targets {
  std::vector<core::Worker> workers;
  std::vector<std::string> left;  // the words for them
  std::vector<std::string>
      gone;                 // terminate, kill_node: what tide ended earlier, as its events say, and is no longer there
  bool jobs_known = false;  // the batch system was read, and is believed
};
Result<Targets> find_targets(Context& context, core::WishKind kind, const std::vector<std::string>& targets);

// A line of what a person is asked about: its name, its machine, its phase and more.
std::string line_of(const core::Worker& worker, const std::string& more = "");

// What `terminate` and `kill-node` share: check the targets, say what happens to their jobs, ask, carry out.
Result<core::ExitCode> run_ending(Context& context, core::WishKind kind, const EndOptions& options);

}  // namespace tide::cmd
