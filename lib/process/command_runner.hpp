#pragma once

#include <tide/util/result.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tide::process {

// Called with each piece of stdout as it comes; an error ends the command.
using Sink = std::function<Result<void>(std::string_view piece)>;

struct Command {
  std::vector<std::string> argv;                   // argv[0] absolute
  std::map<std::string, std::string> environment;  // the whole of it: nothing is inherited
  std::string input;
  std::chrono::milliseconds timeout{30'000};
  Sink sink;  // absent: stdout is collected, up to output_max
  std::size_t output_max = 64U << 20U;
};

struct Finished {
  int exit_code = 0;   // of a normal end
  int signal = 0;      // else
  std::string output;  // stdout, if there was no sink
  std::string errors;  // the last 16 KiB of stderr
};

// Runs a command by argv, no shell, in its own process group, which is killed when time runs out.
// A command that ran and failed is a Finished; errors are: cannot start (io), ran out of time (timeout), the sink's
// own.
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;

  virtual Result<Finished> run(const Command& command) = 0;
};

// "squeue -h -r ...", for messages.
std::string display(const Command& command);

}  // namespace tide::process
