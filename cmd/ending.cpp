#include "cmd/ending.hpp"

#include "cmd/output/sections.hpp"
#include "cmd/output/show.hpp"
#include "cmd/reading.hpp"

#include <tide/core/enum_names.hpp>
#include <tide/core/plan.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::cmd {

namespace {

// By which words of a person it may be meant.
std::vector<std::string> words_of(core::WishKind kind, const core::Worker& worker) {
  std::vector<std::string> words;
  if (kind != core::WishKind::terminate) words.push_back(worker.name.value);
  if (kind == core::WishKind::terminate || kind == core::WishKind::disown) words.push_back(worker.id.value);
  std::erase(words, "");
  return words;
}

const char* thing_of(core::WishKind kind) {
  if (kind == core::WishKind::disown) return "node or instance";
  return kind == core::WishKind::terminate ? "instance" : "node";
}

// Whether tide ended it once: it is not there, and that is no slip of the keyboard.
Result<bool> ended_before(store::Store& store, core::WishKind kind, const std::string& word) {
  if (kind != core::WishKind::terminate && kind != core::WishKind::kill_node) return false;
  TIDE_TRY_ASSIGN(const std::vector<store::Event> events, store.events({.about = word, .type = "terminate"}));
  return std::ranges::any_of(events, [&](const store::Event& event) {
    return event.subject == word || (kind == core::WishKind::terminate && engine::names_instance(event, word));
  });
}

output::Document nothing_done(Context& context, const std::string& schema) {
  output::Document document{.schema = schema, .taken_at = context.process().clock.now(), .sections = {}};
  document.sections.push_back(output::actions(std::vector<engine::Outcome>(), {}));
  return document;
}

std::string what_happens(const Targets& targets, bool force) {
  std::string text = force ? "End at once, jobs and all:" : "Hold, wait for the jobs, then end:";
  const std::string none = targets.jobs_known ? ", no jobs" : ", which jobs it runs is NOT KNOWN";
  for (const core::Worker& worker : targets.workers) {
    std::vector<std::string> jobs;
    for (const core::JobId& id : worker.jobs) jobs.push_back(id.value);
    text += line_of(worker,
                    jobs.empty() ? none : fmt::format(", {} {}", force ? "KILLS jobs" : "runs jobs", join(jobs, ", ")));
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

Result<Targets> find_targets(Context& context, core::WishKind kind, const std::vector<std::string>& targets) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  TIDE_TRY_ASSIGN(const core::Snapshot snapshot, engine::observe(*ports, context.settings(), false));
  const core::Plan plan = core::plan(snapshot, context.settings());
  const bool suspect = plan.memory.suspicion && !plan.memory.suspicion->accepted;
  Targets found{.workers = {}, .jobs_known = snapshot.nodes && snapshot.jobs && !suspect};
  std::vector<std::string> known;
  for (const core::Worker& worker : plan.workers) {
    for (std::string& word : words_of(kind, worker)) known.push_back(std::move(word));
  }
  for (const std::string& target : targets) {
    const auto worker = std::ranges::find_if(plan.workers, [&](const core::Worker& one) {
      const auto words = words_of(kind, one);
      return std::ranges::find(words, target) != words.end();
    });
    if (worker != plan.workers.end()) {
      found.workers.push_back(*worker);
      found.left.push_back(target);
      continue;
    }
    if (engine::exit_code(snapshot) != core::ExitCode::done)
      return not_known(snapshot, fmt::format("whether '{}' exists", printable(target, 80)));
    TIDE_TRY_ASSIGN(const bool gone, ended_before(ports->store, kind, target));
    if (!gone) return unknown(thing_of(kind), target, known, "tide info");
    found.gone.push_back(target);
  }
  return found;
}

std::string line_of(const core::Worker& worker, const std::string& more) {
  return fmt::format("\n  {} ({}, {}{})", worker.name.empty() ? worker.id.value : worker.name.value,
                     worker.id.empty() ? "no instance" : worker.id.value, core::to_string(worker.phase), more);
}

Result<core::ExitCode> run_ending(Context& context, core::WishKind kind, const EndOptions& options) {
  TIDE_TRY(check_names(options.targets));
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(const Targets targets, find_targets(context, kind, options.targets));
  context.say_cluster();
  for (const std::string& gone : targets.gone)
    context.say(fmt::format("tide: {} is gone: 'tide events --node {}' says when it was ended", gone, gone));
  const std::string schema = kind == core::WishKind::terminate ? "tide.terminate/1" : "tide.kill-node/1";
  if (targets.left.empty()) {
    if (context.options().output != OutputFormat::table) output::show(context, nothing_done(context, schema));
    return core::ExitCode::done;
  }
  TIDE_TRY(context.confirm(what_happens(targets, options.force)));
  core::Wish wish = make_wish(context, kind);
  wish.targets = targets.left;
  wish.force = options.force;
  return carry_out(context, wish, true, schema);
}

}  // namespace tide::cmd
