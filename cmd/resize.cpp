#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

#include <tide/core/resize.hpp>

#include <memory>

namespace tide::cmd {

namespace {

constexpr int k_unsaid = -1;

struct ResizeOptions {
  std::string pool;
  int min = k_unsaid;
  int max = k_unsaid;
  bool reset = false;
};

// Nobody's word is taken back without a word.
void tell_former(Context& context, const core::Memory& memory, const core::Pool& pool) {
  const core::Resize* former = core::resized(memory, pool);
  if (former != nullptr) context.say(fmt::format("tide: it was {}", core::describe(*former)));
}

Result<void> check(const core::Pool& pool, const ResizeOptions& options) {
  const bool said = options.min != k_unsaid || options.max != k_unsaid;
  if (options.reset && said)
    return make_error(ErrorKind::usage, "--reset takes back what --min and --max set")
        .with_hint("Give one of the two.");
  if (!options.reset && !said)
    return make_error(ErrorKind::usage, "nothing to set").with_hint("Say --min N, --max N, or --reset.");
  if (options.min < k_unsaid || options.max < k_unsaid)
    return make_error(ErrorKind::usage, "a pool has no fewer than 0 machines").with_hint("Say a number from 0 on.");
  const int min = options.min == k_unsaid ? pool.min : options.min;
  const int max = options.max == k_unsaid ? pool.max : options.max;
  if (max != 0 && min > max)
    return make_error(ErrorKind::usage, "min {} is above max {}", min, max)
        .with_hint("Set both; --max 0 is no limit of the pool's own.");
  return {};
}

Result<core::ExitCode> run_resize(Context& context, const ResizeOptions& options) {
  TIDE_TRY(context.config());
  const auto& pools = context.settings().pools;
  std::vector<std::string> known;
  for (const auto& [name, pool] : pools) known.push_back(name.value);
  const auto found = pools.find({options.pool});
  if (found == pools.end()) return unknown("pool", options.pool, known, "tide info --section pools");
  const core::Pool& pool = found->second;
  TIDE_TRY(check(pool, options));
  core::Resize row{.pool = pool.name,
                   .min = {},
                   .max = {},
                   .configured_min = pool.min,
                   .configured_max = pool.max,
                   .by = context.user(),
                   .since = context.process().clock.now()};
  if (options.min != k_unsaid) row.min = options.min;
  if (options.max != k_unsaid) row.max = options.max;
  const std::string what = options.reset ? fmt::format("size pool '{}' as configured", pool.name.value)
                                         : fmt::format("size pool '{}': {}, until the configuration changes",
                                                       pool.name.value, core::bounds_of(row));
  return edit_memory(
      context, "resize", what,
      [&](core::Memory& memory) -> Result<void> {
        tell_former(context, memory, pool);
        if (options.reset) {
          memory.resizes.erase(pool.name);
        } else {
          memory.resizes[pool.name] = row;
        }
        return {};
      },
      Rows::own);
}

}  // namespace

CommandSpec resize_command() {
  auto options = std::make_shared<ResizeOptions>();
  return {.name = "resize",
          .group = Group::scale,
          .summary = "Set a pool's min and max by hand, until its configuration changes",
          .options = {{"POOL", "POOL", "The [pools.POOL]", &options->pool, true, Complete::pool},
                      {"--min", "N", "Machines to keep although no job waits", &options->min},
                      {"--max", "N", "Most machines; 0: no limit of its own", &options->max},
                      {"--reset", "", "Take it back: as configured", &options->reset}},
          .run = [options](Context& context) { return run_resize(context, *options); },
          .changes = true};
}

}  // namespace tide::cmd
