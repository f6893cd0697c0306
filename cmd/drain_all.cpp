#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/reading.hpp"

#include <tide/core/enum_names.hpp>
#include <tide/core/plan.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <memory>

namespace tide::cmd {

namespace {

struct DrainAllOptions {
  std::string pool;
  bool outdated = false;
  bool replace = false;
  std::string unavailable;
  std::string deadline;
};

// "3" or "20%".
Result<void> read_limit(const std::string& text, core::Wish& wish) {
  if (text.empty()) return {};
  std::string_view number = text;
  wish.unavailable_share = number.ends_with('%');
  if (wish.unavailable_share) number.remove_suffix(1);
  const auto value = parse_integer(number);
  const std::int64_t most = wish.unavailable_share ? 100 : 1'000'000;
  if (!value || *value < 1 || *value > most) {
    return make_error(ErrorKind::usage, "--max-unavailable '{}' is neither a number nor a share", printable(text, 40))
        .with_hint("Write it as 3 or 20%.");
  }
  wish.unavailable_max = static_cast<int>(*value);
  return {};
}

std::string what_happens(const core::Wish& wish, const std::vector<core::Worker>& meant) {
  std::size_t jobs = 0;
  for (const core::Worker& worker : meant) jobs += worker.jobs.size();
  return fmt::format("{} {} machine{}{}{}, which run{} {} job{} now: no job is ended.",
                     wish.replace ? "Replace, one by one," : "Hold, wait for the jobs, then end", meant.size(),
                     meant.size() == 1 ? "" : "s", wish.pool.empty() ? "" : " of pool " + wish.pool.value,
                     wish.outdated ? " of an older template" : "", meant.size() == 1 ? "s" : "", jobs,
                     jobs == 1 ? "" : "s");
}

// The machines that the wish means now, by the planner's own word.
Result<std::vector<core::Worker>> meant_by(Context& context, const core::Wish& wish) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  TIDE_TRY_ASSIGN(const core::Snapshot snapshot, engine::observe(*ports, context.settings(), false));
  if (engine::exit_code(snapshot) != core::ExitCode::done) return not_known(snapshot, "which machines there are");
  return core::meant_by(snapshot, context.settings(), wish);
}

Result<core::ExitCode> run_drain_all(Context& context, const DrainAllOptions& options) {
  TIDE_TRY(context.config());
  std::vector<std::string> pools;
  for (const auto& [name, pool] : context.settings().pools) pools.push_back(name.value);
  if (!options.pool.empty() && !context.settings().pools.contains({options.pool}))
    return unknown("pool", options.pool, pools, "tide info --section pools");
  core::Wish wish = make_wish(context, core::WishKind::drain_all);
  wish.pool = {options.pool};
  wish.outdated = options.outdated;
  wish.replace = options.replace;
  TIDE_TRY(read_limit(options.unavailable, wish));
  TIDE_TRY_ASSIGN(const std::vector<core::Worker> meant, meant_by(context, wish));
  context.say_cluster();
  if (meant.empty()) {
    context.say("tide: no such machines: nothing to do");
    return core::ExitCode::done;
  }
  TIDE_TRY(context.confirm(what_happens(wish, meant)));
  std::size_t left = meant.size() + 1;
  const auto progress = [&](const engine::PassReport& pass) {
    const auto now = core::meant_by(pass.snapshot, context.settings(), wish);
    std::size_t jobs = 0;
    for (const core::Worker& worker : now) jobs += worker.jobs.size();
    if (now.size() < left)
      context.say(fmt::format("tide: {} of {} left, with {}", now.size(), counted(std::ssize(meant), "machine"),
                              counted(static_cast<std::int64_t>(jobs), "job")));
    left = now.size();
  };
  return carry_out(context, wish, context.options().wait, "tide.drain-all/1",
                   {.patience = std::nullopt, .deadline = options.deadline, .pass = progress});
}

}  // namespace

CommandSpec drain_all_command() {
  auto options = std::make_shared<DrainAllOptions>();
  return {
      .name = "drain-all",
      .group = Group::machines,
      .summary = "Hold all machines, wait for their jobs, end them; no job is ended",
      .options = {{"--pool", "POOL", "Only this pool's", &options->pool, false, Complete::pool},
                  {"--outdated", "", "Only those made from another template than the pool's now", &options->outdated},
                  {"--replace", "", "A new one is ready before an old one is held", &options->replace},
                  {"--max-unavailable", "N|N%", "At most so many held at once; with --replace, replaced at once",
                   &options->unavailable},
                  {"--deadline", "SPAN", "With --wait: longest time to wait; later passes carry it on",
                   &options->deadline}},
      .run = [options](Context& context) { return run_drain_all(context, *options); },
      .changes = true};
}

}  // namespace tide::cmd
