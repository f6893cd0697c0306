#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/show.hpp"

namespace tide::cmd {

namespace {

constexpr const char* k_schema = "tide.scale-once/1";

Result<core::ExitCode> run_scale_once(Context& context) {
  const bool dry_run = context.options().dry_run;
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
