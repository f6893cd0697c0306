#include "cmd/commands.hpp"
#include "cmd/ending.hpp"

#include <memory>

namespace tide::cmd {

CommandSpec terminate_command() {
  auto options = std::make_shared<EndOptions>();
  return {.name = "terminate",
          .group = Group::machines,
          .summary = "End machines by instance ID, once their jobs are done",
          .options = {{"ID", "ID", "What to end; each by its name", &options->targets, true, Complete::instance},
                      {"--force", "", "End it although jobs run on it, or its state cannot be read", &options->force}},
          .run = [options](Context& context) { return run_ending(context, core::WishKind::terminate, *options); },
          .changes = true};
}

}  // namespace tide::cmd
