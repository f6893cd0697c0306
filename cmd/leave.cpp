#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/leave/remains.hpp"
#include "cmd/output/sections.hpp"
#include "cmd/output/show.hpp"
#include "cmd/reading.hpp"

#include <tide/core/enum_names.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <memory>

namespace tide::cmd {

namespace {

constexpr const char* k_schema = "tide.leave/1";

struct LeaveOptions {
  bool drain = false;
  bool keep = false;
};

struct Own {
  core::Snapshot snapshot;
  std::vector<core::Worker> machines;  // that are there, or still coming
  std::size_t open = 0;                // launches whose outcome is not known
};

Result<Own> look(Context& context) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  TIDE_TRY_ASSIGN(core::Snapshot snapshot, engine::observe(*ports, context.settings(), false));
  if (engine::exit_code(snapshot) != core::ExitCode::done) return not_known(snapshot, "which machines there are");
  core::Plan plan = core::plan(snapshot, context.settings());
  for (const core::Alarm& alarm : plan.alarms) {
    if (alarm.reason.rule == "foreign-head" || alarm.reason.rule == "batch-unreadable")
      return make_error(alarm.kind, "{}", alarm.reason.text).with_hint("'tide info' says more.");
  }
  Own own;
  for (core::Worker& worker : plan.workers) {
    if (worker.ours && !worker.id.empty()) own.machines.push_back(std::move(worker));
  }
  for (const auto& [id, intent] : snapshot.memory.intents)
    own.open += intent.state == core::IntentState::open ? 1U : 0U;
  own.snapshot = std::move(snapshot);
  return own;
}

std::string what_happens(const Own& own, bool keep) {
  std::string text = fmt::format("Leave: start no machine any more, {} {}, then take out what tide made.",
                                 keep ? "let go of" : "hold, wait for the jobs of and end",
                                 counted(std::ssize(own.machines), "machine"));
  for (const core::Worker& worker : own.machines) {
    text += fmt::format("\n  {} ({}, {}, {})", worker.name.empty() ? worker.id.value : worker.name.value,
                        worker.id.value, core::to_string(worker.phase), counted(std::ssize(worker.jobs), "job"));
  }
  return text;
}

Result<void> go_to_sleep(Context& context) {
  const core::Sleep sleep{.by = context.user(), .reason = "leave", .since = context.process().clock.now(), .until = {}};
  TIDE_TRY(edit_memory(
      context, "sleep", "start no machine until 'tide wake' (leave)",
      [&](core::Memory& memory) -> Result<void> {
        memory.sleep = sleep;
        return {};
      },
      Rows::own));
  return {};
}

// Ends, or lets go of, all machines by the one way: a wish.
Result<engine::WishReport> part_with(Context& context, const Own& own, bool keep, core::ExitCode& exit) {
  core::Wish wish = make_wish(context, keep ? core::WishKind::disown : core::WishKind::drain_all);
  for (const core::Worker& worker : own.machines) {
    if (keep) wish.targets.push_back(worker.id.value);
  }
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(true));
  engine::WishOptions options{.until_gone = keep || context.options().wait, .wait = !context.options().no_wait};
  TIDE_TRY_ASSIGN(options.timeout, context.patience(keep ? std::optional(std::chrono::seconds(900)) : std::nullopt));
  options.held = [&](const Error& error) { context.say(fmt::format("tide: waiting: {}", error.message)); };
  PassTeller tell(context, wish);
  options.again = [&](const engine::PassReport& pass) { tell(pass); };
  TIDE_TRY_ASSIGN(engine::WishReport report,
                  engine::carry_out(*ports, context.settings(), wish, try_lock(context, "leave"), options));
  exit = engine::exit_code(report, wish.id);
  tell_report(context, report, wish.id);
  return report;
}

void show(Context& context, const Own& own, const engine::WishReport& report, core::ExitCode exit, bool keep) {
  std::vector<engine::Outcome> outcomes;
  std::vector<cloud::UpkeepStep> upkeep;
  for (const engine::PassReport& pass : report.passes) {
    outcomes.insert(outcomes.end(), pass.outcomes.begin(), pass.outcomes.end());
    upkeep.insert(upkeep.end(), pass.upkeep.begin(), pass.upkeep.end());
  }
  output::Document document{.schema = k_schema,
                            .taken_at = own.snapshot.taken_at,
                            .exit = exit,
                            .sources = output::sources_of(own.snapshot),
                            .sections = {}};
  document.sections.push_back(output::actions(outcomes, upkeep));
  document.sections.back().empty = "";
  document.sections.push_back(leave::remains(context, own.snapshot, own.machines, keep));
  output::show(context, document);
}

Result<core::ExitCode> run_leave(Context& context, const LeaveOptions& options) {
  if (options.drain && options.keep)
    return make_error(ErrorKind::usage, "--drain ends the machines and --keep lets go of them")
        .with_hint("Give one of the two; --drain is meant where neither is said.");
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(Own own, look(context));
  context.say_cluster();
  engine::WishReport report;
  if (context.options().dry_run) {
    context.say(what_happens(own, options.keep));
    TIDE_TRY(leave::take_out(context, own.snapshot, options.keep));
    show(context, own, report, core::ExitCode::done, options.keep);
    return core::ExitCode::done;
  }
  TIDE_TRY(context.confirm(what_happens(own, options.keep)));
  TIDE_TRY(go_to_sleep(context));
  core::ExitCode exit = core::ExitCode::done;
  if (!own.machines.empty()) {
    TIDE_TRY_ASSIGN(report, part_with(context, own, options.keep, exit));
  }
  TIDE_TRY_ASSIGN(own, look(context));
  const bool over = own.machines.empty() && own.open == 0;
  if (over) TIDE_TRY(leave::take_out(context, own.snapshot, options.keep));
  if (!over) {
    context.say(fmt::format("tide: {} and {} without an answer left; 'tide leave' again finishes",
                            counted(std::ssize(own.machines), "machine"),
                            own.open == 1 ? "1 launch" : fmt::format("{} launches", own.open)));
  }
  if (exit == core::ExitCode::done && !over) exit = core::ExitCode::partly;
  show(context, own, report, exit, options.keep);
  return exit;
}

}  // namespace

CommandSpec leave_command() {
  auto options = std::make_shared<LeaveOptions>();
  return {.name = "leave",
          .group = Group::setup,
          .summary = "End or let go of all machines, take out what tide made, list what remains",
          .options = {{"--drain", "", "Hold all machines, wait for their jobs, end them (what it does by itself)",
                       &options->drain},
                      {"--keep", "", "Let go of the machines: they and their jobs run on", &options->keep}},
          .run = [options](Context& context) { return run_leave(context, *options); },
          .changes = true};
}

}  // namespace tide::cmd
