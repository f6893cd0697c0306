#include <tide/core/ends.hpp>
#include <tide/core/paid_period.hpp>
#include <tide/core/prices.hpp>
#include <tide/core/reservations.hpp>
#include <tide/core/spend.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::core {

namespace {

// It costs nothing before its machine comes, and then that may be when nobody wants it any more.
bool only_waits(const Worker& worker) {
  return worker.phase == Phase::pending && worker.instance && is_request(*worker.instance);
}

// A node that is counted towards a waiting job is not idle.
void note_idle(World& world) {
  if (!world.reading.batch) return;
  for (const Worker& worker : world.plan.workers) {
    Machine* row = world.machine(worker.id);
    if (row == nullptr) continue;
    const bool idle = (worker.phase == Phase::idle || only_waits(worker)) && !worker.needed;
    if (!idle) {
      row->idle_since.reset();
    } else if (!row->idle_since) {
      row->idle_since = world.now();
    }
  }
}

// On its way out, or of no use to jobs: it neither counts towards a minimum nor has to be ended once more.
bool is_leaving(const World& world, const Worker& worker) {
  switch (worker.phase) {
    case Phase::draining:
    case Phase::drained:
    case Phase::stopping:
    case Phase::stopped:
    case Phase::gone:
    case Phase::failed:
    case Phase::lost:
    case Phase::unfit:
    case Phase::down:
    case Phase::interrupted:
    case Phase::orphan:
    case Phase::held:
    case Phase::foreign: return true;
    case Phase::requested:
    case Phase::pending:
    case Phase::booting:
    case Phase::joining:
    case Phase::idle:
    case Phase::busy:
    case Phase::unclear: return world.is_touched(worker);  // a person's wish holds it in this pass
  }
  return true;
}

// What stays, beside the machines that are leaving: of each pool, of all, and its cost an hour.
struct Staying {
  std::map<PoolName, int> pools;
  int all = 0;
  std::int64_t micros = 0;

  void take_out(const PoolName& pool, std::int64_t price_micros) {
    --pools[pool];
    --all;
    micros -= price_micros;
  }
};

Staying count_staying(const World& world) {
  bool unpriced = false;
  Staying staying{.pools = {}, .all = count_machines(world, nullptr), .micros = cost_per_hour(world, unpriced)};
  for (const auto& [name, pool] : world.settings.pools) staying.pools[name] = count_machines(world, &name);
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || worker.id.empty() || !is_paid_for(worker) || !is_leaving(world, worker)) continue;
    const auto row = world.plan.memory.machines.find(worker.id);
    staying.take_out(worker.pool, row == world.plan.memory.machines.end() ? 0 : row->second.price_micros);
  }
  return staying;
}

// Why idle machines end before their time; "" if no cap is passed.
std::string over_caps(const World& world, const Staying& staying) {
  if (staying.all > world.settings.scale.max_nodes) {
    return fmt::format("{} machines are live or intended and [scale] max_nodes is {}", staying.all,
                       world.settings.scale.max_nodes);
  }
  const auto& cap = world.settings.money.per_hour_micros;
  if (cap && staying.micros > *cap) return "the machines cost more than [money] per_hour";
  const TimePoint now = world.snapshot.taken_at;
  for (const SpanCap& span : span_caps(world.settings, world.plan.memory, now)) {
    if (span.spent + planned(staying.micros, now) > span.limit)
      return fmt::format("the machines go on to cost more than {} leaves", span.key);
  }
  return "";
}

// Of [pools.x] extra, and still cheap enough.
bool is_kept_extra(const World& world, const Worker& worker, const Staying& staying) {
  const Pool* pool = world.pool(worker.pool);
  if (pool == nullptr || pool->extra == 0 || !worker.instance || staying.pools.at(worker.pool) > pool->extra)
    return false;
  return is_cheap(world.plan.memory, world.now(), *pool, {worker.instance->type, worker.instance->zone},
                  {.thousandths = world.settings.spot.keep_below});
}

// Paid for until the period ends: nothing is saved before.
bool is_paid(World& world, const Worker& worker) {
  if (is_time_to_end(world, worker)) return false;
  world.decline(worker.name.value, "paid-period",
                fmt::format("idle, and paid for another {} s", paid_left(world, worker)->count()));
  return true;
}

struct Idle {
  const Worker* worker = nullptr;
  Moment since;
};

// Longest idle first; what is paid for in advance last.
std::vector<Idle> idle_workers(World& world) {
  std::vector<Idle> idle;
  for (const Worker& worker : world.plan.workers) {
    const Machine* row = world.machine(worker.id);
    const bool unused = worker.empty || only_waits(worker);
    if (row != nullptr && worker.ours && row->idle_since && unused && !world.is_touched(worker))
      idle.push_back({&worker, *row->idle_since});
  }
  std::set<InstanceId> covered;
  for (const auto& [name, traits] : world.snapshot.clouds)
    covered.merge(reserved_machines(world.plan, world.now(), name).covered);
  std::ranges::stable_sort(idle, {},
                           [&](const Idle& one) { return std::pair(covered.contains(one.worker->id), one.since); });
  return idle;
}

}  // namespace

void drain_idle(World& world) {
  note_idle(world);
  if (!world.scope.everything) return;
  EndBudget budget(world);
  Staying staying = count_staying(world);
  for (const auto& [worker, since] : idle_workers(world)) {
    const Seconds age = world.now() - since;
    const std::string cap = over_caps(world, staying);
    if (age < world.settings.scale.idle_time && cap.empty()) continue;
    if (is_left_alone(world, *worker)) continue;
    const Pool* pool = world.pool(worker->pool);
    if (pool != nullptr && staying.pools[worker->pool] <= pool->min) continue;
    if (staying.all <= world.settings.scale.min_nodes) continue;
    const bool waits = only_waits(*worker);
    if (cap.empty() && (is_kept_extra(world, *worker, staying) || (!waits && is_paid(world, *worker)))) continue;
    if (!rules_may_touch(world, *worker)) continue;
    if (!budget.take()) {
      world.decline(worker->name.value, "end-limit",
                    fmt::format("[scale] max_end_per_pass lets {} go in one pass", budget.limit()));
      continue;
    }
    staying.take_out(worker->pool, world.machine(worker->id)->price_micros);
    const std::string why =
        age >= world.settings.scale.idle_time
            ? fmt::format("{} for {} s, idle_time is {} s", waits ? "no job waits for its request" : "idle",
                          age.count(), world.settings.scale.idle_time.count())
            : cap;
    if (waits) {
      world.act(Terminate{.cloud = worker->cloud, .instance = worker->id, .node = worker->name}, "idle", why);
    } else {
      world.act(make_drain(world, *worker, "idle", why, true), "idle", why);
    }
  }
}

}  // namespace tide::core
