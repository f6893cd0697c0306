#pragma once

#include <tide/process/command_runner.hpp>
#include <tide/util/clock.hpp>

namespace tide::process {

// One line for each command: its arguments, how it ended, and how long it took. Never its environment, input or output.
class LoggingRunner final : public CommandRunner {
 public:
  using Say = std::function<void(const std::string& line)>;

  LoggingRunner(CommandRunner& inner, Clock& clock, Say say) : m_inner(inner), m_clock(clock), m_say(std::move(say)) {}

  Result<Finished> run(const Command& command) override;

 private:
  CommandRunner& m_inner;
  Clock& m_clock;
  Say m_say;
};

}  // namespace tide::process
