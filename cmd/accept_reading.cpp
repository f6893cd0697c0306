#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

namespace tide::cmd {

namespace {

Result<core::ExitCode> run_accept_reading(Context& context) {
  TIDE_TRY(context.config());
  return edit_memory(context, "accept-reading", "take the next reading of the batch system as true, whatever it lacks",
                     [](core::Memory& memory) -> Result<void> {
                       if (!memory.suspicion)
                         memory.suspicion = core::Suspicion{
                             .since = memory.clock.age, .why = "accepted before it was suspected", .missing = {}};
                       memory.suspicion->accepted = true;
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
