#include "cmd/commands.hpp"
#include "cmd/ending.hpp"

#include <memory>

namespace tide::cmd {

CommandSpec kill_node_command() {
  auto options = std::make_shared<EndOptions>();
  return {.name = "kill-node",
          .group = Group::machines,
          .summary = "Drain nodes, end their machines and take them out",
          .options = {{"NODE", "NODE", "What to end; each by its name", &options->targets, true, Complete::node},
                      {"--force", "", "End it although jobs run on it, or its state cannot be read", &options->force}},
          .run = [options](Context& context) { return run_ending(context, core::WishKind::kill_node, *options); },
          .changes = true};
}

}  // namespace tide::cmd
