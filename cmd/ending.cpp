#include "cmd/ending.hpp"

#include <tide/core/enum_names.hpp>
#include <tide/core/plan.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::cmd {

namespace {

bool is_named(core::WishKind kind, const core::Worker& worker, const std::string& target) {
  return kind == core::WishKind::terminate ? !worker.id.empty() && worker.id.value == target
                                           : !worker.name.empty() && worker.name.value == target;
}

std::string what_happens(const std::vector<core::Worker>& targets, bool force) {
  std::string text = force ? "End at once, jobs and all:" : "Hold, wait for the jobs, then end:";
  for (const core::Worker& worker : targets) {
    text += fmt::format("\n  {} ({}, {}", worker.name.empty() ? worker.id.value : worker.name.value,
                        worker.id.empty() ? "no instance" : worker.id.value, core::to_string(worker.phase));
    std::vector<std::string> jobs;
    for (const core::JobId& id : worker.jobs) jobs.push_back(id.value);
    text += jobs.empty() ? ", no jobs)" : fmt::format(", {} {})", force ? "KILLS jobs" : "runs jobs", join(jobs, ", "));
  }
  return text;
}

}  // namespace

// "--force" needs names: a pattern or "all" could name what nobody meant.
Result<void> check_names(const std::vector<std::string>& targets) {
  for (const std::string& target : targets) {
    const bool pattern =
        target.find_first_of("*?[]{},") != std::string::npos || to_lower(target) == "all" || target.empty();
    if (!pattern) continue;
    return make_error(ErrorKind::usage, "'{}' is a pattern, not a name", target)
        .with_hint("Name each one; 'tide info' lists them.");
  }
  return {};
}

Result<std::vector<core::Worker>> find_targets(Context& context, core::WishKind kind,
                                               const std::vector<std::string>& targets) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  TIDE_TRY_ASSIGN(const core::Snapshot snapshot, engine::observe(*ports, context.settings(), false));
  const core::Plan plan = core::plan(snapshot, context.settings());
  std::vector<core::Worker> found;
  std::vector<std::string> known;
  for (const core::Worker& worker : plan.workers)
    known.push_back(kind == core::WishKind::terminate ? worker.id.value : worker.name.value);
  std::erase(known, "");
  for (const std::string& target : targets) {
    const auto worker =
        std::ranges::find_if(plan.workers, [&](const core::Worker& one) { return is_named(kind, one, target); });
    if (worker != plan.workers.end()) {
      found.push_back(*worker);
      continue;
    }
    const core::ExitCode readable = engine::exit_code(snapshot);
    if (readable != core::ExitCode::done) {
      return make_error(readable == core::ExitCode::batch ? ErrorKind::batch : ErrorKind::retry,
                        "whether '{}' exists is not known: a source could not be read", target)
          .with_hint("'tide info' says which.");
    }
    return unknown(kind == core::WishKind::terminate ? "instance" : "node", target, known, "tide info");
  }
  return found;
}

Result<core::ExitCode> run_ending(Context& context, core::WishKind kind, const EndOptions& options) {
  TIDE_TRY(check_names(options.targets));
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(const std::vector<core::Worker> targets, find_targets(context, kind, options.targets));
  context.say_cluster();
  TIDE_TRY(context.confirm(what_happens(targets, options.force)));
  core::Wish wish = make_wish(context, kind);
  wish.targets = options.targets;
  wish.force = options.force;
  return carry_out(context, wish, true, kind == core::WishKind::terminate ? "tide.terminate/1" : "tide.kill-node/1");
}

}  // namespace tide::cmd
