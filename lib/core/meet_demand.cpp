#include <tide/core/buyer.hpp>
#include <tide/core/enum_names.hpp>
#include <tide/core/prices.hpp>
#include <tide/core/unsound.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

// Free capacity first, then what boots, then drains that may be cancelled, then whole launches from the cheapest able
// pool. The same rooms decide what is launched and what is not idle: one demand model for up and down.
namespace tide::core {

namespace {

enum class RoomClass { busy, idle, joining, coming, draining };

struct Source {
  RoomClass kind = RoomClass::idle;
  Worker* worker = nullptr;  // or an intent's machine to come
  IntentId intent;
};

struct Rooms {
  std::vector<Room> rooms;
  std::vector<Source> sources;
  std::vector<bool> used;
};

bool serves(const Node& node) { return node.registered_at && node.responding && !node.down && !node.unfit; }

// The node's room at the moment when the jobs were read, which is before the nodes were: slots in use on a node that no
// listed job is on belong to a job that started in between, and that the list still shows as waiting.
// Where a node tells only what GPUs are left (Grid Engine), its pool knows them all.
Room room_then(const World& world, const Worker& worker) {
  Node node = *worker.node;
  if (worker.jobs.empty() && !node.completing) {
    node.slots_used = 0;
    node.memory_mib_used = 0;
    node.gpus_used.clear();
    if (const Pool* pool = world.pool(worker.pool); pool != nullptr && worker.node->slots_used > 0) {
      for (const auto& [type, count] : pool->gpus) node.gpus[type] = std::max(node.gpus[type], count);
    }
    for (FixedSlot& slot : node.fixed) slot.free = slot.count;
  }
  return room_of(node);
}

// What a machine of the pool will offer, as far as those before it showed.
Room machine_of(const World& world, const Pool& pool) {
  Room room = room_of(pool);
  const auto known = world.plan.memory.boots.find(pool.name);
  if (known != world.plan.memory.boots.end() && world.now() - known->second.fixed_since < k_fixed_kept)
    room.fixed = known->second.fixed;
  return room;
}

// Silent, but not given up: Slurm shows a node so for some seconds after its release. Nothing is launched in its stead
// before it had the time that a new machine would take.
bool answers_soon(const World& world, const Worker& worker) {
  const auto row = world.plan.memory.machines.find(worker.id);
  const bool known = row != world.plan.memory.machines.end() && row->second.down_since;
  return known && worker.node && !worker.node->down && !worker.node->held &&
         world.now() - *row->second.down_since < world.settings.scale.boot_deadline;
}

void add_worker(World& world, Worker& worker, std::vector<std::pair<Room, Source>>& list) {
  const Pool* pool = world.pool(worker.pool);
  const auto add = [&](Room room, RoomClass kind) { list.emplace_back(std::move(room), Source{kind, &worker, {}}); };
  switch (worker.phase) {
    case Phase::idle: add(room_then(world, worker), RoomClass::idle); break;
    case Phase::busy:
      if (worker.node) add(room_then(world, worker), RoomClass::busy);
      break;
    case Phase::foreign:
      if (worker.node && serves(*worker.node) && !worker.node->held)
        add(room_then(world, worker), worker.empty ? RoomClass::idle : RoomClass::busy);
      break;
    case Phase::joining:
      // One that has told no size yet is what its pool's machines are.
      add(pool != nullptr && worker.node->starting ? machine_of(world, *pool) : room_then(world, worker),
          RoomClass::joining);
      break;
    case Phase::pending:
    case Phase::booting:
      if (pool != nullptr) add(machine_of(world, *pool), RoomClass::coming);
      break;
    case Phase::draining:
    case Phase::drained: {
      const HoldRow* row = world.hold(worker.name);
      const Machine* machine = world.machine(worker.id);
      // Its end was called, or was about to be, and the answer is not known: what lists it may be behind.
      const bool ends = machine != nullptr && machine->ending && world.now() - *machine->ending < k_end_again;
      const bool back = row != nullptr && row->cancellable && !ends && worker.node && !worker.node->hold_is_final &&
                        serves(*worker.node);
      if (back) add(room_then(world, worker), RoomClass::draining);
      break;
    }
    case Phase::requested:  // entries of open intents: the intent adds them
    case Phase::stopping:
    case Phase::stopped:
    case Phase::gone:
    case Phase::failed:
    case Phase::lost:
    case Phase::unfit:
    case Phase::interrupted:
    case Phase::unclear:
    case Phase::orphan:
    case Phase::held: break;
    case Phase::down:
      if (answers_soon(world, worker)) add(room_then(world, worker), RoomClass::coming);
      break;
  }
}

void add_intents(World& world, std::vector<std::pair<Room, Source>>& list) {
  std::map<IntentId, int> seen;
  for (const Worker& worker : world.plan.workers) {
    if (worker.ours && !worker.id.empty()) ++seen[worker.intent];
  }
  for (const auto& [id, intent] : world.plan.memory.intents) {
    const Pool* pool = world.pool(intent.request.pool);
    if (intent.state != IntentState::open || pool == nullptr) continue;
    for (int i = seen[id]; i < intent.request.count; ++i)
      list.emplace_back(machine_of(world, *pool), Source{RoomClass::coming, nullptr, id});
  }
}

Rooms gather(World& world) {
  std::vector<std::pair<Room, Source>> list;
  for (Worker& worker : world.plan.workers) {
    if (!world.is_touched(worker)) add_worker(world, worker, list);  // a person's wish ends it: no room any more
  }
  add_intents(world, list);
  std::ranges::stable_sort(list, {}, [](const auto& entry) { return entry.second.kind; });
  Rooms rooms;
  for (auto& [room, source] : list) {
    rooms.rooms.push_back(std::move(room));
    rooms.sources.push_back(source);
  }
  rooms.used.assign(rooms.rooms.size(), false);
  return rooms;
}

struct Offer {
  const Pool* pool = nullptr;
  Room machine;
  int each = 1;                            // machines that are bought at once, for
  std::int64_t jobs = 1;                   // so many jobs
  std::int64_t machines = 0;               // for all that wait
  std::optional<std::int64_t> price = {};  // of one
  std::int64_t reserved = 0;               // machines of it that are paid for in advance
};

// What serving `count` more such jobs would take of this pool; machines = 0 if it never can.
Offer offer_of(const World& world, const Pool& pool, const Shape& shape, std::int64_t count) {
  Offer offer{.pool = &pool, .machine = machine_of(world, pool)};
  offer.each = machines_needed(shape, offer.machine);
  if (offer.each == 0) return offer;
  if (offer.each <= world.settings.scale.max_nodes) {  // more are never bought
    std::vector<Room> fresh(static_cast<std::size_t>(offer.each), offer.machine);
    std::vector<bool> used(fresh.size(), false);
    offer.jobs = std::max<std::int64_t>(1, place_many(shape, count, fresh, used));
  }
  offer.machines = (count + offer.jobs - 1) / offer.jobs * offer.each;
  return offer;
}

// What it costs beside what is paid for already; nothing if that is not known.
std::optional<std::int64_t> cost_of(const Offer& offer) {
  const std::int64_t more = std::max<std::int64_t>(0, offer.machines - offer.reserved);
  if (more == 0 && offer.machines > 0) return 0;
  return offer.price ? std::optional(*offer.price * more) : std::nullopt;
}

bool cheaper(const Offer& a, const Offer& b) {
  const auto cost_a = cost_of(a);
  const auto cost_b = cost_of(b);
  if (cost_a.has_value() != cost_b.has_value()) return cost_a.has_value();
  if (cost_a != cost_b) return cost_a < cost_b;
  if (a.machines != b.machines) return a.machines < b.machines;
  return a.pool->name < b.pool->name;
}

std::string describe(const Shape& shape, std::int64_t count) {
  int nodes = 0;
  int slots = 0;
  for (const Chunk& chunk : shape.chunks) {
    nodes += chunk.nodes;
    slots += chunk.tasks * chunk.slots_per_task;
  }
  return fmt::format("{} waiting job{} of {} slot{} on {} node{}{}{}", count, count == 1 ? "" : "s", slots,
                     slots == 1 ? "" : "s", nodes, nodes == 1 ? "" : "s", shape.queue.empty() ? "" : " in queue ",
                     queue_text(shape));
}

class Demand {
 public:
  Demand(World& world, Buyer& buyer) : m_world(world), m_rooms(gather(world)), m_buyer(buyer) {}

  void run() {
    for (const WaitingJobs& jobs : m_world.snapshot.jobs->waiting) m_world.plan.shapes.push_back(judge(jobs));
    mark_used();
    keep_minimum();
  }

 private:
  ShapeVerdict judge(const WaitingJobs& jobs);
  std::int64_t launch_for(const WaitingJobs& jobs, std::int64_t count, std::vector<Reason>& reasons);
  std::int64_t buy_single(const Offer& offer, const Shape& shape, std::int64_t count, std::int64_t most, Bound& bound);
  std::int64_t buy_whole(const Offer& offer, const Shape& shape, std::int64_t count, std::int64_t most, Bound& bound);
  std::int64_t on_demand_lack() const;
  void keep_extra(const PoolName& name, const Pool& pool);
  int missing_machines(const Offer& offer, const Shape& shape, int most, std::vector<Room>& rooms,
                       std::vector<std::size_t>& taken) const;
  void mark_used();
  void keep_minimum();

  World& m_world;
  Rooms m_rooms;
  Buyer& m_buyer;
  std::vector<Room> m_ordered;  // machines of this pass's orders
};

ShapeVerdict Demand::judge(const WaitingJobs& jobs) {
  ShapeVerdict verdict{.jobs = jobs};
  const auto refuse = [&](RuleId rule, std::string text) {
    verdict.not_counted = jobs.count;
    verdict.reasons.push_back({std::move(rule), std::move(text), {}});
    return verdict;
  };
  if (jobs.waiting != Waiting::eligible)
    return refuse(std::string(to_string(jobs.waiting)), fmt::format("the batch system says {}", jobs.reason));
  const auto& queues = m_world.settings.queues;
  // Where a job names none, it is the batch system's to choose: Grid Engine's without -q, HTCondor's.
  if (!queues.empty() && !jobs.shape.queue.empty() && !is_in(jobs.shape, queues))
    return refuse("queue", fmt::format("queue '{}' is not in [batch] queues", queue_text(jobs.shape)));
  if (!m_world.reading.batch) return refuse("batch-unreadable", m_world.reading.batch_why);
  if (!jobs.shape.unjudged.empty()) {
    return refuse("unjudged", fmt::format("tide cannot judge the requirement '{}'", jobs.shape.unjudged));
  }
  if (!jobs.shape.assumed.empty()) {
    verdict.reasons.push_back(
        {"assumed", fmt::format("taken as met, for tide cannot judge it: {}", jobs.shape.assumed), {}});
  }
  verdict.fits = place_many(jobs.shape, jobs.count, m_rooms.rooms, m_rooms.used);
  std::int64_t left = jobs.count - verdict.fits;
  if (verdict.fits > 0) verdict.reasons.push_back({"fits", "free or booting nodes serve them", {}});
  std::vector<bool> used(m_ordered.size(), false);
  verdict.launching = place_many(jobs.shape, left, m_ordered, used);
  left -= verdict.launching;
  if (verdict.launching > 0)
    verdict.reasons.push_back({"launch", "machines that are launched for others serve them too", {}});
  if (left > 0) verdict.launching += launch_for(jobs, left, verdict.reasons);
  verdict.not_counted = jobs.count - verdict.fits - verdict.launching;
  return verdict;
}

std::int64_t Demand::launch_for(const WaitingJobs& jobs, std::int64_t count, std::vector<Reason>& reasons) {
  std::vector<Offer> offers;
  Reason never{"no-pool", "no pool can ever serve them", {}};
  for (const auto& [name, pool] : m_world.settings.pools) {
    Offer offer = offer_of(m_world, pool, jobs.shape, count);
    if (offer.machines > 0) {
      offer.price = m_buyer.price_of_next(pool);
      offer.reserved = m_buyer.reserved(pool);
      offers.push_back(std::move(offer));
      continue;
    }
    if (const std::string* why = m_world.unsized(name); why != nullptr) {
      never.facts.push_back({name.value, *why});
      continue;
    }
    for (const Chunk& chunk : jobs.shape.chunks) {
      const std::string why = misfit(jobs.shape, chunk, offer.machine);
      if (why.empty()) continue;
      never.facts.push_back({name.value, why});
      break;
    }
  }
  if (offers.empty()) {
    reasons.push_back(std::move(never));
    return 0;
  }
  std::ranges::sort(offers, cheaper);
  std::int64_t served = 0;
  Bound bound;
  Reason counted{"launch", "counted towards launches of this pass", {}};
  std::vector<Reason> bounds;
  const auto buy = [&](const Offer& offer, std::int64_t most) {
    const std::int64_t left = count - served;
    const std::int64_t more = offer.each == 1 ? buy_single(offer, jobs.shape, left, most, bound)
                                              : buy_whole(offer, jobs.shape, left, most, bound);
    served += more;
    if (more > 0) counted.facts.push_back({offer.pool->name.value, fmt::format("{}", more)});
    return more == left;
  };
  for (const Offer& offer : offers) {  // [spot] on_demand_min comes before what is cheapest
    const std::int64_t lack = on_demand_lack();
    if (served < count && lack > 0 && offer.pool->market == Market::on_demand) buy(offer, lack);
  }
  for (const Offer& offer : offers) {
    if (served == count || buy(offer, std::numeric_limits<std::int64_t>::max())) break;
    bounds.push_back({bound.rule, fmt::format("pool '{}': {}", offer.pool->name.value, bound.text), {}});
    m_world.plan.declined.push_back({fmt::format("pool {}", offer.pool->name.value), bounds.back(), bound.kind});
  }
  if (served > 0) reasons.push_back(std::move(counted));
  if (served < count) reasons.insert(reasons.end(), bounds.begin(), bounds.end());
  return served;
}

std::int64_t Demand::on_demand_lack() const {
  std::int64_t lack = m_world.settings.spot.on_demand_min;
  for (const auto& [name, pool] : m_world.settings.pools) {
    if (lack > 0 && pool.market == Market::on_demand) lack -= count_machines(m_world, &name) + m_buyer.ordered(&name);
  }
  return lack;
}

std::int64_t Demand::buy_single(const Offer& offer, const Shape& shape, std::int64_t count, std::int64_t most,
                                Bound& bound) {
  bound = m_buyer.allowance(*offer.pool, {});
  const std::int64_t machines = std::min({(count + offer.jobs - 1) / offer.jobs, std::int64_t{bound.machines}, most});
  if (machines == 0) return 0;
  std::vector<Room> fresh(static_cast<std::size_t>(machines), offer.machine);
  std::vector<bool> used(fresh.size(), false);
  const std::int64_t served = place_many(shape, count, fresh, used);
  m_buyer.order(*offer.pool,
                {.count = static_cast<int>(machines), .because = describe(shape, served), .rule = "demand"});
  m_ordered.insert(m_ordered.end(), fresh.begin(), fresh.end());
  return served;
}

// How many machines of the pool a multi-node job lacks, beside those of the same pool that are free or coming (where
// the pool has one zone: a job is never spread over zones by tide's doing). 0: more than `most`, which bounds the work,
// too: a job may ask for a million nodes.
int Demand::missing_machines(const Offer& offer, const Shape& shape, int most, std::vector<Room>& rooms,
                             std::vector<std::size_t>& taken) const {
  std::vector<std::size_t> own;
  if (offer.pool->zones.size() <= 1) {
    for (std::size_t i = 0; i < m_rooms.rooms.size(); ++i) {
      const Source& source = m_rooms.sources[i];
      if (source.worker != nullptr && source.worker->pool == offer.pool->name && m_rooms.rooms[i].whole)
        own.push_back(i);
    }
  }
  const auto with = [&](int fresh) {
    rooms.clear();
    for (const std::size_t index : own) rooms.push_back(m_rooms.rooms[index]);
    rooms.insert(rooms.end(), static_cast<std::size_t>(fresh), offer.machine);
    return place(shape, rooms);
  };
  int enough = std::min(most, offer.each);
  if (enough < 1 || !with(enough)) return 0;
  for (int few = 0; enough - few > 1;) {
    const int middle = few + (enough - few) / 2;
    (with(middle) ? enough : few) = middle;
  }
  const auto uses = with(enough);
  if (!uses) return 0;
  taken.clear();
  for (const Use& use : *uses) {
    if (use.room < own.size()) taken.push_back(own[use.room]);
  }
  rooms.erase(rooms.begin(), rooms.begin() + std::ssize(own));
  return enough;
}

std::int64_t Demand::buy_whole(const Offer& offer, const Shape& shape, std::int64_t count, std::int64_t most,
                               Bound& bound) {
  std::int64_t served = 0;
  for (std::int64_t bought = 0; served < count && bought < most;) {
    std::vector<Room> rooms;
    std::vector<std::size_t> taken;
    bound = m_buyer.allowance(*offer.pool, {.whole = offer.each});
    const int machines = missing_machines(offer, shape, bound.machines, rooms, taken);
    if (machines == 0) break;
    bound = m_buyer.allowance(*offer.pool, {.whole = machines});
    if (bound.machines < machines) break;
    for (const std::size_t index : taken) {
      m_rooms.used[index] = true;
      m_rooms.rooms[index].slots = 0;
    }
    std::vector<bool> used(rooms.size(), false);
    const std::int64_t jobs =
        1 + place_many(shape, count - served - 1, rooms, used);  // what is left serves more of them
    m_buyer.order(*offer.pool,
                  {.count = machines, .whole = machines > 1, .because = describe(shape, jobs), .rule = "demand"});
    served += jobs;
    m_ordered.insert(m_ordered.end(), rooms.begin(), rooms.end());
    bought += machines;
  }
  return served;
}

void Demand::mark_used() {
  for (std::size_t i = 0; i < m_rooms.used.size(); ++i) {
    if (!m_rooms.used[i]) continue;
    const Source& source = m_rooms.sources[i];
    if (source.worker == nullptr) {
      m_world.needed_intents.insert(source.intent);
      continue;
    }
    source.worker->needed = true;
    if (source.kind == RoomClass::draining && m_world.scope.everything) {
      m_world.act(Release{.node = source.worker->name}, "demand", "waiting jobs want it back before it was ended");
    }
  }
}

// More than jobs ask for, while they cost next to nothing.
void Demand::keep_extra(const PoolName& name, const Pool& pool) {
  const int lack = pool.extra - count_machines(m_world, &name) + count_unsound(m_world, &name) - m_buyer.ordered(&name);
  if (pool.extra == 0 || lack <= 0) return;
  const Share share{.thousandths = m_world.settings.spot.extra_below, .of = 0};
  const auto cheap = [&memory = m_world.plan.memory, now = m_world.now(), &pool, share](const Choice& choice) {
    return is_cheap(memory, now, pool, choice, share);
  };
  const int count = std::min(lack, m_buyer.allowance(pool, {}).machines);
  if (count <= 0 || !m_buyer.offers(pool, cheap)) return;
  m_buyer.order(pool, {.count = count,
                       .because = fmt::format("[pools.{}] extra = {}, while they are cheap", name.value, pool.extra),
                       .rule = "extra",
                       .only = cheap});
}

void Demand::keep_minimum() {
  if (!m_world.reading.batch) return;
  const Pool* cheapest = nullptr;
  for (const auto& [name, pool] : m_world.settings.pools) {
    const Bound bound = m_buyer.allowance(pool, {});
    const int count =
        std::min(pool.min - count_machines(m_world, &name) + count_unsound(m_world, &name) - m_buyer.ordered(&name),
                 bound.machines);
    if (count > 0)
      m_buyer.order(
          pool,
          {.count = count, .because = fmt::format("[pools.{}] min = {}", name.value, pool.min), .rule = "minimum"});
    keep_extra(name, pool);
    const auto one_of = [&](const Pool& some) {
      return Offer{.pool = &some,
                   .machine = {},
                   .machines = 1,
                   .price = m_buyer.price_of_next(some),
                   .reserved = m_buyer.reserved(some)};
    };
    if (bound.machines > 0 && (cheapest == nullptr || cheaper(one_of(pool), one_of(*cheapest)))) cheapest = &pool;
  }
  if (cheapest == nullptr) return;
  const int lack = m_world.settings.scale.min_nodes - count_machines(m_world, nullptr) +
                   count_unsound(m_world, nullptr) - m_buyer.ordered(nullptr);
  const int count = std::min(lack, m_buyer.allowance(*cheapest, {}).machines);
  if (count <= 0) return;
  m_buyer.order(*cheapest, {.count = count,
                            .because = fmt::format("[scale] min_nodes = {}", m_world.settings.scale.min_nodes),
                            .rule = "minimum"});
}

}  // namespace

void meet_demand(World& world, Buyer& buyer) {
  if (world.snapshot.jobs) Demand(world, buyer).run();
}

}  // namespace tide::core
