#include "cmd/commands.hpp"
#include "cmd/ending.hpp"

#include <tide/util/text.hpp>

#include <memory>

namespace tide::cmd {

namespace {

struct DrainOptions {
  std::vector<std::string> nodes;
  std::string reason;
};

// Held, or let go, is what a fresh reading shows: passes go on until then, unless --no-wait.
Result<core::ExitCode> run_drain(Context& context, core::WishKind kind, const DrainOptions& options) {
  TIDE_TRY(check_names(options.nodes));
  TIDE_TRY(context.config());
  TIDE_TRY(find_targets(context, kind, options.nodes));
  context.say_cluster();
  core::Wish wish = make_wish(context, kind);
  wish.targets = options.nodes;
  wish.reason = printable(options.reason, 60);
  return carry_out(context, wish, true, kind == core::WishKind::drain ? "tide.drain/1" : "tide.undrain/1");
}

}  // namespace

CommandSpec drain_command() {
  auto options = std::make_shared<DrainOptions>();
  return {.name = "drain",
          .group = Group::machines,
          .summary = "Let no new jobs onto nodes; they stay until undrain or kill-node",
          .options = {{"NODE", "NODE", "What to hold; each by its name", &options->nodes, true, Complete::node},
                      {"--reason", "TEXT", "Why; in the batch system's note", &options->reason}},
          .run = [options](Context& context) { return run_drain(context, core::WishKind::drain, *options); },
          .changes = true};
}

CommandSpec undrain_command() {
  auto options = std::make_shared<DrainOptions>();
  return {.name = "undrain",
          .group = Group::machines,
          .summary = "Take tide's hold of nodes back: jobs may come",
          .options = {{"NODE", "NODE", "What to let go; each by its name", &options->nodes, true, Complete::node}},
          .run = [options](Context& context) { return run_drain(context, core::WishKind::undrain, *options); },
          .changes = true};
}

}  // namespace tide::cmd
