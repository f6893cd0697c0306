#include "cmd/output/show.hpp"

#include "cmd/output/sections.hpp"

#include <tide/core/describe.hpp>

#include <algorithm>
#include <ostream>

namespace tide::cmd::output {

namespace {

// The hint for an alarm that a person can end.
std::string hint_of(const core::Alarm& alarm) {
  const std::string& rule = alarm.reason.rule;
  if (rule == "foreign-head") return "If this head is to take its machines over: tide takeover --from HEAD.";
  if (rule == "batch-unreadable" && alarm.kind == ErrorKind::stranger)
    return "Check [batch.env] and the head's own configuration of the batch system.";
  if (rule == "batch-unreadable" && alarm.reason.text.rfind("suspect", 0) == 0) {
    return "If the nodes are really gone: tide accept-reading. It is believed by itself after 30 minutes.";
  }
  if (rule == "unclear-identity")
    return "See 'tide explain NODE'; kill-node or terminate --force ends one that you name.";
  if (rule == "rebuild") return "See 'tide info'; kill-node and terminate work.";
  return "";
}

// Whatever ails the batch system, its exit code is the same, but for a configuration that is wrong.
Trouble of_source(std::string key, const std::string& what, const Error& error) {
  Error told = error;
  const bool config = core::exit_code_of(error.kind) == core::ExitCode::config;
  if (!key.starts_with("cloud ") && !config) told.kind = ErrorKind::batch;
  told.message = fmt::format("{}: {}", what, told.message);
  return {std::move(key), std::move(told)};
}

}  // namespace

void admit_unknown(Document& document, const core::Snapshot& snapshot, const core::Plan& plan) {
  const bool distrusted = std::ranges::any_of(
      plan.alarms, [](const core::Alarm& alarm) { return alarm.reason.rule == "batch-unreadable"; });
  for (Section& section : document.sections) {
    if (section.name == "jobs" && !snapshot.jobs)
      section.empty = "The waiting jobs are not known: the queue could not be read.";
    if (section.name == "workers" && !snapshot.nodes)
      section.empty = "The nodes are not known: the batch system could not be read.";
    if (section.name == "actions" && distrusted)
      section.empty = "Nothing was done: the batch system's reading cannot be relied on.";
  }
}

void show(Context& context, const Document& document) {
  std::ostream& out = context.process().out;
  switch (context.options().output) {
    case OutputFormat::json: out << to_json(document); break;
    case OutputFormat::csv:
      if (!document.sections.empty()) out << to_csv(document.sections.front());
      break;
    case OutputFormat::table:
      out << to_table(document, context.process().out_is_terminal ? context.process().columns : 0,
                      context.colored(context.process().out_is_terminal));
      break;
  }
}

std::vector<Trouble> troubles_of(const core::Snapshot& snapshot, const core::Plan& plan) {
  std::vector<Trouble> troubles;
  if (!snapshot.server) {
    troubles.push_back(of_source("batch", "the batch system", snapshot.server.error()));
  } else {
    if (!snapshot.jobs) troubles.push_back(of_source("jobs", "the jobs", snapshot.jobs.error()));
    if (!snapshot.nodes) troubles.push_back(of_source("nodes", "the nodes", snapshot.nodes.error()));
  }
  for (const auto& [name, listed] : snapshot.instances) {
    if (!listed)
      troubles.push_back(of_source("cloud " + name.value, fmt::format("cloud '{}'", name.value), listed.error()));
  }
  for (const core::Alarm& alarm : plan.alarms) {
    const bool told =
        alarm.reason.rule == "cloud-unreadable" ||
        (alarm.reason.rule == "batch-unreadable" && (!snapshot.server || !snapshot.jobs || !snapshot.nodes));
    if (told) continue;
    std::string key = "alarm " + alarm.reason.rule + " " + alarm.reason.text;
    std::erase_if(key, [](char c) { return c >= '0' && c <= '9'; });  // counts and ages change; the problem does not
    troubles.push_back(
        {std::move(key),
         Error{.kind = alarm.kind, .message = alarm.reason.text, .context = {}, .hint = hint_of(alarm)}});
  }
  return troubles;
}

std::vector<Trouble> failures_of(std::span<const engine::PassReport> passes) {
  std::vector<Trouble> failures;
  for (const engine::PassReport& pass : passes) {
    for (const engine::Outcome& outcome : pass.outcomes) {
      if (!outcome.error) continue;
      const core::Action& action = outcome.planned.action;
      failures.push_back(
          {fmt::format("{} {} {}", core::verb_of(action), core::subject_of(action), to_string(outcome.error->kind)),
           Error(*outcome.error).with_context(fmt::format("while trying to {}", core::describe(action)))});
    }
    for (const cloud::UpkeepStep& step : pass.upkeep) {
      if (!step.error) continue;
      failures.push_back({fmt::format("{} {} {}", step.verb, step.subject, to_string(step.error->kind)),
                          Error(*step.error).with_context("while trying to " + step.verb + " " + step.text)});
    }
  }
  return failures;
}

void tell_troubles(Context& context, const core::Snapshot& snapshot, const core::Plan& plan) {
  for (const Trouble& trouble : troubles_of(snapshot, plan)) context.print(trouble.error);
}

void show_passes(Context& context, const std::string& schema, const std::vector<engine::PassReport>& passes,
                 core::ExitCode exit) {
  if (passes.empty()) return;
  const engine::PassReport& last = passes.back();
  tell_troubles(context, last.snapshot, last.plan);
  for (const Trouble& failure : failures_of(passes)) context.print(failure.error);
  show_outcomes(context, schema, passes, exit);
}

void show_outcomes(Context& context, const std::string& schema, const std::vector<engine::PassReport>& passes,
                   core::ExitCode exit) {
  if (passes.empty()) return;
  const engine::PassReport& last = passes.back();
  std::vector<engine::Outcome> outcomes;
  for (const engine::PassReport& pass : passes)
    outcomes.insert(outcomes.end(), pass.outcomes.begin(), pass.outcomes.end());
  Document document{
      .schema = schema, .taken_at = last.snapshot.taken_at, .exit = exit, .sources = sources_of(last.snapshot)};
  std::vector<cloud::UpkeepStep> upkeep;
  for (const engine::PassReport& pass : passes) upkeep.insert(upkeep.end(), pass.upkeep.begin(), pass.upkeep.end());
  document.sections.push_back(actions(outcomes, upkeep));
  if (context.options().output != OutputFormat::table || context.options().verbose) {
    document.sections.push_back(declined(last.plan));
    document.sections.push_back(jobs(last.plan));
    document.sections.push_back(workers(last.plan, last.snapshot));
    document.sections.push_back(alarms(last.plan));
  }
  if (context.options().quiet && context.options().output == OutputFormat::table) return;
  admit_unknown(document, last.snapshot, last.plan);
  show(context, document);
}

void show_plan(Context& context, const std::string& schema, const engine::PassReport& pass) {
  tell_troubles(context, pass.snapshot, pass.plan);
  Document document{.schema = schema,
                    .taken_at = pass.snapshot.taken_at,
                    .exit = engine::exit_code(pass),
                    .sources = sources_of(pass.snapshot)};
  document.sections = {actions(pass.plan), declined(pass.plan), jobs(pass.plan), workers(pass.plan, pass.snapshot),
                       alarms(pass.plan)};
  if (context.options().output == OutputFormat::table) document.sections.resize(3);
  admit_unknown(document, pass.snapshot, pass.plan);
  show(context, document);
}

}  // namespace tide::cmd::output
