#include <tide/core/stopped.hpp>

#include <tide/core/ends.hpp>
#include <tide/core/template_digest.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::core {

namespace {

bool can_stop(const World& world, const CloudName& cloud) {
  const auto traits = world.snapshot.clouds.find(cloud);
  return traits != world.snapshot.clouds.end() && traits->second.can_stop;
}

// Why a machine of its kind is not kept; "" if it is. Spot machines are bought once and cannot be stopped.
std::string unwanted(const World& world, const Worker& worker) {
  const Pool* pool = world.pool(worker.pool);
  if (pool == nullptr) return fmt::format("its pool '{}' is not in the configuration", worker.pool.value);
  if (pool->keep_stopped == 0 || !can_stop(world, worker.cloud))
    return fmt::format("[pools.{}] keep_stopped is 0", pool->name.value);
  if (worker.instance->market != Market::on_demand) return "it is a spot machine";
  if (tag_of(*worker.instance, tag::k_template) != template_digest(world.settings, *pool))
    return fmt::format("pool '{}' has changed since it was launched", pool->name.value);
  return "";
}

// Stopped, about to be, or told to by this plan.
int count_kept(World& world, const PoolName& pool) {
  int count = 0;
  for (const Worker& worker : world.plan.workers) {
    const Machine* row = world.machine(worker.id);
    const bool kept = worker.phase == Phase::stopped ||
                      (worker.phase == Phase::stopping && row != nullptr && row->stops && !row->stopped);
    if (worker.ours && worker.pool == pool && kept) ++count;
  }
  for (const PlannedAction& planned : world.plan.actions) {
    const auto* end = std::get_if<Terminate>(&planned.action);
    if (end == nullptr || !end->stop) continue;
    const Machine* row = world.machine(end->instance);
    if (row != nullptr && row->pool == pool) ++count;
  }
  return count;
}

const Intent* start_of(const Memory& memory, const InstanceId& id) {
  for (const auto& [intent, row] : memory.intents) {
    const auto& restart = row.request.restart;
    if (row.state == IntentState::open && std::ranges::find(restart, id) != restart.end()) return &row;
  }
  return nullptr;
}

// Its start was taken just now, and its listing may be behind.
bool begins(const World& world, const Machine& row) {
  const auto intent = world.plan.memory.intents.find(row.intent);
  if (intent == world.plan.memory.intents.end() || world.now() - row.first_seen >= k_settle) return false;
  const auto& restart = intent->second.request.restart;
  return std::ranges::find(restart, row.id) != restart.end();
}

bool has_entry(const World& world, const NodeName& name) {
  const auto row = world.plan.memory.nodes.find(name);
  return row != world.plan.memory.nodes.end() && !row->second.removed;
}

void end(World& world, const Worker& worker, EndBudget& budget, const std::string& why) {
  if (worker.node || world.is_touched(worker)) return;  // clear_away takes its node out first
  if (!rules_may_touch(world, worker) || end_is_refused(world, worker)) return;
  if (!budget.take()) {
    world.decline(worker.id.value, "end-limit",
                  fmt::format("[scale] max_end_per_pass lets {} go in one pass", budget.limit()));
    return;
  }
  world.act(Terminate{.cloud = worker.cloud, .instance = worker.id, .node = worker.name}, "stopped", why);
}

}  // namespace

bool is_kept_stopped(const Worker& worker, const Machine& row) {
  const bool so = !worker.instance || worker.instance->state == InstanceState::stopped;
  return row.stopped && row.stops && so;
}

bool is_worth_keeping(World& world, const Worker& worker) {
  const Machine* row = world.machine(worker.id);
  if (!worker.instance || row == nullptr || row->unstoppable || !unwanted(world, worker).empty()) return false;
  const HoldRow* hold = world.hold(worker.name);
  const bool in_vain = row->stops && hold != nullptr && world.now() - hold->since >= k_stop_tried;
  if (in_vain) return false;
  return count_kept(world, worker.pool) < world.pool(worker.pool)->keep_stopped;
}

std::vector<const Worker*> startable(World& world, const Pool& pool) {
  std::vector<const Worker*> found;
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || worker.phase != Phase::stopped || worker.pool != pool.name || !worker.instance) continue;
    const Machine* row = world.machine(worker.id);
    const bool rests = row->start_refused && world.now() - *row->start_refused < k_start_refused;
    const bool has_node = worker.node || has_entry(world, row->node);
    const bool starts = start_of(world.plan.memory, worker.id) != nullptr;
    const bool ends = row->ending && *row->ending > *row->stopped;  // its listing may be behind
    if (ends || rests || has_node || starts || row->node.empty() || world.is_touched(worker)) continue;
    if (unwanted(world, worker).empty()) found.push_back(&worker);
  }
  return found;
}

void note_stopped(World& world, Worker& worker, Machine& row) {
  const InstanceState state = worker.instance->state;
  if (state == InstanceState::stopped) {
    if (row.stopped) return;
    // By another store's word, or by a person: without a node, that nobody holds, it is what the pool keeps.
    const Pool* pool = world.pool(row.pool);
    const HoldRow* hold = world.hold(row.node);
    const bool kept = row.held_since || (hold != nullptr && hold->kind == HoldKind::keep);
    const bool free = world.reading.batch && !worker.node && !kept && !begins(world, row);
    if (free && pool != nullptr && pool->keep_stopped > 0) row.stops = true;
    if (!row.stops) return;
    row.stopped = world.now();
    row.registered.reset();
    row.idle_since.reset();
    row.down_since.reset();
    return;
  }
  if (state != InstanceState::pending && state != InstanceState::running) return;
  if (!row.stopped) {  // a stop that was not done, or that a cancelled drain took back
    if (row.stops && (!row.ending || world.now() - *row.ending >= k_settle)) row.stops = false;
    return;
  }
  // By tide, whose answer was lost, or by a person.
  const Intent* start = start_of(world.plan.memory, row.id);
  begin_again(row, start == nullptr ? row.intent : start->id, world.now());
  worker.intent = row.intent;
}

void begin_again(Machine& row, const IntentId& intent, Moment now) {
  Machine fresh{.id = row.id, .cloud = row.cloud, .intent = intent, .pool = row.pool, .node = row.node};
  fresh.type = row.type;
  fresh.price_micros = row.price_micros;
  fresh.launched_at = row.launched_at;
  fresh.first_seen = now;
  row = std::move(fresh);
}

bool is_starting(const Memory& memory, const InstanceId& id) { return start_of(memory, id) != nullptr; }

bool is_name_of_stopped(const Memory& memory, const NodeName& name) {
  return std::ranges::any_of(memory.machines,
                             [&](const auto& entry) { return entry.second.node == name && entry.second.stopped; });
}

// Those that nobody would start any more end, and so do more than the pool keeps: the longest stopped first.
void tidy_stopped(World& world) {
  if (!world.scope.everything || !world.reading.batch) return;
  EndBudget budget(world);
  std::map<PoolName, std::vector<const Worker*>> kept;
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || worker.phase != Phase::stopped || !worker.instance) continue;
    if (start_of(world.plan.memory, worker.id) != nullptr) continue;
    if (const std::string why = unwanted(world, worker); !why.empty()) {
      end(world, worker, budget, why);
    } else {
      kept[worker.pool].push_back(&worker);
    }
  }
  for (auto& [name, workers] : kept) {
    const int most = world.pool(name)->keep_stopped;
    std::ranges::stable_sort(workers, {}, [&](const Worker* worker) { return *world.machine(worker->id)->stopped; });
    for (std::ptrdiff_t i = 0; i < std::ssize(workers) - most; ++i)
      end(world, *workers[static_cast<std::size_t>(i)], budget,
          fmt::format("[pools.{}] keep_stopped = {}, and more are stopped", name.value, most));
  }
}

}  // namespace tide::core
