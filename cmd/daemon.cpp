#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/quiet.hpp"
#include "cmd/when.hpp"

#include <tide/engine/daemon.hpp>
#include <tide/process/supervisor.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <memory>

namespace tide::cmd {

namespace {

constexpr const char* k_schema = "tide.scale-once/1";  // a pass is a pass

struct DaemonCommand {
  std::string every = "60s";
};

// What one pass says: what it did, and of what is wrong what is news.
core::ExitCode run_pass(Context& context, std::string& came) {
  TimePoint now = context.process().clock.now();
  const auto passes = [&]() -> Result<std::vector<engine::PassReport>> {
    TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(true));
    return engine::scale(*ports, context.settings(), try_lock(context, "daemon"), {});
  }();
  if (!passes) {
    came = fmt::format("pass at {}: {}", format_time(now), passes.error().message);
    // Another process's pass is as good as ours.
    if (passes.error().kind != ErrorKind::lock_held) tell_in_peace(context, {trouble_of(passes.error())});
    return core::exit_code_of(passes.error().kind);
  }
  std::vector<output::Trouble> troubles = output::troubles_of(passes->back().snapshot, passes->back().plan);
  for (output::Trouble& failure : output::failures_of(*passes)) troubles.push_back(std::move(failure));
  tell_in_peace(context, troubles);
  const core::ExitCode exit = engine::exit_code(passes->front());
  std::size_t actions = 0;
  for (const engine::PassReport& pass : *passes) actions += pass.outcomes.size() + pass.upkeep.size();
  if (actions > 0 || context.options().verbose) output::show_outcomes(context, k_schema, *passes, exit);
  came = fmt::format("pass at {}: exit {}, {}, {}, {}", format_time(now), static_cast<int>(exit),
                     counted(std::ssize(passes->back().plan.memory.machines), "machine"),
                     counted(static_cast<std::int64_t>(actions), "action"), counted(std::ssize(troubles), "problem"));
  context.process().out << std::flush;
  return exit;
}

Result<core::ExitCode> run_daemon(Context& first, const DaemonCommand& command) {
  TIDE_TRY_ASSIGN(const Seconds every, parse_span("--every", command.every));
  TIDE_TRY(first.ports(true));
  first.say_cluster();
  TIDE_TRY(catch_nudges());
  Process& process = first.process();
  const process::Supervisor supervisor(process.environment);
  Context* context = &first;
  std::unique_ptr<Context> reloaded;
  const engine::DaemonPorts ports{
      .clock = process.clock,
      .random = process.random,
      .nudges = take_nudges,
      .alive = [&] { supervisor.tell("WATCHDOG=1"); },
      .status = [&](const std::string& text) { supervisor.tell("STATUS=" + printable(text, 200)); }};
  const engine::DaemonWork work{
      .pass =
          [&] {
            std::string came;
            run_pass(*context, came);
            return came;
          },
      .reload = [&]() -> std::string {
        auto fresh = std::make_unique<Context>(process, first.options());
        if (const auto made = fresh->ports(true); !made) {
          context->print(Error(made.error()).with_context("while reading the configuration anew; the old one is kept"));
          return "the new configuration is bad; the old one is kept";
        }
        reloaded = std::move(fresh);
        context = reloaded.get();
        context->say("tide: configuration read anew");
        return "configuration read anew";
      }};
  supervisor.tell("READY=1\nSTATUS=first pass");
  engine::run_daemon(ports, {.every = every, .watchdog = supervisor.watchdog()}, work);
  supervisor.tell("STOPPING=1");
  first.say("tide: stopped; machines and nodes stay as they are");
  return core::ExitCode::done;
}

}  // namespace

CommandSpec daemon_command() {
  auto command = std::make_shared<DaemonCommand>();
  return {.name = "daemon",
          .group = Group::scale,
          .summary = "Passes on a timer, until it is stopped",
          .options = {{"--every", "SPAN", "From one pass to the next (default 60s)", &command->every}},
          .run = [command](Context& context) { return run_daemon(context, *command); }};
}

}  // namespace tide::cmd
