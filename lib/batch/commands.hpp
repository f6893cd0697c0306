#pragma once

#include <tide/process/command_runner.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch {

// How an adapter runs its batch system's commands: by full path, with an environment that is built and a time-out.
class Commands {
 public:
  // `environment` is PATH and [batch.env]; LC_ALL=C and TZ=UTC are added.
  Commands(process::CommandRunner& runner, std::map<std::string, std::string> environment,
           std::chrono::milliseconds timeout);

  process::Command command(const std::string& program, std::vector<std::string> arguments) const;
  void set_variable(const std::string& name, std::string value) { m_environment[name] = std::move(value); }

  // What it could not even run, or what took too long, names the command.
  Result<process::Finished> run(const process::Command& command) const;

  // Runs it and hands on what it prints, while it prints. An error of `feed` ends the command, and is told as one of
  // reading it.
  using Feed = std::function<Result<void>(std::string_view piece)>;
  Result<process::Finished> stream(process::Command command, const Feed& feed) const;

 private:
  process::CommandRunner& m_runner;
  std::map<std::string, std::string> m_environment;
  std::chrono::milliseconds m_timeout;
};

// Did it end otherwise than with exit code 0?
bool failed(const process::Finished& finished);
bool says(const process::Finished& finished, std::string_view words);  // on stderr or stdout
std::string first_words(const process::Finished& finished);            // the first line of stderr, printable

// "'qstat -x' failed with exit code 2", of kind batch, with what it said (`words`); adapters add the hint.
Error command_failure(const process::Command& command, const process::Finished& finished, std::string words);

// Of what a command printed.
Error in_command(Error error, const process::Command& command);

}  // namespace tide::batch
