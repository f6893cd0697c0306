#pragma once

#include "cmd/command.hpp"

#include <span>
#include <string>

namespace tide::cmd {

// The options that every command has, for help, man pages and completion; targets are unused.
std::span<const OptionSpec> global_options();

std::string overview(std::span<const CommandSpec> commands);  // `tide help`
std::string help_of(const CommandSpec& command);              // `tide COMMAND --help`, with the table of exit codes

}  // namespace tide::cmd
