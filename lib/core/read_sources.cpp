#include <tide/core/world.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tide::core {

namespace {

void distrust(World& world, ErrorKind kind, std::string why) {
  if (!world.reading.batch) return;  // the first reason is the one to tell
  world.reading.batch = false;
  world.reading.batch_kind = kind;
  world.reading.batch_why = std::move(why);
}

std::vector<NodeName> registered_nodes(const std::vector<Node>& nodes) {
  std::vector<NodeName> names;
  for (const Node& node : nodes) {
    if (node.registered_at && !node.placeholder) names.push_back(node.name);
  }
  return names;
}

bool over_share(std::size_t missing, std::size_t all) {
  return missing == all || (missing > k_suspect_nodes && missing * 100 > all * k_suspect_percent);
}

// Running jobs of the last good pass that no list names any more although their node is missing or still shows
// slots allocated: a job that ended normally is not among them.
std::size_t lost_jobs(const LastGood& last, const std::vector<Node>& nodes, const JobQueue& jobs, std::size_t& all) {
  std::set<JobId> running;
  for (const auto& [name, ids] : jobs.running) running.insert(ids.begin(), ids.end());
  std::set<JobId> lost;
  std::set<JobId> known;
  for (const auto& [name, ids] : last.running) {
    known.insert(ids.begin(), ids.end());
    const auto node = std::ranges::find(nodes, name, &Node::name);
    const bool odd = node == nodes.end() || (node->slots_used > 0 && !jobs.running.contains(name));
    if (!odd) continue;
    for (const JobId& id : ids) {
      if (!running.contains(id)) lost.insert(id);
    }
  }
  all = known.size();
  return lost.size();
}

std::string suspect_text(const std::vector<NodeName>& missing, std::size_t nodes, std::size_t jobs_lost) {
  std::vector<std::string> names;
  for (const NodeName& name : missing) names.push_back(name.value);
  if (names.size() > 5) names.resize(5);
  if (missing.empty())
    return fmt::format("{} running jobs of the last good reading are gone from the list, their slots are not",
                       jobs_lost);
  return fmt::format("{} of {} nodes of the last good reading are missing ({}{})", missing.size(), nodes,
                     fmt::join(names, ", "), missing.size() > names.size() ? ", ..." : "");
}

// accept-reading: machines whose node the list no longer names count as never joined from now on.
void accept(World& world, const std::vector<Node>& nodes) {
  for (auto& [id, machine] : world.memory().machines) {
    const bool listed = std::ranges::find(nodes, machine.node, &Node::name) != nodes.end();
    if (!listed) machine.registered.reset();
  }
}

// Where nodes make their entries themselves (HTCondor), a machine that tide ended takes its own out when it goes. Its
// row has the node's name, or the shorter one of the machine.
bool ended_by_us(const Memory& memory, const NodeName& name) {
  return std::ranges::any_of(memory.machines, [&](const auto& entry) {
    const Machine& machine = entry.second;
    return machine.told_to_end && !machine.node.empty() &&
           (machine.node == name || name.value.starts_with(machine.node.value + "."));
  });
}

bool is_part_of(const std::vector<NodeName>& some, const std::vector<NodeName>& all) {
  return std::ranges::all_of(some, [&](const NodeName& name) { return std::ranges::find(all, name) != all.end(); });
}

void judge(World& world) {
  Memory& memory = world.memory();
  const std::vector<Node>& nodes = *world.snapshot.nodes;
  std::vector<NodeName> missing;
  for (const NodeName& name : memory.last_good.nodes) {
    const auto row = memory.nodes.find(name);
    const bool by_us = (row != memory.nodes.end() && row->second.removing) ||  // perhaps killed before the answer
                       ended_by_us(memory, name);
    if (!by_us && std::ranges::find(nodes, name, &Node::name) == nodes.end()) missing.push_back(name);
  }
  std::size_t jobs_all = 0;
  const std::size_t jobs_lost = lost_jobs(memory.last_good, nodes, *world.snapshot.jobs, jobs_all);
  const bool suspect = (!missing.empty() && over_share(missing.size(), memory.last_good.nodes.size())) ||
                       (jobs_lost > 0 && over_share(jobs_lost, jobs_all));
  // What a person, or time, makes tide believe is what was suspect before, and nothing worse.
  if (suspect && memory.suspicion && !is_part_of(missing, memory.suspicion->missing)) memory.suspicion.reset();
  const bool accepted = memory.suspicion && memory.suspicion->accepted;
  if (accepted) accept(world, nodes);
  if (!suspect || accepted) {
    memory.suspicion.reset();
    return;
  }
  const std::string why = suspect_text(missing, memory.last_good.nodes.size(), jobs_lost);
  if (!memory.suspicion) memory.suspicion = Suspicion{.since = world.now(), .why = why, .missing = missing};
  if (world.now() - memory.suspicion->since >= k_suspect) {
    memory.suspicion.reset();
    return;
  }
  memory.suspicion->why = why;
  memory.suspicion->missing = missing;
  distrust(world, ErrorKind::unproven, fmt::format("suspect reading: {}", why));
}

void learn(World& world) {
  LastGood& last = world.memory().last_good;
  last.nodes = registered_nodes(*world.snapshot.nodes);
  last.running = world.snapshot.jobs->running;
}

void read_batch(World& world) {
  const Snapshot& snapshot = world.snapshot;
  world.reading.batch = true;
  if (!snapshot.server) distrust(world, snapshot.server.error().kind, snapshot.server.error().message);
  if (!snapshot.nodes) distrust(world, snapshot.nodes.error().kind, snapshot.nodes.error().message);
  if (!snapshot.jobs) distrust(world, snapshot.jobs.error().kind, snapshot.jobs.error().message);
  if (snapshot.server) {
    std::string& known = world.memory().server;
    if (!known.empty() && known != snapshot.server->name) {
      distrust(world, ErrorKind::stranger,
               fmt::format("'{}' answers as the batch system, not '{}'", snapshot.server->name, known));
    } else if (snapshot.server->fresh) {
      distrust(world, ErrorKind::unproven,
               fmt::format("'{}' came up just now: its node list proves nothing yet", snapshot.server->name));
    } else if (world.reading.batch) {
      known = snapshot.server->name;
    }
  }
  if (world.reading.batch) judge(world);
  if (world.reading.batch) learn(world);
  if (!world.reading.batch) world.alarm(world.reading.batch_kind, "batch-unreadable", world.reading.batch_why);
}

// A machine of this head whose intent the store does not know begins the rebuild.
bool is_unexplained(const Memory& memory, const Instance& instance) {
  const IntentId intent{std::string(tag_of(instance, tag::k_intent))};
  return is_live(instance.state) && instance.state != InstanceState::stopping && !memory.intents.contains(intent) &&
         !memory.machines.contains(instance.id);
}

void read_clouds(World& world) {
  Memory& memory = world.memory();
  for (const auto& [name, listed] : world.snapshot.instances) {
    world.reading.clouds[name] = listed.has_value();
    if (!listed) {
      world.alarm(listed.error().kind, "cloud-unreadable",
                  fmt::format("cloud '{}': {}", name.value, listed.error().message));
      continue;
    }
    for (const Instance& instance : *listed) {
      if (!is_live(instance.state)) continue;
      // A tag alone proves nothing, of another head neither; and one of another cluster's is here because a person
      // named it.
      const bool owned =
          !tag_of(instance, tag::k_owner).empty() && tag_of(instance, tag::k_cluster) == world.settings.cluster;
      if (!is_ours(memory, world.settings, instance)) {
        if (!owned) continue;
        if (!world.reading.foreign_owner) {
          world.alarm(ErrorKind::refused, "foreign-head",
                      fmt::format("instance '{}' of cluster '{}' belongs to head '{}', and this head is '{}'",
                                  instance.id.value, world.settings.cluster, tag_of(instance, tag::k_owner),
                                  memory.head.value));
        }
        world.reading.foreign_owner = true;
        distrust(world, ErrorKind::refused,
                 "another head owns machines of this cluster: read only until 'tide takeover --from HEAD'");
      } else if (is_unexplained(memory, instance)) {
        memory.rebuild = world.now();
        memory.spend_lost = world.snapshot.taken_at;
      }
    }
  }
  world.reading.rebuilding = memory.rebuild && world.now() - *memory.rebuild < k_rebuild;
  if (world.reading.rebuilding) {
    world.alarm(
        ErrorKind::refused, "rebuild",
        fmt::format(
            "the store does not know machines that bear this head's tags: nothing is ended by rule for another {} min",
            ((*memory.rebuild + k_rebuild - world.now()).count() + 59) / 60));
  }
}

}  // namespace

bool is_ours(const Memory& memory, const Settings& settings, const Instance& instance) {
  if (tag_of(instance, tag::k_cluster) != settings.cluster) return false;
  const HeadId owner{std::string(tag_of(instance, tag::k_owner))};
  return owner == memory.head || std::ranges::find(memory.taken_over, owner) != memory.taken_over.end();
}

void read_sources(World& world) {
  read_batch(world);
  read_clouds(world);
}

}  // namespace tide::core
