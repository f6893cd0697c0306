#pragma once

#include "cmd/changing.hpp"

namespace tide::cmd {

struct EndOptions {
  std::vector<std::string> targets;
  bool force = false;
};

// Patterns are refused: each thing is named.
Result<void> check_names(const std::vector<std::string>& targets);

// The workers that these names (terminate: IDs) mean, as they are now; not_found with the nearest known one.
Result<std::vector<core::Worker>> find_targets(Context& context, core::WishKind kind,
                                               const std::vector<std::string>& targets);

// What `terminate` and `kill-node` share: check the targets, say what happens to their jobs, ask, carry out.
Result<core::ExitCode> run_ending(Context& context, core::WishKind kind, const EndOptions& options);

}  // namespace tide::cmd
