#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/details.hpp"
#include "cmd/output/look.hpp"
#include "cmd/output/sections.hpp"
#include "cmd/output/show.hpp"

#include <tide/util/files.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace tide::cmd {

namespace {

struct InfoOptions {
  std::vector<std::string> subjects;
  std::string save;
  std::string pool;
  bool with_jobs = false;
  bool cached = false;
  bool nodes_file = false;
  bool addresses = false;
  std::vector<std::string> sections;
};

constexpr int k_events_shown = 10;  // of a subject; `tide events --node` has them all

Result<void> choose(output::Document& document, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::vector<output::Section> chosen;
  std::vector<std::string> known;
  for (const output::Section& section : document.sections) known.push_back(section.name);
  for (const std::string& name : names) {
    const auto found = std::ranges::find(document.sections, name, &output::Section::name);
    if (found == document.sections.end()) return unknown("section", name, known, "tide info --help");
    chosen.push_back(*found);
  }
  document.sections = std::move(chosen);
  return {};
}

output::Document document_of(const Reading& reading) {
  return {.schema = "tide.info/1",
          .taken_at = reading.snapshot.taken_at,
          .exit = engine::exit_code(reading.snapshot),
          .sources = reading.sources,
          .sections = {}};
}

// Those of the list whose subject is the one, or whose time is meant for it.
void keep_about(output::Section& section, const std::vector<std::string>& subjects) {
  std::erase_if(section.rows, [&](const auto& row) {
    const auto* about = std::get_if<std::vector<std::string>>(&row.back());
    return about == nullptr || std::ranges::none_of(subjects, [&](const std::string& subject) {
             return std::ranges::find(*about, subject) != about->end();
           });
  });
}

Result<core::ExitCode> about(Context& context, const Reading& reading, const InfoOptions& options) {
  output::Document document = document_of(reading);
  output::Section details;
  output::Section events;
  TIDE_TRY_ASSIGN(store::Store * store, context.store());
  std::vector<std::string> names = options.subjects;
  for (const std::string& subject : options.subjects) {
    output::Section found = output::details(reading, subject);
    if (found.rows.empty())
      return unknown_subject(reading, "node, instance or job", subject, output::known_subjects(reading));
    if (details.columns.empty()) details = output::Section{found.name, found.columns, {}, found.empty};
    std::ranges::move(found.rows, std::back_inserter(details.rows));
    for (const core::Worker& worker : reading.plan.workers) {
      if (worker.id.value == subject && !worker.name.empty()) names.push_back(worker.name.value);
    }
    TIDE_TRY_ASSIGN(const std::vector<store::Event> told, store->events({.about = subject, .newest = k_events_shown}));
    output::Section more = output::events(told);
    if (events.columns.empty()) events = output::Section{more.name, more.columns, {}, ""};
    std::ranges::move(more.rows, std::back_inserter(events.rows));
  }
  output::Section next = output::next(reading);
  keep_about(next, names);
  next.empty.clear();
  document.sections = {std::move(details), std::move(next), std::move(events)};
  output::tell_troubles(context, reading.snapshot, reading.plan);
  output::show(context, document);
  return document.exit;
}

// A list for other programs' files: whole, or none at all.
Result<core::ExitCode> list(Context& context, const Reading& reading, output::Section section,
                            const InfoOptions& options) {
  if (!options.pool.empty()) output::keep_pool(section, options.pool);
  output::Document document = document_of(reading);
  if (document.exit != core::ExitCode::done) {
    output::tell_troubles(context, reading.snapshot, reading.plan);
    context.say("tide: nothing was listed: what could not be read would be missing from it");
    return document.exit;
  }
  document.sections = {std::move(section)};
  if (context.options().output != OutputFormat::table) {
    output::show(context, document);
    return document.exit;
  }
  for (const auto& row : document.sections.front().rows)
    context.process().out << std::get<std::string>(row.back()) << "\n";
  return document.exit;
}

void say_who(Context& context) {
  for (const auto& [name, identity] : context.identities())
    context.say(fmt::format("tide: cloud '{}' was asked as {}", name.value, identity));
}

Result<core::ExitCode> run_info(Context& context, const InfoOptions& options) {
  TIDE_TRY(context.config());
  const core::PoolName pool{options.pool};
  if (!options.pool.empty() && !context.settings().pools.contains(pool)) {
    std::vector<std::string> pools;
    for (const auto& [name, settings] : context.settings().pools) pools.push_back(name.value);
    return unknown("pool", options.pool, pools, "tide pools");
  }
  TIDE_TRY_ASSIGN(
      const Reading reading,
      read_world(context, {.cached = options.cached, .all_jobs = options.with_jobs || !options.subjects.empty()}));
  if (context.options().verbose) say_who(context);
  if (!options.save.empty()) {
    TIDE_TRY(write_file_atomically(options.save,
                                   core::to_json({.settings = reading.settings, .snapshot = reading.snapshot})));
    context.say(fmt::format("tide: snapshot written to {}", options.save));
  }
  if (options.nodes_file) return list(context, reading, output::nodes_file(reading), options);
  if (options.addresses) return list(context, reading, output::addresses(reading), options);
  if (!options.subjects.empty()) return about(context, reading, options);
  output::Document document = document_of(reading);
  const core::Plan& plan = reading.plan;
  document.sections = {output::summary(reading),
                       output::sources(reading),
                       output::sleep(reading.snapshot),
                       output::jobs(plan),
                       output::workers(plan, reading.snapshot),
                       output::pools(plan, reading.snapshot, reading.settings),
                       output::held(reading),
                       output::caps(reading),
                       output::next(reading),
                       output::alarms(plan)};
  if (!options.pool.empty()) {
    for (output::Section& section : document.sections) output::keep_pool(section, options.pool);
  }
  std::vector<std::string> sections = options.sections;
  if (sections.empty() && context.options().output == OutputFormat::csv) sections = {"workers"};
  TIDE_TRY(choose(document, sections));
  output::tell_troubles(context, reading.snapshot, plan);
  if (context.json()) std::erase_if(document.sections, [](const auto& one) { return one.name == "sources"; });
  if (context.options().output == OutputFormat::table)
    std::erase_if(document.sections, [](const auto& section) { return section.name == "alarms"; });
  output::admit_unknown(document, reading.snapshot, plan);
  output::show(context, document);
  return document.exit;
}

}  // namespace

CommandSpec info_command() {
  auto options = std::make_shared<InfoOptions>();
  return {
      .name = "info",
      .group = Group::look,
      .summary = "Nodes, machines, jobs, pools, caps and what comes next, on one screen",
      .options = {{"NAME...", "NODE|INSTANCE|JOB", "All that is known of these, from both sides", &options->subjects,
                   false, Complete::node},
                  {"--cached", "", "As the last pass read it: no cloud and no batch system is asked", &options->cached},
                  {"--pool", "POOL", "Only what belongs to this pool", &options->pool, false, Complete::pool},
                  {"--section", "NAME",
                   "Only this part: summary, sources, sleep, jobs, workers, pools, held, caps, next or alarms; may "
                   "be repeated",
                   &options->sections},
                  {"--nodes-file", "", "The nodes as lines of TORQUE's server_priv/nodes", &options->nodes_file},
                  {"--addresses", "", "The address of every machine, a line each, for firewalls", &options->addresses},
                  {"--with-jobs", "", "All IDs of each shape of waiting job, not the first 20", &options->with_jobs},
                  {"--save-snapshot", "FILE", "Also write all that a decision looks at to FILE", &options->save, false,
                   Complete::file}},
      .run = [options](Context& context) { return run_info(context, *options); }};
}

}  // namespace tide::cmd
