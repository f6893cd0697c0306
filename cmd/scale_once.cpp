#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/show.hpp"
#include "cmd/quiet.hpp"

namespace tide::cmd {

namespace {

constexpr const char* k_schema = "tide.scale-once/1";

// For cron: nothing is said but what is new, or has lasted (core/peace.hpp). Another pass that runs is none of it.
Result<core::ExitCode> run_in_peace(Context& context) {
  std::vector<output::Trouble> troubles;
  core::ExitCode exit = core::ExitCode::done;
  const auto passes = [&]() -> Result<std::vector<engine::PassReport>> {
    TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(true));
    return engine::scale(*ports, context.settings(), try_lock(context, "scale-once"), {});
  }();
  if (passes) {
    exit = engine::exit_code(passes->front());
    troubles = output::troubles_of(passes->back().snapshot, passes->back().plan);
    for (output::Trouble& failure : output::failures_of(*passes)) troubles.push_back(std::move(failure));
    if (context.options().output != OutputFormat::table) output::show_outcomes(context, k_schema, *passes, exit);
  } else {
    exit = core::exit_code_of(passes.error().kind);
    if (passes.error().kind == ErrorKind::lock_held) return exit;
    troubles.push_back(trouble_of(passes.error()));
  }
  tell_in_peace(context, troubles);
  return exit;
}

Result<core::ExitCode> run_scale_once(Context& context) {
  const bool dry_run = context.options().dry_run;
  if (context.options().quiet && !dry_run) return run_in_peace(context);
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!dry_run));
  if (context.options().verbose) context.say_cluster();
  if (dry_run) {
    TIDE_TRY_ASSIGN(const engine::PassReport pass, engine::run_pass(*ports, context.settings(), {.dry_run = true}));
    output::show_plan(context, k_schema, pass);
    return engine::exit_code(pass);
  }
  TIDE_TRY_ASSIGN(const std::vector<engine::PassReport> passes,
                  engine::scale(*ports, context.settings(), try_lock(context, "scale-once"), {}));
  const core::ExitCode exit = engine::exit_code(passes.front());
  output::show_passes(context, k_schema, passes, exit);
  return exit;
}

}  // namespace

CommandSpec scale_once_command() {
  return {.name = "scale-once",
          .group = Group::scale,
          .summary = "One pass: observe, plan, act; for cron",
          .options = {},
          .run = run_scale_once,
          .changes = true};
}

}  // namespace tide::cmd
