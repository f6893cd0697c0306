#pragma once

#include "cmd/changing.hpp"

namespace tide::cmd {

struct EndOptions {
  std::vector<std::string> targets;
  bool force = false;
};

// What `terminate` and `kill-node` share: check the targets, say what happens to their jobs, ask, carry out.
Result<core::ExitCode> run_ending(Context& context, core::WishKind kind, const EndOptions& options);

}  // namespace tide::cmd
