#include "cmd/help.hpp"

#include <tide/core/exit_code.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace tide::cmd {

namespace {

constexpr std::size_t k_gap = 2;

const std::array<OptionSpec, 13>& global_table() {
  static const std::array<OptionSpec, 13> table{{
      {"-c,--config", "FILE", "Configuration; else $TIDE_CONFIG, /etc/tide/tide.toml or ~/.config/tide/tide.toml",
       static_cast<std::string*>(nullptr), false, Complete::file},
      {"-o,--output", "FORMAT", "table, json or csv", static_cast<std::string*>(nullptr)},
      {"--json", "", "The same as -o json; errors too are then one JSON object a line", static_cast<bool*>(nullptr)},
      {"-v,--verbose", "",
       "Say more on standard error; -vv: each request to a cloud; -vvv: each command of the batch system too",
       static_cast<bool*>(nullptr)},
      {"-q,--quiet", "", "Say nothing but errors on standard error", static_cast<bool*>(nullptr)},
      {"--color", "WHEN", "auto, always or never; NO_COLOR in the environment means never",
       static_cast<std::string*>(nullptr)},
      {"--yes", "", "Do not ask", static_cast<bool*>(nullptr)},
      {"--dry-run", "", "Say what would be done, and change nothing", static_cast<bool*>(nullptr)},
      {"--wait", "", "Go on until what was asked for is done", static_cast<bool*>(nullptr)},
      {"--no-wait", "", "Stop after the first pass, or leave the wish to the pass that is running",
       static_cast<bool*>(nullptr)},
      {"--timeout", "DURATION", "Longest time to wait, and for each question to a cloud or batch system, such as 90s",
       static_cast<std::string*>(nullptr)},
      {"-h,--help", "", "Show help on the command", static_cast<bool*>(nullptr)},
      {"--version", "", "Show the version", static_cast<bool*>(nullptr)},
  }};
  return table;
}

struct Row {
  std::string left;
  std::string right;
};

std::string rows(const std::vector<Row>& all) {
  std::size_t width = 0;
  for (const Row& row : all) width = std::max(width, row.left.size());
  std::string text;
  for (const Row& row : all) text += fmt::format("  {:<{}}{}\n", row.left, width + k_gap, row.right);
  return text;
}

bool is_positional(const OptionSpec& option) { return !option.name.starts_with('-'); }

// "-n, --count N"; long names of options without a short one stand below the others'.
std::string left_of(const OptionSpec& option) {
  if (is_positional(option)) return option.value;
  const auto comma = option.name.find(',');
  const std::string names = comma == std::string::npos
                                ? "    " + option.name
                                : option.name.substr(0, comma) + ", " + option.name.substr(comma + 1);
  return option.value.empty() ? names : names + " " + option.value;
}

std::string usage_word(const OptionSpec& option) {
  const bool list = std::holds_alternative<std::vector<std::string>*>(option.target);
  const std::string word = list && !option.value.ends_with("...") ? option.value + "..." : option.value;
  return option.required ? word : "[" + word + "]";
}

std::string_view title(Group group) {
  switch (group) {
    case Group::look: return "Look";
    case Group::scale: return "Scale";
    case Group::machines: return "Machines";
    case Group::repair: return "Repair";
    case Group::setup: return "Set up";
  }
  return "Other";
}

std::vector<Row> exit_codes() {
  std::vector<Row> table;
  for (int code = 0; code <= static_cast<int>(core::ExitCode::timeout); ++code) {
    table.push_back({fmt::format("{:>3}", code), std::string(core::meaning(static_cast<core::ExitCode>(code)))});
  }
  table.push_back({"128+n", "ended by signal n"});
  return table;
}

}  // namespace

bool can_wait(std::string_view command) {
  constexpr std::array<std::string_view, 4> enders{"terminate", "kill-node", "drain-all", "leave"};
  return std::ranges::find(enders, command) != enders.end();
}

bool applies(const OptionSpec& option, const CommandSpec& command) {
  constexpr std::array<std::string_view, 3> for_changes{"--yes", "--dry-run", "--no-wait"};
  if (option.name == "--wait") return can_wait(command.name);
  return command.changes || std::ranges::find(for_changes, option.name) == for_changes.end();
}

std::span<const OptionSpec> global_options() { return global_table(); }

std::string overview(std::span<const CommandSpec> commands) {
  std::string text =
      "tide lets a batch cluster rise and fall with its queue: it starts, drains and ends cloud machines as jobs need "
      "them.\n\n";
  text += "Usage: tide COMMAND [OPTIONS]\n";
  for (const Group group : {Group::look, Group::scale, Group::machines, Group::repair, Group::setup}) {
    std::vector<Row> table;
    for (const CommandSpec& command : commands) {
      if (command.group == group && !command.name.starts_with("__")) table.push_back({command.name, command.summary});
    }
    if (!table.empty()) text += fmt::format("\n{}:\n{}", title(group), rows(table));
  }
  std::vector<Row> options;
  for (const OptionSpec& option : global_options()) options.push_back({left_of(option), option.help});
  text += fmt::format("\nOptions of every command:\n{}", rows(options));
  text += "\n'tide COMMAND --help' or 'man tide-COMMAND' say more; 'man tide.toml' describes the configuration.\n";
  return text;
}

std::string help_of(const CommandSpec& command) {
  std::string usage = "Usage: tide " + command.name;
  std::vector<Row> arguments;
  std::vector<Row> options;
  for (const OptionSpec& option : command.options) {
    if (is_positional(option)) usage += " " + usage_word(option);
    (is_positional(option) ? arguments : options).push_back({left_of(option), option.help});
  }
  std::string text = fmt::format("{} [OPTIONS]\n\n{}.\n", usage, command.summary);
  if (!arguments.empty()) text += fmt::format("\nArguments:\n{}", rows(arguments));
  if (!options.empty()) text += fmt::format("\nOptions:\n{}", rows(options));
  std::vector<Row> common;
  for (const OptionSpec& option : global_options()) {
    if (applies(option, command)) common.push_back({left_of(option), option.help});
  }
  text += fmt::format("\nOptions of every command:\n{}", rows(common));
  text += fmt::format("\nExit codes:\n{}", rows(exit_codes()));
  return text;
}

}  // namespace tide::cmd
