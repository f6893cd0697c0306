#include <tide/sim/sim_batch.hpp>

#include <tide/sim/world.hpp>

#include <fmt/format.h>

#include <algorithm>

// What happens in the batch system by itself: nodes join and fall silent, jobs start and end.
namespace tide::sim {

namespace {

constexpr Seconds k_collector_fresh{900};
constexpr Seconds k_unanswered{30};  // a node is shown as not responding after that

int slots_each(const core::Chunk& chunk) {
  return (chunk.tasks + chunk.nodes - 1) / chunk.nodes * chunk.slots_per_task;
}

std::int64_t memory_each(const core::Chunk& chunk) {
  return chunk.memory_mib_per_node + chunk.memory_mib_per_slot * slots_each(chunk);
}

bool has_features(const core::Node& node, const core::Chunk& chunk) {
  return std::ranges::all_of(chunk.features, [&](const auto& alternatives) {
    return std::ranges::any_of(
        alternatives, [&](const auto& one) { return std::ranges::find(node.features, one) != node.features.end(); });
  });
}

bool fits(const SimNode& node, const core::Shape& shape) {
  const core::Node& entry = node.entry;
  const core::Chunk& chunk = shape.chunks.front();
  const bool open = node.listed_by_batch && entry.registered_at && node.daemon && entry.responding && !entry.down &&
                    !entry.held && !entry.unfit;
  if (!open || !has_features(entry, chunk)) return false;
  if (shape.exclusive && entry.slots_used > 0) return false;
  return slots_each(chunk) <= entry.slots - entry.slots_used &&
         memory_each(chunk) <= entry.memory_mib - entry.memory_mib_used;
}

int slots_taken(const core::Node& entry, const core::Shape& shape) {
  return shape.exclusive ? entry.slots : slots_each(shape.chunks.front());
}

}  // namespace

std::size_t SimBatch::jobs_on(const core::NodeName& node) const {
  return static_cast<std::size_t>(std::ranges::count_if(m_jobs, [&](const auto& entry) {
    return std::ranges::find(entry.second.nodes, node) != entry.second.nodes.end();
  }));
}

const SimNode* SimBatch::node_of(const core::InstanceId& machine) const {
  for (const auto& [name, node] : m_nodes) {
    if (node.machine == machine) return &node;
  }
  return nullptr;
}

// Of two machines of one name, the one that came first is the node while its daemon lives.
bool SimBatch::is_taken(const core::NodeName& name, const core::InstanceId& by) const {
  const auto node = m_nodes.find(name);
  return node != m_nodes.end() && node->second.daemon && node->second.machine != by &&
         m_world.is_live(node->second.machine);
}

// TORQUE's server does not hear a daemon of a node that it does not know; the daemon tries again.
void SimBatch::let_daemons_in() {
  for (auto daemon = m_refused.begin(); daemon != m_refused.end();) {
    const bool entry_is_there = m_nodes.contains(daemon->first) || m_options.entries != core::NodeEntries::with_address;
    if (!entry_is_there || is_taken(daemon->first, daemon->second.machine)) {
      ++daemon;
      continue;
    }
    const Daemon one = daemon->second;
    daemon = m_refused.erase(daemon);
    daemon_starts(one);
  }
}

// HTCondor's collector keeps the last ad of a silent node for a while, then nothing.
void SimBatch::expire_ads() {
  if (m_options.entries != core::NodeEntries::by_themselves) return;
  std::erase_if(m_nodes, [](const auto& entry) {
    return entry.second.entry.down && !entry.second.daemon && !entry.second.foreign;
  });
}

void SimBatch::daemon_starts(const Daemon& daemon) {
  const auto known = m_nodes.find(daemon.node);
  const bool entry_was_there = known != m_nodes.end();
  if (!entry_was_there && m_options.entries == core::NodeEntries::with_address) {
    m_stage.hit("daemon-before-entry");
    m_refused.emplace(daemon.node, daemon);
    return;
  }
  if (is_taken(daemon.node, daemon.machine)) {
    m_stage.hit("name-taken");
    m_refused.emplace(daemon.node, daemon);
    return;
  }
  SimNode& node = m_nodes[daemon.node];
  core::Node& entry = node.entry;
  if (!entry_was_there) {
    if (m_options.entries == core::NodeEntries::before_launch) m_world.joins_without_entry(daemon.node);
    entry.name = daemon.node;
    entry.slots = daemon.slots;
    entry.memory_mib = daemon.memory_mib;
    entry.features = daemon.features;
    node.released = true;
  }
  node.listed_by_batch = !m_state_lost || node.listed_by_batch;
  node.machine = daemon.machine;
  node.daemon = true;
  node.silent_since.reset();
  entry.address = daemon.address;
  entry.registered_at = m_stage.clock.real();
  entry.responding = true;
  entry.down = false;
  if (m_options.entries == core::NodeEntries::before_launch && m_options.wipes_notes) entry.note.clear();
  entry.unfit = daemon.slots < entry.slots || daemon.memory_mib < entry.memory_mib;
  if (entry.unfit) {
    if (!entry.held) node.holder = Holder::batch;
    entry.held = true;
    if (node.holder != Holder::person) entry.note = "Low RealMemory";
  }
  m_stage.say(fmt::format("  batch: node '{}' registers{}", daemon.node.value, entry.unfit ? ", too small" : ""));
}

void SimBatch::daemon_restarts(const core::NodeName& name) {
  const SimNode& node = m_nodes.at(name);
  const core::Node& entry = node.entry;
  if (entry.unfit || node.silent_since) return;
  m_stage.say(fmt::format("  the daemon of '{}' restarts", name.value));
  daemon_starts({name, node.machine, entry.slots, entry.memory_mib, entry.features, entry.address});
}

void SimBatch::daemon_stops(const core::InstanceId& machine) {
  std::erase_if(m_refused, [&](const auto& entry) { return entry.second.machine == machine; });
  for (auto& [name, node] : m_nodes) {
    if (node.machine != machine || !node.daemon) continue;
    node.daemon = false;
    if (!node.silent_since) node.silent_since = m_stage.clock.real();
  }
  // HTCondor's daemons take their ads out when they have the time: a machine that is ended, not one that dies.
  if (m_options.entries != core::NodeEntries::by_themselves || m_stage.roll(500)) return;
  std::erase_if(m_nodes, [&](const auto& entry) {
    return entry.second.machine == machine && !machine.empty() && jobs_on(entry.first) == 0;
  });
}

void SimBatch::silence(const core::NodeName& name, Seconds span) {
  SimNode& node = m_nodes.at(name);
  if (!node.silent_since) node.silent_since = m_stage.clock.real();
  node.silent_until = m_stage.clock.real() + span;
}

void SimBatch::requeue(const core::NodeName& node) {
  for (auto& [id, job] : m_jobs) {
    if (std::ranges::find(job.nodes, node) == job.nodes.end()) continue;
    finish(job);
    job.done = false;
  }
}

void SimBatch::watch_silence(SimNode& node) {
  if (!node.silent_since) return;
  const TimePoint now = m_stage.clock.real();
  core::Node& entry = node.entry;
  if (node.daemon && now >= node.silent_until) {
    node.silent_since.reset();
    entry.responding = true;
    entry.down = false;  // ReturnToService=2
    return;
  }
  entry.responding = now - *node.silent_since < k_unanswered;
  if (!entry.down && now - *node.silent_since >= m_options.gives_up) {
    entry.down = true;
    requeue(entry.name);
  }
}

void SimBatch::finish(SimJob& job) {
  for (const core::NodeName& name : job.nodes) {
    const auto node = m_nodes.find(name);
    if (node == m_nodes.end()) continue;
    core::Node& entry = node->second.entry;
    entry.slots_used = std::max(0, entry.slots_used - slots_taken(entry, job.shape));
    entry.memory_mib_used = std::max<std::int64_t>(0, entry.memory_mib_used - memory_each(job.shape.chunks.front()));
    node->second.completing_until = m_stage.clock.real() + m_options.completing;
  }
  job.nodes.clear();
  job.ends_at.reset();
  job.done = true;
}

void SimBatch::end_jobs() {
  for (auto& [id, job] : m_jobs) {
    if (!job.ends_at || *job.ends_at > m_stage.clock.real()) continue;
    const bool reported =
        std::ranges::all_of(job.nodes, [&](const core::NodeName& name) { return !m_nodes.at(name).silent_since; });
    if (reported) finish(job);
  }
  std::erase_if(m_jobs, [](const auto& entry) { return entry.second.done; });
}

bool SimBatch::start(SimJob& job) {
  const core::Chunk& chunk = job.shape.chunks.front();
  std::vector<SimNode*> chosen;
  for (auto& [name, node] : m_nodes) {
    if (std::ssize(chosen) < chunk.nodes && fits(node, job.shape)) chosen.push_back(&node);
  }
  if (std::ssize(chosen) < chunk.nodes) return false;
  for (SimNode* node : chosen) {
    if (!node->released && !node->foreign) m_stage.checker.job_on_unreleased(node->entry.name);
    node->entry.slots_used += slots_taken(node->entry, job.shape);
    node->entry.memory_mib_used += memory_each(chunk);
    job.nodes.push_back(node->entry.name);
  }
  job.ends_at = m_stage.clock.real() + job.runs_for;
  m_stage.say(fmt::format("  batch: job {} starts on {}", job.id.value, chosen.front()->entry.name.value));
  return true;
}

void SimBatch::start_jobs() {
  for (auto& [id, job] : m_jobs) {
    const bool known = !m_state_lost || job.submitted >= m_state_lost_at;
    if (known && job.nodes.empty() && job.waiting == core::Waiting::eligible) start(job);
  }
}

void SimBatch::tick() {
  if (m_ads_again_at && m_stage.clock.real() >= *m_ads_again_at) {
    m_ads_again_at.reset();
    for (const auto& [name, node] : m_nodes) {
      if (!node.daemon) requeue(name);
    }
    std::erase_if(m_nodes, [](const auto& entry) { return !entry.second.daemon; });
    restore_state();
  }
  let_daemons_in();
  for (auto& [name, node] : m_nodes) watch_silence(node);
  expire_ads();
  end_jobs();
  start_jobs();
}

// What is in slurm.conf stays; nodes that joined by themselves and all jobs are forgotten. The daemons and their jobs
// run on.
void SimBatch::lose_state() {
  if (m_options.entries == core::NodeEntries::by_themselves) {  // a collector: its ads come again within minutes
    for (auto& [name, node] : m_nodes) node.listed_by_batch = false;
    m_ads_again_at = m_stage.clock.real() + m_stage.random.between(Seconds(10), Seconds(300));
    restart(k_collector_fresh);
    return;
  }
  m_state_lost = true;
  m_state_lost_at = m_stage.clock.real();
  for (auto& [name, node] : m_nodes) node.listed_by_batch = node.foreign;
}

void SimBatch::restore_state() {
  m_state_lost = false;
  for (auto& [name, node] : m_nodes) node.listed_by_batch = true;
}

void SimBatch::person_holds(const core::NodeName& name) {
  SimNode& node = m_nodes.at(name);
  node.entry.held = true;
  node.entry.note = "maintenance";
  node.holder = Holder::person;
  m_stage.say(fmt::format("  a person holds '{}'", name.value));
}

void SimBatch::person_releases(const core::NodeName& name) {
  SimNode& node = m_nodes.at(name);
  node.entry.held = false;
  node.entry.note.clear();
  node.holder = Holder::nobody;
  node.released = true;
  m_stage.say(fmt::format("  a person releases '{}'", name.value));
}

}  // namespace tide::sim
