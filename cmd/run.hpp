#pragma once

#include "cmd/context.hpp"

#include <string>
#include <vector>

namespace tide::cmd {

// One command from its arguments (without argv[0]) to its exit code. Everything but main() itself: tests call this.
core::ExitCode run(const std::vector<std::string>& arguments, Process& process);

}  // namespace tide::cmd
