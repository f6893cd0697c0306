#include "cmd/commands.hpp"
#include "cmd/init/answers.hpp"

#include <tide/util/files.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <istream>
#include <memory>
#include <ostream>

namespace tide::cmd {

namespace {

// The words of --NAME VALUE, where they were given.
struct InitOptions {
  std::map<std::string, std::string> given;
  bool defaults = false;
};

std::string variable(Context& context, const char* name) {
  const auto found = context.process().environment.find(name);
  return found == context.process().environment.end() ? "" : found->second;
}

std::string default_path(Context& context) {
  if (!context.options().config.empty()) return std::filesystem::absolute(context.options().config).string();
  if (const std::string named = variable(context, "TIDE_CONFIG"); !named.empty()) return named;
  if (::geteuid() == 0) return "/etc/tide/tide.toml";
  const std::string base = variable(context, "XDG_CONFIG_HOME");
  return (base.empty() ? variable(context, "HOME") + "/.config" : base) + "/tide/tide.toml";
}

std::string state_dir_for(Context& context, const std::string& name) {
  if (::geteuid() == 0) return "/var/lib/tide/" + name;
  return variable(context, "HOME") + "/.local/state/tide/" + name;
}

// What would only be told of a line of the file, which the person has not seen.
Result<void> check_answer(const init::Question& question, const std::string& answer, bool by_option) {
  const bool count = question.name == "slots" || question.name == "max-nodes";
  const auto number = parse_integer(answer);
  const bool fine = count ? number && *number > 0 : question.name != "memory" || parse_size_mib(answer).has_value();
  if (fine) return {};
  return make_error(ErrorKind::usage, "{} '{}' is not a {}", by_option ? "--" + question.name : question.name,
                    printable(answer, 40), count ? "number above 0" : "size")
      .with_hint(count ? "Write a plain number: 4." : "Write it as '8GiB' or '7168MiB'.");
}

// An option, else a line of standard input, else the proposal.
Result<std::string> answer_to(Context& context, const init::Question& question, const InitOptions& options) {
  const auto given = options.given.find(question.name);
  if (given != options.given.end() && !given->second.empty()) return given->second;
  std::string line;
  if (!options.defaults) {
    if (context.process().in_is_terminal) {
      context.process().err << question.text << (question.proposal.empty() ? "" : " [" + question.proposal + "]")
                            << ": " << std::flush;
    }
    std::getline(context.process().in, line);
  }
  const std::string_view word = trim(line);
  if (!word.empty()) return std::string(word);
  if (!question.proposal.empty()) return question.proposal;
  return make_error(ErrorKind::usage, "'{}' has no answer: {}", question.name, question.text)
      .with_hint(fmt::format("Answer it, or say --{}.", question.name));
}

// Later questions depend on the answers so far.
Result<init::Answers> ask(Context& context, const init::Found& found, const InitOptions& options) {
  init::Answers answers;
  for (;;) {
    const auto asked = init::questions(found, answers);
    const auto next = std::ranges::find_if(asked, [&](const auto& each) { return !answers.contains(each.name); });
    if (next == asked.end()) break;
    TIDE_TRY_ASSIGN(answers[next->name], answer_to(context, *next, options));
    const auto given = options.given.find(next->name);
    TIDE_TRY(check_answer(*next, answers[next->name], given != options.given.end() && !given->second.empty()));
  }
  if (const auto script = options.given.find("user-data"); script != options.given.end())
    answers["user-data"] = script->second;
  return answers;
}

Result<core::ExitCode> run_init(Context& context, const InitOptions& options) {
  const std::string path = default_path(context);
  if (file_exists(path)) TIDE_TRY(context.confirm(fmt::format("'{}' is there, and would be replaced", path)));
  const init::Found found = init::look_around(context.process().environment);
  context.say(found.batch.empty() ? "tide: no batch system's commands were found"
                                  : fmt::format("tide: {} was found by {}", found.batch, found.program));
  context.say(found.credentials.empty()
                  ? "tide: no cloud's credentials were found"
                  : fmt::format("tide: credentials of {} were found: {}", found.cloud, found.credentials));
  TIDE_TRY_ASSIGN(const init::Answers answers, ask(context, found, options));
  const std::string text = init::config_text(found, answers, state_dir_for(context, answers.at("name")));
  const auto keys = adapter_keys();
  if (const auto fine = config::parse({.path = path, .text = text}, keys); !fine) {
    Error error = fine.error();
    return std::move(error).with_context(fmt::format("'{}' was not written: an answer cannot stand in it", path));
  }
  if (context.options().dry_run) {
    context.process().out << text;
    return core::ExitCode::done;
  }
  TIDE_TRY(make_directories(std::filesystem::path(path).parent_path().string(), 0755));
  TIDE_TRY(write_file_atomically(path, text, {.mode = 0644}));
  // To be copied as they stand: they find the same file.
  const std::string named = context.options().config.empty() ? "" : " -c " + for_shell(context.options().config);
  context.process().out << fmt::format(
      "{}: written. Next: tide config check{}; tide doctor{}; tide scale-once --dry-run{}\n", path, named, named,
      named);
  return core::ExitCode::done;
}

}  // namespace

CommandSpec init_command() {
  auto options = std::make_shared<InitOptions>();
  CommandSpec command{.name = "init",
                      .group = Group::setup,
                      .summary = "Write a commented configuration from a few answers",
                      .options = {},
                      .run = [options](Context& context) { return run_init(context, *options); },
                      .changes = true};
  struct Known {
    const char* name;
    const char* value;
    const char* help;
  };
  for (const Known& each :
       {Known{"name", "NAME", "Name of the cluster"},
        Known{"batch", "KIND", "slurm, torque, openpbs, htcondor or gridengine"},
        Known{"head", "HOST", "Name by which nodes reach this machine"}, Known{"cloud", "KIND", "ec2, nova or local"},
        Known{"max-nodes", "N", "Most machines at once"}, Known{"pool", "NAME", "Name of the first pool"},
        Known{"slots", "N", "CPUs that one machine offers to jobs"},
        Known{"memory", "SIZE", "Memory that one machine offers to jobs"}, Known{"region", "NAME", "Region of EC2"},
        Known{"cloud-entry", "NAME", "Entry of clouds.yaml"}, Known{"image", "IMAGE", "Image to boot"},
        Known{"types", "LIST", "Instance types or flavors, by comma"},
        Known{"command", "COMMAND", "Command that is a machine of the local cloud"},
        Known{"user-data", "FILE", "Script that a machine runs to join"}}) {
    const bool file = std::string_view(each.value) == "FILE" || std::string_view(each.value) == "COMMAND";
    command.options.push_back({.name = std::string("--") + each.name,
                               .value = each.value,
                               .help = each.help,
                               .target = &options->given[each.name],
                               .complete = file ? Complete::file : Complete::nothing});
  }
  command.options.push_back({.name = "--defaults",
                             .value = "",
                             .help = "Ask nothing: what is not said is as found",
                             .target = &options->defaults});
  return command;
}

}  // namespace tide::cmd
