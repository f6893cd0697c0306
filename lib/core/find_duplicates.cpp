#include <tide/core/world.hpp>

#include <algorithm>
#include <set>

// A cloud without launch tokens may have done a call twice: the first one's answer was lost, no listing showed its
// machine yet, and it was made again. One machine of the launch stays: the one whose node has registered, else the
// oldest. Where that cannot be told, none is a duplicate, and both are unclear; so is one while a listing leaves the
// other out, for a name may be matched wrongly then.
namespace tide::core {

namespace {

using Machines = std::vector<const Instance*>;

// Did this node say itself that it is this machine? An address that tide told the batch system proves nothing.
bool is_node_of(const World& world, const Node& node, const Instance& instance) {
  if (!node.registered_at || node.placeholder || *node.registered_at + k_clock_slack < instance.launched_at)
    return false;
  if (!node.instance.empty()) return node.instance == instance.id;
  const auto row = world.snapshot.memory.nodes.find(node.name);
  const bool known = row != world.snapshot.memory.nodes.end() && !world.reading.rebuilding;  // what was told, and when
  const bool by_itself = world.snapshot.batch.entries == NodeEntries::by_themselves;
  const bool told = known ? row->second.address == node.address : !by_itself;
  return !told && std::ranges::find(instance.addresses, node.address) != instance.addresses.end();
}

bool says_so(const World& world, const Instance& instance) {
  return std::ranges::any_of(*world.snapshot.nodes,
                             [&](const Node& node) { return is_node_of(world, node, instance); });
}

// An earlier pass knew its node, by no more than its name perhaps.
bool was_known(const World& world, const Instance& instance) {
  const auto row = world.snapshot.memory.machines.find(instance.id);
  return row != world.snapshot.memory.machines.end() && row->second.registered;
}

bool bears_name(const Instance& instance, const std::string& node) {
  return std::ranges::any_of(instance.names,
                             [&](const std::string& name) { return node == name || node.starts_with(name + "."); });
}

bool bears_name(const Instance& instance, const Node& node) {
  return bears_name(instance, node.name.value) || bears_name(instance, node.hostname);
}

// Its node registered when none of the others can have been there yet.
bool came_before(const World& world, const Instance& instance, const Machines& machines) {
  return std::ranges::any_of(*world.snapshot.nodes, [&](const Node& node) {
    if (!node.registered_at || node.placeholder || !bears_name(instance, node)) return false;
    return std::ranges::all_of(machines, [&](const Instance* other) {
      return other == &instance || *node.registered_at + k_clock_slack < other->launched_at;
    });
  });
}

// Has some node of their name registered since they were launched? One that this reading leaves out may be there all
// the same.
bool name_has_joined(const World& world, const Machines& machines) {
  const auto is_theirs = [&](const Node& node) {
    return node.registered_at && !node.placeholder && std::ranges::any_of(machines, [&](const Instance* one) {
             return bears_name(*one, node) && *node.registered_at + k_clock_slack >= one->launched_at;
           });
  };
  const auto was_theirs = [&](const NodeName& name) {
    return std::ranges::any_of(machines, [&](const Instance* one) { return bears_name(*one, name.value); });
  };
  return std::ranges::any_of(*world.snapshot.nodes, is_theirs) ||
         std::ranges::any_of(world.snapshot.memory.last_good.nodes, was_theirs);
}

// The one that stays; null if that cannot be told. A name that a pass matched while a listing left the other machine
// out proves nothing: only the node's own word does, or that it was there before the others.
const Instance* keeper_of(const World& world, const Machines& machines) {
  Machines staying = machines;
  std::erase_if(staying, [](const Instance* one) { return one->state == InstanceState::stopping; });
  if (staying.size() == 1) return staying.front();
  Machines joined = machines;
  std::erase_if(joined, [&](const Instance* one) {
    return !says_so(world, *one) && !(was_known(world, *one) && came_before(world, *one, machines));
  });
  const bool doubtful = std::ranges::any_of(machines, [&](const Instance* one) {
    return was_known(world, *one) && std::ranges::find(joined, one) == joined.end();
  });
  if (joined.size() == 1 && !doubtful) return joined.front();
  if (!joined.empty() || doubtful || name_has_joined(world, machines)) return nullptr;
  const auto worth = [](const Instance* one) {
    const bool ends = one->state == InstanceState::stopping || one->state == InstanceState::failed;
    return std::tuple(ends, one->launched_at, one->id);
  };
  return *std::ranges::min_element(machines, {}, worth);
}

// Another machine of its launch that this listing leaves out, and that nothing says is gone.
bool has_hidden_twin(const World& world, const Instance& instance, const IntentId& intent) {
  return std::ranges::any_of(world.snapshot.memory.machines, [&](const auto& entry) {
    const Machine& row = entry.second;
    if (row.intent != intent || row.id == instance.id || row.cloud != instance.cloud || row.told_to_end) return false;
    const auto& listed = *world.snapshot.instances.at(instance.cloud);
    if (std::ranges::find(listed, row.id, &Instance::id) != listed.end()) return false;  // ended, or no longer ours
    const bool gone =
        row.missing_since && row.missing_passes + 1 >= 2 && world.now() - *row.missing_since >= k_missing_gap;
    return !gone;
  });
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
    if (machines.size() < 2) {
      if (has_hidden_twin(world, *machines.front(), intent)) world.twins.insert(machines.front()->id);
      continue;
    }
    const Instance* keeper = keeper_of(world, machines);
    for (const Instance* one : machines) {
      if (keeper == nullptr) {
        world.twins.insert(one->id);
      } else if (one != keeper) {
        world.duplicates.emplace(one->id, keeper->id);
      }
    }
  }
}

}  // namespace tide::core
