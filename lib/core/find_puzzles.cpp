#include <tide/core/world.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::core {

namespace {

// Was the node first seen after the machine? Both in one pass: then by when it registered. One that registered long
// before the launch was only left out of a reading since.
bool appeared_after(const World& world, const NodeName& name, Moment seen, const Machine& row) {
  const auto worker =
      std::ranges::find_if(world.plan.workers, [&](const Worker& one) { return one.node && one.name == name; });
  if (worker == world.plan.workers.end() || !worker->node->registered_at) return seen > row.first_seen;
  const TimePoint registered = *worker->node->registered_at;
  return seen == row.first_seen ? registered > row.launched_at
                                : seen > row.first_seen && registered + k_clock_slack >= row.launched_at;
}

// A machine past its boot deadline that no node matches, while a node that appeared after its launch matches no
// machine: most likely the two are one, under a name or an address that tide does not know.
void pair_up(World& world, const Worker& machine, const Machine& row) {
  for (const auto& [name, seen] : world.plan.memory.last_good.first_seen) {
    if (!appeared_after(world, name, seen, row)) continue;
    world.puzzled.insert(machine.pool);
    world.alarm(ErrorKind::refused, "unclear-identity",
                fmt::format("node '{}' appeared after the launch of instance '{}' ({}) and matches no instance: "
                            "nothing of pool '{}' is ended "
                            "as lost, and it launches nothing",
                            name.value, machine.id.value, machine.name.value, machine.pool.value));
    return;
  }
}

}  // namespace

void find_puzzles(World& world) {
  for (const Worker& worker : world.plan.workers) {
    if (worker.phase == Phase::unclear) {
      world.puzzled.insert(worker.pool);
      world.alarm(ErrorKind::refused, "unclear-identity", worker.why);
    }
    const Machine* row = world.machine(worker.id);
    if (world.duplicates.contains(worker.id)) continue;
    if ((worker.phase == Phase::lost || worker.phase == Phase::orphan) && row != nullptr) pair_up(world, worker, *row);
  }
}

}  // namespace tide::core
