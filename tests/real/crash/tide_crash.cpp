// tide-crash N COMMAND...: the real tide, which kills itself (SIGKILL) at the N-th step: before or after a port call
// that changes something (batch system, cloud, store). N = 0 never does. Prints the steps that it made on descriptor 3
// if open.
#include "cmd/run.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/stepping_ports.hpp"

#include <tide/util/system_clock.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: tide-crash N COMMAND...\n";
    return 2;
  }
  const int last = std::atoi(argv[1]);
  int steps = 0;
  tide::test::SteppingPorts stepping([&] {
    if (++steps == last) kill(getpid(), SIGKILL);
  });
  tide::SystemClock clock;
  tide::SystemRandom random;
  tide::cmd::Process process{.environment = tide::test::whole_environment(),
                             .in = std::cin,
                             .out = std::cout,
                             .err = std::cerr,
                             .clock = clock,
                             .random = random,
                             .wrap_ports = [&](tide::engine::Ports& ports) { stepping.wrap(ports); }};
  const auto code = tide::cmd::run(std::vector<std::string>(argv + 2, argv + argc), process);
  const std::string text = std::to_string(steps) + "\n";
  if (write(3, text.data(), text.size()) < 0) return static_cast<int>(code);  // nobody asked for the count
  return static_cast<int>(code);
}
