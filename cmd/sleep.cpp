#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/when.hpp"

#include <tide/core/sleep.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <memory>

namespace tide::cmd {

namespace {

struct SleepOptions {
  std::string span;
  std::string until;
  std::string reason;
};

Result<core::Sleep> wanted(Context& context, const SleepOptions& options) {
  const TimePoint now = context.process().clock.now();
  core::Sleep sleep{.by = context.user(), .reason = printable(options.reason, 200), .since = now, .until = {}};
  if (!options.span.empty() && !options.until.empty())
    return make_error(ErrorKind::usage, "--for and --until say the same thing").with_hint("Give one of the two.");
  if (!options.span.empty()) {
    TIDE_TRY_ASSIGN(const Seconds span, parse_span("--for", options.span));
    sleep.until = now + span;
  }
  if (!options.until.empty()) {
    TIDE_TRY_ASSIGN(sleep.until, parse_when("--until", options.until, now, When::future));
    if (*sleep.until <= now)
      return make_error(ErrorKind::usage, "--until {} is over: it is {}", format_time(*sleep.until), format_time(now))
          .with_hint("Say a time to come, or nothing: it then sleeps until 'tide wake'.");
  }
  return sleep;
}

// Nobody's word is taken back without a word.
void tell_former(Context& context, const core::Memory& memory) {
  const core::Sleep* former = core::asleep(memory, context.process().clock.now());
  if (former != nullptr) context.say(fmt::format("tide: it was {}", core::describe(*former)));
}

Result<core::ExitCode> run_sleep(Context& context, const SleepOptions& options) {
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(const core::Sleep sleep, wanted(context, options));
  const std::string what =
      fmt::format("start no machine until {}{}", sleep.until ? format_time(*sleep.until) : "'tide wake'",
                  sleep.reason.empty() ? "" : " (" + sleep.reason + ")");
  return edit_memory(
      context, "sleep", what,
      [&](core::Memory& memory) -> Result<void> {
        tell_former(context, memory);
        memory.sleep = sleep;
        return {};
      },
      Rows::own);
}

Result<core::ExitCode> run_wake(Context& context) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  TIDE_TRY_ASSIGN(const core::Memory now, ports->store.load());
  if (core::asleep(now, context.process().clock.now()) == nullptr) {
    context.say_cluster();
    context.say("tide: it was not asleep");
    return core::ExitCode::done;
  }
  return edit_memory(
      context, "wake", "let machines start again",
      [&](core::Memory& memory) -> Result<void> {
        tell_former(context, memory);
        memory.sleep.reset();
        return {};
      },
      Rows::own);
}

}  // namespace

CommandSpec sleep_command() {
  auto options = std::make_shared<SleepOptions>();
  return {.name = "sleep",
          .group = Group::scale,
          .summary = "Start no machines for now; drains and ends go on",
          .options = {{"--for", "SPAN", "For so long: 90m, 2h; else until 'tide wake'", &options->span},
                      {"--until", "TIME", "Until then: 18:30, '2026-11-25 18:30' or RFC 3339", &options->until},
                      {"--reason", "TEXT", "Why; shown wherever the sleep is", &options->reason}},
          .run = [options](Context& context) { return run_sleep(context, *options); },
          .changes = true};
}

CommandSpec wake_command() {
  return {.name = "wake",
          .group = Group::scale,
          .summary = "Let machines start again after 'tide sleep'",
          .options = {},
          .run = run_wake,
          .changes = true};
}

}  // namespace tide::cmd
