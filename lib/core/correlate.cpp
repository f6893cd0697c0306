#include <tide/core/world.hpp>

#include <tide/util/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

// Which node is which instance. An instance ID published by the node beats its name, a name beats an address, and an
// address counts only if the node registered after that instance's launch. Nothing else compares such strings.
namespace tide::core {

namespace {

struct Match {
  const Instance* instance = nullptr;
  std::string conflict = {};
  std::vector<const Instance*> others = {};  // the rest of a contradiction: as unclear as the first
};

std::string short_name(const std::string& name) { return to_lower(name.substr(0, name.find('.'))); }

// Live machines by what a node may call itself. Gone machines stay listed for an hour; they match only by ID, so that
// a name used again is not theirs.
struct Index {
  std::map<std::string, const Instance*> ids;
  std::map<std::string, std::vector<const Instance*>> names;  // short, lower case
  std::map<std::string, std::vector<const Instance*>> addresses;
};

Index live_instances(const World& world) {
  Index index;
  for (const auto& [cloud, listed] : world.snapshot.instances) {
    if (!listed) continue;
    for (const Instance& instance : *listed) {
      if (!is_live(instance.state) || world.duplicates.contains(instance.id)) continue;
      index.ids.emplace(instance.id.value, &instance);
      std::set<std::string> names;
      for (const std::string& name : instance.names) names.insert(short_name(name));
      for (const std::string& name : names) index.names[name].push_back(&instance);
      for (const std::string& address : instance.addresses) index.addresses[address].push_back(&instance);
    }
  }
  return index;
}

std::vector<const Instance*> by_name_of(const Node& node, const Index& index) {
  std::vector<const Instance*> found;
  for (const std::string& name : {node.name.value, node.hostname}) {
    const auto entry = index.names.find(short_name(name));
    if (name.empty() || entry == index.names.end()) continue;
    for (const Instance* instance : entry->second) {
      if (std::ranges::find(found, instance) == found.end()) found.push_back(instance);
    }
  }
  return found;
}

std::vector<const Instance*> by_address_of(const Node& node, const Index& index) {
  const auto entry = index.addresses.find(node.address);
  if (node.address.empty() || !node.registered_at || entry == index.addresses.end()) return {};
  std::vector<const Instance*> found = entry->second;
  std::erase_if(found, [&](const Instance* one) { return *node.registered_at + k_clock_slack < one->launched_at; });
  return found;
}

// A node that an earlier pass knew as a machine's stays that machine's, ended or not listed just now: its address may
// be another's by now, or be used in two clouds.
bool is_anothers(const Node& node, const Instance& instance, const Memory& memory) {
  const bool known =
      std::ranges::any_of(memory.machines, [&](const auto& entry) { return entry.second.node == node.name; });
  const auto row = memory.machines.find(instance.id);
  return known && (row == memory.machines.end() || row->second.node != node.name);
}

Match match_node(const Node& node, const Index& index, const Memory& memory) {
  const auto id = index.ids.find(node.instance.value);
  const Instance* by_id = node.instance.empty() || id == index.ids.end() ? nullptr : id->second;
  const std::vector<const Instance*> by_name = by_name_of(node, index);
  if (by_id != nullptr) {
    if (!by_name.empty() && std::ranges::find(by_name, by_id) == by_name.end()) {
      return {by_id,
              fmt::format("node '{}' says that it is instance '{}', but its name is that of '{}'", node.name.value,
                          by_id->id.value, by_name.front()->id.value),
              by_name};
    }
    return {by_id, ""};
  }
  if (by_name.size() > 1) {
    return {by_name.front(),
            fmt::format("instances '{}' and '{}' both bear the name of node '{}'", by_name[0]->id.value,
                        by_name[1]->id.value, node.name.value),
            by_name};
  }
  if (by_name.size() == 1) return {by_name.front(), ""};
  std::vector<const Instance*> by_address = by_address_of(node, index);
  std::erase_if(by_address, [&](const Instance* one) { return is_anothers(node, *one, memory); });
  if (by_address.size() > 1) {
    return {by_address.front(),
            fmt::format("instances '{}' and '{}' both have the address of node '{}'", by_address[0]->id.value,
                        by_address[1]->id.value, node.name.value),
            by_address};
  }
  return {by_address.empty() ? nullptr : by_address.front(), ""};
}

void describe_instance(const World& world, const Instance& instance, Worker& worker) {
  worker.instance = instance;
  worker.id = instance.id;
  worker.cloud = instance.cloud;
  worker.intent = IntentId{std::string(tag_of(instance, tag::k_intent))};
  const auto row = world.plan.memory.machines.find(instance.id);
  const bool known = row != world.plan.memory.machines.end();
  if (known && !row->second.intent.empty())
    worker.intent = row->second.intent;                  // one that was started again has another
  const bool disowned = known && row->second.disowning;  // though it is still tagged
  worker.ours = !disowned && is_ours(world.plan.memory, world.settings, instance);
  if (worker.ours) worker.pool = PoolName{std::string(tag_of(instance, tag::k_pool))};
  if (worker.name.empty() && !instance.names.empty()) worker.name = NodeName{instance.names.front()};
}

void describe_node(const World& world, const Node& node, Worker& worker) {
  worker.node = node;
  worker.name = node.name;
  if (!world.snapshot.jobs) return;
  const auto jobs = world.snapshot.jobs->running.find(node.name);
  if (jobs != world.snapshot.jobs->running.end()) worker.jobs = jobs->second;
  const bool quiet = node.slots_used == 0 && node.memory_mib_used == 0 && !node.completing &&
                     std::ranges::all_of(node.gpus_used, [](const auto& gpu) { return gpu.second == 0; });
  worker.empty = quiet && worker.jobs.empty();
}

// A machine of ours that no listing shows now: known by its row alone, and by its node if the list still has that.
void describe_row(const Machine& machine, Worker& worker) {
  worker.id = machine.id;
  worker.cloud = machine.cloud;
  worker.intent = machine.intent;
  worker.pool = machine.pool;
  worker.ours = true;
  worker.name = machine.node;
}

using Conflicts = std::map<InstanceId, std::string>;

void add_nodes(World& world, std::set<InstanceId>& matched, Conflicts& conflicts) {
  if (!world.snapshot.nodes) return;
  const Index index = live_instances(world);
  std::map<InstanceId, std::size_t> claimed;
  for (const Node& node : *world.snapshot.nodes) {
    if (node.placeholder) continue;
    const Match match = match_node(node, index, world.plan.memory);
    Worker worker;
    describe_node(world, node, worker);
    worker.why = match.conflict;
    for (const Instance* other : match.others) conflicts.emplace(other->id, match.conflict);
    if (match.instance == nullptr) {
      world.plan.workers.push_back(std::move(worker));
      continue;
    }
    describe_instance(world, *match.instance, worker);
    matched.insert(match.instance->id);
    const auto [other, fresh] = claimed.emplace(match.instance->id, world.plan.workers.size());
    if (!fresh) {
      Worker& first = world.plan.workers[other->second];
      worker.why = fmt::format("nodes '{}' and '{}' both match instance '{}'", first.name.value, node.name.value,
                               match.instance->id.value);
      first.why = worker.why;
    }
    world.plan.workers.push_back(std::move(worker));
  }
}

// Jobs on a node of a machine's name that the list of nodes lacks: the list may be behind, the jobs run all the same.
std::vector<JobId> jobs_of_name(const World& world, const Instance& instance) {
  std::vector<JobId> jobs;
  if (!world.snapshot.jobs) return jobs;
  std::set<std::string> names;
  for (const std::string& name : instance.names) names.insert(short_name(name));
  for (const auto& [node, ids] : world.snapshot.jobs->running) {
    if (names.contains(short_name(node.value))) jobs.insert(jobs.end(), ids.begin(), ids.end());
  }
  return jobs;
}

void add_unmatched_instances(World& world, const std::set<InstanceId>& matched, std::set<InstanceId>& listed) {
  for (const auto& [cloud, instances] : world.snapshot.instances) {
    if (!instances) continue;
    for (const Instance& instance : *instances) {
      listed.insert(instance.id);
      const bool remembered = world.plan.memory.machines.contains(instance.id);
      if (matched.contains(instance.id) || (!is_live(instance.state) && !remembered)) continue;
      Worker worker;
      describe_instance(world, instance, worker);
      const auto duplicate = world.duplicates.find(instance.id);
      const bool known = duplicate != world.duplicates.end() && matched.contains(duplicate->second);
      if (is_live(instance.state) && !known) worker.jobs = jobs_of_name(world, instance);
      if (duplicate != world.duplicates.end()) worker.name = NodeName{};  // the name is the other's
      world.plan.workers.push_back(std::move(worker));
    }
  }
}

// Rows join the node of their name if nothing else did; a node entry that tide made is ours though no machine came.
void add_rows(World& world, const std::set<InstanceId>& listed) {
  for (const auto& [id, machine] : world.plan.memory.machines) {
    if (listed.contains(id) || machine.adopting || machine.disowning) continue;
    const auto node = std::ranges::find_if(world.plan.workers, [&](const Worker& worker) {
      return worker.id.empty() && worker.node && worker.name == machine.node;
    });
    if (node != world.plan.workers.end()) {
      describe_row(machine, *node);
      continue;
    }
    Worker worker;
    describe_row(machine, worker);
    world.plan.workers.push_back(std::move(worker));
  }
  for (Worker& worker : world.plan.workers) {
    const auto row = world.plan.memory.nodes.find(worker.name);
    if (!worker.id.empty() || row == world.plan.memory.nodes.end() || row->second.removed) continue;
    const bool disowned = std::ranges::any_of(world.plan.memory.machines, [&](const auto& entry) {
      return entry.second.disowning && entry.second.node == worker.name;  // the answer to that may be lost
    });
    if (disowned) continue;
    worker.ours = true;
    worker.pool = row->second.pool;
    worker.intent = row->second.intent;
  }
}

// A gone machine of ours whose node is still listed under the name in its row.
void join_gone(World& world) {
  for (Worker& worker : world.plan.workers) {
    if (worker.node || !worker.instance || is_live(worker.instance->state)) continue;
    const Machine* row = world.machine(worker.id);
    if (row == nullptr) continue;
    worker.name = row->node;
    const auto node = std::ranges::find_if(world.plan.workers, [&](const Worker& other) {
      return other.id.empty() && other.node && other.name == row->node;
    });
    if (node == world.plan.workers.end()) continue;
    worker.node = std::move(node->node);
    worker.jobs = std::move(node->jobs);
    worker.empty = node->empty;
    node->node.reset();
    node->name = NodeName{};
  }
  std::erase_if(world.plan.workers, [](const Worker& worker) { return worker.id.empty() && !worker.node; });
}

}  // namespace

void correlate(World& world) {
  std::set<InstanceId> matched;
  std::set<InstanceId> listed;
  Conflicts conflicts;
  add_nodes(world, matched, conflicts);
  add_unmatched_instances(world, matched, listed);
  for (Worker& worker : world.plan.workers) {
    if (const auto found = conflicts.find(worker.id); found != conflicts.end()) worker.why = found->second;
  }
  join_gone(world);
  add_rows(world, listed);
  std::ranges::sort(world.plan.workers, {}, [](const Worker& worker) { return std::pair(worker.name, worker.id); });
}

}  // namespace tide::core
