#include <tide/core/reservations.hpp>

#include <tide/core/limits.hpp>

#include <algorithm>

namespace tide::core {

namespace {

bool uses_reservation(const Worker& worker, const CloudName& cloud) {
  if (!worker.ours || !worker.instance || worker.cloud != cloud) return false;
  const Instance& instance = *worker.instance;
  const bool runs = instance.state == InstanceState::pending || instance.state == InstanceState::running;
  return runs && instance.market == Market::on_demand;
}

// Machines of open intents that no listing shows yet.
void take_intended(const Plan& plan, const CloudName& cloud, FreeReservations& free) {
  std::map<IntentId, int> seen;
  for (const Worker& worker : plan.workers) {
    if (worker.ours && !worker.id.empty()) ++seen[worker.intent];
  }
  for (const auto& [id, intent] : plan.memory.intents) {
    const LaunchRequest& request = intent.request;
    if (intent.state != IntentState::open || request.cloud != cloud || request.market != Market::on_demand) continue;
    if (request.types.empty()) continue;
    for (int i = seen[id]; i < request.count; ++i) free.take(request.types.front(), request.zone);
  }
}

}  // namespace

FreeReservations::FreeReservations(const Reservations& said) : m_zones(said.zones) {
  for (const TypeCount& row : said.reserved) m_left[{row.type, row.zone}] += row.count;
  for (const TypeCount& row : said.others) {
    for (int i = 0; i < row.count && take(row.type, row.zone); ++i) continue;
  }
}

const std::string& FreeReservations::zone_of(const std::string& place) const {
  const auto found = m_zones.find(place);
  return found == m_zones.end() ? place : found->second;
}

int FreeReservations::left(const std::string& type, const std::string& place) const {
  const std::string& zone = zone_of(place);
  const auto count = [&](const std::string& where) {
    const auto found = m_left.find({type, where});
    return found == m_left.end() ? 0 : found->second;
  };
  return count("") + (zone.empty() ? 0 : count(zone));
}

// The narrower one first: the other serves elsewhere too.
bool FreeReservations::take(const std::string& type, const std::string& place) {
  for (const std::string& where : {zone_of(place), std::string()}) {
    const auto found = m_left.find({type, where});
    if (found == m_left.end() || found->second <= 0) continue;
    --found->second;
    return true;
  }
  return false;
}

ReservedMachines reserved_machines(const Plan& plan, Moment now, const CloudName& cloud) {
  const auto reading = plan.memory.reservations.find(cloud);
  if (reading == plan.memory.reservations.end() || !reading->second.read) return {};
  if (now - *reading->second.read > k_reservations_max_age) return {};
  ReservedMachines reserved{.free = FreeReservations(reading->second.says), .covered = {}};
  std::vector<const Worker*> ours;
  for (const Worker& worker : plan.workers) {
    if (uses_reservation(worker, cloud)) ours.push_back(&worker);
  }
  std::ranges::stable_sort(ours, {}, [](const Worker* worker) { return worker->instance->launched_at; });
  for (const Worker* worker : ours) {
    if (reserved.free.take(worker->instance->type, worker->instance->zone)) reserved.covered.insert(worker->id);
  }
  take_intended(plan, cloud, reserved.free);
  return reserved;
}

}  // namespace tide::core
