#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/chain.hpp"
#include "cmd/output/look.hpp"
#include "cmd/output/sections.hpp"
#include "cmd/output/show.hpp"
#include "cmd/what_if.hpp"

#include <tide/core/describe.hpp>
#include <tide/util/files.hpp>

#include <algorithm>
#include <memory>

namespace tide::cmd {

namespace {

struct ExplainOptions {
  std::string subject;
  std::string snapshot;
  bool cached = false;
  int event = 0;
  std::vector<std::string> what_if;
};

constexpr std::size_t k_snapshot_max = 512U << 20U;
constexpr std::int64_t k_events_of_a_pass = 2'000;  // on either side of the one that is asked for

Result<Reading> read(Context& context, const ExplainOptions& options) {
  if (options.snapshot.empty())
    return read_world(context, {.cached = options.cached, .all_jobs = !options.subject.empty()});
  const auto text = read_file(options.snapshot, k_snapshot_max);
  if (!text)
    return make_error(ErrorKind::usage, "there is no snapshot to read: {}", text.error().message)
        .with_hint("'tide info --save-snapshot FILE' writes one.");
  auto saved = core::snapshot_from_json(*text);
  if (!saved) return std::move(saved.error()).with_context(fmt::format("while reading {}", options.snapshot));
  Reading reading{.settings = std::move(saved->settings), .snapshot = std::move(saved->snapshot), .cached = true};
  decide(reading);
  reading.sources = output::sources_of(reading.snapshot);
  return reading;
}

bool mentions(const output::Cell& cell, const std::string& subject) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text == subject || *text == "pool " + subject;
  const auto* list = std::get_if<std::vector<std::string>>(&cell);
  return list != nullptr && std::ranges::find(*list, subject) != list->end();
}

// Keeps the rows that are about the subject: a job ID, a node, an instance, or a pool.
bool narrow(output::Section& section, const std::string& subject) {
  std::erase_if(section.rows, [&](const auto& row) {
    return std::ranges::none_of(row, [&](const auto& cell) { return mentions(cell, subject); });
  });
  section.empty.clear();
  return !section.rows.empty();
}

std::vector<std::string> subjects(const core::Plan& plan, const core::Settings& settings) {
  std::vector<std::string> known;
  for (const core::Worker& worker : plan.workers) {
    known.push_back(worker.name.value);
    known.push_back(worker.id.value);
  }
  for (const auto& [name, pool] : settings.pools) known.push_back(name.value);
  for (const core::ShapeVerdict& verdict : plan.shapes) {
    for (const core::JobId& id : verdict.jobs.ids) known.push_back(id.value);
  }
  std::erase(known, "");
  return known;
}

// What was decided in a pass, as it was told then; the store alone is read.
Result<core::ExitCode> explain_event(Context& context, const ExplainOptions& options) {
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(store::Store * store, context.store());
  const std::int64_t id = options.event;
  TIDE_TRY_ASSIGN(std::vector<store::Event> events, store->events({.after = id - k_events_of_a_pass,
                                                                   .newest = 2 * k_events_of_a_pass,
                                                                   .up_to = id + k_events_of_a_pass}));
  const auto found = std::ranges::find(events, id, &store::Event::id);
  if (found == events.end()) {
    return make_error(ErrorKind::not_found, "there is no event {}", id)
        .with_hint("'tide events --json' shows their IDs; the store keeps the newest 200000.");
  }
  const store::Event event = *found;
  std::erase_if(events, [&](const store::Event& one) { return one.pass != event.pass || one.id == event.id; });
  output::Document document{
      .schema = "tide.explain/1", .taken_at = event.at, .exit = core::ExitCode::done, .sources = {}, .sections = {}};
  output::Section decision = output::events({event});
  decision.name = "decision";
  output::Section pass = output::events(events);
  pass.name = "pass";
  pass.columns.front().header = "SAME PASS";
  pass.empty = "Nothing else was told of that pass.";
  document.sections = {std::move(decision), std::move(pass)};
  output::show(context, document);
  return document.exit;
}

Result<core::ExitCode> run_explain(Context& context, const ExplainOptions& options) {
  if (options.event != 0) return explain_event(context, options);
  TIDE_TRY_ASSIGN(Reading reading, read(context, options));
  output::Document document{.schema = "tide.explain/1",
                            .taken_at = reading.snapshot.taken_at,
                            .exit = engine::exit_code(reading.snapshot),
                            .sources = reading.sources,
                            .sections = {}};
  if (!options.what_if.empty()) {
    const core::Plan now = std::move(reading.plan);
    TIDE_TRY_ASSIGN(reading.settings, what_if(std::move(reading.settings), options.what_if));
    decide(reading);
    document.sections.push_back(output::differences(now, reading.plan));
  }
  const core::Plan& plan = reading.plan;
  if (!options.subject.empty()) document.sections.push_back(output::chain(reading, options.subject));
  for (output::Section section : {output::jobs(plan), output::workers(plan, reading.snapshot), output::actions(plan),
                                  output::declined(plan), output::back_offs(plan, reading.snapshot, reading.settings),
                                  output::alarms(plan), output::consoles(plan.memory), output::next(reading)})
    document.sections.push_back(std::move(section));
  if (!options.subject.empty()) {
    document.sections.push_back(output::pools_in_full(reading));
    bool found = false;
    for (output::Section& section : document.sections) {
      if (section.name != "differences") found = narrow(section, options.subject) || found;
    }
    if (!found)
      return unknown_subject(reading, "job, node, instance or pool", options.subject, subjects(plan, reading.settings));
  }
  output::tell_troubles(context, reading.snapshot, plan);
  output::admit_unknown(document, reading.snapshot, plan);
  output::show(context, document);
  return document.exit;
}

}  // namespace

CommandSpec explain_command() {
  auto options = std::make_shared<ExplainOptions>();
  return {
      .name = "explain",
      .group = Group::look,
      .summary = "Why a job waits, a node is as it is, or a pool launches nothing",
      .options = {{"SUBJECT", "JOB|NODE|POOL", "Only what is about this job, node, instance or pool", &options->subject,
                   false, Complete::node},
                  {"--what-if", "KEY=VALUE",
                   "Decide as if the configuration said so: max_nodes=60, pools.NAME.max=8; may be repeated",
                   &options->what_if},
                  {"--event", "ID", "A past decision, by its ID in 'tide events --json'", &options->event},
                  {"--cached", "", "As the last pass read it: no cloud and no batch system is asked", &options->cached},
                  {"--snapshot", "FILE", "Decide on a saved snapshot; no server is asked", &options->snapshot, false,
                   Complete::file}},
      .run = [options](Context& context) { return run_explain(context, *options); }};
}

}  // namespace tide::cmd
