#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/sections.hpp"
#include "cmd/output/show.hpp"

#include <tide/util/files.hpp>

#include <algorithm>
#include <memory>

namespace tide::cmd {

namespace {

struct InfoOptions {
  std::string save;
  bool with_jobs = false;
  std::vector<std::string> sections;
};

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

Result<core::ExitCode> run_info(Context& context, const InfoOptions& options) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(false));
  TIDE_TRY_ASSIGN(const core::Snapshot snapshot, engine::observe(*ports, context.settings(), options.with_jobs));
  for (const auto& [name, cloud] : ports->clouds) {
    const std::string identity = cloud->identity();
    if (context.options().verbose && !identity.empty())
      context.say(fmt::format("tide: cloud '{}' was asked as {}", name.value, identity));
  }
  const core::Plan plan = core::plan(snapshot, context.settings());
  if (!options.save.empty()) {
    TIDE_TRY(
        write_file_atomically(options.save, core::to_json({.settings = context.settings(), .snapshot = snapshot})));
    context.say(fmt::format("tide: snapshot written to {}", options.save));
  }
  output::Document document{.schema = "tide.info/1",
                            .taken_at = snapshot.taken_at,
                            .exit = engine::exit_code(snapshot),
                            .sources = output::sources_of(snapshot)};
  document.sections = {output::workers(plan, plan.memory, snapshot.age), output::jobs(plan),
                       output::pools(plan, snapshot, context.settings()), output::sleep(snapshot),
                       output::alarms(plan)};
  TIDE_TRY(choose(document, options.sections));
  output::tell_troubles(context, snapshot, plan);
  if (context.options().output == OutputFormat::table)
    std::erase_if(document.sections, [](const auto& section) { return section.name == "alarms"; });
  output::admit_unknown(document, snapshot, plan);
  output::show(context, document);
  return document.exit;
}

}  // namespace

CommandSpec info_command() {
  auto options = std::make_shared<InfoOptions>();
  return {
      .name = "info",
      .group = Group::look,
      .summary = "Nodes, machines, waiting jobs and pools as they are now",
      .options = {{"--section", "NAME", "Only this part: workers, jobs, pools, sleep or alarms; may be repeated",
                   &options->sections},
                  {"--with-jobs", "", "All IDs of each shape of waiting job, not the first 20", &options->with_jobs},
                  {"--save-snapshot", "FILE", "Also write all that a decision looks at to FILE", &options->save, false,
                   Complete::file}},
      .run = [options](Context& context) { return run_info(context, *options); }};
}

}  // namespace tide::cmd
