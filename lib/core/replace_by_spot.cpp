#include <tide/core/buyer.hpp>
#include <tide/core/ends.hpp>
#include <tide/core/paid_period.hpp>
#include <tide/core/prices.hpp>
#include <tide/core/reservations.hpp>

#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>

// On-demand machines that are of use give way to cheaper spot ones: near the end of a paid period one is bought, once
// it is ready the old one takes no new jobs, and ends when those it runs did. Demand, or a new paid period, cancels
// that.
namespace tide::core {

namespace {

bool serves(const Worker& worker) { return worker.phase == Phase::idle || worker.phase == Phase::busy; }

bool is_coming(const Worker& worker) {
  return worker.phase == Phase::pending || worker.phase == Phase::booting || worker.phase == Phase::joining;
}

// A drain of ours that time or demand may take back.
const HoldRow* cancellable_drain(const World& world, const Worker& worker) {
  const auto row = world.plan.memory.holds.find(worker.name);
  const bool drain = row != world.plan.memory.holds.end() && row->second.kind == HoldKind::end &&
                     row->second.cancellable && worker.node && worker.node->held;
  return drain ? &row->second : nullptr;
}

bool is_replaced_drain(const HoldRow* row) { return row != nullptr && row->rule == "replaced"; }

class Replacing {
 public:
  Replacing(World& world, Buyer& buyer) : m_world(world), m_buyer(buyer), m_budget(world) {}

  void run() {
    take_back_late();
    forget_cancelled();
    keep_stand_ins();
    for (const auto& [name, pool] : m_world.settings.pools) {
      const Pool* spot = m_world.pool(pool.spot_pool);
      if (spot != nullptr) replace(pool, *spot);
    }
  }

 private:
  void take_back_late();
  void forget_cancelled();
  void keep_stand_ins();
  void replace(const Pool& pool, const Pool& spot);
  void drain(const Worker& old, const Worker& stand_in);
  void order(const Pool& spot, const Worker& old);
  bool is_free(const Worker& worker) const;
  Worker* stand_in_of(const Worker& old);
  std::vector<Worker*> olds(const Pool& pool);
  int spare(const Pool& pool) const;
  int count_coming(const Pool& spot) const;

  World& m_world;
  Buyer& m_buyer;
  EndBudget m_budget;
};

// Its jobs did not end in time: it is paid for once more, and serves until that period ends too.
void Replacing::take_back_late() {
  for (const Worker& worker : m_world.plan.workers) {
    const HoldRow* row = cancellable_drain(m_world, worker);
    if (row == nullptr || worker.empty || worker.node->hold_is_final || m_world.is_touched(worker)) continue;
    if (is_paid_anew(m_world, worker))
      m_world.act(Release{.node = worker.name}, "paid-period", "its jobs did not end before it was paid for once more");
  }
}

// What came back into service has no replacement any more: that one serves beside it.
void Replacing::forget_cancelled() {
  for (const PlannedAction& planned : m_world.plan.actions) {
    const auto* release = std::get_if<Release>(&planned.action);
    if (release == nullptr || release->ready) continue;
    const auto worker = std::ranges::find(m_world.plan.workers, release->node, &Worker::name);
    if (worker == m_world.plan.workers.end() || !is_replaced_drain(m_world.hold(release->node))) continue;
    if (Worker* stand_in = stand_in_of(*worker)) m_world.machine(stand_in->id)->replaces = {};
  }
}

// Idle only because the old one is not held yet, and new jobs may still go there.
void Replacing::keep_stand_ins() {
  for (Worker& worker : m_world.plan.workers) {
    const Machine* row = m_world.machine(worker.id);
    const Machine* old = row == nullptr || row->replaces.empty() ? nullptr : m_world.machine(row->replaces);
    const Pool* pool = old == nullptr ? nullptr : m_world.pool(old->pool);
    if (pool == nullptr || pool->spot_pool != worker.pool) continue;
    const HoldRow* hold = m_world.hold(old->node);
    if (hold == nullptr || hold->kind != HoldKind::end) worker.needed = true;
  }
}

bool Replacing::is_free(const Worker& worker) const {
  const auto row = m_world.plan.memory.machines.find(worker.id);
  if (row == m_world.plan.memory.machines.end() || worker.needed || m_world.is_touched(worker)) return false;
  return row->second.replaces.empty() || !m_world.plan.memory.machines.contains(row->second.replaces);
}

Worker* Replacing::stand_in_of(const Worker& old) {
  const auto found = std::ranges::find_if(m_world.plan.workers, [&](const Worker& worker) {
    const Machine* row = m_world.machine(worker.id);
    return row != nullptr && row->replaces == old.id && (serves(worker) || is_coming(worker));
  });
  return found == m_world.plan.workers.end() ? nullptr : &*found;
}

// Dearest first; of equal price those that are paid for the shortest. One that is paid for in advance costs nothing to
// keep.
std::vector<Worker*> Replacing::olds(const Pool& pool) {
  std::vector<Worker*> found;
  const std::set<InstanceId> covered = reserved_machines(m_world.plan, m_world.now(), pool.cloud).covered;
  for (Worker& worker : m_world.plan.workers) {
    const Machine* row = m_world.machine(worker.id);
    const bool on_demand = worker.instance && worker.instance->market == Market::on_demand;
    if (worker.ours && worker.pool == pool.name && on_demand && serves(worker) && row != nullptr && row->ready &&
        !m_world.is_touched(worker) && !covered.contains(worker.id))
      found.push_back(&worker);
  }
  std::ranges::stable_sort(found, [&](const Worker* a, const Worker* b) {
    const auto key = [&](const Worker& worker) {
      return std::pair(-m_world.machine(worker.id)->price_micros, paid_left(m_world, worker).value_or(Seconds(0)));
    };
    return key(*a) < key(*b);
  });
  return found;
}

// How many of the pool may go: [spot] on_demand_min and the pool's own min stay, those that are being replaced do not
// count.
int Replacing::spare(const Pool& pool) const {
  int all = 0;
  int own = 0;
  for (const Worker& worker : m_world.plan.workers) {
    const Pool* its = m_world.pool(worker.pool);
    if (!worker.ours || its == nullptr || its->market != Market::on_demand || !(serves(worker) || is_coming(worker)))
      continue;
    const bool replaced = std::ranges::any_of(m_world.plan.memory.machines, [&](const auto& entry) {
      return entry.second.replaces == worker.id && m_world.pool(entry.second.pool) != nullptr &&
             entry.second.pool == its->spot_pool;
    });
    if (replaced) continue;
    ++all;
    own += worker.pool == pool.name ? 1 : 0;
  }
  return std::min(all - m_world.settings.spot.on_demand_min, own - pool.min);
}

// Machines of the spot pool that are on their way and that no job waits for.
int Replacing::count_coming(const Pool& spot) const {
  int coming = 0;
  std::map<IntentId, int> seen;
  for (const Worker& worker : m_world.plan.workers) {
    if (!worker.ours || worker.id.empty()) continue;
    ++seen[worker.intent];
    if (worker.pool == spot.name && is_coming(worker) && is_free(worker)) ++coming;
  }
  for (const auto& [id, intent] : m_world.plan.memory.intents) {
    const bool counts =
        intent.state == IntentState::open && intent.request.pool == spot.name && !m_world.needed_intents.contains(id);
    if (counts) coming += std::max(0, intent.request.count - seen[id]);
  }
  return coming;
}

void Replacing::drain(const Worker& old, const Worker& stand_in) {
  if (!is_time_to_end(m_world, old) || is_left_alone(m_world, old) || !rules_may_touch(m_world, old)) return;
  if (!m_budget.take()) {
    m_world.decline(old.name.value, "end-limit",
                    fmt::format("[scale] max_end_per_pass lets {} go in one pass", m_budget.limit()));
    return;
  }
  const std::string why = fmt::format("spot machine {} takes its place", stand_in.name.value);
  m_world.act(make_drain(m_world, old, "replaced", why, true), "replaced", why);
}

void Replacing::order(const Pool& spot, const Worker& old) {
  const std::int64_t cost = m_world.machine(old.id)->price_micros;
  const Share share{.thousandths = m_world.settings.spot.replace_below, .of = cost};
  const auto cheap = [&memory = m_world.plan.memory, now = m_world.now(), &spot, share](const Choice& choice) {
    return is_cheap(memory, now, spot, choice, share);
  };
  if (cost == 0 || !m_buyer.offers(spot, cheap)) {
    m_world.decline(
        old.name.value, "spot-price",
        fmt::format("no spot machine of pool '{}' is known to cost less than {}/1000 of its {}", spot.name.value,
                    share.thousandths, cost == 0 ? "price, which is not known" : format_money(cost)));
    return;
  }
  const Bound bound = m_buyer.allowance(spot, {});
  if (bound.machines < 1) {
    m_world.decline(fmt::format("replacement of {}", old.name.value), bound.rule, bound.text, bound.kind);
    return;
  }
  m_buyer.order(spot,
                {.count = 1,
                 .because = fmt::format("takes the place of {}, which costs {}", old.name.value, format_money(cost)),
                 .rule = "replace",
                 .only = cheap});
}

void Replacing::replace(const Pool& pool, const Pool& spot) {
  int left = spare(pool);
  int coming = count_coming(spot);
  std::vector<Worker*> ready;
  for (Worker& worker : m_world.plan.workers) {
    if (worker.ours && worker.pool == spot.name && worker.phase == Phase::idle && is_free(worker))
      ready.push_back(&worker);
  }
  for (Worker* old : olds(pool)) {
    if (Worker* stand_in = stand_in_of(*old)) {
      if (serves(*stand_in)) drain(*old, *stand_in);
      continue;
    }
    const bool of_use = old->phase == Phase::busy || old->needed;
    if (left <= 0 || !of_use || is_left_alone(m_world, *old)) continue;
    const bool in_time = is_time_to_replace(m_world, *old);
    if (!ready.empty() && (in_time || is_time_to_end(m_world, *old))) {
      Worker& stand_in = *ready.back();
      ready.pop_back();
      m_world.machine(stand_in.id)->replaces = old->id;
      stand_in.needed = true;
      drain(*old, stand_in);
    } else if (in_time && coming > 0) {
      --coming;
    } else if (in_time) {
      order(spot, *old);
    } else {
      continue;
    }
    --left;
  }
}

}  // namespace

void replace_by_spot(World& world, Buyer& buyer) {
  if (world.scope.everything && world.reading.batch) Replacing(world, buyer).run();
}

}  // namespace tide::core
