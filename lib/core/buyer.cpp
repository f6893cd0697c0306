#include <tide/core/buyer.hpp>

#include <tide/core/names.hpp>
#include <tide/core/sleep.hpp>
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

const BackOff* back_off(const World& world, const std::string& key) {
  const auto found = world.plan.memory.back_offs.find(key);
  return found != world.plan.memory.back_offs.end() && found->second.until > world.now() ? &found->second : nullptr;
}

}  // namespace

Buyer::Buyer(World& world) : m_world(world), m_taken(taken_names(world)), m_live(count_machines(world, nullptr)) {
  m_cost_micros = cost_per_hour(world, m_unpriced);
}

Buyer::Choice Buyer::choose(const Pool& pool) const {
  Choice choice{.why = fmt::format("pool '{}' has no types", pool.name.value)};
  const std::vector<std::string> any{""};
  const auto& types = pool.types.empty() ? any : pool.types;
  const auto& zones = pool.zones.empty() ? any : pool.zones;
  for (const std::string& type : types) {
    for (const std::string& zone : zones) {
      const std::string key =
          fmt::format("{}/{}/{}{}{}", pool.cloud.value, pool.name.value, type, zone.empty() ? "" : "/", zone);
      const BackOff* wait = back_off(m_world, key);
      if (wait == nullptr) return {.type = type, .zone = zone, .why = ""};
      choice.why = fmt::format("waits {} s after: {}", (wait->until - m_world.now()).count(), wait->why);
      choice.kind = wait->kind;
    }
  }
  return choice;
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
  if (m_world.puzzled.contains(pool.name)) return {0, "unclear-identity", "a node and a machine of it match nothing"};
  for (const std::string& key : {pool.cloud.value, fmt::format("{}/{}", pool.cloud.value, pool.name.value)}) {
    const BackOff* wait = back_off(m_world, key);
    if (wait != nullptr)
      return {0, "back-off", fmt::format("waits {} s after: {}", (wait->until - m_world.now()).count(), wait->why),
              wait->kind};
  }
  const Choice choice = choose(pool);
  if (!choice.why.empty()) return {0, "back-off", choice.why, choice.kind};
  return {1, "", ""};
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
  const bool alone = asking.whole > scale.max_launch_per_pass && m_orders.empty();
  if (scale.max_launch_per_pass > 0 && !alone && !asking.person) {
    narrow(scale.max_launch_per_pass - ordered(nullptr), "launch-limit",
           fmt::format("[scale] max_launch_per_pass = {}: {} ordered in this pass", scale.max_launch_per_pass,
                       ordered(nullptr)));
  }
  if (m_world.settings.money.per_hour_micros) {
    const std::int64_t cap = *m_world.settings.money.per_hour_micros;
    if (!pool.price_micros || m_unpriced) {
      return {0, "no-price", "[money] per_hour is set and a machine's price is not known: set [pools.x] price",
              ErrorKind::money};
    }
    const std::int64_t left = std::max<std::int64_t>(0, cap - m_cost_micros);
    const std::int64_t machines = *pool.price_micros == 0 ? bound.machines : left / *pool.price_micros;
    narrow(machines, "per-hour",
           fmt::format("[money] per_hour = {}: {} is spent or ordered, one more costs {}", format_money(cap),
                       format_money(m_cost_micros), format_money(*pool.price_micros)),
           ErrorKind::money);
  }
  bound.machines = std::max(0, bound.machines);
  return bound;
}

int Buyer::ordered(const PoolName* pool) const {
  int count = 0;
  for (const auto& [name, order] : m_orders) count += pool == nullptr || name == *pool ? order.count : 0;
  return count;
}

void Buyer::order(const Pool& pool, const Order& order) {
  m_cost_micros += order.count * pool.price_micros.value_or(0);
  const auto same = std::ranges::find_if(m_orders, [&](const auto& entry) {
    return entry.first == pool.name && !entry.second.whole && !order.whole && entry.second.rule == order.rule &&
           entry.second.wish == order.wish;
  });
  if (same == m_orders.end()) {
    m_orders.emplace_back(pool.name, order);
    return;
  }
  same->second.count += order.count;
  same->second.because += "; " + order.because;
}

Result<LaunchRequest> Buyer::request_for(const Pool& pool, const Choice& choice, int count, bool whole,
                                         std::vector<std::string> names) const {
  const Settings& settings = m_world.settings;
  LaunchRequest request{.cloud = pool.cloud, .pool = pool.name, .count = count, .min_count = whole ? count : 1};
  if (!choice.type.empty()) request.types = {choice.type};
  request.image = pool.image;
  request.zone = choice.zone;
  request.market = pool.market;
  request.max_price = pool.max_price;
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

void Buyer::place(const Pool& pool, const Order& order) {
  const Choice choice = choose(pool);
  const auto names = parse_names(pool.names, m_world.settings.cluster, pool.name.value);
  if (!names) {
    m_world.decline(fmt::format("pool {}", pool.name.value), "names", names.error().message, ErrorKind::config);
    return;
  }
  const auto traits = m_world.snapshot.clouds.find(pool.cloud);
  int call_max = traits == m_world.snapshot.clouds.end() ? 1 : std::max(1, traits->second.launch_max);
  if (wants_node_name(pool.user_data)) call_max = 1;
  const bool named = names->kind != NamesKind::dns;
  if (order.whole && named && std::ssize(next_names(*names, order.count, m_taken)) < order.count) {
    m_world.decline(fmt::format("pool {}", pool.name.value), "names",
                    fmt::format("[pools.{}] names has not {} free names left", pool.name.value, order.count));
    return;
  }
  int left = order.count;
  while (left > 0) {
    int count = std::min(left, call_max);
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
    const auto request = request_for(pool, choice, count, order.whole, std::move(texts));
    if (!request) {
      m_world.decline(fmt::format("pool {}", pool.name.value), "user-data", request.error().message, ErrorKind::config);
      return;
    }
    m_world.act(Launch{.request = *request, .price_micros = pool.price_micros.value_or(0), .wish = order.wish},
                order.rule, order.because);
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
    if (!worker.ours || worker.id.empty() || worker.phase == Phase::gone) continue;
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
    if (!worker.ours || worker.id.empty() || worker.phase == Phase::gone) continue;
    ++seen[worker.intent];
    const auto row = world.plan.memory.machines.find(worker.id);
    const std::int64_t price = row == world.plan.memory.machines.end() ? 0 : row->second.price_micros;
    const Pool* pool = world.pool(worker.pool);
    if (price == 0 && (pool == nullptr || !pool->price_micros)) unpriced = true;
    micros += price;
  }
  for (const auto& [id, intent] : world.plan.memory.intents) {
    if (intent.state == IntentState::open) micros += std::max(0, intent.request.count - seen[id]) * intent.price_micros;
  }
  return micros;
}

}  // namespace tide::core
