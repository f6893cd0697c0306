#pragma once

#include <tide/sim/checker.hpp>
#include <tide/sim/clock.hpp>
#include <tide/sim/faults.hpp>
#include <tide/sim/probes.hpp>
#include <tide/sim/random.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tide::sim {

// The process dies here. Thrown by the simulated ports alone and caught at the edge of the pass.
struct Crash {
  std::string where;
};

// What the simulated ports share: time, chance, faults, and who watches.
struct Stage {
  explicit Stage(std::uint64_t seed) : random(seed), checker(clock) {}

  SimClock clock;
  SeededRandom random;
  Faults faults;
  Checker checker;
  Probes probes;
  std::function<void(Seconds)> pass_time;  // lets machines and jobs live on
  int crash_after_calls = 0;               // counted down by each call; 0: never
  bool crash_before_effect = false;
  std::vector<std::string> log;
  bool verbose = false;

  // Around each port call: time passes, and the process may die on either side.
  void enter(std::string_view call);
  void leave(std::string_view call);
  void say(std::string text);
  void hit(std::string_view probe) { probes.hit(probe); }
  bool roll(int per_mille) { return random.chance(per_mille); }

 private:
  bool m_dies_on_leaving = false;
};

}  // namespace tide::sim
