#include <tide/core/buyer.hpp>

#include <tide/core/back_off.hpp>
#include <tide/core/names.hpp>
#include <tide/core/prices.hpp>
#include <tide/core/sleep.hpp>
#include <tide/core/spend.hpp>
#include <tide/core/stopped.hpp>
#include <tide/core/template_digest.hpp>
#include <tide/core/user_data.hpp>
#include <tide/util/hostlist.hpp>
#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::core {

namespace {

constexpr std::size_t k_tag_value_max = 256;  // EC2; the narrowest of all clouds that keep names in a tag

std::set<NodeName> taken_names(const World& world) {
  std::set<NodeName> taken;
  for (const Worker& worker : world.plan.workers) {
    taken.insert(worker.name);
    if (!worker.instance) continue;
    for (const std::string& name : worker.instance->names) taken.insert(NodeName{name});
  }
  if (world.snapshot.nodes) {
    for (const Node& node : *world.snapshot.nodes) taken.insert(node.name);
  }
  for (const auto& [id, machine] : world.plan.memory.machines) taken.insert(machine.node);
  for (const auto& [name, row] : world.plan.memory.nodes) {
    if (!row.removed || !row.free_at || *row.free_at > world.now()) taken.insert(name);
  }
  for (const auto& [id, intent] : world.plan.memory.intents) {
    if (intent.state != IntentState::open) continue;  // of others only those that came are taken, by their machines
    for (const std::string& name : intent.request.names) taken.insert(NodeName{name});
  }
  return taken;
}

const Families& families(const World& world, const Pool& pool) {
  static const Families k_none;
  const auto traits = world.snapshot.clouds.find(pool.cloud);
  return traits == world.snapshot.clouds.end() ? k_none : traits->second.families;
}

}  // namespace

Buyer::Buyer(World& world) : m_world(world), m_taken(taken_names(world)), m_live(count_machines(world, nullptr)) {
  m_cost_micros = cost_per_hour(world, m_unpriced);
  for (const auto& [name, traits] : world.snapshot.clouds)
    m_reserved.emplace(name, reserved_machines(world.plan, world.now(), name).free);
  m_unplaced = m_reserved;
}

// In order of preference, of each type the cheapest zone first.
std::vector<Choice> Buyer::choices(const Pool& pool) const {
  std::vector<Choice> choices;
  for (const Choice& choice : choices_of(pool)) {
    const std::string cap = cap_of(pool, choice.type);
    const bool seen = std::ranges::any_of(choices, [&](const Choice& one) { return one.type == choice.type; });
    if (seen) continue;
    for (const std::string& zone : zones_by_price(m_world.plan.memory, m_world.now(), pool, choice.type))
      choices.push_back(
          {.type = choice.type,
           .zone = zone,
           .price_micros = price_of(m_world.plan.memory, m_world.now(), pool, choice.type, zone).value_or(0),
           .max_price = pool.bids.empty() ? "" : cap});
  }
  return choices;
}

// Without those that rest, or cost more than the pool's cap.
std::vector<Choice> Buyer::free_choices(const Pool& pool) const {
  std::vector<Choice> free = choices(pool);
  std::erase_if(free, [&](const Choice& choice) {
    const Bid bid{pool.cloud, pool.name, pool.market, choice};
    return back_off_of(m_world.plan.memory, families(m_world, pool), bid, m_world.now()) != nullptr ||
           !over_cap(m_world.plan.memory, m_world.now(), pool, choice.type, choice.zone).empty();
  });
  return free;
}

// What is paid for in advance is asked for first, in the pool's own order; for how many machines that first choice is.
int Buyer::put_reserved_first(const Pool& pool, const FreeReservations& free, std::vector<Choice>& choices) const {
  if (pool.market != Market::on_demand || choices.empty()) return 0;
  std::ranges::stable_partition(choices, [&](const Choice& choice) { return free.left(choice.type, choice.zone) > 0; });
  return free.left(choices.front().type, choices.front().zone);
}

int Buyer::reserved(const Pool& pool) const {
  const auto free = m_reserved.find(pool.cloud);
  std::vector<Choice> all = free_choices(pool);
  return free == m_reserved.end() ? 0 : put_reserved_first(pool, free->second, all);
}

bool Buyer::offers(const Pool& pool, const std::function<bool(const Choice&)>& only) const {
  return std::ranges::any_of(free_choices(pool), only);
}

std::optional<std::int64_t> Buyer::price_of_next(const Pool& pool) const {
  const std::vector<Choice> all = choices(pool);
  if (pool.price_micros || all.empty()) return pool.price_micros;
  return price_of(m_world.plan.memory, m_world.now(), pool, all.front().type, all.front().zone);
}

// What each of its choices waits for, once.
Bound Buyer::all_rest(const Pool& pool) const {
  Bound bound{0, "back-off", "", ErrorKind::capacity};
  std::set<std::string> told;
  const auto tell = [&](const std::string& text, RuleId rule, ErrorKind kind) {
    if (!told.insert(text).second) return;
    bound.text += (bound.text.empty() ? "" : "; ") + text;
    bound.rule = std::move(rule);
    bound.kind = kind;
  };
  for (const Choice& choice : choices(pool)) {
    const Bid bid{pool.cloud, pool.name, pool.market, choice};
    const std::string dear = over_cap(m_world.plan.memory, m_world.now(), pool, choice.type, choice.zone);
    if (!dear.empty()) tell(dear, "spot-price", ErrorKind::money);
    const BackOff* row = back_off_of(m_world.plan.memory, families(m_world, pool), bid, m_world.now());
    if (dear.empty() && row != nullptr) tell(describe(*row, m_world.snapshot), "back-off", row->kind);
  }
  return bound;
}

Bound Buyer::blocked(const Pool& pool) const {
  if (const Sleep* sleep = asleep(m_world.plan.memory, m_world.snapshot.taken_at))
    return {0, "asleep", describe(*sleep)};
  const auto breaker = m_world.plan.memory.breakers.find(pool.name);
  if (breaker != m_world.plan.memory.breakers.end() && breaker->second.open) {
    return {0, "breaker",
            fmt::format("{} machines in a row did not boot, the last: {}; 'tide reset {}' tries again",
                        breaker->second.failures, breaker->second.last, pool.name.value)};
  }
  if (!m_world.reading.cloud(pool.cloud))
    return {0, "cloud-unreadable", fmt::format("cloud '{}' could not be read", pool.cloud.value)};
  if (const std::string* why = m_world.unsized(pool.name); why != nullptr) return {0, "no-size", *why};
  if (m_world.puzzled.contains(pool.name)) return {0, "unclear-identity", "a node and a machine of it match nothing"};
  const BackOff* wait = back_off_of_pool(m_world.plan.memory, pool.cloud, pool.name, m_world.now());
  if (wait != nullptr) return {0, "back-off", describe(*wait, m_world.snapshot), wait->kind};
  if (free_choices(pool).empty()) return all_rest(pool);
  return {1, "", ""};
}

// What is left of the cloud's quota for this pool: a machine takes at least what it offers to jobs, and what this pass
// has ordered of the cloud or that may still come counts. Where it takes more, the cloud's own refusal tells.
std::vector<std::pair<std::int64_t, std::string>> Buyer::quota_left(const Pool& pool) const {
  const auto traits = m_world.snapshot.clouds.find(pool.cloud);
  if (traits == m_world.snapshot.clouds.end()) return {};
  std::int64_t machines = 0;
  std::int64_t cores = 0;
  std::int64_t memory_mib = 0;
  for (const auto& [name, order] : m_orders) {
    const Pool* other = m_world.pool(name);
    if (other == nullptr || other->cloud != pool.cloud) continue;
    machines += order.count;
    cores += std::int64_t{order.count} * other->slots;
    memory_mib += order.count * other->memory_mib;
  }
  for (const auto& [id, intent] : m_world.plan.memory.intents) {
    if (intent.state != IntentState::open || intent.request.cloud != pool.cloud) continue;
    machines += intent.request.count;
    cores += std::int64_t{intent.request.count} * intent.request.slots;
    memory_mib += intent.request.count * intent.request.memory_mib;
  }
  std::vector<std::pair<std::int64_t, std::string>> bounds;
  const auto add = [&](const std::optional<std::int64_t>& left, std::int64_t ordered, std::int64_t each,
                       const char* what) {
    if (!left || each <= 0) return;
    bounds.emplace_back(
        std::max<std::int64_t>(0, *left - ordered) / each,
        fmt::format("cloud '{}' has {} {} of its quota left, {} are ordered or may still come, one machine takes {}",
                    pool.cloud.value, *left, what, ordered, each));
  };
  add(traits->second.machines_left, machines, 1, "machines");
  add(traits->second.cores_left, cores, pool.slots, "cores");
  add(traits->second.memory_mib_left, memory_mib, pool.memory_mib, "MiB of memory");
  return bounds;
}

// By the hour, what all machines cost together; by day and month, what is spent and what the machines there go on to
// cost.
void Buyer::narrow_by_money(const Pool& pool, Bound& bound) const {
  const Money& money = m_world.settings.money;
  const TimePoint now = m_world.snapshot.taken_at;
  const auto spans = span_caps(m_world.settings, m_world.plan.memory, now);
  if (!money.per_hour_micros && spans.empty()) return;
  const auto price = most_of(m_world.plan.memory, m_world.now(), pool);
  if (!price || m_unpriced) {
    bound = {0, "no-price",
             fmt::format("{} is set and a machine's price is not known: set [pools.x] price",
                         money.per_hour_micros ? "[money] per_hour" : spans.front().key),
             ErrorKind::money};
    return;
  }
  const auto narrow = [&](std::int64_t left, std::int64_t each, RuleId rule, std::string text) {
    const std::int64_t machines = each == 0 ? bound.machines : std::max<std::int64_t>(0, left) / each;
    if (machines < bound.machines)
      bound = {static_cast<int>(machines), std::move(rule), std::move(text), ErrorKind::money};
  };
  if (money.per_hour_micros) {
    narrow(*money.per_hour_micros - m_cost_micros, *price, "per-hour",
           fmt::format("[money] per_hour = {}: {} is spent or ordered, one more costs {}",
                       format_money(*money.per_hour_micros), format_money(m_cost_micros), format_money(*price)));
  }
  for (const SpanCap& cap : spans) {
    if (const std::string lost = spend_lost(m_world.plan.memory, cap); !lost.empty()) {
      bound = {0, cap.rule, lost, ErrorKind::money};
      return;
    }
    narrow(cap.limit - cap.spent - planned(m_cost_micros, now), planned(*price, now), cap.rule,
           fmt::format("{} = {}: {} is spent, what runs or is ordered costs {} more until the day ends (UTC), one more "
                       "machine {}",
                       cap.key, format_money(cap.limit), format_money(cap.spent),
                       format_money(planned(m_cost_micros, now)), format_money(planned(*price, now))));
  }
}

Bound Buyer::allowance(const Pool& pool, const Asking& asking) const {
  if (Bound no = blocked(pool); no.machines == 0) return no;
  const ScaleSettings& scale = m_world.settings.scale;
  Bound bound{scale.max_nodes - m_live - ordered(nullptr), "max-nodes",
              fmt::format("[scale] max_nodes = {}: {} live or intended, {} ordered in this pass", scale.max_nodes,
                          m_live, ordered(nullptr))};
  const auto narrow = [&](std::int64_t machines, RuleId rule, std::string text, ErrorKind kind = ErrorKind::refused) {
    if (machines < bound.machines) bound = {static_cast<int>(machines), std::move(rule), std::move(text), kind};
  };
  if (pool.max > 0) {
    const int live = count_machines(m_world, &pool.name);
    narrow(pool.max - live - ordered(&pool.name), "pool-max",
           fmt::format("[pools.{}] max = {}: {} live or intended, {} ordered in this pass", pool.name.value, pool.max,
                       live, ordered(&pool.name)));
  }
  for (const auto& [machines, text] : quota_left(pool)) narrow(machines, "quota", text, ErrorKind::quota);
  const bool alone = asking.whole > scale.max_launch_per_pass && m_orders.empty();
  if (scale.max_launch_per_pass > 0 && !alone && !asking.person) {
    narrow(scale.max_launch_per_pass - ordered(nullptr), "launch-limit",
           fmt::format("[scale] max_launch_per_pass = {}: {} ordered in this pass", scale.max_launch_per_pass,
                       ordered(nullptr)));
  }
  narrow_by_money(pool, bound);
  bound.machines = std::max(0, bound.machines);
  // The numbers are those before what the bound itself still grants.
  if (bound.machines > 0) bound.text += fmt::format("; {} more at most", bound.machines);
  return bound;
}

int Buyer::ordered(const PoolName* pool) const {
  int count = 0;
  for (const auto& [name, order] : m_orders) count += pool == nullptr || name == *pool ? order.count : 0;
  return count;
}

void Buyer::order(const Pool& pool, const Order& order) {
  m_cost_micros += order.count * most_of(m_world.plan.memory, m_world.now(), pool).value_or(0);
  if (const auto free = m_reserved.find(pool.cloud); free != m_reserved.end() && pool.market == Market::on_demand) {
    std::vector<Choice> all = free_choices(pool);
    for (int i = 0; i < order.count && put_reserved_first(pool, free->second, all) > 0; ++i)
      free->second.take(all.front().type, all.front().zone);
  }
  const auto same = std::ranges::find_if(m_orders, [&](const auto& entry) {
    return entry.first == pool.name && !entry.second.whole && !order.whole && !entry.second.only && !order.only &&
           entry.second.rule == order.rule && entry.second.wish == order.wish;
  });
  if (same == m_orders.end()) {
    m_orders.emplace_back(pool.name, order);
    return;
  }
  same->second.count += order.count;
  same->second.because += "; " + order.because;
}

Result<LaunchRequest> Buyer::request_for(const Pool& pool, std::vector<Choice> choices, std::vector<std::string> names,
                                         const Order& order, int count) const {
  const Settings& settings = m_world.settings;
  LaunchRequest request{.cloud = pool.cloud, .pool = pool.name, .count = count, .min_count = order.whole ? count : 1};
  const Choice first = choices.front();
  if (!first.type.empty()) request.types = {first.type};
  choices.erase(choices.begin());
  // The parts of one job stay in one zone, also where they are several calls.
  if (order.whole && count < order.count)
    std::erase_if(choices, [&](const Choice& other) { return other.zone != first.zone; });
  request.alternatives = std::move(choices);
  request.image = pool.image;
  request.zone = first.zone;
  request.market = pool.market;
  request.max_price = cap_of(pool, first.type);
  request.options = pool.options;
  request.slots = pool.slots;
  request.memory_mib = pool.memory_mib;
  request.gpus = pool.gpus;
  request.features = room_of(pool).features;
  request.head = settings.head;
  request.names = std::move(names);
  UserDataValues values{.head = settings.head, .cluster = settings.cluster, .pool = pool.name.value};
  if (request.names.size() == 1) values.node = request.names.front();
  TIDE_TRY_ASSIGN(request.user_data, render_user_data(pool.user_data, values));
  request.tags = {{tag::k_cluster, settings.cluster},
                  {tag::k_owner, m_world.plan.memory.head.value},
                  {tag::k_pool, pool.name.value}};
  if (!request.names.empty()) request.tags[tag::k_names] = compress_hostlist(request.names);
  request.tags[tag::k_template] = template_digest(settings, pool);
  return request;
}

int Buyer::call_max(const Pool& pool) const {
  const auto traits = m_world.snapshot.clouds.find(pool.cloud);
  if (traits == m_world.snapshot.clouds.end() || wants_node_name(pool.user_data)) return 1;
  const auto& alone = traits->second.one_a_call;
  return std::ranges::find(alone, pool.name) != alone.end() ? 1 : std::max(1, traits->second.launch_max);
}

// Machines that were kept stopped come first. Not for a job over several machines, which is to come whole, nor where a
// certain choice is asked for.
int Buyer::start_again(const Pool& pool, const Order& order) {
  if (order.whole || order.only) return 0;
  int count = 0;
  for (const Worker* worker : startable(m_world, pool)) {
    if (count == order.count) break;
    const Machine& row = *m_world.machine(worker->id);
    // Each by itself: EC2 starts all of a call or none.
    LaunchRequest request{.cloud = pool.cloud, .pool = pool.name, .types = {row.type}, .image = pool.image};
    request.restart = {worker->id};
    request.names = {row.node.value};
    request.slots = pool.slots;
    request.memory_mib = pool.memory_mib;
    request.gpus = pool.gpus;
    request.features = room_of(pool).features;
    request.head = m_world.settings.head;
    m_unplaced[pool.cloud].take(row.type, worker->instance->zone);
    m_world.act(Launch{.request = std::move(request), .price_micros = row.price_micros, .wish = order.wish}, order.rule,
                order.because);
    ++count;
  }
  return count;
}

void Buyer::place(const Pool& pool, const Order& order) {
  std::vector<Choice> preferred = free_choices(pool);
  if (order.only) std::erase_if(preferred, [&](const Choice& choice) { return !order.only(choice); });
  const auto names = parse_names(pool.names, m_world.settings.cluster, pool.name.value);
  if (!names) {
    m_world.decline(fmt::format("pool {}", pool.name.value), "names", names.error().message, ErrorKind::config);
    return;
  }
  const int most = call_max(pool);
  const bool named = names->kind != NamesKind::dns;
  if (order.whole && named && std::ssize(next_names(*names, order.count, m_taken)) < order.count) {
    m_world.decline(fmt::format("pool {}", pool.name.value), "names",
                    fmt::format("[pools.{}] names has not {} free names left", pool.name.value, order.count));
    return;
  }
  FreeReservations& free = m_unplaced[pool.cloud];
  // The parts of one job go to one zone: what is first for the first of them is so for all.
  int reserved = order.whole ? put_reserved_first(pool, free, preferred) : 0;
  int left = order.count - start_again(pool, order);
  while (left > 0) {
    int count = std::min(left, most);
    std::vector<Choice> choices = preferred;
    if (!order.whole) reserved = put_reserved_first(pool, free, choices);
    if (reserved > 0 && !order.whole) count = std::min(count, reserved);
    std::vector<NodeName> chosen = next_names(*names, count, m_taken);
    if (named && std::ssize(chosen) < count) count = static_cast<int>(chosen.size());
    if (count == 0) {
      m_world.decline(fmt::format("pool {}", pool.name.value), "names",
                      fmt::format("[pools.{}] names has no free name left", pool.name.value));
      return;
    }
    std::vector<std::string> texts;
    for (const NodeName& name : chosen) texts.push_back(name.value);
    while (compress_hostlist(texts).size() > k_tag_value_max) texts.pop_back();
    if (named) count = static_cast<int>(texts.size());
    for (const std::string& text : texts) m_taken.insert(NodeName{text});
    const auto request = request_for(pool, choices, std::move(texts), order, count);
    if (!request) {
      m_world.decline(fmt::format("pool {}", pool.name.value), "user-data", request.error().message, ErrorKind::config);
      return;
    }
    std::vector<Fact> facts;
    if (reserved > 0)
      facts.push_back({"reserved", fmt::format("{}, {} of which {} free",
                                               describe({pool.cloud, pool.name, pool.market, choices.front()}),
                                               reserved, reserved == 1 ? "is" : "are")});
    for (int i = 0; i < count && reserved > 0; ++i) free.take(choices.front().type, choices.front().zone);
    m_world.act(Launch{.request = *request, .price_micros = choices.front().price_micros, .wish = order.wish},
                order.rule, order.because, std::move(facts));
    left -= count;
  }
}

void Buyer::place_orders() {
  for (const auto& [name, order] : m_orders) {
    const Pool* pool = m_world.pool(name);
    const bool wanted = m_world.scope.everything || order.wish == m_world.scope.wish;
    if (pool != nullptr && wanted) place(*pool, order);
  }
}

int count_machines(const World& world, const PoolName* pool) {
  int count = 0;
  std::map<IntentId, int> seen;
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || worker.id.empty() || !is_paid_for(worker)) continue;
    ++seen[worker.intent];
    if (pool == nullptr || worker.pool == *pool) ++count;
  }
  for (const auto& [id, intent] : world.plan.memory.intents) {
    if (intent.state != IntentState::open || (pool != nullptr && intent.request.pool != *pool)) continue;
    count += std::max(0, intent.request.count - seen[id]);
  }
  return count;
}

std::int64_t cost_per_hour(const World& world, bool& unpriced) {
  std::int64_t micros = 0;
  std::map<IntentId, int> seen;
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || worker.id.empty() || !is_paid_for(worker)) continue;
    ++seen[worker.intent];
    const auto row = world.plan.memory.machines.find(worker.id);
    const std::int64_t price = row == world.plan.memory.machines.end() ? 0 : row->second.price_micros;
    const Pool* pool = world.pool(worker.pool);
    if (price == 0 && (pool == nullptr || !pool->price_micros)) unpriced = true;
    micros += price;
  }
  for (const auto& [id, intent] : world.plan.memory.intents) {
    if (intent.state != IntentState::open) continue;
    const Pool* pool = world.pool(intent.request.pool);
    const std::int64_t now = pool == nullptr ? 0 : pool->price_micros.value_or(0);
    micros += std::max(0, intent.request.count - seen[id]) * (intent.price_micros == 0 ? now : intent.price_micros);
  }
  return micros;
}

}  // namespace tide::core
