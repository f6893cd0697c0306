#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/sections.hpp"
#include "cmd/output/show.hpp"

#include <tide/core/describe.hpp>
#include <tide/util/files.hpp>

#include <algorithm>
#include <memory>

namespace tide::cmd {

namespace {

struct ExplainOptions {
  std::string subject;
  std::string snapshot;
};

constexpr std::size_t k_snapshot_max = 512U << 20U;

Result<core::SavedSnapshot> read(Context& context, const ExplainOptions& options) {
  if (!options.snapshot.empty()) {
    TIDE_TRY_ASSIGN(const std::string text, read_file(options.snapshot, k_snapshot_max));
    auto saved = core::snapshot_from_json(text);
    if (!saved) return std::move(saved.error()).with_context(fmt::format("while reading {}", options.snapshot));
    return saved;
  }
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(false));
  TIDE_TRY_ASSIGN(core::Snapshot snapshot, engine::observe(*ports, context.settings(), !options.subject.empty()));
  return core::SavedSnapshot{.settings = context.settings(), .snapshot = std::move(snapshot)};
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

Result<core::ExitCode> run_explain(Context& context, const ExplainOptions& options) {
  TIDE_TRY_ASSIGN(const core::SavedSnapshot saved, read(context, options));
  const core::Plan plan = core::plan(saved.snapshot, saved.settings);
  output::Document document{.schema = "tide.explain/1",
                            .taken_at = saved.snapshot.taken_at,
                            .exit = engine::exit_code(saved.snapshot),
                            .sources = output::sources_of(saved.snapshot)};
  document.sections = {
      output::jobs(plan),           output::workers(plan, plan.memory, saved.snapshot.age),  output::actions(plan),
      output::declined(plan),       output::back_offs(plan, saved.snapshot, saved.settings), output::alarms(plan),
      output::consoles(plan.memory)};
  if (!options.subject.empty()) {
    document.sections.push_back(output::pools(plan, saved.snapshot, saved.settings));
    bool found = false;
    for (output::Section& section : document.sections) found = narrow(section, options.subject) || found;
    if (!found && document.exit == core::ExitCode::done) {
      return unknown("job, node, instance or pool", options.subject, subjects(plan, saved.settings),
                     "tide info --with-jobs");
    }
  }
  output::tell_troubles(context, saved.snapshot, plan);
  output::admit_unknown(document, saved.snapshot, plan);
  output::show(context, document);
  return document.exit;
}

}  // namespace

CommandSpec explain_command() {
  auto options = std::make_shared<ExplainOptions>();
  return {.name = "explain",
          .group = Group::look,
          .summary = "Why a job waits, a node is as it is, or a pool launches nothing",
          .options = {{"SUBJECT", "JOB|NODE|POOL", "Only what is about this job, node, instance or pool",
                       &options->subject, false, Complete::node},
                      {"--snapshot", "FILE", "Decide on a saved snapshot; no server is asked", &options->snapshot,
                       false, Complete::file}},
          .run = [options](Context& context) { return run_explain(context, *options); }};
}

}  // namespace tide::cmd
