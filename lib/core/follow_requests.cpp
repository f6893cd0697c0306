#include <tide/core/world.hpp>

#include <algorithm>

// A launch may bring a request that waits for its machine (CloudTraits::by_request): it is listed by the request's ID
// until the machine is there, by the machine's from then on. All that is remembered of it goes on under the new ID, so
// that it is neither a missing machine nor one that nobody launched.
namespace tide::core {

namespace {

// Its node boots from now on: what the request waited for is no part of that.
void move_row(World& world, const InstanceId& from, const InstanceId& to) {
  auto& rows = world.memory().machines;
  auto row = rows.extract(from);
  row.key() = to;
  row.mapped().id = to;
  row.mapped().first_seen = world.now();
  row.mapped().idle_since.reset();
  row.mapped().missing_since.reset();
  row.mapped().missing_passes = 0;
  rows.insert(std::move(row));  // a store that knows both keeps what it knows of the machine
}

void rename_all(World& world, const InstanceId& from, const InstanceId& to) {
  for (auto& [id, row] : world.memory().machines) {
    if (row.replaces == from) row.replaces = to;
  }
  for (auto& [id, intent] : world.memory().intents) {
    std::ranges::replace(intent.instances, from, to);
    std::ranges::sort(intent.instances);
  }
  for (auto& [id, wish] : world.memory().wishes) std::ranges::replace(wish.targets, from.value, to.value);
}

}  // namespace

void follow_requests(World& world) {
  for (const auto& [cloud, listed] : world.snapshot.instances) {
    if (!listed) continue;
    for (const Instance& instance : *listed) {
      if (instance.request.empty() || is_request(instance)) continue;
      if (world.plan.memory.machines.contains(instance.request)) move_row(world, instance.request, instance.id);
      rename_all(world, instance.request, instance.id);
    }
  }
}

}  // namespace tide::core
