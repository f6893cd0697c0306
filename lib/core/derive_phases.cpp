#include <tide/core/no_room.hpp>
#include <tide/core/stopped.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::core {

namespace {

bool is_gone(const World& world, const Worker& worker, const Machine& row) {
  if (worker.instance) return !is_live(worker.instance->state);
  if (!world.reading.cloud(row.cloud)) return false;  // time alone makes nothing gone
  const auto traits = world.snapshot.clouds.find(row.cloud);
  if (row.missing_since && traits != world.snapshot.clouds.end() && traits->second.absence_is_proof) return true;
  return row.missing_since && row.missing_passes >= 2 && world.now() - *row.missing_since >= k_missing_gap;
}

std::string size_shortfall(const World& world, const Worker& worker) {
  const Pool* pool = world.pool(worker.pool);
  if (pool == nullptr || !worker.node) return "";
  const Node& node = *worker.node;
  // A size that only the cloud told is corrected by the node's own.
  const auto sizing = world.sizing.find(pool->name);
  const bool slots_told = sizing != world.sizing.end() && sizing->second.slots_told;
  const bool memory_told = sizing != world.sizing.end() && sizing->second.memory_told;
  if (node.slots < pool->slots && !slots_told)
    return fmt::format("it has {} slots, its pool says {}", node.slots, pool->slots);
  if (node.memory_mib < pool->memory_mib && !memory_told)
    return fmt::format("it has {} MiB, its pool says {}", node.memory_mib, pool->memory_mib);
  for (const auto& [type, count] : pool->gpus) {
    int has = 0;
    for (const auto& [kind, number] : node.gpus) has += type.empty() || kind == type ? number : 0;
    if (has < count) return fmt::format("it has {} GPUs of type '{}', its pool says {}", has, type, count);
  }
  return "";
}

// Nothing boots before its machine is there. The cloud drops the request by itself at its time, and no machine of it is
// no failure of the pool's; one that does not is given up as if it had said that there is no room.
Phase waiting(const World& world, Worker& worker, Seconds age) {
  const Seconds deadline = world.settings.scale.boot_deadline;
  if (age < deadline + k_clock_slack) return Phase::pending;
  worker.instance->fault = fmt::format("its request brought no machine within {} s", age.count());
  worker.instance->fault_kind = ErrorKind::capacity;
  worker.why = worker.instance->fault;
  return Phase::failed;
}

// A machine whose node has not registered since its launch.
Phase unjoined(const World& world, Worker& worker, const Machine& row) {
  if (row.registered) {
    worker.why = "its node registered before and is gone from the batch system's list";
    return Phase::down;
  }
  if (row.interrupted) {
    worker.why = row.interrupted_why;
    return Phase::interrupted;
  }
  const Seconds age = world.now() - row.first_seen;
  if (row.adopted && !world.reading.rebuilding && age >= world.settings.scale.orphan_grace) {
    worker.why = "it bears this head's tags, no row explains it and its node never registered";
    return Phase::orphan;
  }
  if (worker.instance && is_request(*worker.instance)) return waiting(world, worker, age);
  if (age >= world.settings.scale.boot_deadline) {
    worker.why = fmt::format("no node of its name or address registered within {} s", age.count());
    return Phase::lost;
  }
  return worker.instance && worker.instance->state != InstanceState::pending ? Phase::booting : Phase::pending;
}

// It registered and its own check has not passed: that is waited for as long as a boot may take.
Phase starting_phase(const World& world, Worker& worker, const Machine* machine) {
  const Seconds deadline = world.settings.scale.boot_deadline;
  if (machine == nullptr || world.now() - machine->first_seen < deadline) return Phase::joining;
  worker.why = fmt::format("its own check did not let jobs come within {} s", deadline.count());
  return Phase::unfit;
}

Phase held_phase(Worker& worker, const HoldRow* row) {
  if (row == nullptr || row->kind == HoldKind::keep) {
    worker.why = worker.node->note;
    return Phase::held;
  }
  if (row->kind == HoldKind::joining) return Phase::joining;
  worker.why = row->rule;
  if (worker.empty) return Phase::drained;
  return row->rule == "interrupted" ? Phase::interrupted : Phase::draining;
}

Phase joined(World& world, Worker& worker) {
  const Node& node = *worker.node;
  const HoldRow* row = world.hold(node.name);
  if (row != nullptr && row->kind == HoldKind::end && node.held) return held_phase(worker, row);
  const Machine* machine = world.machine(worker.id);
  if (machine != nullptr && machine->interrupted) {
    worker.why = machine->interrupted_why;
    return Phase::interrupted;
  }
  if (node.down || !node.responding) {
    worker.why = node.down ? "its daemon is silent and the batch system gave it up" : "its daemon does not answer";
    return Phase::down;
  }
  if (node.unfit) {
    worker.why = node.note.empty() ? node.state : node.note;
    return Phase::unfit;
  }
  const bool joining = node.held ? row != nullptr && row->kind == HoldKind::joining
                                 : machine != nullptr && !machine->ready && !machine->adopted && worker.empty;
  if (std::string shortfall = joining && !node.starting ? size_shortfall(world, worker) : ""; !shortfall.empty()) {
    worker.why = std::move(shortfall);
    return Phase::unfit;
  }
  if (node.held) return held_phase(worker, row);
  if (node.starting) return starting_phase(world, worker, machine);
  return worker.empty ? Phase::idle : Phase::busy;
}

Phase phase_of(World& world, Worker& worker) {
  if (!worker.ours) return Phase::foreign;
  if (!worker.why.empty()) return Phase::unclear;
  if (worker.id.empty()) return Phase::requested;  // an entry that tide made, its machine still to come
  const Machine* row = world.machine(worker.id);
  if (row == nullptr) return Phase::gone;
  if (is_gone(world, worker, *row)) return Phase::gone;
  if (is_kept_stopped(worker, *row)) return Phase::stopped;
  if (worker.instance && worker.instance->state == InstanceState::stopping) return Phase::stopping;
  if (row->told_to_end && world.now() - *row->told_to_end < k_end_again) return Phase::stopping;
  if (const auto duplicate = world.duplicates.find(worker.id); duplicate != world.duplicates.end()) {
    worker.why = fmt::format("'{}' came of the same launch, whose answer was lost, and stays", duplicate->second.value);
    return Phase::orphan;
  }
  if (world.twins.contains(worker.id)) {
    worker.why = "another machine came of the same launch, and which of them its node is cannot be told";
    return Phase::unclear;
  }
  const HoldRow* hold = world.hold(worker.name);
  const bool drains =
      worker.node && worker.joined && worker.node->held && hold != nullptr && hold->kind == HoldKind::end;
  if (worker.instance && worker.instance->state == InstanceState::failed && !drains) {
    worker.why = worker.instance->fault;
    return Phase::failed;
  }
  if (!world.snapshot.nodes && (row->registered || worker.node)) {
    worker.why = "its node could not be read";
    return Phase::busy;
  }
  return worker.node && worker.joined ? joined(world, worker) : unjoined(world, worker, *row);
}

// A machine that ended by itself before its node registered (user data that fails shuts it down): launched again and
// again, it would cost for ever.
bool died_booting(const Worker& worker, const Machine& row) {
  return worker.phase == Phase::gone && !row.registered && !row.ready && !row.ending && !row.interrupted;
}

// One that found no room is no boot failure: its pool's next choice, or the same one later, may well boot.
void count_failure(World& world, const Worker& worker) {
  if (lacks_room(worker)) {
    rest_after(world, worker);
    return;
  }
  Breaker& breaker = world.memory().breakers[worker.pool];
  breaker.pool = worker.pool;
  ++breaker.failures;
  breaker.last = fmt::format("instance '{}': {}", worker.id.value,
                             worker.why.empty() ? "it ended before its node registered" : worker.why);
  if (breaker.failures >= k_breaker_max) breaker.open = true;
}

// Boot failures are counted once a machine; times of silence run while it lasts.
void note_times(World& world, const Worker& worker) {
  Machine* row = world.machine(worker.id);
  if (row == nullptr || !world.reading.batch || !world.reading.cloud(worker.cloud)) return;
  const bool failing = worker.phase == Phase::failed || worker.phase == Phase::lost || worker.phase == Phase::unfit ||
                       died_booting(worker, *row);
  if (failing && !row->failing_since && !world.reading.rebuilding) {
    row->failing_since = world.now();
    if (!row->ready) count_failure(world, worker);
  }
  if (worker.phase == Phase::booting) note_room(world, worker);
  const bool ending =
      worker.phase == Phase::draining || worker.phase == Phase::drained || worker.phase == Phase::interrupted;
  if (!failing && !ending) row->failing_since.reset();
  const bool silent =
      worker.phase == Phase::down || (ending && worker.node && (worker.node->down || !worker.node->responding));
  if (!silent) {
    row->down_since.reset();
  } else if (!row->down_since) {
    row->down_since = world.now();
  }
}

}  // namespace

void derive_phases(World& world) {
  for (Worker& worker : world.plan.workers) {
    worker.phase = phase_of(world, worker);
    note_times(world, worker);
  }
}

}  // namespace tide::core
