#pragma once

#include <tide/core/exit_code.hpp>
#include <tide/util/result.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tide::cmd {

class Context;

enum class Group { look, scale, machines, repair, setup };

// What completion offers for a value.
enum class Complete { nothing, file, pool, node, instance, job, command };

// Where a parsed value goes: a flag, one value, a number, or all that is left.
using Target = std::variant<bool*, std::string*, int*, std::vector<std::string>*>;

// One option or positional of a command. `name` is "--force" or "-n,--count"; a positional has no dash.
struct OptionSpec {
  std::string name;
  std::string value;  // its word in help: "FILE"; "" for a flag
  std::string help;   // one line
  Target target;
  bool required = false;
  Complete complete = Complete::nothing;
};

// A command is data: parser, --help, man page and completion are made from it.
struct CommandSpec {
  std::string name;  // "kill-node"; a command of a group of commands: "config check"
  Group group = Group::look;
  std::string summary;  // one line, no full stop
  std::vector<OptionSpec> options;
  std::function<Result<core::ExitCode>(Context&)> run;
  bool changes = false;  // may change machines, nodes or the store: --dry-run, --yes, --wait and --no-wait apply
};

}  // namespace tide::cmd
