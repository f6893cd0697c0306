#include <tide/sim/head.hpp>

#include <tide/core/describe.hpp>
#include <tide/engine/executor.hpp>
#include <tide/engine/observe.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tide::sim {

namespace {

// What planning declined, or was alarmed by, and the probe that it is.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> k_declined{{
    {"breaker", "breaker"},
    {"released-by-person", "released-by-person"},
    {"persons-hold", "persons-hold"},
    {"down-together", "down-together"},
    {"per-hour", "per-hour-cap"},
    {"max-nodes", "max-nodes-cap"},
    {"pool-max", "pool-max-cap"},
    {"launch-limit", "launch-limit"},
    {"end-limit", "end-limit"},
}};

// Rules of actions that were done.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> k_done{{
    {"duplicate", "duplicate-ended"},
    {"lost", "lost"},
    {"failed", "failed"},
    {"orphan", "orphan"},
    {"unfit", "unfit"},
    {"down", "down-drained"},
    {"note", "note-written-again"},
    {"settled", "intent-settled"},
    {"leftover", "leftover-entry"},
    {"wish", "wish"},
}};

}  // namespace

Head::Head(Stage& stage, World& world, core::Settings settings, core::HeadId id, std::uint64_t seed)
    : m_stage(stage),
      m_world(world),
      m_settings(std::move(settings)),
      m_id(std::move(id)),
      m_random(seed),
      m_store(stage) {
  m_stage.checker.watch(m_world.settings(), m_id, m_store.memory());
}

void Head::put_store_back(core::Memory older) {
  m_store.put_back(std::move(older));
  m_store_replaced = true;
  m_stage.checker.store_replaced();
  m_world.excuse_missing_entries();
}

Result<engine::PassReport> Head::run() {
  std::map<core::CloudName, cloud::Cloud*> clouds;
  for (auto& [name, cloud] : m_world.clouds()) clouds.emplace(name, cloud.get());
  engine::Ports ports{.clock = m_stage.clock,
                      .random = m_random,
                      .batch = batch == nullptr ? m_world.batch() : *batch,
                      .clouds = std::move(clouds),
                      .store = kept == nullptr ? m_store : *kept,
                      .names = m_world.batch().resolves_names() ? &m_world.names() : nullptr,
                      .head = m_id};
  if (bend_ports) bend_ports(ports);
  engine::PassOptions options;
  options.progress = [this](const engine::Outcome& outcome) {
    m_stage.say(fmt::format("  {}: {} [{}] {}{}", outcome.error ? "failed" : "done",
                            core::describe(outcome.planned.action), outcome.planned.reason.rule,
                            outcome.planned.reason.text, outcome.error ? ": " + outcome.error->message : ""));
  };
  if (!bend_snapshot && !bend_plan) return engine::run_pass(ports, m_settings, options);
  TIDE_TRY_ASSIGN(const core::Memory loaded, ports.store.load());
  engine::PassReport report{.snapshot = engine::look(ports, m_settings, loaded, false), .plan = {}, .outcomes = {}};
  if (bend_snapshot) bend_snapshot(report.snapshot);
  report.plan = core::plan(report.snapshot, m_settings);
  if (bend_plan) bend_plan(report.plan);
  engine::Executor executor(ports, m_settings, report.snapshot, report.plan.memory, loaded, options);
  TIDE_TRY(executor.run(report.plan));
  report.outcomes = executor.outcomes();
  return report;
}

void Head::probe(const engine::PassReport& report) {
  const auto match = [&](const auto& table, const std::string& rule) {
    for (const auto& [name, hit] : table) {
      if (rule == name) m_stage.hit(hit);
    }
  };
  for (const core::Declined& one : report.plan.declined) match(k_declined, one.reason.rule);
  for (const engine::Outcome& outcome : report.outcomes) {
    match(k_done, outcome.planned.reason.rule);
    if (std::holds_alternative<core::Repeat>(outcome.planned.action)) m_stage.hit("repeat-with-token");
    const bool release = std::holds_alternative<core::Release>(outcome.planned.action);
    if (release && outcome.planned.reason.rule == "demand") m_stage.hit("drain-cancelled-by-demand");
  }
  for (const core::Alarm& alarm : report.plan.alarms) {
    match(k_declined, alarm.reason.rule);
    if (alarm.reason.rule == "rebuild") m_stage.hit("rebuild");
    if (alarm.reason.rule == "unclear-identity") m_stage.hit("unclear-identity");
    if (alarm.reason.text.find("suspect reading") != std::string::npos) m_stage.hit("suspicion");
    m_stage.say(fmt::format("  alarm [{}] {}", alarm.reason.rule, alarm.reason.text));
  }
}

PassEnd Head::pass() {
  m_stage.checker.begin_pass(++m_passes, m_world.live());
  m_stage.say(fmt::format("pass {}", m_passes));
  PassEnd end;
  try {
    auto ran = run();
    if (ran) {
      end.exit = engine::exit_code(*ran);
      end.report = std::move(*ran);
    } else {
      end.died = ran.error().message;
    }
  } catch (const Crash& crash) {
    end.died = crash.where;
    m_stage.hit("crash");
    if (crash.where == "before launch") m_stage.hit("crash-before-launch");
    if (crash.where == "after launch") m_stage.hit("crash-after-launch");
  }
  m_stage.crash_after_calls = 0;
  if (!end.died.empty()) m_stage.say(fmt::format("  the pass died: {}", end.died));
  if (end.report) {
    probe(*end.report);
    m_stage.checker.planned(end.report->snapshot, end.report->plan);
    const std::set<core::IntentId> doubled = m_world.doubled();
    if (!doubled.empty()) m_stage.hit("launch-came-twice");
    if (end.exit == core::ExitCode::done && end.report->plan.alarms.empty()) m_stage.checker.passed(doubled);
  }
  return end;
}

}  // namespace tide::sim
