#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/show.hpp"
#include "cmd/when.hpp"

#include <tide/core/plan_file.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <memory>

namespace tide::cmd {

namespace {

constexpr std::size_t k_file_max = 16U << 20U;

struct PlanOptions {
  std::string out;
  std::string expires = "15m";
};

Result<core::ExitCode> run_plan(Context& context, const PlanOptions& options) {
  TIDE_TRY_ASSIGN(const Seconds span, parse_span("--expires", options.expires));
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(false));
  TIDE_TRY_ASSIGN(const engine::PassReport pass, engine::run_pass(*ports, context.settings(), {.dry_run = true}));
  output::show_plan(context, "tide.plan/1", pass);
  const core::ExitCode exit = engine::exit_code(pass);
  if (options.out.empty()) return exit;
  if (exit != core::ExitCode::done) {
    context.say("tide: no file was written: what was read is not whole");
    return exit;
  }
  const core::PlanFile file{.cluster = context.settings().cluster,
                            .head = ports->head,
                            .by = context.user(),
                            .made_at = pass.snapshot.taken_at,
                            .expires_at = pass.snapshot.taken_at + span,
                            .actions = core::signatures(pass.plan)};
  TIDE_TRY(write_file_atomically(options.out, core::to_json(file), {.mode = 0600}));
  const std::size_t tidied = pass.plan.actions.size() - file.actions.size();
  const std::string rest =
      tidied == 0 ? "" : fmt::format(" ({} that only tidy tide's own store are done by any pass)", tidied);
  context.say(fmt::format("tide: {} written to {}{}; 'tide apply {}' does what it says until {}",
                          counted(std::ssize(file.actions), "action"), options.out, rest, options.out,
                          format_time(file.expires_at)));
  return exit;
}

// The first of what planning declined decides: whoever applies a plan asked for all of it.
core::ExitCode exit_of(const engine::PassReport& report) {
  const core::ExitCode exit = engine::exit_code(report);
  if (exit != core::ExitCode::done || report.plan.declined.empty()) return exit;
  return report.outcomes.empty() ? core::exit_code_of(report.plan.declined.front().kind) : core::ExitCode::partly;
}

Result<core::ExitCode> run_apply(Context& context, const std::string& path) {
  const auto text = read_file(path, k_file_max);
  if (!text)
    return make_error(ErrorKind::usage, "there is no plan to read: {}", text.error().message)
        .with_hint("'tide plan --out FILE' writes one.");
  auto file = core::plan_file_from_json(*text);
  if (!file) return std::move(file.error()).with_context("in " + path);
  const bool dry_run = context.options().dry_run;
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!dry_run));
  context.say_cluster();
  if (dry_run) {
    TIDE_TRY_ASSIGN(const engine::PassReport pass, engine::run_pass(*ports, context.settings(), {.dry_run = true}));
    output::show_plan(context, "tide.apply/1", pass);
    TIDE_TRY(core::check_same(*file, pass.snapshot, context.settings(), pass.plan));
    return engine::exit_code(pass);
  }
  TIDE_TRY_ASSIGN(const std::shared_ptr<void> held, take_lock(context, "apply"));
  engine::PassOptions options;
  options.approve = [&](const core::Snapshot& snapshot, const core::Plan& plan) {
    return core::check_same(*file, snapshot, context.settings(), plan);
  };
  TIDE_TRY_ASSIGN(const std::vector<engine::PassReport> passes,
                  engine::scale(
                      *ports, context.settings(), [&] { return Result<std::shared_ptr<void>>(held); }, options));
  const core::ExitCode exit = exit_of(passes.front());
  output::show_passes(context, "tide.apply/1", passes, exit);
  for (const core::Declined& declined : passes.front().plan.declined)
    context.say(fmt::format("tide: {}: {}", declined.what, declined.reason.text));
  return exit;
}

}  // namespace

CommandSpec plan_command() {
  auto options = std::make_shared<PlanOptions>();
  return {
      .name = "plan",
      .group = Group::scale,
      .summary = "What the next pass would do, to look at and apply",
      .options = {{"--out", "FILE", "Also write it to FILE, for 'tide apply'", &options->out, false, Complete::file},
                  {"--expires", "SPAN", "How long it may be applied (default 15m)", &options->expires}},
      .run = [options](Context& context) { return run_plan(context, *options); }};
}

CommandSpec apply_command() {
  auto path = std::make_shared<std::string>();
  return {.name = "apply",
          .group = Group::scale,
          .summary = "Do a plan that was looked at, if it is still the plan",
          .options = {{"FILE", "FILE", "What 'tide plan --out FILE' wrote", path.get(), true, Complete::file}},
          .run = [path](Context& context) { return run_apply(context, *path); },
          .changes = true};
}

}  // namespace tide::cmd
