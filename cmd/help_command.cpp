#include "cmd/commands.hpp"
#include "cmd/context.hpp"
#include "cmd/help.hpp"

#include <tide/util/text.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace tide::cmd {

namespace {

using Words = std::vector<std::string>;

Result<core::ExitCode> run_help(Context& context, const Words& words) {
  const auto commands = all_commands();
  std::ostream& out = context.process().out;
  if (words.empty()) {
    out << overview(commands);
    return core::ExitCode::done;
  }
  const std::string name = join(words, " ");
  std::vector<CommandSpec> below;
  std::vector<std::string> known;
  for (const CommandSpec& command : commands) {
    if (command.name == name) {
      out << help_of(command);
      return core::ExitCode::done;
    }
    known.push_back(command.name);
    if (command.name.starts_with(name + " ")) below.push_back(command);
  }
  if (!below.empty()) {
    out << overview(below);
    return core::ExitCode::done;
  }
  const std::string near = nearest(name, known);
  return make_error(ErrorKind::usage, "'{}' is not a command of 'tide'", name)
      .with_hint(near.empty() ? std::string("Run 'tide help' for the commands.")
                              : fmt::format("Did you mean '{}'?", near));
}

}  // namespace

CommandSpec help_command() {
  auto words = std::make_shared<Words>();
  return {.name = "help",
          .group = Group::setup,
          .summary = "Show the commands, or help on one",
          .options = {{"COMMAND", "COMMAND", "The command", words.get(), false, Complete::command}},
          .run = [words](Context& context) { return run_help(context, *words); }};
}

}  // namespace tide::cmd
