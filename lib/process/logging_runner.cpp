#include <tide/process/logging_runner.hpp>

namespace tide::process {

Result<Finished> LoggingRunner::run(const Command& command) {
  const auto began = m_clock.monotonic();
  auto finished = m_inner.run(command);
  const auto span = m_clock.monotonic() - began;
  const std::string end = !finished               ? finished.error().message
                          : finished->signal != 0 ? fmt::format("signal {}", finished->signal)
                                                  : fmt::format("exit {}", finished->exit_code);
  m_say(fmt::format("command: {}: {}, {} ms", display(command), end, span.count()));
  return finished;
}

}  // namespace tide::process
