#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

#include <tide/core/suspect_listings.hpp>
#include <tide/util/text.hpp>

namespace tide::cmd {

namespace {

Result<core::ExitCode> run_accept_reading(Context& context) {
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  TIDE_TRY_ASSIGN(const core::Snapshot snapshot, engine::observe(*ports, context.settings(), false));
  if (!snapshot.server || !snapshot.nodes || !snapshot.jobs) {
    return make_error(ErrorKind::batch, "the batch system cannot be read: there is no reading to believe")
        .with_hint("'tide info' says why.");
  }
  const core::Plan plan = core::plan(snapshot, context.settings());
  const bool batch = plan.memory.suspicion && !plan.memory.suspicion->accepted;
  for (const core::Alarm& alarm : plan.alarms) {
    if (alarm.reason.rule != "batch-unreadable" || batch) continue;
    return make_error(alarm.kind, "{}", alarm.reason.text).with_hint("'tide info' says more; this cannot be accepted.");
  }
  const std::vector<core::CloudName> clouds = core::suspect_clouds(snapshot);
  // Said beforehand it would make tide believe a reading that is still to come, and may be wrong.
  if (!batch && clouds.empty()) {
    context.say_cluster();
    context.say("tide: no reading is suspect: nothing to do");
    return core::ExitCode::done;
  }
  std::vector<std::string> what;
  if (batch) what.emplace_back("this reading of the batch system");
  for (const core::CloudName& cloud : clouds) what.push_back(fmt::format("this listing of cloud '{}'", cloud.value));
  return edit_memory(context, "accept-reading", fmt::format("take {} as true, whatever it lacks", join(what, " and ")),
                     [&](core::Memory& memory) -> Result<void> {
                       if (batch) {
                         memory.suspicion = plan.memory.suspicion;
                         memory.suspicion->accepted = true;
                       }
                       core::accept_listings(snapshot, memory);
                       return {};
                     });
}

}  // namespace

CommandSpec accept_reading_command() {
  return {.name = "accept-reading",
          .group = Group::repair,
          .summary = "Believe a suspect reading: the missing nodes are really gone",
          .options = {},
          .run = run_accept_reading,
          .changes = true};
}

}  // namespace tide::cmd
