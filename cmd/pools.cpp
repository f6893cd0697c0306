#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/look.hpp"
#include "cmd/output/sections.hpp"
#include "cmd/output/show.hpp"
#include "cmd/reading.hpp"

#include <memory>

namespace tide::cmd {

namespace {

Result<core::ExitCode> run_pools(Context& context, const std::string& only, bool cached) {
  TIDE_TRY_ASSIGN(const Reading reading, read_world(context, {.cached = cached}));
  std::vector<std::string> known;
  for (const auto& [name, pool] : reading.settings.pools) known.push_back(name.value);
  if (!only.empty() && !reading.settings.pools.contains(core::PoolName{only}))
    return unknown("pool", only, known, "tide pools");
  output::Document document{.schema = "tide.pools/1",
                            .taken_at = reading.snapshot.taken_at,
                            .exit = engine::exit_code(reading.snapshot),
                            .sources = reading.sources,
                            .sections = {}};
  document.sections = {output::pools_in_full(reading),
                       output::back_offs(reading.plan, reading.snapshot, reading.settings), output::caps(reading),
                       output::consoles(reading.plan.memory)};
  if (!only.empty()) {
    output::keep_pool(document.sections.front(), only);
    output::keep_pool(document.sections.back(), only);
  }
  output::tell_troubles(context, reading.snapshot, reading.plan);
  output::show(context, document);
  return document.exit;
}

struct PoolsOptions {
  std::string pool;
  bool cached = false;
};

}  // namespace

CommandSpec pools_command() {
  auto options = std::make_shared<PoolsOptions>();
  return {.name = "pools",
          .group = Group::look,
          .summary = "What each pool may still launch, what it costs, how it boots, and why not",
          .options = {{"POOL", "POOL", "Only this pool", &options->pool, false, Complete::pool},
                      {"--cached", "", "As the last pass read it: no cloud and no batch system is asked",
                       &options->cached}},
          .run = [options](Context& context) { return run_pools(context, options->pool, options->cached); }};
}

}  // namespace tide::cmd
