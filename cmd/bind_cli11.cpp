#include "cmd/bind_cli11.hpp"

#include "cmd/help.hpp"

#include <tide/util/text.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace tide::cmd {

namespace {

constexpr std::string_view k_hidden_prefix = "__";

// Global options as typed; judged once everything is read.
struct RawGlobals {
  GlobalOptions global;
  std::string output;
  std::string color;
  bool json = false;
  bool help = false;
  bool version = false;
};

Target target_of(RawGlobals& raw, std::string_view name) {
  GlobalOptions& global = raw.global;
  const std::array<std::pair<std::string_view, Target>, 13> targets{{{"-c,--config", &global.config},
                                                                     {"-o,--output", &raw.output},
                                                                     {"--json", &raw.json},
                                                                     {"-v,--verbose", &global.verbose},
                                                                     {"-q,--quiet", &global.quiet},
                                                                     {"--color", &raw.color},
                                                                     {"--yes", &global.yes},
                                                                     {"--dry-run", &global.dry_run},
                                                                     {"--wait", &global.wait},
                                                                     {"--no-wait", &global.no_wait},
                                                                     {"--timeout", &global.timeout},
                                                                     {"-h,--help", &raw.help},
                                                                     {"--version", &raw.version}}};
  const auto found = std::ranges::find(targets, name, &std::pair<std::string_view, Target>::first);
  return found == targets.end() ? Target{static_cast<bool*>(nullptr)} : found->second;
}

bool is_positional(const OptionSpec& option) { return !option.name.starts_with('-'); }
bool is_list(const OptionSpec& option) { return std::holds_alternative<std::vector<std::string>*>(option.target); }

// "-n,--count" is called '--count'; a positional by its word, 'POOL'.
std::string called(const OptionSpec& option) {
  if (is_positional(option)) return option.value;
  const auto comma = option.name.find(',');
  return comma == std::string::npos ? option.name : option.name.substr(comma + 1);
}

struct Bound {
  OptionSpec spec;
  CLI::Option* option = nullptr;
};

// Values are taken raw and judged below: CLI11's own conversion reads "010" as eight and words its errors its own way.
Bound bind(CLI::App& app, OptionSpec spec) {
  CLI::Option* option = nullptr;
  if (std::holds_alternative<bool*>(spec.target)) {
    option = app.add_flag(spec.name)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  } else {
    option = app.add_option(spec.name, [](const CLI::results_t&) { return true; });
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (is_list(spec) && is_positional(spec)) option->expected(-1);
  }
  return {std::move(spec), option};
}

Result<void> assign(const Bound& bound) {
  const std::vector<std::string>& given = bound.option->results();
  if (given.empty()) return {};
  const std::string& first = given.front();
  if (bool* const* flag = std::get_if<bool*>(&bound.spec.target)) {
    if (std::ranges::any_of(given, [](const std::string& value) { return value != "true"; })) {
      return make_error(ErrorKind::usage, "'{}' takes no value", called(bound.spec));
    }
    **flag = true;
    return {};
  }
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&bound.spec.target)) {
    **list = given;
    return {};
  }
  if (given.size() > 1) {
    return make_error(ErrorKind::usage, "'{}' is given {} times: '{}' and '{}'", called(bound.spec), given.size(),
                      first, given[1])
        .with_hint("Give it once.");
  }
  if (std::string* const* text = std::get_if<std::string*>(&bound.spec.target)) {
    **text = first;
    return {};
  }
  const auto number = parse_integer(first);
  if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) {
    return make_error(ErrorKind::usage, "'{}' is not a number for '{}'", first, called(bound.spec))
        .with_hint("Give a whole number, such as 3.");
  }
  *std::get<int*>(bound.spec.target) = static_cast<int>(*number);
  return {};
}

// --json is seen before anything is parsed, for usage errors must obey it too.
bool wants_json(const std::vector<std::string>& arguments) {
  bool after_output = false;
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (after_output && argument == "json") return true;
    if (argument == "--json" || argument == "--output=json" || argument == "-ojson" || argument == "-o=json")
      return true;
    after_output = argument == "-o" || argument == "--output";
  }
  return false;
}

class Parser {
 public:
  explicit Parser(std::span<const CommandSpec> commands);
  Result<Invocation> parse(const std::vector<std::string>& arguments);

 private:
  struct Command {
    const CommandSpec* spec = nullptr;
    CLI::App* app = nullptr;
    std::vector<Bound> options;
  };

  CLI::App* app_for(const std::string& name);
  const Command* chosen() const;
  std::string chosen_group() const;  // "config" of "tide config", with no command of it named
  std::vector<std::string> commands_below(const std::string& group) const;
  std::vector<std::string> option_names(const Command* command) const;
  Result<void> check_extras(const Command* command) const;
  Result<void> check_required(const Command& command) const;
  Result<void> check_globals(const Command& command);
  Error no_command() const;
  Error reworded(const CLI::ParseError& error) const;

  CLI::App m_root{"tide", "tide"};
  RawGlobals m_raw;
  std::vector<Bound> m_globals;
  std::vector<Command> m_commands;
};

Parser::Parser(std::span<const CommandSpec> commands) {
  m_root.set_help_flag();
  m_root.allow_extras();
  m_root.require_subcommand(0, 1);
  for (OptionSpec spec : global_options()) {
    spec.target = target_of(m_raw, spec.name);
    m_globals.push_back(bind(m_root, std::move(spec)));
  }
  for (const CommandSpec& spec : commands) {
    Command command{&spec, app_for(spec.name), {}};
    for (const OptionSpec& option : spec.options) command.options.push_back(bind(*command.app, option));
    m_commands.push_back(std::move(command));
  }
}

// "config check" is the command "check" within "config".
CLI::App* Parser::app_for(const std::string& name) {
  CLI::App* parent = &m_root;
  for (const std::string_view piece : split(name, ' ')) {
    const std::string word(piece);
    const auto known = parent->get_subcommands([&](const CLI::App* one) { return one->get_name() == word; });
    CLI::App* app = known.empty() ? nullptr : known.front();
    if (app == nullptr) {
      app = parent->add_subcommand(word);
      app->set_help_flag();
      app->allow_extras();
      app->fallthrough();
      app->require_subcommand(0, 1);
    }
    parent = app;
  }
  return parent;
}

const Parser::Command* Parser::chosen() const {
  // Of "cost" and "cost set" the longer one.
  const Command* best = nullptr;
  for (const Command& command : m_commands) {
    const bool longer = best == nullptr || command.spec->name.size() > best->spec->name.size();
    if (command.app->parsed() && longer) best = &command;
  }
  return best;
}

std::string Parser::chosen_group() const {
  const auto parsed = m_root.get_subcommands();
  return parsed.empty() ? std::string() : parsed.front()->get_name();
}

std::vector<std::string> Parser::commands_below(const std::string& group) const {
  std::vector<std::string> words;
  for (const Command& command : m_commands) {
    const std::string& name = command.spec->name;
    if (name.starts_with(k_hidden_prefix)) continue;
    if (group.empty()) {
      words.push_back(name.substr(0, name.find(' ')));
    } else if (name.starts_with(group + " ")) {
      words.push_back(name.substr(group.size() + 1));
    }
  }
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

std::vector<std::string> Parser::option_names(const Command* command) const {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<Bound>& options) {
    for (const Bound& bound : options) {
      if (is_positional(bound.spec)) continue;
      for (const std::string_view name : split(bound.spec.name, ',')) names.emplace_back(name);
    }
  };
  if (command != nullptr) add(command->options);
  add(m_globals);
  return names;
}

Error Parser::no_command() const {
  const std::string group = chosen_group();
  const auto words = commands_below(group);
  if (!group.empty()) {
    return make_error(ErrorKind::usage, "'tide {}' needs a command of its own: {}", group, join(words, ", "))
        .with_hint(fmt::format("Run 'tide {} {}', or 'tide help' for all commands.", group,
                               words.empty() ? "" : words.front()));
  }
  return make_error(ErrorKind::usage, "no command given")
      .with_hint(
          "Run 'tide help' for the commands, 'tide info' to see the cluster; a new one begins with 'tide init'.");
}

// What nothing took: the first of it is what was mistyped.
Result<void> Parser::check_extras(const Command* command) const {
  std::vector<std::string> extras = m_root.remaining(true);
  std::erase(extras, "--");  // CLI11 lists the mark itself as left over
  if (extras.empty()) return {};
  const std::string& word = extras.front();
  const std::string group = chosen_group();
  const std::string where = command != nullptr ? "tide " + command->spec->name
                            : group.empty()    ? "tide"
                                               : "tide " + group;
  const bool is_option = word.size() > 1 && word.starts_with('-');
  if (command != nullptr && !is_option) {
    return make_error(ErrorKind::usage, "'{}' is one argument too many for '{}'", word, where)
        .with_hint(fmt::format("Run '{} --help' for what it takes.", where));
  }
  const auto candidates = is_option ? option_names(command) : commands_below(group);
  const std::string near = nearest(word.substr(0, word.find('=')), candidates);
  Error error = is_option ? make_error(ErrorKind::usage, "'{}' is not an option of '{}'", word, where)
                          : make_error(ErrorKind::usage, "'{}' is not a command of '{}'", word, where);
  if (!near.empty()) return std::move(error).with_hint(fmt::format("Did you mean '{}'?", near));
  return std::move(error).with_hint(command == nullptr ? std::string("Run 'tide help' for the commands and options.")
                                                       : fmt::format("Run '{} --help' for its options.", where));
}

Result<void> Parser::check_required(const Command& command) const {
  for (const Bound& bound : command.options) {
    if (!bound.spec.required || bound.option->count() > 0) continue;
    return make_error(ErrorKind::usage, "'{}' is missing after 'tide {}'", called(bound.spec), command.spec->name)
        .with_hint(fmt::format("Run 'tide {} --help' for what it takes.", command.spec->name));
  }
  return {};
}

template <typename Value, std::size_t N>
Result<Value> choice(const std::string& option, const std::string& word,
                     const std::array<std::pair<std::string_view, Value>, N>& known) {
  std::vector<std::string> words;
  for (const auto& [name, value] : known) {
    if (name == word) return value;
    words.emplace_back(name);
  }
  const std::string near = nearest(word, words);
  return make_error(ErrorKind::usage, "'{}' is not a value of '{}'", word, option)
      .with_hint(near.empty() ? fmt::format("It is one of: {}.", join(words, ", "))
                              : fmt::format("Did you mean '{}'?", near));
}

Result<void> Parser::check_globals(const Command& command) {
  GlobalOptions& global = m_raw.global;
  for (const Bound& bound : m_globals) {
    if (called(bound.spec) == "--verbose") global.verbosity += static_cast<int>(bound.option->count());
  }
  if (m_raw.json && !m_raw.output.empty() && m_raw.output != "json") {
    return make_error(ErrorKind::usage, "'--json' and '--output {}' contradict each other", m_raw.output)
        .with_hint("Give one of them.");
  }
  const std::array<std::pair<std::string_view, OutputFormat>, 3> outputs{
      {{"table", OutputFormat::table}, {"json", OutputFormat::json}, {"csv", OutputFormat::csv}}};
  const std::array<std::pair<std::string_view, Color>, 3> colors{
      {{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}}};
  if (!m_raw.output.empty()) {
    TIDE_TRY_ASSIGN(global.output, choice("--output", m_raw.output, outputs));
  }
  if (m_raw.json) global.output = OutputFormat::json;
  if (!m_raw.color.empty()) {
    TIDE_TRY_ASSIGN(global.color, choice("--color", m_raw.color, colors));
  }
  if (global.wait && global.no_wait) {
    return make_error(ErrorKind::usage, "'--wait' and '--no-wait' contradict each other")
        .with_hint("Give one of them.");
  }
  if (global.quiet && global.verbose) {
    return make_error(ErrorKind::usage, "'--quiet' and '--verbose' contradict each other")
        .with_hint("Give one of them.");
  }
  if (command.spec->changes) return {};
  const std::array<std::pair<std::string_view, bool>, 4> for_changes{
      {{"--dry-run", global.dry_run}, {"--yes", global.yes}, {"--wait", global.wait}, {"--no-wait", global.no_wait}}};
  for (const auto& [name, given] : for_changes) {
    if (!given) continue;
    // A daemon is no change that is asked for once: whether to act is asked of one pass, never of all that come.
    if (command.spec->name == "daemon") {
      const bool dry = std::string_view(name) == "--dry-run";
      return make_error(ErrorKind::usage, "'tide daemon' has no '{}'{}", name,
                        dry ? ": it launches and ends machines, pass by pass" : "")
          .with_hint(dry ? std::string("Run 'tide scale-once --dry-run' to see what its next pass would do.")
                         : fmt::format("Leave '{}' out.", name));
    }
    return make_error(ErrorKind::usage, "'{}' means nothing to 'tide {}', which changes nothing", name,
                      command.spec->name)
        .with_hint(fmt::format("Leave '{}' out.", name));
  }
  return {};
}

// CLI11 throws for one thing that is left to it: an option without its value. Its text begins with the option's name.
Error Parser::reworded(const CLI::ParseError& error) const {
  const std::string text = error.what();
  const std::string name = text.substr(0, text.find(':'));
  const auto matches = [&](const Bound& bound) { return bound.option->get_name() == name; };
  for (const Command& command : m_commands) {
    if (!command.app->parsed()) continue;
    const auto found = std::ranges::find_if(command.options, matches);
    if (found != command.options.end()) {
      return make_error(ErrorKind::usage, "'{}' needs a value: {}", called(found->spec), found->spec.value)
          .with_hint(fmt::format("Run 'tide {} --help' for what it takes.", command.spec->name));
    }
  }
  const auto found = std::ranges::find_if(m_globals, matches);
  if (found == m_globals.end()) return make_error(ErrorKind::usage, "{}", to_lower(text)).with_hint("Run 'tide help'.");
  return make_error(ErrorKind::usage, "'{}' needs a value: {}", called(found->spec), found->spec.value)
      .with_hint("Run 'tide help' for the options that every command has.");
}

Result<Invocation> Parser::parse(const std::vector<std::string>& arguments) {
  try {
    m_root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return reworded(error);
  }
  const Command* command = chosen();
  TIDE_TRY(check_extras(command));
  for (const Bound& bound : m_globals) TIDE_TRY(assign(bound));
  if (m_raw.version) return Invocation{Invocation::Kind::version, nullptr, {}};
  if (m_raw.help) return Invocation{Invocation::Kind::help, command == nullptr ? nullptr : command->spec, {}};
  if (command == nullptr) return no_command();
  for (const Bound& bound : command->options) TIDE_TRY(assign(bound));
  TIDE_TRY(check_required(*command));
  TIDE_TRY(check_globals(*command));
  return Invocation{Invocation::Kind::run, command->spec, m_raw.global};
}

// The words of a half-typed command line are no command line of ours: they are handed on as they are.
std::optional<Invocation> completion(std::span<const CommandSpec> commands, const std::vector<std::string>& arguments) {
  if (arguments.empty() || !arguments.front().starts_with(k_hidden_prefix)) return std::nullopt;
  const auto found = std::ranges::find(commands, arguments.front(), &CommandSpec::name);
  if (found == commands.end() || found->options.empty()) return std::nullopt;
  auto* const* words = std::get_if<std::vector<std::string>*>(&found->options.front().target);
  if (words == nullptr) return std::nullopt;
  const std::ptrdiff_t skip = arguments.size() > 1 && arguments[1] == "--" ? 2 : 1;
  (*words)->assign(arguments.begin() + skip, arguments.end());
  return Invocation{Invocation::Kind::run, &*found, {}};
}

}  // namespace

Result<Invocation> parse_command_line(std::span<const CommandSpec> commands, const std::vector<std::string>& arguments,
                                      bool& json_errors) {
  if (auto invocation = completion(commands, arguments)) return *invocation;
  json_errors = wants_json(arguments);
  return Parser(commands).parse(arguments);
}

}  // namespace tide::cmd
