#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

#include <algorithm>
#include <memory>

namespace tide::cmd {

namespace {

Result<core::ExitCode> run_takeover(Context& context, const std::string& from) {
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(const core::HeadId self, head_id(context.settings().cluster));
  if (from == self.value)
    return make_error(ErrorKind::usage, "'{}' is this head itself", from)
        .with_hint("'tide scale-once' names the other head.");
  context.say_cluster();
  TIDE_TRY(context.confirm(fmt::format(
      "Take over all machines of head '{}': only this head may scale them from now on, the other must be off.", from)));
  return edit_memory(context, "takeover", fmt::format("take over the machines of head '{}'", from),
                     [&](core::Memory& memory) -> Result<void> {
                       if (std::ranges::find(memory.taken_over, core::HeadId{from}) == memory.taken_over.end())
                         memory.taken_over.push_back({from});
                       return {};
                     });
}

}  // namespace

CommandSpec takeover_command() {
  auto from = std::make_shared<std::string>();
  return {.name = "takeover",
          .group = Group::repair,
          .summary = "Make another head's machines this head's own",
          .options = {{"--from", "HEAD", "The other head's ID, as the refusal names it", from.get(), true}},
          .run = [from](Context& context) { return run_takeover(context, *from); },
          .changes = true};
}

}  // namespace tide::cmd
