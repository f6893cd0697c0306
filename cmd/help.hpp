#pragma once

#include "cmd/command.hpp"

#include <span>
#include <string>
#include <string_view>

namespace tide::cmd {

// The options that every command has, for help, man pages and completion; targets are unused.
std::span<const OptionSpec> global_options();

std::string overview(std::span<const CommandSpec> commands);  // `tide help`
std::string help_of(const CommandSpec& command);              // `tide COMMAND --help`, with the table of exit codes

// Does the command go on with --wait until what it began is done?
bool can_wait(std::string_view command);

// Does the command take this option of global_options()? Only such as changes something takes --yes and the like.
bool applies(const OptionSpec& option, const CommandSpec& command);

}  // namespace tide::cmd
