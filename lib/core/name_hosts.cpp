#include <tide/core/world.hpp>

#include <fmt/format.h>

#include <algorithm>

// The names of our machines, in the table from which the head resolves them. Names of machines that no listing shows
// just now stay: their cloud may be unreadable, and their jobs may run.
namespace tide::core {

namespace {

bool is_remembered(const World& world, const NodeName& name) {
  return std::ranges::any_of(world.plan.memory.machines, [&](const auto& entry) { return entry.second.node == name; });
}

// Placeholders have a name too; while the nodes cannot be read, nobody knows which are.
bool is_placeholder(const World& world, const NodeName& name) {
  if (!world.snapshot.nodes) return true;
  return std::ranges::any_of(*world.snapshot.nodes,
                             [&](const Node& node) { return node.placeholder && node.name == name; });
}

std::vector<HostEntry> wanted_hosts(const World& world, const std::vector<HostEntry>& written) {
  std::map<NodeName, std::string> table;
  for (const HostEntry& entry : written) {
    if (is_remembered(world, entry.name) || is_placeholder(world, entry.name)) table[entry.name] = entry.address;
  }
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || !worker.instance || worker.name.empty() || worker.instance->address.empty()) continue;
    if (is_live(worker.instance->state)) table[worker.name] = worker.instance->address;
  }
  std::vector<HostEntry> wanted;
  for (const auto& [name, address] : table) wanted.push_back({name, address});
  return wanted;
}

}  // namespace

void name_hosts(World& world) {
  const auto& hosts = world.snapshot.hosts;
  if (!hosts) {
    world.alarm(hosts.error().kind, "names-unreadable", hosts.error().message);
    return;
  }
  const bool steers =
      std::ranges::any_of(world.plan.workers, [&](const Worker& one) { return is_steered(world, one); });
  if (!*hosts || !(steers || world.scope.everything) || world.reading.foreign_owner) return;
  std::vector<HostEntry> wanted = wanted_hosts(world, **hosts);
  if (wanted == **hosts) return;
  std::string text = fmt::format("{} names instead of {}", wanted.size(), (*hosts)->size());
  world.act(WriteHosts{std::move(wanted)}, "names", std::move(text));
}

}  // namespace tide::core
