#include "cmd/commands.hpp"
#include "cmd/ending.hpp"

#include <tide/core/plan.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace tide::cmd {

namespace {

struct AdoptOptions {
  std::string target;
  std::string pool;
};

// What to do about a refusal, by its rule.
std::string hint_of(const core::RuleId& rule) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> k_hints{
      {{"unknown", "Name it by its instance ID, or by its node's name as 'tide info' shows it."},
       {"no-machine", "Name the machine by its instance ID, or the pool of the cloud that it is in."},
       {"ambiguous", "'tide adopt ID --pool POOL' takes one of them."},
       {"foreign", "Disown it there first, or 'tide takeover --from HEAD' if that head is gone."},
       {"not-joined", "Let its node join first; 'tide info' then shows it as foreign with its machine."},
       {"other-cloud", "Name a pool of its cloud; 'tide pools' lists them."},
       {"ours", "'tide disown' it first if it is to change its pool."},
       {"max-nodes", "Raise the limit, or end other machines first."},
       {"pool-max", "Raise the limit, 'tide resize' does for now, or name another pool."}}};
  const auto found =
      std::ranges::find(k_hints, std::string_view(rule), &std::pair<std::string_view, std::string_view>::first);
  return found == k_hints.end() ? "'tide info' says what is known of it." : std::string(found->second);
}

// The planner's own refusal, before anything is written.
Result<void> check_adoption(Context& context, const core::Wish& wish) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  TIDE_TRY_ASSIGN(const core::Snapshot snapshot, engine::observe(*ports, context.settings(), false, &wish));
  const core::Plan plan = core::plan(snapshot, context.settings(), {.everything = false, .wish = wish.id});
  for (const core::Alarm& alarm : plan.alarms) {
    if (alarm.reason.rule == "cloud-unreadable" || alarm.reason.rule == "batch-unreadable")
      return make_error(alarm.kind, "{}", alarm.reason.text).with_hint("'tide info' says which source failed.");
  }
  for (const core::Declined& declined : plan.declined) {
    if (declined.wish != wish.id) continue;
    return make_error(declined.kind, "'{}' is not adopted", printable(declined.what, 80))
        .with_peer(declined.reason.text)
        .with_hint(hint_of(declined.reason.rule));
  }
  return {};
}

Result<core::ExitCode> run_adopt(Context& context, const AdoptOptions& options) {
  TIDE_TRY(check_names({options.target}));
  TIDE_TRY(context.config());
  const auto& pools = context.settings().pools;
  std::vector<std::string> known;
  for (const auto& [name, pool] : pools) known.push_back(name.value);
  if (!pools.contains({options.pool})) return unknown("pool", options.pool, known, "tide info --section pools");
  core::Wish wish = make_wish(context, core::WishKind::adopt);
  wish.targets = {options.target};
  wish.pool = {options.pool};
  TIDE_TRY(check_adoption(context, wish));
  context.say_cluster();
  return carry_out(context, wish, true, "tide.adopt/1");
}

Result<core::ExitCode> run_disown(Context& context, const std::vector<std::string>& targets) {
  TIDE_TRY(check_names(targets));
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(const Targets found, find_targets(context, core::WishKind::disown, targets));
  context.say_cluster();
  std::string text = "Let go of: they run on and cost on, and tide neither counts nor ends them.";
  for (const core::Worker& worker : found.workers) text += line_of(worker);
  TIDE_TRY(context.confirm(text));
  core::Wish wish = make_wish(context, core::WishKind::disown);
  wish.targets = targets;
  return carry_out(context, wish, true, "tide.disown/1");
}

}  // namespace

CommandSpec adopt_command() {
  auto options = std::make_shared<AdoptOptions>();
  return {
      .name = "adopt",
      .group = Group::machines,
      .summary = "Make a machine that tide did not start one of a pool",
      .options = {{"MACHINE", "MACHINE", "Its instance ID, or its node's name", &options->target, true, Complete::node},
                  {"--pool", "POOL", "The [pools.POOL] that it is one of from now on", &options->pool, true,
                   Complete::pool}},
      .run = [options](Context& context) { return run_adopt(context, *options); },
      .changes = true};
}

CommandSpec disown_command() {
  auto targets = std::make_shared<std::vector<std::string>>();
  return {.name = "disown",
          .group = Group::machines,
          .summary = "Let go of machines: they run on, and are tide's no longer",
          .options = {{"MACHINE", "MACHINE", "Node names or instance IDs", targets.get(), true, Complete::node}},
          .run = [targets](Context& context) { return run_disown(context, *targets); },
          .changes = true};
}

}  // namespace tide::cmd
