#include <tide/core/world.hpp>

#include <algorithm>
#include <set>

// A cloud without launch tokens may have done a call twice: the first one's answer was lost, no listing showed its
// machine yet, and it was made again. One machine of the launch stays: the one whose node has registered, else the
// oldest. Where that cannot be told, none is a duplicate, and both are unclear.
namespace tide::core {

namespace {

using Machines = std::vector<const Instance*>;

// Did this node say itself that it is this machine? An address that tide told the batch system proves nothing.
bool is_node_of(const World& world, const Node& node, const Instance& instance) {
  if (!node.registered_at || node.placeholder || *node.registered_at + k_clock_slack < instance.launched_at)
    return false;
  if (!node.instance.empty()) return node.instance == instance.id;
  const auto row = world.snapshot.memory.nodes.find(node.name);
  const bool told = row != world.snapshot.memory.nodes.end() && row->second.address == node.address;
  return !told && std::ranges::find(instance.addresses, node.address) != instance.addresses.end();
}

bool has_joined(const World& world, const Instance& instance) {
  const auto row = world.snapshot.memory.machines.find(instance.id);
  if (row != world.snapshot.memory.machines.end() && row->second.registered) return true;
  return std::ranges::any_of(*world.snapshot.nodes,
                             [&](const Node& node) { return is_node_of(world, node, instance); });
}

// Has some node of their name registered since they were launched?
bool name_has_joined(const World& world, const Machines& machines) {
  return std::ranges::any_of(*world.snapshot.nodes, [&](const Node& node) {
    if (!node.registered_at || node.placeholder) return false;
    return std::ranges::any_of(machines, [&](const Instance* one) {
      const bool named = std::ranges::any_of(one->names, [&](const std::string& name) {
        return node.name.value == name || node.name.value.starts_with(name + ".") || node.hostname == name;
      });
      return named && *node.registered_at + k_clock_slack >= one->launched_at;
    });
  });
}

// The one that stays; null if that cannot be told.
const Instance* keeper_of(const World& world, const Machines& machines) {
  Machines joined = machines;
  std::erase_if(joined, [&](const Instance* one) { return !has_joined(world, *one); });
  if (joined.size() == 1) return joined.front();
  if (!joined.empty() || name_has_joined(world, machines)) return nullptr;
  const auto worth = [](const Instance* one) {
    const bool ends = one->state == InstanceState::stopping || one->state == InstanceState::failed;
    return std::tuple(ends, one->launched_at, one->id);
  };
  return *std::ranges::min_element(machines, {}, worth);
}

}  // namespace

void find_duplicates(World& world) {
  if (!world.snapshot.nodes) return;
  std::map<IntentId, Machines> launches;
  for (const auto& [cloud, listed] : world.snapshot.instances) {
    const auto traits = world.snapshot.clouds.find(cloud);
    if (!listed || traits == world.snapshot.clouds.end() || !traits->second.launches_listed) continue;
    for (const Instance& instance : *listed) {
      const IntentId intent{std::string(tag_of(instance, tag::k_intent))};
      const bool ours = is_live(instance.state) && is_ours(world.plan.memory, world.settings, instance);
      if (ours && !intent.empty()) launches[intent].push_back(&instance);
    }
  }
  for (const auto& [intent, machines] : launches) {
    const Instance* keeper = machines.size() < 2 ? nullptr : keeper_of(world, machines);
    if (keeper == nullptr) continue;
    for (const Instance* one : machines) {
      if (one != keeper) world.duplicates.emplace(one->id, keeper->id);
    }
  }
}

}  // namespace tide::core
