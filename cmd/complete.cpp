#include "cmd/commands.hpp"
#include "cmd/context.hpp"
#include "cmd/help.hpp"

#include <tide/store/sqlite_store.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace tide::cmd {

namespace {

using Words = std::vector<std::string>;

// What stands before the word under the cursor.
struct Typed {
  const CommandSpec* command = nullptr;
  std::string path;                      // "config", of a command of two words half typed
  const OptionSpec* awaiting = nullptr;  // an option whose value is the word under the cursor, or stands in it
  std::string value_prefix;              // "--output=", where it stands in it
  std::size_t positionals = 0;
  std::string config;
};

const OptionSpec* find_option(std::span<const OptionSpec> options, const std::string& word) {
  const auto found = std::ranges::find_if(options, [&](const OptionSpec& option) {
    const auto names = split(option.name, ',');
    return option.name.starts_with('-') && std::ranges::find(names, word) != names.end();
  });
  return found == options.end() ? nullptr : &*found;
}

const OptionSpec* option_of(const Typed& typed, const std::string& word) {
  const OptionSpec* option = typed.command == nullptr ? nullptr : find_option(typed.command->options, word);
  return option == nullptr ? find_option(global_options(), word) : option;
}

Typed read_words(std::span<const CommandSpec> commands, const Words& words) {
  Typed typed;
  for (std::size_t at = 0; at + 1 < words.size(); ++at) {
    const std::string& word = words[at];
    if (typed.awaiting != nullptr) {
      if (typed.awaiting->name == "-c,--config") typed.config = word;
      typed.awaiting = nullptr;
    } else if (word.starts_with('-')) {
      const OptionSpec* option = option_of(typed, word);
      if (option != nullptr && !option->value.empty()) typed.awaiting = option;
      if (word.starts_with("--config=")) typed.config = word.substr(word.find('=') + 1);
    } else if (const auto longer = std::ranges::find(commands, typed.path + " " + word, &CommandSpec::name);
               typed.command != nullptr && typed.positionals == 0 && longer != commands.end()) {
      typed.command = &*longer;
    } else if (typed.command != nullptr) {
      ++typed.positionals;
    } else {
      typed.path += typed.path.empty() ? word : " " + word;
      const auto found = std::ranges::find(commands, typed.path, &CommandSpec::name);
      if (found != commands.end()) typed.command = &*found;
    }
  }
  const std::string last = words.empty() ? std::string() : words.back();
  const auto equals = last.find('=');
  if (typed.awaiting == nullptr && last.starts_with("--") && equals != std::string::npos) {
    typed.awaiting = option_of(typed, last.substr(0, equals));
    typed.value_prefix = last.substr(0, equals + 1);
  }
  return typed;
}

Words command_words(std::span<const CommandSpec> commands, const std::string& path) {
  Words words;
  for (const CommandSpec& command : commands) {
    if (command.name.starts_with("__")) continue;
    if (path.empty()) words.push_back(command.name.substr(0, command.name.find(' ')));
    if (!path.empty() && command.name.starts_with(path + " ")) words.push_back(command.name.substr(path.size() + 1));
  }
  return words;
}

Words option_words(const CommandSpec* command) {
  Words words;
  const auto add = [&](const OptionSpec& option) {
    for (const std::string_view name : split(option.name, ',')) {
      if (name.starts_with("--")) words.emplace_back(name);
    }
  };
  if (command != nullptr) std::ranges::for_each(command->options, add);
  for (const OptionSpec& option : global_options()) {
    if (command == nullptr || applies(option, *command)) add(option);
  }
  return words;
}

// Said alone where a file is meant: the shell knows best what files there are.
constexpr const char* k_files = ":files";

// A Tab asks no server and reports no error: what cannot be read offers nothing, and the command itself will say why.
Words known_names(Context& context, Complete kind) {
  Words words;
  const auto config = context.config();
  if (!config) return words;
  if (kind == Complete::pool) {
    for (const auto& [name, pool] : (*config)->settings.pools) words.push_back(name.value);
    return words;
  }
  const auto store =
      store::open_store({.path = (*config)->state_dir + "/" + std::string(store::k_store_file), .read_only = true});
  if (!store) return words;
  const auto memory = (*store)->load();
  if (!memory) return words;
  for (const auto& [id, machine] : memory->machines)
    if (!machine.disowning) words.push_back(kind == Complete::node ? machine.node.value : id.value);
  if (kind == Complete::node) {
    for (const core::NodeName& node : memory->last_good.nodes) words.push_back(node.value);
  }
  return words;
}

Words values(Context& context, const OptionSpec& option) {
  if (option.name == "-o,--output") return {"table", "json", "csv"};
  if (option.name == "--color") return {"auto", "always", "never"};
  switch (option.complete) {
    case Complete::nothing:
    case Complete::job: return {};
    case Complete::file: return {k_files};
    case Complete::command: return command_words(all_commands(), "");
    case Complete::pool:
    case Complete::node:
    case Complete::instance: return known_names(context, option.complete);
  }
  return {};
}

Words candidates(Context& context, const Words& words) {
  const auto commands = all_commands();
  const Typed typed = read_words(commands, words);
  GlobalOptions options = context.options();
  if (!typed.config.empty()) options.config = typed.config;
  Context named(context.process(), options);
  if (typed.awaiting != nullptr) {
    Words found = values(named, *typed.awaiting);
    for (std::string& word : found) word = word == k_files ? word : typed.value_prefix + word;
    return found;
  }
  if (!words.empty() && words.back().starts_with('-')) return option_words(typed.command);
  if (typed.command == nullptr) return command_words(commands, typed.path);
  std::size_t position = 0;
  for (const OptionSpec& option : typed.command->options) {
    if (option.name.starts_with('-')) continue;
    const bool list = std::holds_alternative<Words*>(option.target);
    if (list || position == typed.positionals) return values(named, option);
    ++position;
  }
  if (typed.positionals == 0) return command_words(commands, typed.path);  // "cost set" of "cost"
  return {};
}

Result<core::ExitCode> run_complete(Context& context, const Words& words) {
  Words found = candidates(context, words);
  const std::string prefix = words.empty() ? std::string() : words.back();
  std::erase_if(
      found, [&](const std::string& word) { return word.empty() || (word != k_files && !word.starts_with(prefix)); });
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  for (const std::string& word : found) context.process().out << word << "\n";
  return core::ExitCode::done;
}

}  // namespace

CommandSpec complete_command() {
  auto words = std::make_shared<Words>();
  return {.name = "__complete",
          .group = Group::setup,
          .summary = "Print what may stand for the last word, one a line",
          .options = {{"WORDS", "WORDS", "The words after 'tide'; the last one is under the cursor", words.get()}},
          .run = [words](Context& context) { return run_complete(context, *words); }};
}

}  // namespace tide::cmd
