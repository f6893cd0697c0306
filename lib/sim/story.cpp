#include <tide/sim/story.hpp>

#include <tide/core/describe.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::sim {

namespace {

constexpr Seconds k_rest_max{12 *
                             3600};  // rebuild, suspicion, a pool's three failures and long jobs, one after the other
constexpr int k_quiet_passes = 25;   // longer than any idle_time of a scenario

}  // namespace

Story::Story(Scenario scenario, bool verbose)
    : m_scenario(std::move(scenario)),
      m_stage(m_scenario.seed * 4 + 2),
      m_world(m_stage, m_scenario.settings, m_scenario.batch, m_scenario.clouds),
      m_head(m_stage, m_world, m_scenario.settings, {"head-1"}, m_scenario.seed * 4 + 3),
      m_jobs(m_scenario.seed * 4 + 5) {
  m_stage.verbose = verbose;
  m_stage.faults = m_scenario.faults;
  for (int i = 0; i < m_scenario.foreign_nodes; ++i) {
    SimNode node;
    node.entry.name.value = fmt::format("static{}", i + 1);
    node.entry.slots = 2;
    node.entry.memory_mib = 4096;
    node.entry.registered_at = m_stage.clock.real() - Seconds(86'400);
    node.foreign = true;
    node.daemon = true;
    node.released = true;
    m_world.batch().add_foreign(node);
  }
  for (auto& [name, cloud] : m_world.clouds()) cloud->add_foreign("database");
}

core::JobId Story::submit(const core::Shape& shape, Seconds runs_for) {
  SimJob job{.id = {fmt::format("{:05}", ++m_next_job)}, .shape = shape, .runs_for = runs_for};
  job.submitted = m_stage.clock.real();
  m_stage.say(fmt::format("  job {} is submitted", job.id.value));
  m_world.batch().submit(job);
  return job.id;
}

void Story::submit_some() {
  const int hourly = m_scenario.jobs_per_hour;
  if (!m_jobs.chance(hourly * 1000 / 60 / 3)) return;
  const int count = m_jobs.between(1, 5);  // they come in bursts
  const auto& shape =
      m_scenario.shapes[static_cast<std::size_t>(m_jobs.between(0, static_cast<int>(m_scenario.shapes.size()) - 1))];
  for (int i = 0; i < count; ++i) {
    const core::JobId id = submit(shape, m_jobs.between(Seconds(20), m_scenario.job_max));
    if (m_jobs.chance(50)) m_world.batch().all_jobs().at(id).waiting = core::Waiting::dependent;
  }
}

void Story::run(Seconds span, Seconds interval) {
  const TimePoint end = m_stage.clock.real() + span;
  while (m_stage.clock.real() < end) {
    pass();
    m_world.pass_time(interval);
  }
}

void Story::play() {
  const TimePoint end = m_stage.clock.real() + m_scenario.lasts;
  while (m_stage.clock.real() < end && m_stage.checker.violations().empty()) {
    trouble_head();
    pass();
    Seconds left = m_stage.random.between(m_scenario.interval_min, m_scenario.interval_max);
    while (left > Seconds(0)) {
      const Seconds part = std::min(left, Seconds(60));
      m_world.pass_time(part);
      left -= part;
      submit_some();
      meddle();
    }
  }
}

bool Story::is_settled(const PassEnd& end) const {
  return end.report && end.report->plan.actions.empty() && end.report->plan.alarms.empty() &&
         end.exit == core::ExitCode::done;
}

// Which of the machines of one launch is the node, tide may not be able to tell, and says so: a person looks, and ends
// the others with the cloud's own tools.
void Story::end_twins(const PassEnd& end) {
  if (!end.report) return;
  const std::set<core::IntentId> doubled = m_world.doubled();
  for (const core::Worker& worker : end.report->plan.workers) {
    if (worker.phase != core::Phase::unclear || !doubled.contains(worker.intent) || !m_world.is_live(worker.id))
      continue;
    if (m_world.batch().node_of(worker.id) != nullptr) continue;
    m_stage.hit("twins-unclear");
    m_stage.say(fmt::format("  a person ends {}, which is no node", worker.id.value));
    m_world.cloud(worker.cloud).kill(worker.id);
  }
}

void Story::rest() {
  end_troubles();
  const TimePoint deadline = m_stage.clock.real() + k_rest_max;
  int quiet = 0;
  PassEnd last;
  while (quiet < k_quiet_passes && m_stage.clock.real() < deadline && m_stage.checker.violations().empty()) {
    last = pass();
    end_twins(last);
    const bool jobs_run =
        std::ranges::any_of(m_world.batch().all_jobs(), [](const auto& entry) { return !entry.second.nodes.empty(); });
    quiet = is_settled(last) && !jobs_run ? quiet + 1 : 0;
    m_world.pass_time(Seconds(60));
  }
  if (!m_stage.checker.violations().empty()) return;
  if (quiet >= k_quiet_passes) {
    check_rest(last);
    return;
  }
  std::string still =
      last.report && !last.report->plan.actions.empty() ? core::describe(last.report->plan.actions.front().action) : "";
  if (last.report && !last.report->plan.alarms.empty())
    still += "alarm: " + last.report->plan.alarms.front().reason.text;
  m_stage.checker.fail(
      fmt::format("does not come to rest: exit {}, {} {}", static_cast<int>(last.exit), still, last.died));
}

void Story::check_rest(const PassEnd& end) {
  Checker& checker = m_stage.checker;
  for (const core::Worker& worker : end.report->plan.workers) {
    if (!worker.ours) continue;
    // A hold without a note, whose row was lost with the store, is taken for a person's.
    const bool persons = worker.node && worker.node->hold_is_final && m_head.store_was_replaced();
    const bool fine = worker.phase == core::Phase::idle || !core::is_paid_for(worker) || persons;
    const std::string name = worker.name.empty() ? worker.id.value : worker.name.value;
    if (!fine)
      checker.fail(fmt::format("at rest: '{}' is in phase {} {}", name, static_cast<int>(worker.phase), worker.why));
  }
  for (const core::ShapeVerdict& verdict : end.report->plan.shapes) {
    if (verdict.not_counted != verdict.jobs.count) {
      checker.fail(fmt::format("at rest: {} jobs wait, {} of them fit and {} are launched for", verdict.jobs.count,
                               verdict.fits, verdict.launching));
    }
  }
  const core::Memory& memory = m_head.store().memory();
  for (const auto& [id, intent] : memory.intents) {
    if (intent.state == core::IntentState::open) checker.fail(fmt::format("at rest: intent '{}' is open", id.value));
  }
  for (const auto& [id, wish] : memory.wishes) checker.fail(fmt::format("at rest: wish '{}' is open", id.value));
  for (const auto& [name, cloud] : m_world.clouds()) {
    for (const auto& [id, machine] : cloud->machines()) {
      const bool ours = !core::tag_of(machine.instance, core::tag::k_cluster).empty();
      if (ours && machine.is_live() && !memory.machines.contains(id))
        checker.fail(fmt::format("at rest: machine '{}' is not known", id.value));
    }
  }
  for (const auto& [name, node] : m_world.batch().all_nodes()) {
    if (node.foreign) continue;
    // Its machine ended while the store was lost: a node that tide cannot know to be its own, or cannot even see.
    const bool unknowable = node.entry.registered_at || m_scenario.batch.hides_unregistered;
    const bool forgotten = m_head.store_was_replaced() && unknowable && !memory.nodes.contains(name);
    if (forgotten && !m_world.is_live(node.machine)) continue;
    if (!m_world.is_live(node.machine)) checker.fail(fmt::format("at rest: node '{}' has no machine", name.value));
    const bool persons = node.entry.hold_is_final && m_head.store_was_replaced();
    if (node.entry.held && !persons)
      checker.fail(fmt::format("at rest: node '{}' is held: {}", name.value, node.entry.note));
  }
}

SeedReport run_seed(std::uint64_t seed, bool verbose) {
  Story story(draw_scenario(seed), verbose);
  story.play();
  if (story.stage().checker.violations().empty()) story.rest();
  return {.seed = seed,
          .violations = story.stage().checker.violations(),
          .probes = story.stage().probes,
          .log = std::move(story.stage().log),
          .passes = story.head().passes()};
}

}  // namespace tide::sim
