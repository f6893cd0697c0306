#include <tide/engine/executor.hpp>
#include <tide/engine/observe.hpp>

#include <tide/core/describe.hpp>
#include <tide/core/finding.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <set>

namespace tide::engine {

namespace {

constexpr const char* k_alarm = "alarm";
constexpr std::string_view k_partly = "partly";
constexpr const char* k_refuse = "refuse";
constexpr const char* k_upkeep = "upkeep";
constexpr const char* k_foreign_head = "foreign-head";
constexpr const char* k_look_kept = "thorough-upkeep";  // when it last was, in the store
constexpr Seconds k_look_every{600};
constexpr int k_events_looked_at = 1'000;  // more than an hour of a cluster that has much to say

// A peer's unreadable answer or silence is the cloud's or the batch system's, by whose action it was; whatever it is
// that the batch system refuses is 9.
core::ExitCode of_action(const Outcome& outcome) {
  const core::Action& action = outcome.planned.action;
  const bool by_cloud = std::holds_alternative<core::Launch>(action) || std::holds_alternative<core::Repeat>(action) ||
                        std::holds_alternative<core::Terminate>(action) ||
                        std::holds_alternative<core::Adopt>(action) || std::holds_alternative<core::Disown>(action);
  const bool by_batch = std::holds_alternative<core::Hold>(action) || std::holds_alternative<core::Release>(action) ||
                        std::holds_alternative<core::SetAddress>(action) || std::holds_alternative<core::Add>(action) ||
                        std::holds_alternative<core::GiveUp>(action) || std::holds_alternative<core::Remove>(action);
  if (by_batch) return core::ExitCode::batch;
  const ErrorKind kind = outcome.error->kind;
  return by_cloud ? core::cloud_exit_code_of(kind) : core::exit_code_of(kind);
}

// Closed rows alone do not make a failed pass partly done.
bool is_bookkeeping(const core::Action& action) {
  return std::holds_alternative<core::CloseWish>(action) || std::holds_alternative<core::CloseIntent>(action) ||
         std::holds_alternative<core::Forget>(action);
}

core::ExitCode of_clouds(const core::Snapshot& snapshot) {
  core::ExitCode code = core::ExitCode::done;
  for (const auto& [name, listed] : snapshot.instances) {
    if (listed) continue;
    const bool denied = listed.error().kind == ErrorKind::auth;
    if (denied) return core::ExitCode::not_allowed;
    const bool config = listed.error().kind == ErrorKind::config && code != core::ExitCode::cloud;
    code = config ? core::ExitCode::config : core::ExitCode::cloud;
  }
  return code;
}

core::ExitCode of_upkeep(const PassReport& report) {
  const auto failed =
      std::ranges::find_if(report.upkeep, [](const cloud::UpkeepStep& step) { return step.error.has_value(); });
  if (failed == report.upkeep.end()) return core::ExitCode::done;
  const bool some_done =
      std::ranges::any_of(report.outcomes,
                          [](const Outcome& outcome) { return !is_bookkeeping(outcome.planned.action); }) ||
      std::ranges::any_of(report.upkeep, [](const cloud::UpkeepStep& step) { return !step.error; });
  return some_done ? core::ExitCode::partly : core::cloud_exit_code_of(failed->error->kind);
}

// Which of a sample's numbers a worker adds to.
std::int64_t store::Sample::*counter_of(const core::Worker& worker) {
  using core::Phase;
  switch (worker.phase) {
    case Phase::busy: return &store::Sample::nodes_busy;
    case Phase::idle: return &store::Sample::nodes_idle;
    case Phase::foreign: return worker.jobs.empty() ? &store::Sample::nodes_idle : &store::Sample::nodes_busy;
    case Phase::requested:
    case Phase::pending:
    case Phase::booting:
    case Phase::joining: return &store::Sample::nodes_coming;
    case Phase::draining:
    case Phase::drained:
    case Phase::interrupted:
    case Phase::stopping:
    case Phase::stopped:
    case Phase::gone: return &store::Sample::nodes_going;
    case Phase::failed:
    case Phase::lost:
    case Phase::unfit:
    case Phase::down:
    case Phase::unclear:
    case Phase::orphan:
    case Phase::held: return &store::Sample::nodes_other;
  }
  return &store::Sample::nodes_other;
}

// A node's name is used again; which machine it was is told by this alone.
std::string instance_clause(std::string_view instance) { return "; instance " + std::string(instance); }

// How a wish came out in this pass: its command may be another process, and still wait. The rule is the kind of what
// was declined or failed first, or k_partly.
store::Event closing_event(const PassReport& report, const core::WishId& wish, const core::Reason& done) {
  store::Event event{.at = report.snapshot.taken_at,
                     .pass = report.plan.memory.passes,
                     .type = std::string(k_close_wish),
                     .subject = wish.value,
                     .rule = done.rule,
                     .text = done.text};
  std::vector<std::string> problems;
  const auto add = [&](std::string_view rule, std::string text) {
    if (problems.empty()) event.rule = rule;
    problems.push_back(std::move(text));
  };
  bool acted = false;
  for (const core::Declined& declined : report.plan.declined) {
    if (declined.wish == wish)
      add(to_string(declined.kind), fmt::format("{}: {}", declined.what, declined.reason.text));
  }
  for (const Outcome& outcome : report.outcomes) {
    const auto* launch = std::get_if<core::Launch>(&outcome.planned.action);
    if (launch == nullptr || launch->wish != wish) continue;
    acted = acted || !outcome.started.empty();
    if (outcome.error) {
      // An answer that nobody could read is the cloud's own 6: the kind alone does not name the peer.
      const ErrorKind kind = outcome.error->kind;
      const bool unread = core::cloud_exit_code_of(kind) != core::exit_code_of(kind);
      add(to_string(unread ? ErrorKind::retry : kind), outcome.error->message);
    } else if (std::ssize(outcome.started) < launch->request.count) {
      add(k_partly, fmt::format("{} of {} came", outcome.started.size(), counted(launch->request.count, "machine")));
    }
  }
  if (problems.empty()) return event;
  if (acted) event.rule = k_partly;
  event.text = join(problems, "; ");
  return event;
}

std::vector<store::Event> events_of(const PassReport& report) {
  std::vector<store::Event> events;
  const auto add = [&](std::string type, std::string subject, std::string rule, std::string text) {
    events.push_back({.at = report.snapshot.taken_at,
                      .pass = report.plan.memory.passes,
                      .type = std::move(type),
                      .subject = std::move(subject),
                      .rule = std::move(rule),
                      .text = std::move(text)});
  };
  for (const Outcome& outcome : report.outcomes) {
    if (const auto* closed = std::get_if<core::CloseWish>(&outcome.planned.action); closed && !outcome.error) {
      events.push_back(closing_event(report, closed->wish, outcome.planned.reason));
      continue;
    }
    std::string text = outcome.planned.reason.text;
    if (const auto* end = std::get_if<core::Terminate>(&outcome.planned.action))
      text += instance_clause(end->instance.value);
    if (const auto* launch = std::get_if<core::Launch>(&outcome.planned.action))
      text += "; nodes " + join(launch->request.names, " ");
    if (!outcome.note.empty()) text += "; " + outcome.note;
    if (outcome.error) text += "; failed: " + outcome.error->message;
    const bool to_ask_for = outcome.error && outcome.error->kind == ErrorKind::quota;  // only a person can mend it
    if (to_ask_for && !outcome.error->hint.empty()) text += "; " + outcome.error->hint;
    add(core::verb_of(outcome.planned.action), core::subject_of(outcome.planned.action), outcome.planned.reason.rule,
        std::move(text));
  }
  for (const cloud::UpkeepStep& step : report.upkeep)
    add(step.verb, step.subject, k_upkeep, step.error ? step.text + "; failed: " + step.error->message : step.text);
  for (const core::Alarm& alarm : report.plan.alarms) add(k_alarm, "", alarm.reason.rule, alarm.reason.text);
  for (const core::Declined& declined : report.plan.declined)
    add(k_refuse, declined.what, declined.reason.rule, declined.reason.text);
  return events;
}

// Seconds and counts change from pass to pass; that is no news.
std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

// What lasts is written once, not each minute by cron; again after an hour of such passes.
bool is_told(const store::Event& event, std::span<const store::Event> told) {
  const bool failed_upkeep = event.rule == k_upkeep && event.text.find("; failed: ") != std::string::npos;
  if (event.type != k_alarm && event.type != k_refuse && !failed_upkeep) return false;
  return std::ranges::any_of(told, [&](const store::Event& old) {
    const bool same =
        old.type == event.type && old.subject == event.subject && old.rule == event.rule && old.pass + 60 >= event.pass;
    return same && (event.type == k_refuse || without_digits(old.text) == without_digits(event.text));
  });
}

Result<void> write_events(store::Store& store, const std::vector<store::Event>& events) {
  TIDE_TRY_ASSIGN(const std::vector<store::Event> last, store.events({.newest = k_events_looked_at}));
  std::vector<store::Event> news;
  for (const store::Event& event : events) {
    if (!is_told(event, last) && !is_told(event, news)) news.push_back(event);
  }
  return news.empty() ? Result<void>() : store.append(news);
}

// Is a longer look due? A time that cannot be read, or that a stepped clock has ahead, is none. It is written before
// the look: one that dies on the way waits for the next.
Result<bool> take_turn_to_look(Ports& ports) {
  const TimePoint now = ports.clock.now();
  TIDE_TRY_ASSIGN(const auto kept, ports.store.kept_text(k_look_kept));
  const auto last = parse_time(kept.value_or(""));
  if (last && *last <= now && now - *last < k_look_every) return false;
  TIDE_TRY(ports.store.keep_text(k_look_kept, format_time(now)));
  return true;
}

// A machine that this pass ended is left as it is, and so is a cloud that could not be read; under another head, all
// is.
Result<std::vector<cloud::UpkeepStep>> keep_up(Ports& ports, const core::Settings& settings, const PassReport& report) {
  std::vector<cloud::UpkeepStep> steps;
  for (const core::Alarm& alarm : report.plan.alarms) {
    if (alarm.reason.rule == k_foreign_head) return steps;
  }
  const bool any_read =
      std::ranges::any_of(report.snapshot.instances, [](const auto& entry) { return static_cast<bool>(entry.second); });
  if (!any_read) return steps;
  TIDE_TRY_ASSIGN(const bool thorough, take_turn_to_look(ports));
  std::set<core::InstanceId> ended;
  for (const core::PlannedAction& planned : report.plan.actions) {
    if (const auto* end = std::get_if<core::Terminate>(&planned.action)) ended.insert(end->instance);
  }
  std::map<core::CloudName, std::vector<core::Instance>> running;
  for (const core::Worker& worker : report.plan.workers) {
    const auto& instance = worker.instance;
    if (!worker.ours || !instance || instance->state != core::InstanceState::running) continue;
    if (!ended.contains(instance->id)) running[instance->cloud].push_back(*instance);
  }
  for (const auto& [name, listed] : report.snapshot.instances) {
    const auto port = ports.clouds.find(name);
    if (!listed || port == ports.clouds.end()) continue;
    const auto kept = port->second->keep_up(
        {.cluster = settings.cluster, .owner = ports.head.value, .running = running[name], .thorough = thorough});
    steps.insert(steps.end(), kept.begin(), kept.end());
  }
  return steps;
}

// How much there is; nothing where the batch system could not be read, for no number is right then.
std::optional<store::Sample> sample_of(const PassReport& report) {
  const core::Snapshot& snapshot = report.snapshot;
  if (!snapshot.jobs || !snapshot.nodes) return std::nullopt;
  return count(snapshot, report.plan);
}

}  // namespace

store::Sample count(const core::Snapshot& snapshot, const core::Plan& plan) {
  store::Sample sample{.at = snapshot.taken_at};
  for (const core::ShapeVerdict& verdict : plan.shapes) sample.jobs_waiting += verdict.jobs.count;
  std::set<core::JobId> running;
  for (const core::Worker& worker : plan.workers) {
    running.insert(worker.jobs.begin(), worker.jobs.end());
    ++(sample.*counter_of(worker));
  }
  sample.jobs_running = std::ssize(running);
  return sample;
}

Result<PassReport> run_pass(Ports& ports, const core::Settings& settings, const PassOptions& options) {
  PassOptions timed = options;
  timed.began = ports.clock.monotonic();
  TIDE_TRY_ASSIGN(const core::Memory loaded, ports.store.load());
  PassReport report{.snapshot = look(ports, settings, loaded, options.all_job_ids), .plan = {}, .outcomes = {}};
  report.plan = core::plan(report.snapshot, settings, options.scope);
  if (options.dry_run) return report;
  if (options.approve) TIDE_TRY(options.approve(report.snapshot, report.plan));
  Executor executor(ports, settings, report.snapshot, report.plan.memory, loaded, timed);
  const auto ran = executor.run(report.plan);
  report.outcomes = executor.outcomes();
  if (!ran) return Error(ran.error()).with_context("while writing what was done; the pass stopped there");
  if (options.scope.everything) {
    auto kept = keep_up(ports, settings, report);
    if (!kept) return std::move(kept).error().with_context("while looking after what belongs to machines");
    report.upkeep = std::move(*kept);
  }
  TIDE_TRY(write_events(ports.store, events_of(report)));
  TIDE_TRY(ports.store.keep(report.snapshot, sample_of(report)));
  return report;
}

Result<Closing> closing_of(store::Store& store, const core::WishId& wish) {
  TIDE_TRY_ASSIGN(const std::vector<store::Event> events,
                  store.events({.about = wish.value, .type = std::string(k_close_wish), .newest = 1}));
  if (events.empty() || events.back().subject != wish.value) return Closing{};
  const store::Event& event = events.back();
  const auto kind = error_kind_from(event.rule);
  return Closing{.exit = event.rule == k_partly ? core::ExitCode::partly
                         : kind                 ? core::exit_code_of(*kind)
                                                : core::ExitCode::done,
                 .text = event.text};
}

bool names_instance(const store::Event& event, std::string_view instance) {
  const std::string clause = instance_clause(instance);
  const std::size_t at = event.text.find(clause);
  return at != std::string::npos && (at + clause.size() == event.text.size() || event.text[at + clause.size()] == ';');
}

core::ExitCode exit_code(const core::Snapshot& snapshot) {
  for (const Error* error :
       {snapshot.server ? nullptr : &snapshot.server.error(), snapshot.nodes ? nullptr : &snapshot.nodes.error(),
        snapshot.jobs ? nullptr : &snapshot.jobs.error()}) {
    if (error == nullptr) continue;
    const bool config = error->kind == ErrorKind::stranger || error->kind == ErrorKind::config;
    return config ? core::ExitCode::config : core::ExitCode::batch;
  }
  return of_clouds(snapshot);
}

core::ExitCode exit_code(const PassReport& report) {
  for (const core::Alarm& alarm : report.plan.alarms) {
    if (alarm.reason.rule != "batch-unreadable") continue;
    const bool config = alarm.kind == ErrorKind::stranger || alarm.kind == ErrorKind::config;
    return config ? core::ExitCode::config : core::ExitCode::batch;
  }
  if (const auto code = of_clouds(report.snapshot); code != core::ExitCode::done) return code;
  for (const core::Alarm& alarm : report.plan.alarms) {
    if (alarm.reason.rule == k_foreign_head) return core::ExitCode::refused;
  }
  const auto failed =
      std::ranges::find_if(report.outcomes, [](const Outcome& outcome) { return outcome.error.has_value(); });
  if (failed == report.outcomes.end()) return of_upkeep(report);
  const bool some_done = std::ranges::any_of(report.outcomes, [](const Outcome& outcome) {
    return !outcome.error && !is_bookkeeping(outcome.planned.action);
  });
  return some_done ? core::ExitCode::partly : of_action(*failed);
}

}  // namespace tide::engine
