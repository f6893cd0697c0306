#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

#include <memory>

namespace tide::cmd {

namespace {

struct LaunchOptions {
  std::string pool;
  int count = 1;
};

Result<core::ExitCode> run_launch(Context& context, const LaunchOptions& options) {
  TIDE_TRY(context.config());
  std::vector<std::string> pools;
  for (const auto& [name, pool] : context.settings().pools) pools.push_back(name.value);
  if (!context.settings().pools.contains({options.pool}))
    return unknown("pool", options.pool, pools, "tide info --section pools");
  if (options.count < 1)
    return make_error(ErrorKind::usage, "-n {}: at least one machine", options.count)
        .with_hint("Say how many, from 1 on.");
  context.say_cluster();
  core::Wish wish = make_wish(context, core::WishKind::launch);
  wish.pool = {options.pool};
  wish.count = options.count;
  return carry_out(context, wish, false, "tide.launch/1");
}

}  // namespace

CommandSpec launch_command() {
  auto options = std::make_shared<LaunchOptions>();
  return {.name = "launch",
          .group = Group::machines,
          .summary = "Start machines of a pool by hand",
          .options = {{"POOL", "POOL", "The [pools.POOL] to launch from", &options->pool, true, Complete::pool},
                      {"-n,--count", "N", "How many machines (default 1)", &options->count}},
          .run = [options](Context& context) { return run_launch(context, *options); },
          .changes = true};
}

}  // namespace tide::cmd
