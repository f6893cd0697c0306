#include <tide/core/template_digest.hpp>
#include <tide/core/wishes.hpp>

#include <fmt/format.h>

#include <algorithm>

// `drain-all`: all machines of a pool, or of all, that were there when it was said; those of an older template only, or
// one by one after their replacements. It holds, waits for the jobs and ends, over as many passes as that takes.
namespace tide::core {

namespace {

using Workers = std::vector<const Worker*>;

bool is_going(const World& world, const Worker& worker) {
  const auto row = world.plan.memory.holds.find(worker.name);
  const bool drained = row != world.plan.memory.holds.end() && row->second.kind == HoldKind::end &&
                       !row->second.cancellable && worker.node && worker.node->held;
  return drained || worker.phase == Phase::stopping || worker.phase == Phase::gone;
}

// A person's hold wins, and what `tide drain` holds ends by kill-node only: by name, not with all others. Told, and
// left.
bool is_kept(World& world, const Wish& wish, const Worker& worker) {
  const HoldRow* row = world.hold(worker.name);
  const bool kept = row != nullptr && row->kind == HoldKind::keep;
  const bool persons = row == nullptr && worker.node && worker.node->held && !worker.node->unfit;
  if (!kept && !persons) return false;
  world.decline(worker.name.value, kept ? "kept" : "persons-hold",
                fmt::format("held: '{}'; 'tide kill-node {}' ends it all the same",
                            kept ? row->note : worker.node->note, worker.name.value),
                ErrorKind::refused, wish.id);
  return true;
}

// Those with the fewest jobs first: they are the soonest out of the way.
Workers waiting_targets(World& world, const Wish& wish) {
  Workers targets;
  for (const Worker& worker : world.plan.workers) {
    if (is_meant(world, wish, worker) && !is_going(world, worker) && !is_kept(world, wish, worker))
      targets.push_back(&worker);
  }
  std::ranges::stable_sort(targets, {}, [](const Worker* worker) { return worker->jobs.size(); });
  return targets;
}

// Goes on with those that are on their way out; true while there are any. `holds`: how many of them wait for their
// jobs.
bool pursue_going(World& world, const Wish& wish, int& holds) {
  bool open = false;
  for (const Worker& worker : world.plan.workers) {
    if (!is_meant(world, wish, worker) || !is_going(world, worker)) continue;
    HoldRow* row = world.hold(worker.name);
    const bool others = row != nullptr && world.plan.memory.wishes.contains(row->wish);
    if (row != nullptr && !others) row->wish = wish.id;
    holds += worker.phase == Phase::gone ? 0 : 1;
    open = pursue_end(world, wish, worker) || open;
  }
  return open;
}

int limit_of(const Wish& wish, std::size_t machines) {
  if (wish.unavailable_max == 0) return wish.replace ? 1 : static_cast<int>(machines);
  if (!wish.unavailable_share) return wish.unavailable_max;
  return std::max(1, static_cast<int>(static_cast<std::int64_t>(machines) * wish.unavailable_max / 100));
}

// Machines that this wish ordered: those ready and not yet spent on one that was held, and how many are still to come.
struct Replacements {
  std::vector<Machine*> ready;
  int coming = 0;
};

Replacements replacements_of(World& world, const Wish& wish, const PoolName& pool) {
  Replacements found;
  std::map<IntentId, int> seen;
  for (const Worker& worker : world.plan.workers) {
    const auto intent = world.plan.memory.intents.find(worker.intent);
    if (intent == world.plan.memory.intents.end() || intent->second.wish != wish.id || worker.id.empty()) continue;
    ++seen[worker.intent];
    Machine* machine = world.machine(worker.id);
    if (machine == nullptr || worker.pool != pool || !machine->replaces.empty()) continue;
    const bool usable = worker.phase == Phase::idle || worker.phase == Phase::busy;
    if (usable && machine->ready) {
      found.ready.push_back(machine);
    } else if (worker.phase == Phase::pending || worker.phase == Phase::booting || worker.phase == Phase::joining ||
               usable) {
      ++found.coming;
    }
  }
  for (const auto& [id, intent] : world.plan.memory.intents) {
    if (intent.state == IntentState::open && intent.wish == wish.id && intent.request.pool == pool)
      found.coming += std::max(0, intent.request.count - seen[id]);
  }
  return found;
}

bool has_replacement(const World& world, const Worker& old) {
  return std::ranges::any_of(world.plan.memory.machines,
                             [&](const auto& entry) { return entry.second.replaces == old.id; });
}

void order(World& world, Buyer& buyer, const Wish& wish, const PoolName& name, int count) {
  const Pool* pool = world.pool(name);
  const std::string what = fmt::format("replacements in pool '{}'", name.value);
  if (pool == nullptr) {
    world.decline(what, "unknown-pool", "it is not in the configuration any more", ErrorKind::not_found, wish.id);
    return;
  }
  const Bound bound = buyer.allowance(*pool, {.person = true});
  const int now = std::min(count, bound.machines);
  if (now > 0) {
    buyer.order(*pool, {.count = now,
                        .because = fmt::format("replaces machines, asked for by {}", wish.by),
                        .rule = "replace",
                        .wish = wish.id});
  }
  if (now < count)
    world.decline(fmt::format("{} of {} {}", count - now, count, what), bound.rule, bound.text, bound.kind, wish.id);
}

// Of one pool: hold as many as have a replacement that is ready, and order the next replacements.
bool replace(World& world, Buyer& buyer, const Wish& wish, const PoolName& pool, const Workers& targets) {
  Replacements found = replacements_of(world, wish, pool);
  int left = 0;
  for (const Worker* old : targets) {
    const bool joined = old->node && old->joined;
    if (joined && !has_replacement(world, *old)) {
      if (found.ready.empty()) {
        ++left;
        continue;
      }
      found.ready.back()->replaces = old->id;
      found.ready.pop_back();
    }
    pursue_end(world, wish, *old);  // one that never joined is no loss to anybody
  }
  const int missing =
      std::min(limit_of(wish, targets.size()), left) - found.coming - static_cast<int>(found.ready.size());
  if (missing > 0) order(world, buyer, wish, pool, missing);
  return !targets.empty();
}

}  // namespace

bool is_meant(const World& world, const Wish& wish, const Worker& worker) {
  if (!worker.ours || worker.id.empty() || (!wish.pool.empty() && worker.pool != wish.pool)) return false;
  const auto intent = world.plan.memory.intents.find(worker.intent);
  const auto row = world.plan.memory.machines.find(worker.id);
  const TimePoint made = intent != world.plan.memory.intents.end() ? intent->second.made_at
                         : row != world.plan.memory.machines.end() ? row->second.launched_at
                                                                   : wish.made_at;
  if (made > wish.made_at) return false;
  if (intent != world.plan.memory.intents.end() && intent->second.wish == wish.id) return false;
  if (!wish.outdated) return true;
  const Pool* pool = world.pool(worker.pool);
  if (!worker.instance) return is_going(world, worker);  // its tags are not known; what began goes on
  return pool == nullptr || tag_of(*worker.instance, tag::k_template) != template_digest(world.settings, *pool);
}

bool wish_drain_all(World& world, Buyer& buyer, const Wish& wish) {
  if (world.reading.foreign_owner) {
    world.decline("drain-all", "foreign-head", world.reading.batch_why, ErrorKind::refused, wish.id);
    return false;
  }
  if (!world.reading.batch) {
    world.decline("drain-all", "batch-unreadable", world.reading.batch_why, world.reading.batch_kind, wish.id);
    return true;
  }
  int holds = 0;
  bool open = pursue_going(world, wish, holds);
  const Workers targets = waiting_targets(world, wish);
  if (wish.replace) {
    std::map<PoolName, Workers> pools;
    for (const Worker* target : targets) pools[target->pool].push_back(target);
    for (const auto& [pool, some] : pools) open = replace(world, buyer, wish, pool, some) || open;
    return open;
  }
  const int limit = limit_of(wish, targets.size() + static_cast<std::size_t>(holds));
  for (const Worker* target : targets) {
    open = true;
    const bool serves = target->phase != Phase::stopped;
    if (serves && holds >= limit) {
      world.decline(target->name.value, "unavailable",
                    fmt::format("--max-unavailable: {} are out of use already", holds));
      continue;
    }
    pursue_end(world, wish, *target);
    holds += serves ? 1 : 0;
  }
  return open;
}

}  // namespace tide::core
