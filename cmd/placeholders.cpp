#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

#include <tide/core/fit.hpp>

#include <algorithm>

namespace tide::cmd {

namespace {

batch::NodeSpec placeholder_of(const core::Settings& settings, const core::Pool& pool) {
  return {.name = {fmt::format("{}-{}-placeholder", settings.cluster, pool.name.value)},
          .address = "",
          .slots = pool.slots,
          .memory_mib = pool.memory_mib,
          .gpus = pool.gpus,
          .features = core::room_of(pool).features,
          .note = std::string(core::k_note_placeholder)};
}

Result<core::ExitCode> run_placeholders(Context& context) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  context.say_cluster();
  std::shared_ptr<void> held;
  if (!context.options().dry_run) {
    TIDE_TRY_ASSIGN(held, take_lock(context, "placeholders"));
  }
  TIDE_TRY_ASSIGN(const std::vector<core::Node> nodes, ports->batch.nodes());
  for (const auto& [name, pool] : context.settings().pools) {
    const batch::NodeSpec spec = placeholder_of(context.settings(), pool);
    const auto there = std::ranges::find(nodes, spec.name, &core::Node::name);
    if (there != nodes.end() && !there->placeholder) {
      return make_error(ErrorKind::refused, "node '{}' exists and is no placeholder", spec.name.value)
          .with_hint("Rename the node or the pool.");
    }
    const bool exists = there != nodes.end();
    context.say(fmt::format("tide: pool '{}': placeholder '{}' {}", name.value, spec.name.value,
                            exists                      ? "is there"
                            : context.options().dry_run ? "would be made"
                                                        : "made, held and never counted"));
    if (!exists && !context.options().dry_run) TIDE_TRY(ports->batch.add(spec));
  }
  return core::ExitCode::done;
}

}  // namespace

CommandSpec placeholders_command() {
  return {.name = "placeholders",
          .group = Group::setup,
          .summary = "One held placeholder node per pool, so that jobs are accepted with no node there",
          .options = {},
          .run = run_placeholders,
          .changes = true};
}

}  // namespace tide::cmd
