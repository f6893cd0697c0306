#pragma once

#include "cmd/command.hpp"
#include "cmd/context.hpp"

#include <span>
#include <string>
#include <vector>

namespace tide::cmd {

// What the command line asks for.
struct Invocation {
  enum class Kind { run, help, version };
  Kind kind = Kind::run;
  const CommandSpec* command = nullptr;  // null with help: the overview
  GlobalOptions global;
};

// Fills the targets of the command's options. Errors are of kind usage and name the nearest word. Global options may
// stand before or after the command. `json_errors` is set as soon as --json or -o json is seen, so that usage errors
// obey it too.
Result<Invocation> parse_command_line(std::span<const CommandSpec> commands, const std::vector<std::string>& arguments,
                                      bool& json_errors);

}  // namespace tide::cmd
