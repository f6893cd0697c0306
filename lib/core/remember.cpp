#include <tide/core/names.hpp>
#include <tide/core/prices.hpp>
#include <tide/core/stopped.hpp>
#include <tide/core/world.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tide::core {

namespace {

bool starts_with(const std::string& text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

Machine new_row(const World& world, const Worker& worker) {
  const Memory& memory = world.plan.memory;
  const auto intent = memory.intents.find(worker.intent);
  const Pool* pool = world.pool(worker.pool);
  Machine row{
      .id = worker.id, .cloud = worker.cloud, .intent = worker.intent, .pool = worker.pool, .node = worker.name};
  row.first_seen = world.now();
  row.adopted = intent == memory.intents.end();
  if (!row.adopted) {
    row.price_micros = intent->second.price_micros;
  } else if (pool != nullptr) {
    row.price_micros = pool->price_micros.value_or(0);
  }
  if (pool == nullptr || !worker.instance || worker.instance->market != Market::spot) return row;
  const auto spot = spot_price(memory, world.now(), *pool, worker.instance->type, worker.instance->zone);
  row.price_micros = spot.value_or(row.price_micros);
  return row;
}

// A store that was lost knew the entries that it made. Where they are made before the launch, the list may hide them
// until their nodes register; else one that is not listed is still to be made.
void adopt_entry_of(World& world, const Machine& row) {
  const Pool* pool = world.pool(row.pool);
  const NodeEntries entries = world.snapshot.batch.entries;
  if (!row.adopted || pool == nullptr || entries == NodeEntries::by_themselves) return;
  const auto names = parse_names(pool->names, world.settings.cluster, pool->name.value);
  if (!names || !matches(*names, row.node)) return;
  NodeRow entry{.node = row.node, .pool = row.pool, .intent = row.intent, .since = world.now()};
  entry.made = entries == NodeEntries::before_launch;
  world.memory().nodes.emplace(row.node, std::move(entry));
}

void remember_machine(World& world, Worker& worker) {
  const Instance& instance = *worker.instance;
  auto& rows = world.memory().machines;
  if (is_live(instance.state) && !rows.contains(worker.id)) {
    adopt_entry_of(world, rows.emplace(worker.id, new_row(world, worker)).first->second);
  }
  Machine* row = world.machine(worker.id);
  if (row == nullptr) return;
  row->adopting.reset();  // its listing shows that it is
  if (const Pool* pool = world.pool(row->pool); pool != nullptr && row->price_micros == 0)
    row->price_micros = pool->price_micros.value_or(0);  // it had none when the machine was launched
  row->type = instance.type;
  row->launched_at = instance.launched_at;
  row->missing_since.reset();
  row->missing_passes = 0;
  row->missing_accepted = false;
  if (world.duplicates.contains(worker.id)) row->node = NodeName{};
  if (row->node.empty()) row->node = worker.name;
  note_stopped(world, worker, *row);
  if (!is_live(instance.state)) return;
  if (worker.why.empty() && !worker.name.empty()) row->node = worker.name;
}

// A machine that its cloud, readable, does not list.
void remember_missing(World& world, const Worker& worker) {
  Machine* row = world.machine(worker.id);
  if (row == nullptr || !world.reading.cloud(worker.cloud)) return;
  if (!row->missing_since) row->missing_since = world.now();
  ++row->missing_passes;
}

// What the first node of a pool and type really has, where the pool's size is the cloud's to tell.
void learn_size(World& world, const Worker& worker, const Machine& row) {
  const auto sizing = world.sizing.find(row.pool);
  if (sizing == world.sizing.end() || row.type.empty()) return;
  const Node& node = *worker.node;
  TypeSize size{.since = world.now()};
  if (sizing->second.slots_told) size.slots = std::max(0, node.slots);
  if (sizing->second.memory_told) size.memory_mib = std::max<std::int64_t>(0, node.memory_mib);
  if (size.slots == 0 && size.memory_mib == 0) return;
  world.memory().types.learned.emplace(fmt::format("{}/{}", row.pool.value, row.type), std::move(size));
}

// From launch to registration. Their clocks differ: what is no sensible time is not learned.
void learn_boot(World& world, const Worker& worker, const Machine& row) {
  if (row.adopted || !worker.node->registered_at || row.launched_at.time_since_epoch().count() <= 0) return;
  const Seconds took = *worker.node->registered_at - row.launched_at;
  if (took <= Seconds(0) || took > world.settings.scale.boot_deadline * 2) return;
  BootTimes& boots = world.memory().boots[row.pool];
  boots.typical = boots.count == 0 ? took : (boots.typical * 3 + took) / 4;
  boots.longest = std::max(boots.longest, took);
  boots.last = took;
  ++boots.count;
}

// Else a job that fits a machine and none of its slots would buy one after the other.
void learn_fixed(World& world, const Worker& worker, const Machine& row) {
  if (worker.node->starting || worker.node->slots == 0) return;
  auto fixed = worker.node->fixed;
  for (FixedSlot& slot : fixed) slot.free = slot.count;
  auto known = world.memory().boots.find(row.pool);
  if (fixed.empty() && (known == world.memory().boots.end() || known->second.fixed.empty())) return;
  BootTimes& pool = world.memory().boots[row.pool];
  pool.fixed = std::move(fixed);
  pool.fixed_since = world.now();
}

// Its cloud was not read, or left it or another machine of the same launch out, whose answer was lost: the node may be
// either's. Later listings tell.
bool is_by_name_alone(const World& world, const Worker& worker) {
  const auto traits = world.snapshot.clouds.find(worker.cloud);
  if (traits == world.snapshot.clouds.end() || !traits->second.launches_listed) return false;
  const bool twin = std::ranges::any_of(world.plan.memory.machines, [&](const auto& entry) {
    const Machine& other = entry.second;
    return other.id != worker.id && other.intent == worker.intent && !other.intent.empty() && !other.told_to_end;
  });
  return !worker.instance || twin;
}

void remember_joined(World& world, Worker& worker) {
  Machine* row = world.machine(worker.id);
  if (row == nullptr || row->stopped || !worker.node || !world.snapshot.nodes) return;
  worker.joined = registered_since(*worker.node, row->launched_at);
  if (is_by_name_alone(world, worker)) return;
  if (worker.joined && world.reading.batch && worker.why.empty()) learn_fixed(world, worker, *row);
  if (worker.joined && world.reading.batch && worker.why.empty() && !row->registered) {
    row->registered = world.now();
    learn_size(world, worker, *row);
    learn_boot(world, worker, *row);
  }
}

HoldKind kind_of_note(const std::string& note) {
  if (starts_with(note, k_note_interrupted)) return HoldKind::end;
  if (starts_with(note, "tide: end")) return HoldKind::end;
  if (starts_with(note, "tide: keep")) return HoldKind::keep;
  return HoldKind::joining;
}

// A hold on a machine of ours that no row explains: our note (the store was lost), or none at all where every person's
// hold has one (Slurm's registration wipes the reason and keeps the drain).
void adopt_hold(World& world, const Worker& worker) {
  const Node& node = *worker.node;
  // A note of ours may outlive a release by a person where it is none of the hold itself: it says something only once
  // the store was lost, or where the node wrote it.
  const bool told =
      world.snapshot.batch.hold_has_note || world.reading.rebuilding || starts_with(node.note, k_note_interrupted);
  const bool ours = starts_with(node.note, k_note_prefix) && told;
  const bool wiped = node.note.empty() && world.snapshot.batch.hold_has_note && !node.hold_is_final &&
                     world.machine(worker.id) != nullptr;
  if (node.unfit || !worker.ours || !(ours || wiped)) return;
  HoldRow row{.node = node.name, .kind = kind_of_note(node.note), .note = node.note};
  if (wiped) row.note = std::string(k_note_joining);
  row.rule = row.kind == HoldKind::joining ? "join" : "adopted";
  if (starts_with(node.note, k_note_interrupted)) row.rule = "interrupted";
  row.cancellable = starts_with(node.note, "tide: end idle") || starts_with(node.note, "tide: end replaced");
  row.confirmed = true;
  row.since = world.now();
  row.pass = world.snapshot.memory.passes + 1;
  world.memory().holds.emplace(node.name, std::move(row));
}

// The node itself gave notice: whatever tide held it for, it is to end, and nothing cancels that. What only holds stays
// so.
void take_notice(const World& world, const Node& node, HoldRow& row) {
  if (!starts_with(node.note, k_note_interrupted) || row.rule == "interrupted" || row.kind == HoldKind::keep) return;
  row.kind = HoldKind::end;
  row.rule = "interrupted";
  row.note = node.note;
  row.cancellable = false;
  row.pass = world.snapshot.memory.passes + 1;
}

// Whose hold it is, is decided by our row and the note together.
void remember_hold(World& world, const Worker& worker) {
  if (!worker.node) return;
  const Node& node = *worker.node;
  HoldRow* row = world.hold(node.name);
  if (row == nullptr) {
    if (node.held) adopt_hold(world, worker);
    return;
  }
  if (node.held) {
    const bool persons = world.snapshot.batch.hold_has_note && !node.note.empty() &&
                         !starts_with(node.note, k_note_prefix) && !node.unfit;
    if (!persons) {
      row->confirmed = true;
      take_notice(world, node, *row);
      return;
    }
    world.decline(node.name.value, "persons-hold",
                  fmt::format("held by a person ('{}'): it wins over tide's own hold", node.note));
  } else if (row->confirmed) {
    Machine* machine = world.machine(worker.id);
    if (machine != nullptr && row->kind == HoldKind::joining) machine->ready = world.now();
    if (machine != nullptr && row->kind != HoldKind::joining)
      machine->left_alone_until = world.now() + world.settings.scale.idle_time;
    world.decline(node.name.value, "released-by-person",
                  "somebody released tide's hold: the node is left alone for idle_time");
  }
  world.memory().holds.erase(node.name);
}

// Since when a person has held it, as far as passes saw; a bare hold that somebody asked tide for is one too.
void remember_persons_hold(World& world, const Worker& worker) {
  Machine* machine = world.machine(worker.id);
  if (machine == nullptr || !worker.node) return;
  const HoldRow* row = world.hold(worker.name);
  const bool held = worker.node->held && !worker.node->unfit && (row == nullptr || row->kind == HoldKind::keep);
  if (!held) {
    machine->held_since.reset();
  } else if (!machine->held_since) {
    machine->held_since = world.now();
  }
}

bool is_a_name_of_ours(const World& world, const NodeName& name) {
  return std::ranges::any_of(world.settings.pools, [&](const auto& entry) {
    const auto names = parse_names(entry.second.names, world.settings.cluster, entry.first.value);
    return names && matches(*names, name);
  });
}

// Entries that only their note and their name explain: `create` was done, then the store was lost. Another cluster of
// tide's over the same batch system writes the same note.
void adopt_entry(World& world, Worker& worker) {
  if (!worker.node || !worker.id.empty() || worker.ours) return;
  const Node& node = *worker.node;
  if (node.registered_at || !node.held || !starts_with(node.note, k_note_joining)) return;
  if (!is_a_name_of_ours(world, node.name)) return;
  world.memory().nodes.emplace(node.name, NodeRow{.node = node.name, .made = true, .since = world.now()});
  worker.ours = true;
}

void remember_intents(World& world) {
  std::map<IntentId, std::set<InstanceId>> listed;
  for (const Worker& worker : world.plan.workers) {
    if (worker.ours && worker.instance) listed[worker.intent].insert(worker.id);
  }
  for (auto& [id, intent] : world.memory().intents) {
    if (intent.state != IntentState::open || !world.reading.cloud(intent.request.cloud)) continue;
    const std::set<InstanceId>& found = listed[id];
    const bool all = std::ssize(found) >= intent.request.count;
    const bool settled = !found.empty() && world.now() - intent.made >= k_settle;
    if (!all && !settled) continue;
    intent.state = IntentState::accepted;
    intent.instances.assign(found.begin(), found.end());
  }
}

// A machine whose tags were to be changed, and of which no wish speaks any more: what its cloud lists by then is what
// it is. It is never missing for it: nothing is taken out of the batch system for a machine that is not ours.
void settle_owners(World& world) {
  const auto is_spoken_of = [&](const Machine& row) {
    return std::ranges::any_of(world.plan.memory.wishes, [&](const auto& entry) {
      const Wish& wish = entry.second;
      const bool kind = wish.kind == WishKind::adopt || wish.kind == WishKind::disown;
      return kind && std::ranges::any_of(wish.targets, [&](const std::string& target) {
               return target == row.id.value || target == row.node.value;
             });
    });
  };
  std::set<InstanceId> tagged;
  for (const auto& [cloud, listed] : world.snapshot.instances) {
    if (!listed) continue;
    for (const Instance& instance : *listed) {
      if (is_ours(world.plan.memory, world.settings, instance)) tagged.insert(instance.id);
    }
  }
  for (auto& [id, row] : world.memory().machines) {
    const std::optional<Moment>& since = row.adopting ? row.adopting : row.disowning;
    if (!since || world.now() - *since < k_settle || !world.reading.cloud(row.cloud) || is_spoken_of(row)) continue;
    if (tagged.contains(id)) row.disowning.reset();
    if (row.disowning) world.memory().nodes.erase(row.node);  // its entry is nobody's of tide's either
  }
  std::erase_if(world.memory().machines, [&](const auto& entry) {
    const Machine& row = entry.second;
    const std::optional<Moment>& since = row.adopting ? row.adopting : row.disowning;
    return since && world.now() - *since >= k_settle && world.reading.cloud(row.cloud) && !is_spoken_of(row) &&
           !tagged.contains(entry.first);
  });
}

void remember_strangers(World& world) {
  if (!world.reading.batch) return;
  std::map<NodeName, Moment> seen;
  std::map<NodeName, Moment>& known = world.memory().last_good.first_seen;
  for (const Worker& worker : world.plan.workers) {
    if (!worker.node || !worker.id.empty() || worker.ours || !worker.node->registered_at) continue;
    const auto found = known.find(worker.name);
    seen.emplace(worker.name, found == known.end() ? world.now() : found->second);
  }
  known = std::move(seen);
}

}  // namespace

void remember(World& world) {
  Memory& memory = world.memory();
  for (Worker& worker : world.plan.workers) {
    if (!worker.ours || worker.id.empty()) continue;
    if (worker.instance) {
      remember_machine(world, worker);
    } else {
      remember_missing(world, worker);
    }
    remember_joined(world, worker);
  }
  for (Worker& worker : world.plan.workers) adopt_entry(world, worker);
  if (world.reading.batch) {
    for (const Worker& worker : world.plan.workers) remember_hold(world, worker);
  }
  if (world.reading.batch) {
    for (const Worker& worker : world.plan.workers) remember_persons_hold(world, worker);
  }
  for (auto& [name, row] : memory.nodes) {
    if (!row.made && world.snapshot.nodes &&
        std::ranges::find(*world.snapshot.nodes, name, &Node::name) != world.snapshot.nodes->end()) {
      row.made = true;
    }
  }
  remember_intents(world);
  settle_owners(world);
  remember_strangers(world);
  memory.passes = world.snapshot.memory.passes + 1;
  memory.clock.age = world.now();
}

}  // namespace tide::core
