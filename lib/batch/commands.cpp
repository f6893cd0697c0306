#include <tide/batch/commands.hpp>

#include <tide/util/text.hpp>

#include <optional>
#include <utility>

namespace tide::batch {

Commands::Commands(process::CommandRunner& runner, std::map<std::string, std::string> environment,
                   std::chrono::milliseconds timeout)
    : m_runner(runner), m_environment(std::move(environment)), m_timeout(timeout) {
  m_environment["LC_ALL"] = "C";
  m_environment["TZ"] = "UTC";
}

process::Command Commands::command(const std::string& program, std::vector<std::string> arguments) const {
  process::Command command;
  command.argv = std::move(arguments);
  command.argv.insert(command.argv.begin(), program);
  command.environment = m_environment;
  command.timeout = m_timeout;
  return command;
}

Result<process::Finished> Commands::run(const process::Command& command) const {
  auto finished = m_runner.run(command);
  if (!finished) return std::move(finished).error().with_context(fmt::format("from '{}'", process::display(command)));
  return finished;
}

Result<process::Finished> Commands::stream(process::Command command, const Feed& feed) const {
  std::optional<Error> unreadable;
  command.sink = [&](std::string_view piece) -> Result<void> {
    auto fed = feed(piece);
    if (!fed) unreadable = fed.error();
    return fed;
  };
  auto finished = run(command);
  if (unreadable) return in_command(std::move(*unreadable), command);
  return finished;
}

bool failed(const process::Finished& finished) { return finished.exit_code != 0 || finished.signal != 0; }

bool says(const process::Finished& finished, std::string_view words) {
  return finished.errors.find(words) != std::string::npos || finished.output.find(words) != std::string::npos;
}

std::string first_words(const process::Finished& finished) {
  const std::string_view errors = trim(finished.errors);
  return printable(errors.substr(0, errors.find('\n')), 200);
}

Error command_failure(const process::Command& command, const process::Finished& finished, std::string words) {
  const std::string how = finished.signal != 0 ? fmt::format("was killed by signal {}", finished.signal)
                                               : fmt::format("failed with exit code {}", finished.exit_code);
  Error error = make_error(ErrorKind::batch, "'{}' {}", process::display(command), how);
  if (!words.empty()) error = std::move(error).with_peer(std::move(words));
  return error;
}

Error in_command(Error error, const process::Command& command) {
  return std::move(error).with_context(fmt::format("while reading what '{}' printed", process::display(command)));
}

}  // namespace tide::batch
