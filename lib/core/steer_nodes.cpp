#include <tide/core/fit.hpp>
#include <tide/core/world.hpp>

#include <fmt/format.h>

// From a machine that runs to a node that takes jobs.
namespace tide::core {

namespace {

// The batch system lists no entry of it, and none was made.
void add_entry(World& world, const Worker& worker) {
  const Pool* pool = world.pool(worker.pool);
  if (pool == nullptr) {
    world.decline(worker.name.value, "unknown-pool",
                  fmt::format("its pool '{}' is not in the configuration: its size is not known", worker.pool.value));
    return;
  }
  if (!world.snapshot.hosts) {
    world.decline(worker.name.value, "names-unreadable", "its name cannot be made to resolve");
    return;
  }
  const Room room = room_of(*pool);  // with the pool's name, and spot, among the features
  Add add{.node = worker.name, .address = worker.instance->address, .pool = pool->name, .intent = worker.intent};
  add.slots = pool->slots;
  add.memory_mib = pool->memory_mib;
  add.gpus = pool->gpus;
  add.features = room.features;
  world.act(std::move(add), "address", fmt::format("the cloud gave it {}", worker.instance->address));
}

void tell_address(World& world, const Worker& worker) {
  if (!worker.instance || worker.instance->address.empty() || worker.name.empty()) return;
  const auto row = world.plan.memory.nodes.find(worker.name);
  const bool known = row != world.plan.memory.nodes.end() && !row->second.removed;
  if (world.snapshot.batch.entries == NodeEntries::with_address && !worker.node && !(known && row->second.made)) {
    add_entry(world, worker);
    return;
  }
  if (!known || row->second.address == worker.instance->address) return;
  world.act(SetAddress{worker.name, worker.instance->address}, "address",
            fmt::format("the cloud gave it {}", worker.instance->address));
}

// Registered, of full size, held by nobody but tide's joining: jobs may come.
void release_ready(World& world, const Worker& worker) {
  if (!worker.node->held) return;  // its own check is still to pass
  world.act(Release{.node = worker.name, .ready = true}, "join",
            fmt::format("registered with {} slots and {} MiB", worker.node->slots, worker.node->memory_mib));
}

void hold_joining(World& world, const Worker& worker, const std::string& why) {
  HoldRow hold{.node = worker.name, .kind = HoldKind::joining, .note = std::string(k_note_joining), .rule = "join"};
  hold.since = world.now();
  hold.pass = world.plan.memory.passes;
  world.act(Hold{std::move(hold)}, "join", why);
}

// Its entry was made and its hold was not: tide, or the batch system, ended between the two.
void hold_entry(World& world, const Worker& worker) {
  if (world.snapshot.batch.entries != NodeEntries::with_address || !worker.node || worker.node->held) return;
  hold_joining(world, worker, "its entry is there and is not held");
}

// Registered without tide's entry, so nothing held it: held if empty (it may not be ready), else taken as joined.
void hold_unheld(World& world, const Worker& worker) {
  Machine* row = world.machine(worker.id);
  if (row == nullptr || row->ready || world.hold(worker.name) != nullptr) return;
  if (!worker.empty || world.snapshot.batch.entries == NodeEntries::by_themselves) {
    row->ready = world.now();
    return;
  }
  hold_joining(world, worker, "it registered without tide's entry: held until it is known to be ready");
}

// Slurm's registration wipes the reason of a drain and keeps the drain.
void write_note_again(World& world, const Worker& worker) {
  const HoldRow* row = world.hold(worker.name);
  if (row == nullptr || !worker.node || !worker.node->held || !world.snapshot.batch.hold_has_note) return;
  if (!worker.node->note.empty() || worker.node->unfit || worker.node->hold_is_final) return;
  world.act(Hold{*row}, "note", "its note was wiped and is written again");
}

}  // namespace

bool is_steered(const World& world, const Worker& worker) {
  const auto intent = world.plan.memory.intents.find(worker.intent);
  return world.scope.everything ||
         (intent != world.plan.memory.intents.end() && intent->second.wish == world.scope.wish);
}

void steer_nodes(World& world) {
  if (!world.reading.batch) return;
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || world.is_touched(worker) || !is_steered(world, worker)) continue;
    switch (worker.phase) {
      case Phase::pending:
      case Phase::booting:
        tell_address(world, worker);
        hold_entry(world, worker);
        break;
      case Phase::joining:
        tell_address(world, worker);
        release_ready(world, worker);
        break;
      case Phase::down: tell_address(world, worker); break;  // perhaps it is given up because nobody could reach it
      case Phase::idle:
      case Phase::busy: hold_unheld(world, worker); break;
      case Phase::draining:
      case Phase::drained: write_note_again(world, worker); break;
      case Phase::requested:
      case Phase::stopping:
      case Phase::stopped:
      case Phase::gone:
      case Phase::failed:
      case Phase::lost:
      case Phase::unfit:
      case Phase::interrupted:
      case Phase::unclear:
      case Phase::orphan:
      case Phase::held:
      case Phase::foreign: break;
    }
  }
}

}  // namespace tide::core
