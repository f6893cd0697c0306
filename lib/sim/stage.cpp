#include <tide/sim/stage.hpp>

#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tide::sim {

void Stage::enter(std::string_view call) {
  if (pass_time) pass_time(Seconds(random.between(0, 2)));
  m_dies_on_leaving = false;
  if (crash_after_calls == 0 || --crash_after_calls > 0) return;
  if (crash_before_effect) throw Crash{fmt::format("before {}", call)};
  m_dies_on_leaving = true;
}

void Stage::leave(std::string_view call) {
  if (!m_dies_on_leaving) return;
  m_dies_on_leaving = false;
  throw Crash{fmt::format("after {}", call)};
}

void Stage::say(std::string text) {
  if (verbose) log.push_back(fmt::format("{} {}", format_time(clock.real()), text));
}

std::span<const char* const> required_probes() {
  static constexpr std::array k_required{
      "repeat-with-token",
      "daemon-before-entry",
      "entry-without-hold",
      "final-hold",
      "rebuild",
      "suspicion",
      "breaker",
      "released-by-person",
      "persons-hold",
      "down-together",
      "partial-launch",
      "reply-lost-after-effect",
      "crash",
      "crash-before-launch",
      "crash-after-launch",
      "drain-cancelled-by-demand",
      "whole-launch",
      "per-hour-cap",
      "max-nodes-cap",
      "pool-max-cap",
      "launch-limit",
      "end-limit",
      "lost",
      "failed",
      "unfit",
      "note-written-again",
      "intent-settled",
      "leftover-entry",
      "store-deleted",
      "store-put-back",
      "clock-step",
      "reboot",
      "wish",
      "down-drained",
      "launch-landed-late",
      "launch-came-twice",
      "duplicate-ended",
      "name-taken",
  };
  return k_required;
}

}  // namespace tide::sim
