#include <tide/core/ends.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::core {

namespace {

// A node that is counted towards a waiting job is not idle.
void note_idle(World& world) {
  if (!world.reading.batch) return;
  for (const Worker& worker : world.plan.workers) {
    Machine* row = world.machine(worker.id);
    if (row == nullptr) continue;
    const bool idle = worker.phase == Phase::idle && !worker.needed;
    if (!idle) {
      row->idle_since.reset();
    } else if (!row->idle_since) {
      row->idle_since = world.now();
    }
  }
}

bool over_caps(const World& world, std::string& why) {
  const int live = count_machines(world, nullptr);
  if (live > world.settings.scale.max_nodes) {
    why = fmt::format("{} machines are live or intended and [scale] max_nodes is {}", live, world.settings.scale.max_nodes);
    return true;
  }
  bool unpriced = false;
  const std::int64_t cost = cost_per_hour(world, unpriced);
  if (world.settings.money.per_hour_micros && cost > *world.settings.money.per_hour_micros) {
    why = "the machines cost more than [money] per_hour";
    return true;
  }
  return false;
}

struct Idle {
  const Worker* worker = nullptr;
  Moment since;
};

// Longest idle first.
std::vector<Idle> idle_workers(World& world) {
  std::vector<Idle> idle;
  for (const Worker& worker : world.plan.workers) {
    const Machine* row = world.machine(worker.id);
    if (row != nullptr && worker.ours && row->idle_since && worker.empty && !world.is_touched(worker)) idle.push_back({&worker, *row->idle_since});
  }
  std::ranges::stable_sort(idle, {}, &Idle::since);
  return idle;
}

}  // namespace

void drain_idle(World& world) {
  note_idle(world);
  if (!world.scope.everything) return;
  EndBudget budget(world);
  std::string cap;
  const bool over = over_caps(world, cap);
  std::map<PoolName, int> left;
  for (const auto& [name, pool] : world.settings.pools) left[name] = count_machines(world, &name);
  int all = count_machines(world, nullptr);
  for (const auto& [worker, since] : idle_workers(world)) {
    const Seconds age = world.now() - since;
    if (age < world.settings.scale.idle_time && !over) continue;
    if (is_left_alone(world, *worker)) continue;
    const Pool* pool = world.pool(worker->pool);
    if (pool != nullptr && left[worker->pool] <= pool->min) continue;
    if (all <= world.settings.scale.min_nodes) continue;
    if (!rules_may_touch(world, *worker)) continue;
    if (!budget.take()) {
      world.decline(worker->name.value, "end-limit", fmt::format("[scale] max_end_per_pass lets {} go in one pass", budget.limit()));
      continue;
    }
    --left[worker->pool];
    --all;
    const std::string why = age >= world.settings.scale.idle_time ? fmt::format("idle for {} s, idle_time is {} s", age.count(), world.settings.scale.idle_time.count()) : cap;
    world.act(make_drain(world, *worker, "idle", why, true), "idle", why);
  }
}

}  // namespace tide::core
