#include <tide/core/world.hpp>

#include <fmt/format.h>

// From a machine that runs to a node that takes jobs.
namespace tide::core {

namespace {

void tell_address(World& world, const Worker& worker) {
  if (!worker.instance || worker.instance->address.empty() || worker.name.empty()) return;
  const auto row = world.plan.memory.nodes.find(worker.name);
  if (row == world.plan.memory.nodes.end() || row->second.removed || row->second.address == worker.instance->address)
    return;
  world.act(SetAddress{worker.name, worker.instance->address}, "address",
            fmt::format("the cloud gave it {}", worker.instance->address));
}

// Registered, of full size, held by nobody but tide's joining: jobs may come.
void release_ready(World& world, const Worker& worker) {
  world.act(Release{.node = worker.name, .ready = true}, "join",
            fmt::format("registered with {} slots and {} MiB", worker.node->slots, worker.node->memory_mib));
}

// Registered without tide's entry, so nothing held it: held if empty (it may not be ready), else taken as joined.
void hold_unheld(World& world, const Worker& worker) {
  Machine* row = world.machine(worker.id);
  if (row == nullptr || row->ready || world.hold(worker.name) != nullptr) return;
  if (!worker.empty || world.snapshot.batch.entries != NodeEntries::before_launch) {
    row->ready = world.now();
    return;
  }
  HoldRow hold{.node = worker.name, .kind = HoldKind::joining, .note = std::string(k_note_joining), .rule = "join"};
  hold.since = world.now();
  hold.pass = world.plan.memory.passes;
  world.act(Hold{std::move(hold)}, "join", "it registered without tide's entry: held until it is known to be ready");
}

// Slurm's registration wipes the reason of a drain and keeps the drain.
void write_note_again(World& world, const Worker& worker) {
  const HoldRow* row = world.hold(worker.name);
  if (row == nullptr || !worker.node || !worker.node->held || !world.snapshot.batch.hold_has_note) return;
  if (!worker.node->note.empty() || worker.node->unfit || worker.node->hold_is_final) return;
  world.act(Hold{*row}, "note", "its note was wiped and is written again");
}

}  // namespace

void steer_nodes(World& world) {
  if (!world.reading.batch || !world.scope.everything) return;
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || world.is_touched(worker)) continue;
    switch (worker.phase) {
      case Phase::pending:
      case Phase::booting: tell_address(world, worker); break;
      case Phase::joining:
        tell_address(world, worker);
        release_ready(world, worker);
        break;
      case Phase::idle:
      case Phase::busy: hold_unheld(world, worker); break;
      case Phase::draining:
      case Phase::drained: write_note_again(world, worker); break;
      case Phase::requested:
      case Phase::stopping:
      case Phase::gone:
      case Phase::failed:
      case Phase::lost:
      case Phase::unfit:
      case Phase::down:
      case Phase::interrupted:
      case Phase::unclear:
      case Phase::orphan:
      case Phase::held:
      case Phase::foreign: break;
    }
  }
}

}  // namespace tide::core
