#include "cmd/commands.hpp"
#include "cmd/doctor/checks.hpp"
#include "cmd/output/show.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>

namespace tide::cmd {

namespace {

output::Section section_of(const core::Findings& findings) {
  output::Section section{.name = "checks",
                          .columns = {{"check", "CHECK"},
                                      {"about", "ABOUT"},
                                      {"level", "LEVEL"},
                                      {"text", "FOUND"},
                                      {"hint", "WHAT TO DO"},
                                      {"exit", ""}},
                          .rows = {},
                          .empty = {}};
  for (const core::Finding& each : findings) {
    section.rows.push_back({each.check, each.about, std::string(to_string(each.level)), each.text, each.hint,
                            std::int64_t{static_cast<int>(each.exit)}});
  }
  return section;
}

// Not a table: what was found and what to do are whole sentences. With -q only what is not fine.
void show_lines(Context& context, const core::Findings& findings) {
  std::size_t width = 0;
  for (const core::Finding& each : findings) width = std::max(width, each.check.size());
  std::ostream& out = context.process().out;
  for (const core::Finding& each : findings) {
    if (context.options().quiet && each.level == core::Level::ok) continue;
    out << fmt::format("{:<4}  {:<{}}  {}{}{}\n", to_string(each.level), each.check, width, each.about,
                       each.about.empty() ? "" : ": ", each.text);
    if (!each.hint.empty()) out << fmt::format("{:<{}}-> {}\n", "", width + 8, each.hint);
  }
  const auto count = [&](core::Level level) { return std::ranges::count(findings, level, &core::Finding::level); };
  context.say(fmt::format("tide: {} ok, {} warn, {} fail", count(core::Level::ok), count(core::Level::warn),
                          count(core::Level::fail)));
}

Result<core::ExitCode> run_doctor(Context& context, bool as_cron) {
  // The other one first: later this process may no longer be root.
  std::optional<Result<core::Findings>> cron;
  if (as_cron) cron = doctor::examine_as_cron(context);
  core::Findings findings = doctor::examine_all(context);
  if (cron && *cron) {
    const bool named = !context.options().config.empty() || context.process().environment.contains("TIDE_CONFIG");
    const auto config = context.config();
    findings = doctor::with_cron(std::move(findings), **cron, named && config ? (*config)->path : std::string());
  }
  if (cron && !*cron) findings.push_back(core::failed("cron", "", cron->error()));
  const core::ExitCode exit = core::exit_code(findings);
  if (context.options().output == OutputFormat::table) {
    show_lines(context, findings);
    return exit;
  }
  output::show(context, {.schema = "tide.doctor/1",
                         .taken_at = context.process().clock.now(),
                         .exit = exit,
                         .sources = {},
                         .sections = {section_of(findings)}});
  return exit;
}

}  // namespace

CommandSpec doctor_command() {
  auto as_cron = std::make_shared<bool>(false);
  return {.name = "doctor",
          .group = Group::setup,
          .summary = "Check all that tide depends on, end to end, without spending",
          .options = {{"--as-cron", "", "Check again with what cron gives, and say what differs", as_cron.get()}},
          .run = [as_cron](Context& context) { return run_doctor(context, *as_cron); }};
}

}  // namespace tide::cmd
