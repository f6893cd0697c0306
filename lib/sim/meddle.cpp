#include <tide/sim/story.hpp>

#include <fmt/format.h>

#include <algorithm>

// All that goes wrong by itself, or that persons do, in the minutes between passes.
namespace tide::sim {

core::NodeName Story::any_node(bool (*suits)(const SimNode&)) {
  std::vector<core::NodeName> names;
  for (const auto& [name, node] : m_world.batch().all_nodes()) {
    if (!node.foreign && node.listed_by_batch && suits(node)) names.push_back(name);
  }
  if (names.empty()) return {};
  return names[static_cast<std::size_t>(m_stage.random.between(0, static_cast<int>(names.size()) - 1))];
}

void Story::trouble_nodes() {
  const Faults& faults = m_stage.faults;
  SimBatch& system = m_world.batch();
  if (m_stage.roll(faults.node_silent)) {
    const core::NodeName name = any_node([](const SimNode& node) { return node.daemon; });
    if (!name.empty()) system.silence(name, Seconds(60 * m_stage.random.between(1, 90)));
  }
  if (m_stage.roll(faults.daemon_restarts)) {
    const core::NodeName name =
        any_node([](const SimNode& node) { return node.daemon && node.entry.held && node.holder == Holder::tide; });
    if (!name.empty()) system.daemon_restarts(name);
  }
  if (m_stage.roll(faults.all_silent)) {
    m_stage.say("  the network of all nodes is silent");
    const Seconds span(60 * m_stage.random.between(1, 90));
    for (const auto& [name, node] : system.all_nodes()) system.silence(name, span);
  }
  if (!system.state_is_lost() && m_stage.roll(faults.state_lost)) {
    m_stage.say("  the batch server lost its state");
    system.lose_state();
    m_world.excuse_missing_entries();
    m_state_back = m_stage.clock.real() + Seconds(60 * m_stage.random.between(2, 60));
  }
  if (system.state_is_lost() && m_stage.clock.real() >= m_state_back) {
    m_stage.say("  the batch server's state is back");
    system.restore_state();
  }
  if (m_stage.roll(faults.restarts)) system.restart(Seconds(60 * m_stage.random.between(1, 5)));
  for (auto& [id, job] : system.all_jobs()) {
    if (job.waiting == core::Waiting::dependent && m_stage.roll(20)) job.waiting = core::Waiting::eligible;
  }
}

void Story::trouble_machines() {
  for (auto& [name, cloud] : m_world.clouds()) {
    std::vector<core::InstanceId> running;
    for (const auto& [id, machine] : cloud->machines()) {
      const bool ours = !core::tag_of(machine.instance, core::tag::k_cluster).empty();
      if (ours && machine.instance.state == core::InstanceState::running) running.push_back(id);
    }
    if (running.empty()) continue;
    const core::InstanceId& victim =
        running[static_cast<std::size_t>(m_stage.random.between(0, static_cast<int>(running.size()) - 1))];
    SimMachine& machine = cloud->machines().at(victim);
    if (machine.instance.market == core::Market::spot && m_stage.roll(m_stage.faults.interrupts)) {
      m_stage.say(fmt::format("  the cloud takes {} back", victim.value));
      cloud->take_back(victim);
    } else if (m_stage.roll(m_stage.faults.impairs)) {
      m_stage.say(fmt::format("  the cloud's checks change their mind on {}", victim.value));
      machine.impaired = !machine.impaired;
      if (m_stage.roll(300)) machine.event = "instance-retirement";
    }
    if (m_stage.roll(m_stage.faults.dies)) {
      m_stage.say(fmt::format("  machine {} dies", victim.value));
      cloud->kill(victim);
    } else if (m_stage.roll(m_stage.faults.errs_later)) {
      m_stage.say(fmt::format("  the cloud says error of {}", victim.value));
      cloud->machines().at(victim).fails_at = m_stage.clock.real();
    }
  }
}

void Story::make_wish() {
  core::Wish wish{.id = {fmt::format("wish-{}", ++m_next_wish)}, .by = "root@head"};
  wish.made_at = m_stage.clock.now();
  const core::NodeName name = any_node([](const SimNode& node) { return node.daemon; });
  const int kind = m_stage.random.between(0, 2);
  if (kind == 0) {
    wish.pool = m_scenario.settings.pools.begin()->first;
    wish.count = m_stage.random.between(1, 3);
  } else if (name.empty()) {
    return;
  } else if (kind == 1) {
    wish.kind = core::WishKind::kill_node;
    wish.targets = {name.value};
  } else {
    wish.kind = core::WishKind::terminate;
    wish.targets = {m_world.batch().all_nodes().at(name).machine.value};
  }
  wish.force = kind != 0 && m_stage.roll(200);
  core::Wish watched = wish;
  if (kind != 0) watched.targets = {name.value, m_world.batch().all_nodes().at(name).machine.value};
  m_stage.checker.wish(watched);
  m_stage.say(fmt::format("  a person's wish {}: {} {}{}", wish.id.value, kind == 0 ? "launch" : "end",
                          kind == 0 ? wish.pool.value : wish.targets.front(), wish.force ? " with force" : ""));
  if (const auto added = m_head.store().add_wish(wish); !added) m_stage.checker.fail(added.error().message);
}

void Story::persons_act() {
  SimBatch& system = m_world.batch();
  if (m_stage.roll(m_stage.faults.person_holds)) {
    const core::NodeName name =
        any_node([](const SimNode& node) { return node.entry.registered_at && !node.entry.unfit; });
    if (!name.empty()) {
      system.person_holds(name);
      m_persons_holds.emplace_back(m_stage.clock.real() + Seconds(60 * m_stage.random.between(5, 90)), name);
    }
  }
  for (const auto& [until, name] : m_persons_holds) {
    const auto node = system.all_nodes().find(name);
    const bool there =
        node != system.all_nodes().end() && node->second.holder == Holder::person && node->second.listed_by_batch;
    if (until <= m_stage.clock.real() && there) system.person_releases(name);
  }
  std::erase_if(m_persons_holds,
                [&](const auto& entry) { return entry.first <= m_stage.clock.real() && !system.state_is_lost(); });
  if (m_stage.roll(m_stage.faults.person_releases)) {
    const core::NodeName name = any_node(
        [](const SimNode& node) { return node.holder == Holder::tide && node.entry.registered_at.has_value(); });
    if (!name.empty()) system.person_releases(name);
  }
  if (m_stage.roll(m_stage.faults.wishes)) make_wish();
}

void Story::meddle() {
  trouble_nodes();
  trouble_machines();
  persons_act();
}

void Story::trouble_head() {
  const Faults& faults = m_stage.faults;
  SimClock& clock = m_stage.clock;
  if (m_stage.roll(faults.clock_steps)) {
    clock.step(Seconds(m_stage.random.between(-86'400, 86'400)));
    m_stage.hit("clock-step");
    m_stage.say("  the head's clock is stepped");
  }
  if (m_stage.roll(faults.reboots)) {
    clock.reboot();
    m_stage.checker.rebooted();
    m_stage.hit("reboot");
    m_stage.say("  the head reboots");
  }
  if (m_stage.roll(faults.long_gap)) m_world.pass_time(Seconds(60 * m_stage.random.between(5, 180)));
  if (m_stage.random.chance(30)) m_backup = m_head.store().memory();
  if (m_stage.roll(faults.store_deleted)) {
    m_head.lose_store();
    m_world.pass_time(Seconds(60));  // listings that lag show by then what the lost store knew
    m_stage.hit("store-deleted");
    m_stage.say("  the store is deleted");
  } else if (m_stage.roll(faults.store_put_back)) {
    m_head.put_store_back(m_backup);
    m_world.pass_time(Seconds(60));
    m_stage.hit("store-put-back");
    m_stage.say("  an older store is put back");
  }
  if (m_stage.roll(faults.crash)) {
    m_stage.crash_after_calls = m_stage.random.between(1, 25);
    m_stage.crash_before_effect = m_stage.random.chance(500);
  }
}

// What persons and the network began ends too; tide is left with what it made of it.
void Story::end_troubles() {
  m_stage.say("the faults end");
  m_stage.faults = {};
  m_stage.crash_after_calls = 0;
  SimBatch& system = m_world.batch();
  if (system.state_is_lost()) system.restore_state();
  system.restart(Seconds(0));
  for (auto& [name, node] : system.all_nodes()) {
    node.silent_until = m_stage.clock.real();
    if (node.holder == Holder::person) system.person_releases(name);
  }
  constexpr Seconds k_short{45};  // however many wait, they are served in time
  for (auto& [id, job] : system.all_jobs()) {
    job.waiting = core::Waiting::eligible;
    job.runs_for = std::min(job.runs_for, k_short);
    if (job.ends_at) job.ends_at = std::min(*job.ends_at, m_stage.clock.real() + k_short);
  }
  for (auto& [name, cloud] : m_world.clouds()) cloud->lift_capacity();
  m_persons_holds.clear();
  const core::Memory& memory = m_head.store().memory();
  std::erase_if(system.all_nodes(), [&](const auto& entry) {  // what a lost store knew, an administrator clears away
    const auto& [name, node] = entry;
    const bool known = memory.nodes.contains(name) || std::ranges::any_of(memory.machines, [&](const auto& machine) {
                         return machine.second.node == entry.first;
                       });
    return m_head.store_was_replaced() && !node.foreign && !known && !m_world.is_live(node.machine) &&
           system.jobs_on(name) == 0;
  });
}

}  // namespace tide::sim
