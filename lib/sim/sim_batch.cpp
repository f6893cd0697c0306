#include <tide/sim/sim_batch.hpp>

#include <tide/sim/world.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

// The port: what tide sees and does. What happens by itself is in batch_life.cpp.
namespace tide::sim {

namespace {

constexpr std::array k_bad_readings{ErrorKind::batch, ErrorKind::timeout, ErrorKind::unproven, ErrorKind::protocol};

// Groups as a real reading gives them: one line a shape, a class and a reason.
struct GroupKey {
  core::Shape shape;
  core::Waiting waiting;

  auto operator<=>(const GroupKey&) const = default;
};

}  // namespace

core::BatchTraits SimBatch::traits() const {
  return {.entries = m_options.entries,
          .hides_unregistered = m_options.hides_unregistered,
          .hold_has_note = true,
          .can_give_up = m_options.entries == core::NodeEntries::before_launch};
}

std::optional<Error> SimBatch::refuse_reading(const char* command) {
  const bool fails = m_stage.roll(m_stage.faults.read_fails);
  m_stage.checker.batch_reading(!fails);
  if (!fails) return std::nullopt;
  const auto kind = k_bad_readings[static_cast<std::size_t>(m_stage.random.between(0, 3))];
  return make_error(kind, "'{}' cannot be relied on", command);
}

Result<core::ServerIdentity> SimBatch::server() {
  m_stage.enter("server");
  m_jobs_lied = false;
  auto error = refuse_reading("server");
  const bool fresh = m_stage.clock.real() < m_fresh_until;
  if (fresh) m_stage.checker.batch_reading(false);
  m_stage.leave("server");
  if (error) return *error;
  return core::ServerIdentity{.name = m_options.server, .version = "22.05", .up_since = std::nullopt, .fresh = fresh};
}

core::Node SimBatch::listed(const SimNode& node) const {
  core::Node shown = node.entry;
  shown.completing = m_stage.clock.real() < node.completing_until;
  shown.unfit = shown.unfit && node.holder != Holder::person;  // it is read from the reason, which stays a person's
  return shown;
}

Result<std::vector<core::Node>> SimBatch::nodes() {
  m_stage.enter("nodes");
  if (auto error = refuse_reading("nodes")) {
    m_stage.checker.looked();
    m_stage.leave("nodes");
    return *error;
  }
  const bool omits = m_stage.roll(m_stage.faults.nodes_omitted);
  const int per_mille = omits ? std::array{80, 600, 1000}[static_cast<std::size_t>(m_stage.random.between(0, 2))] : 0;
  const bool stale = !m_jobs_lied && m_stage.roll(m_stage.faults.counters_stale);
  std::vector<core::Node> seen;
  for (const auto& [name, node] : m_nodes) {
    if (!node.listed_by_batch || (m_options.hides_unregistered && !node.entry.registered_at && !node.foreign)) continue;
    if (m_stage.roll(per_mille)) continue;
    seen.push_back(listed(node));
    if (stale) seen.back().slots_used = 0;
    if (stale) seen.back().memory_mib_used = 0;
  }
  m_stage.checker.nodes_listed(seen);
  m_stage.checker.looked();
  m_stage.leave("nodes");
  return seen;
}

Result<core::JobQueue> SimBatch::jobs(bool all_ids) {
  m_stage.enter("jobs");
  if (auto error = refuse_reading("jobs")) {
    m_stage.leave("jobs");
    return *error;
  }
  const bool omits = m_stage.roll(m_stage.faults.jobs_omitted);
  m_jobs_lied = omits;
  core::JobQueue queue;
  queue.proof = "header";
  std::map<GroupKey, core::WaitingJobs> groups;
  for (const auto& [id, job] : m_jobs) {
    if (m_state_lost && job.submitted < m_state_lost_at) continue;
    for (const core::NodeName& node : job.nodes) {
      if (!omits || m_stage.roll(500)) queue.running[node].push_back(id);
    }
    if (!job.nodes.empty()) continue;
    core::WaitingJobs& group = groups[{job.shape, job.waiting}];
    if (group.count++ == 0) group.oldest = job.submitted;
    group.shape = job.shape;
    group.waiting = job.waiting;
    group.reason = job.waiting == core::Waiting::eligible ? "Resources" : "Dependency";
    if (all_ids || group.ids.size() < core::k_job_ids_per_shape) group.ids.push_back(id);
  }
  for (auto& [key, group] : groups) queue.waiting.push_back(std::move(group));
  std::ranges::stable_sort(queue.waiting, {}, &core::WaitingJobs::oldest);
  m_stage.leave("jobs");
  return queue;
}

std::optional<Error> SimBatch::refuse_change(const char* command) {
  m_stage.enter(command);
  if (!m_stage.roll(m_stage.faults.change_fails)) return std::nullopt;
  m_stage.leave(command);
  return make_error(ErrorKind::batch, "'{}' failed", command);
}

// What was done may still come back as a failure.
Result<void> SimBatch::answer_change(const char* command) {
  m_stage.leave(command);
  if (m_stage.roll(m_stage.faults.change_lost_after))
    return make_error(ErrorKind::timeout, "'{}' did not end in time", command);
  return {};
}

bool SimBatch::resolves(const core::NodeName& node, const std::string& address) const {
  if (!m_options.resolves_names) return true;
  const auto& table = m_world.names().table();
  return std::ranges::find(table, core::HostEntry{node, address}) != table.end();
}

void SimBatch::make_entry(const batch::NodeSpec& spec) {
  SimNode node;
  node.entry = {.name = spec.name, .hostname = "", .address = spec.address, .instance = {}, .slots = spec.slots};
  node.entry.memory_mib = spec.memory_mib;
  node.entry.gpus = spec.gpus;
  node.entry.features = spec.features;
  node.entry.held = true;
  node.entry.responding = false;
  node.entry.note = spec.note;
  node.holder = Holder::tide;
  node.hold_pass = m_stage.checker.pass();
  m_nodes[spec.name] = std::move(node);
  m_stage.say(fmt::format("  batch: node '{}' is made, held", spec.name.value));
}

Result<void> SimBatch::add(const batch::NodeSpec& spec) {
  if (auto error = refuse_change("add")) return *error;
  if (m_options.entries == core::NodeEntries::by_themselves) m_stage.checker.fail("add: nodes come by themselves here");
  const bool late = m_options.entries == core::NodeEntries::with_address;
  if (late && spec.address.empty()) m_stage.checker.fail(fmt::format("add of '{}': no address", spec.name.value));
  if (late && !resolves(spec.name, spec.address)) {
    m_stage.leave("add");
    return make_error(ErrorKind::batch, "node '{}' is not known", spec.name.value);
  }
  const auto known = m_nodes.find(spec.name);
  if (known != m_nodes.end() && known->second.listed_by_batch) return answer_change("add");
  make_entry(spec);
  // Made and held by two commands: the first may be all that is done.
  if (late && m_stage.roll(m_stage.faults.change_lost_after)) {
    m_nodes[spec.name].entry.held = false;
    m_nodes[spec.name].entry.note.clear();
    m_nodes[spec.name].holder = Holder::nobody;
    m_nodes[spec.name].released = true;
    m_stage.hit("entry-without-hold");
    m_stage.leave("add");
    return make_error(ErrorKind::timeout, "'add' did not end in time");
  }
  return answer_change("add");
}

Result<void> SimBatch::set_address(const core::NodeName& name, const std::string& address) {
  if (auto error = refuse_change("set-address")) return *error;
  const auto node = m_nodes.find(name);
  if (node == m_nodes.end() || !node->second.listed_by_batch) {
    m_stage.leave("set-address");
    return make_error(ErrorKind::batch, "node '{}' is not known", name.value);
  }
  m_stage.checker.change_node(
      {.node = name, .change = "address", .foreign = node->second.foreign, .held_by_person = false});
  node->second.entry.address = address;
  return answer_change("set-address");
}

Result<void> SimBatch::hold(const core::NodeName& name, const std::string& note) {
  if (auto error = refuse_change("hold")) return *error;
  const auto found = m_nodes.find(name);
  if (found == m_nodes.end() || !found->second.listed_by_batch) {
    m_stage.leave("hold");
    return make_error(ErrorKind::batch, "node '{}' is not known", name.value);
  }
  SimNode& node = found->second;
  m_stage.checker.change_node(
      {.node = name, .change = "hold", .foreign = node.foreign, .held_by_person = node.holder == Holder::person});
  if (!node.entry.held || node.holder != Holder::tide) node.hold_pass = m_stage.checker.pass();
  if (!node.entry.held && m_stage.roll(m_options.final_holds)) {
    node.entry.hold_is_final = true;
    m_stage.hit("final-hold");
  }
  node.entry.held = true;
  node.entry.note = node.entry.hold_is_final ? "" : note;
  node.holder = Holder::tide;
  m_stage.say(fmt::format("  batch: node '{}' is held: {}", name.value, note));
  return answer_change("hold");
}

Result<void> SimBatch::release(const core::NodeName& name) {
  if (auto error = refuse_change("release")) return *error;
  const auto found = m_nodes.find(name);
  if (found == m_nodes.end() || !found->second.listed_by_batch) {
    m_stage.leave("release");
    return make_error(ErrorKind::batch, "node '{}' is not known", name.value);
  }
  SimNode& node = found->second;
  m_stage.checker.change_node(
      {.node = name, .change = "release", .foreign = node.foreign, .held_by_person = node.holder == Holder::person});
  if (node.entry.hold_is_final) {
    m_stage.checker.fail(fmt::format("release of node '{}': its hold is final", name.value));
    return answer_change("release");
  }
  node.entry.held = false;
  node.entry.note.clear();
  node.holder = Holder::nobody;
  node.released = true;
  m_stage.say(fmt::format("  batch: node '{}' is released", name.value));
  return answer_change("release");
}

Result<void> SimBatch::give_up(const core::NodeName& name) {
  if (auto error = refuse_change("give-up")) return *error;
  const auto found = m_nodes.find(name);
  if (found == m_nodes.end() || !found->second.listed_by_batch) return answer_change("give-up");
  SimNode& node = found->second;
  m_stage.checker.change_node({.node = name, .change = "giving up", .foreign = node.foreign, .held_by_person = false});
  if (node.daemon && m_world.is_live(node.machine))
    m_stage.checker.fail(fmt::format("giving up of node '{}': its machine is live", name.value));
  node.entry.down = true;
  requeue(name);
  m_stage.hit("given-up");
  return answer_change("give-up");
}

Result<void> SimBatch::remove(const core::NodeName& name) {
  if (auto error = refuse_change("remove")) return *error;
  const auto found = m_nodes.find(name);
  if (found == m_nodes.end()) return answer_change("remove");
  if (!found->second.listed_by_batch) {
    if (m_world.is_live(found->second.machine)) return answer_change("remove");
    requeue(name);         // its machine died with its jobs
    m_nodes.erase(found);  // nor does it come back with the state
    return answer_change("remove");
  }
  const SimNode& node = found->second;
  m_stage.checker.change_node({.node = name, .change = "removal", .foreign = node.foreign, .held_by_person = false});
  if (jobs_on(name) > 0) {
    m_stage.leave("remove");
    return make_error(ErrorKind::batch, "node '{}' runs jobs", name.value);
  }
  if (node.daemon && m_world.is_live(node.machine))
    m_stage.checker.fail(fmt::format("removal of node '{}': its machine is live", name.value));
  if (m_options.entries == core::NodeEntries::by_themselves) return answer_change("remove");  // its ad expires
  m_nodes.erase(found);
  m_stage.say(fmt::format("  batch: node '{}' is removed", name.value));
  return answer_change("remove");
}

}  // namespace tide::sim
