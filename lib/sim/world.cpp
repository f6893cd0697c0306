#include <tide/sim/world.hpp>

#include <fmt/format.h>

namespace tide::sim {

namespace {

bool bears_tag(const SimMachine& machine) { return !core::tag_of(machine.instance, core::tag::k_cluster).empty(); }

}  // namespace

World::World(Stage& stage, core::Settings settings, const SimBatchOptions& batch,
             const std::map<core::CloudName, SimCloudOptions>& clouds)
    : m_stage(stage), m_settings(std::move(settings)), m_names(stage), m_batch(stage, *this, batch) {
  for (const auto& [name, options] : clouds)
    m_clouds.emplace(name, std::make_unique<SimCloud>(stage, *this, name, options));
  m_stage.pass_time = [this](Seconds span) { pass_time(span); };
}

// In small steps, so that jobs start and end in between.
void World::pass_time(Seconds span) {
  constexpr Seconds k_step{10};
  while (span > Seconds(0)) {
    const Seconds step = std::min(span, k_step);
    span -= step;
    m_stage.clock.advance(step);
    for (auto& [name, cloud] : m_clouds) cloud->tick();
    m_batch.tick();
  }
}

std::map<core::PoolName, int> World::live_by_pool() const {
  std::map<core::PoolName, int> live;
  for (const auto& [name, cloud] : m_clouds) {
    std::set<std::string> counted;
    for (const auto& [id, machine] : cloud->machines()) {
      const std::string launch(core::tag_of(machine.instance, core::tag::k_intent));
      const bool again = cloud->launches_listed() && machine.is_live() && !counted.insert(launch).second;
      if (machine.is_live() && !machine.is_stopped() && bears_tag(machine) && !again)
        ++live[core::PoolName{std::string(core::tag_of(machine.instance, core::tag::k_pool))}];
    }
  }
  return live;
}

std::set<core::IntentId> World::doubled() const {
  std::map<core::IntentId, int> living;
  for (const auto& [name, cloud] : m_clouds) {
    if (!cloud->launches_listed()) continue;
    for (const auto& [id, machine] : cloud->machines()) {
      const bool lives = machine.is_live() && machine.instance.state != core::InstanceState::stopping;
      if (lives && machine.shown && bears_tag(machine))
        ++living[core::IntentId{std::string(core::tag_of(machine.instance, core::tag::k_intent))}];
    }
  }
  std::set<core::IntentId> doubled;
  for (const auto& [intent, count] : living) {
    if (count > 1) doubled.insert(intent);
  }
  return doubled;
}

int World::live() const {
  int count = 0;
  for (const auto& [name, cloud] : m_clouds) {
    for (const auto& [id, machine] : cloud->machines()) count += machine.is_live() && bears_tag(machine) ? 1 : 0;
  }
  return count;
}

std::set<std::string> World::live_names() const {
  std::set<std::string> names;
  for (const auto& [name, cloud] : m_clouds) {
    for (const auto& [id, machine] : cloud->machines()) {
      if (machine.is_live()) names.insert(machine.instance.names.begin(), machine.instance.names.end());
    }
  }
  return names;
}

bool World::is_live(const core::InstanceId& id) const {
  for (const auto& [name, cloud] : m_clouds) {
    const auto machine = cloud->machines().find(id);
    if (machine != cloud->machines().end())
      return machine->second.is_live() && !machine->second.is_stopped() &&
             machine->second.instance.state != core::InstanceState::stopping;
  }
  return false;
}

Checker::EndFacts World::end_facts(const SimMachine& machine) const {
  Checker::EndFacts facts{
      .cloud = machine.instance.cloud, .id = machine.instance.id, .node = {machine.instance.names.front()}};
  facts.ours = bears_tag(machine);
  const SimNode* node = m_batch.node_of(machine.instance.id);
  if (node == nullptr) return facts;
  facts.registered = node->entry.registered_at.has_value();
  facts.registered_at = node->entry.registered_at;
  facts.by_itself = m_batch.traits().entries == core::NodeEntries::by_themselves;
  // One that the batch system itself refuses takes no jobs either.
  const bool refused = node->holder == Holder::batch && node->entry.unfit;
  facts.held_by_tide = node->entry.held && (node->holder == Holder::tide || refused);
  facts.held_by_person = node->entry.held && node->holder == Holder::person;
  facts.hold_pass = node->hold_pass;
  facts.jobs = m_batch.jobs_on(node->entry.name);
  return facts;
}

void World::machine_boots(const SimMachine& machine) {
  m_batch.daemon_starts({.node = {machine.instance.names.front()},
                         .machine = machine.instance.id,
                         .slots = machine.slots,
                         .memory_mib = machine.memory_mib,
                         .features = machine.features,
                         .address = machine.instance.address});
}

void World::joins_without_entry(const core::NodeName& name) {
  if (!m_entries_excused)
    m_stage.checker.fail(fmt::format("node '{}' registers and tide made, or left, no entry for it", name.value));
}

}  // namespace tide::sim
