#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

#include <tide/core/back_off.hpp>

#include <memory>

namespace tide::cmd {

namespace {

Result<core::ExitCode> run_reset(Context& context, const std::string& pool) {
  TIDE_TRY(context.config());
  std::vector<std::string> pools;
  for (const auto& [name, settings] : context.settings().pools) pools.push_back(name.value);
  if (!context.settings().pools.contains({pool})) return unknown("pool", pool, pools, "tide info --section pools");
  return edit_memory(context, "reset", fmt::format("let pool '{}' launch again", pool),
                     [&](core::Memory& memory) -> Result<void> {
                       memory.breakers.erase({pool});
                       if (const auto known = memory.boots.find({pool}); known != memory.boots.end())
                         known->second.fixed.clear();
                       const core::CloudName& cloud = context.settings().pools.at({pool}).cloud;
                       const std::string key = fmt::format("{}/{}", cloud.value, pool);
                       std::erase_if(memory.back_offs, [&](const auto& entry) {
                         return entry.first == key || core::is_capacity_key(entry.first, cloud);
                       });
                       return {};
                     });
}

}  // namespace

CommandSpec reset_command() {
  auto pool = std::make_shared<std::string>();
  return {.name = "reset",
          .group = Group::repair,
          .summary = "Let a pool launch again that was stopped after boot failures",
          .options = {{"POOL", "POOL", "The pool", pool.get(), true, Complete::pool}},
          .run = [pool](Context& context) { return run_reset(context, *pool); },
          .changes = true};
}

}  // namespace tide::cmd
