#include <tide/core/describe.hpp>
#include <tide/core/names.hpp>
#include <tide/core/sleep.hpp>
#include <tide/core/stopped.hpp>
#include <tide/core/world.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::core {

namespace {

bool listed(const World& world, const NodeName& name) {
  return std::ranges::find(*world.snapshot.nodes, name, &Node::name) != world.snapshot.nodes->end();
}

// Names of a range are few, and free once their machine is gone.
Seconds name_rest(const World& world, const PoolName& name) {
  const Pool* pool = world.pool(name);
  const auto names = parse_names(pool == nullptr ? "" : pool->names, world.settings.cluster, name.value);
  return names && names->kind == NamesKind::range ? Seconds(0) : k_name_rest;
}

// Another machine bears its name by now: a row of an older store.
bool name_is_anothers(const World& world, const Worker& gone) {
  if (gone.node) return false;
  return std::ranges::any_of(world.plan.workers, [&](const Worker& other) {
    return other.name == gone.name && !other.id.empty() && other.id != gone.id && other.phase != Phase::gone;
  });
}

// Two witnesses: the cloud's listing says that it ended, and the batch system does not hear the node. One that
// answers is another machine under that name, whatever the listing says.
bool is_surely_dead(const Worker& worker) {
  return worker.instance && worker.instance->state == InstanceState::gone && !worker.node->responding &&
         !worker.node->down;
}

void clear_gone(World& world, const Worker& worker) {
  if (worker.node && !worker.empty) {
    if (world.snapshot.batch.can_give_up && is_surely_dead(worker)) {
      world.act(GiveUp{worker.name}, "gone", "its machine is gone and its jobs wait for it to come back");
      return;
    }
    world.decline(worker.name.value, "gone-with-jobs",
                  "its machine is gone; the batch system still lists jobs on it and must give them up first");
    return;
  }
  const auto row = world.plan.memory.nodes.find(worker.name);
  const bool entry = row != world.plan.memory.nodes.end() && !row->second.removed &&  // perhaps one that the list hides
                     !name_is_anothers(world, worker);
  if (worker.node || entry) {
    world.act(Remove{worker.name, name_rest(world, worker.pool)}, "gone",
              worker.instance && !worker.instance->fault.empty() ? worker.instance->fault : "its machine is gone");
    return;
  }
  world.act(Forget{worker.id, worker.name}, "gone", "its machine is gone and its node is out of the batch system");
}

// It is kept for later, its node is not: one that nobody answers for would look silent, or be waited for.
void clear_stopped(World& world, const Worker& worker) {
  if (is_starting(world.plan.memory, worker.id)) return;  // its entry is made, or about to be
  const HoldRow* hold = world.hold(worker.name);
  const bool kept = hold != nullptr && hold->kind == HoldKind::keep;
  if (worker.node && (kept || (hold == nullptr && has_others_note(*worker.node)))) {
    world.decline(worker.name.value, "persons-hold",
                  fmt::format("held by a person ('{}'): its node stays", worker.node->note));
    return;
  }
  if (worker.node && !worker.empty) {
    world.decline(worker.name.value, "stopped-with-jobs",
                  "its machine is stopped; the batch system still lists jobs on it and must give them up first");
    return;
  }
  const auto row = world.plan.memory.nodes.find(worker.name);
  const bool entry = row != world.plan.memory.nodes.end() && !row->second.removed && !name_is_anothers(world, worker);
  if (worker.node || entry)
    world.act(Remove{worker.name}, "stopped", "its machine is stopped, to be started again when jobs need it");
}

// Is a machine of this name live, or may one still come? A node that comes by itself may bear the longer name of its
// host.
bool name_is_wanted(const World& world, const NodeName& name) {
  const Memory& memory = world.plan.memory;
  const bool machine = std::ranges::any_of(memory.machines, [&](const auto& entry) {
    const std::string& node = entry.second.node.value;
    return node == name.value || node.starts_with(name.value + ".");
  });
  const bool coming = std::ranges::any_of(memory.intents, [&](const auto& entry) {
    const Intent& intent = entry.second;
    return intent.state == IntentState::open &&
           std::ranges::find(intent.request.names, name.value) != intent.request.names.end();
  });
  return machine || coming;
}

// It never registered; or it did, and is down and empty, and no listing of its cloud ever showed its machine.
bool is_dead_entry(const World& world, const NodeRow& row, const Worker& worker) {
  if (!worker.id.empty()) return false;
  if (!worker.node->registered_at) return true;
  const Pool* pool = world.pool(row.pool);
  return worker.node->down && worker.empty && pool != nullptr && world.reading.cloud(pool->cloud);
}

// Entries whose machine never came: a launch that was refused, names beyond what came, a lost store's leftovers.
void clear_entries(World& world) {
  for (auto& [name, row] : world.memory().nodes) {
    if (row.removed || name_is_wanted(world, name)) continue;
    const auto worker =
        std::ranges::find_if(world.plan.workers, [&](const Worker& one) { return one.name == name && one.node; });
    if (worker != world.plan.workers.end() && !is_dead_entry(world, row, *worker)) continue;
    const bool adopted = row.intent.empty();
    if (adopted && (world.reading.rebuilding || world.now() - row.since < world.settings.scale.boot_deadline)) continue;
    // Where nodes make no entries, the row stands for the name alone, perhaps of a machine that was there and is
    // gone.
    const bool by_itself = world.snapshot.batch.entries == NodeEntries::by_themselves;
    world.act(Remove{name, by_itself ? name_rest(world, row.pool) : Seconds(0)}, "leftover",
              "no machine came for this entry");
  }
}

void clear_names(World& world) {
  std::erase_if(world.memory().nodes, [&](const auto& entry) {
    return entry.second.removed && entry.second.free_at && *entry.second.free_at <= world.now();
  });
}

void clear_intents(World& world) {
  for (const auto& [id, intent] : world.plan.memory.intents) {
    if (intent.state == IntentState::open) continue;
    const bool machines =
        std::ranges::any_of(world.plan.memory.machines, [&](const auto& entry) { return entry.second.intent == id; });
    const bool entries = std::ranges::any_of(
        world.plan.memory.nodes, [&](const auto& entry) { return entry.second.intent == id && !entry.second.removed; });
    if (!machines && !entries) world.act(CloseIntent{id}, "closed", "nothing of it is left");
  }
}

}  // namespace

void repeat_launches(World& world) {
  for (const auto& [id, intent] : world.plan.memory.intents) {
    if (intent.state != IntentState::open || !world.reading.batch || !world.reading.cloud(intent.request.cloud))
      continue;
    if (!world.scope.everything && intent.wish != world.scope.wish) continue;
    const auto traits = world.snapshot.clouds.find(intent.request.cloud);
    const bool known = traits != world.snapshot.clouds.end();
    const bool token = known && traits->second.has_launch_tokens;
    const bool by_list = known && traits->second.launches_listed;  // and this pass's listing shows none of it
    const Seconds age = world.snapshot.taken_at - intent.made_at;
    const bool young = age >= Seconds(-k_clock_slack.count()) && age < k_repeat_max && !world.reading.rebuilding;
    const bool wanted = world.needed_intents.contains(id) || !intent.wish.empty();
    const bool awake = asleep(world.plan.memory, world.snapshot.taken_at) == nullptr;
    const bool room = count_machines(world, nullptr) <= world.settings.scale.max_nodes;  // it is counted among them
    if ((token || by_list) && young && wanted && awake && room) {
      // What it is for is told here, as its own pass may have been killed before it could.
      world.act(
          Repeat{id}, "repeat",
          fmt::format("{} ({}{}{})",
                      token ? "its outcome is not known: the same token again"
                            : "its outcome is not known and no listing shows a machine of it: once more",
                      describe(Launch{.request = intent.request}), intent.because.empty() ? "" : ": ", intent.because));
    } else if (world.now() - intent.made >= k_settle) {
      world.act(CloseIntent{id}, "settled", "no listing shows a machine of it: it did not happen");
    } else {
      world.decline(id.value, "unsettled", "a launch without an answer: waits until listings would show it");
    }
  }
}

void clear_away(World& world) {
  const auto wish = world.plan.memory.wishes.find(world.scope.wish);
  const auto in_scope = [&](const Worker& worker) {
    return world.scope.everything || (wish != world.plan.memory.wishes.end() && names(world, wish->second, worker));
  };
  clear_names(world);
  if (!world.reading.batch) return;
  for (const Worker& worker : world.plan.workers) {
    if (worker.ours && in_scope(worker) && worker.phase == Phase::gone && world.reading.cloud(worker.cloud))
      clear_gone(world, worker);
    if (worker.ours && in_scope(worker) && worker.phase == Phase::stopped && worker.instance)
      clear_stopped(world, worker);
  }
  if (world.scope.everything) clear_entries(world);
  if (world.scope.everything) clear_intents(world);
  std::erase_if(world.memory().holds, [&](const auto& entry) {
    const auto& [name, row] = entry;
    const bool stopped = row.kind != HoldKind::keep && is_name_of_stopped(world.plan.memory, name);
    return !listed(world, name) && (!name_is_wanted(world, name) || stopped);
  });
}

}  // namespace tide::core
