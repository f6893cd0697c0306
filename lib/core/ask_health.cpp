#include <tide/core/ask_health.hpp>

#include <tide/core/limits.hpp>

#include <algorithm>
#include <set>

namespace tide::core {

namespace {

bool is_due(const std::optional<Moment>& tried, Moment now, Seconds every) { return !tried || now - *tried >= every; }

// Machines of this cloud whose nodes had joined; of those alone the health matters.
std::vector<const Machine*> joined_machines(const Snapshot& snapshot, const CloudName& cloud) {
  std::vector<const Machine*> joined;
  for (const auto& [id, machine] : snapshot.memory.machines) {
    if (machine.cloud == cloud && machine.registered && !machine.told_to_end) joined.push_back(&machine);
  }
  return joined;
}

bool is_silent(const Snapshot& snapshot, const Machine& machine) {
  if (!snapshot.nodes) return false;
  const auto node = std::ranges::find(*snapshot.nodes, machine.node, &Node::name);
  return node != snapshot.nodes->end() && (node->down || !node->responding);
}

bool is_unconfirmed(const HealthReading& reading) {
  return reading.read && std::ranges::any_of(reading.rows, [&](const auto& entry) {
           return entry.second.impaired_since && *reading.read - *entry.second.impaired_since < k_impaired_grace;
         });
}

bool asks_checks(const Snapshot& snapshot, const CloudName& cloud, const HealthReading& last) {
  const std::vector<const Machine*> joined = joined_machines(snapshot, cloud);
  if (joined.empty()) return false;
  const bool soon = is_unconfirmed(last) ||
                    std::ranges::any_of(joined, [&](const Machine* machine) { return is_silent(snapshot, *machine); });
  return is_due(last.tried, snapshot.age, soon ? k_health_soon : k_health_every);
}

bool has_spot(const Snapshot& snapshot, const CloudName& cloud) {
  const auto listed = snapshot.instances.find(cloud);
  return listed != snapshot.instances.end() && listed->second &&
         std::ranges::any_of(*listed->second, [&](const Instance& one) {
           const bool runs = one.state == InstanceState::running || one.state == InstanceState::pending;
           return runs && !is_request(one) && one.market == Market::spot &&
                  tag_of(one, tag::k_owner) == snapshot.memory.head.value;
         });
}

bool has_waiting(const Snapshot& snapshot) {
  return snapshot.jobs && std::ranges::any_of(snapshot.jobs->waiting, [](const WaitingJobs& jobs) {
           return jobs.waiting == Waiting::eligible;
         });
}

// Machines that spot ones of this pool may take the place of.
bool has_replaceable(const Snapshot& snapshot, const Settings& settings, const PoolName& spot) {
  return std::ranges::any_of(snapshot.memory.machines, [&](const auto& entry) {
    const auto pool = settings.pools.find(entry.second.pool);
    return pool != settings.pools.end() && pool->second.spot_pool == spot && entry.second.ready;
  });
}

}  // namespace

bool asks_health(const Snapshot& snapshot, const CloudName& cloud, HealthQuestion question) {
  const auto traits = snapshot.clouds.find(cloud);
  const auto listed = snapshot.instances.find(cloud);
  if (traits == snapshot.clouds.end() || listed == snapshot.instances.end() || !listed->second) return false;
  const auto found = snapshot.memory.health.find(cloud);
  const CloudHealth last = found == snapshot.memory.health.end() ? CloudHealth{} : found->second;
  if (question == HealthQuestion::checks) return traits->second.has_health && asks_checks(snapshot, cloud, last.checks);
  return traits->second.has_notices && has_spot(snapshot, cloud) &&
         is_due(last.notices.tried, snapshot.age, k_notices_every);
}

std::vector<std::string> asks_prices(const Snapshot& snapshot, const Settings& settings, const CloudName& cloud) {
  const auto traits = snapshot.clouds.find(cloud);
  if (traits == snapshot.clouds.end() || !traits->second.has_spot_prices) return {};
  const auto last = snapshot.memory.prices.find(cloud);
  if (last != snapshot.memory.prices.end() && !is_due(last->second.tried, snapshot.age, k_prices_every)) return {};
  const bool wanted = has_waiting(snapshot) || has_spot(snapshot, cloud);
  std::set<std::string> types;
  for (const auto& [name, pool] : settings.pools) {
    if (pool.cloud == cloud && pool.market == Market::spot &&
        (wanted || pool.min > 0 || pool.extra > 0 || has_replaceable(snapshot, settings, name)))
      types.insert(pool.types.begin(), pool.types.end());
  }
  return {types.begin(), types.end()};
}

bool asks_reservations(const Snapshot& snapshot, const Settings& settings, const CloudName& cloud) {
  const auto traits = snapshot.clouds.find(cloud);
  const auto listed = snapshot.instances.find(cloud);
  if (traits == snapshot.clouds.end() || !traits->second.has_reservations || !listed->second) return false;
  const auto last = snapshot.memory.reservations.find(cloud);
  if (last != snapshot.memory.reservations.end() && !is_due(last->second.tried, snapshot.age, k_reservations_every))
    return false;
  const bool asked = std::ranges::any_of(snapshot.memory.wishes,
                                         [](const auto& entry) { return entry.second.kind == WishKind::launch; });
  const bool wanted = has_waiting(snapshot) || asked || settings.scale.min_nodes > 0;
  return std::ranges::any_of(settings.pools, [&](const auto& entry) {
    const Pool& pool = entry.second;
    if (pool.cloud != cloud || pool.market != Market::on_demand) return false;
    const bool lives =
        std::ranges::any_of(snapshot.memory.machines, [&](const auto& row) { return row.second.pool == pool.name; });
    return wanted || pool.min > 0 || lives;
  });
}

}  // namespace tide::core
