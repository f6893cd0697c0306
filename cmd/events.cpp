#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/sections.hpp"
#include "cmd/output/show.hpp"
#include "cmd/when.hpp"

#include <tide/store/sqlite_store.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <ostream>

namespace tide::cmd {

namespace {

constexpr std::chrono::milliseconds k_between_looks{1'000};
constexpr int k_follow_max = 10'000;  // events between two looks

struct EventsOptions {
  std::string since;
  std::string about;
  std::string kind;
  int newest = 100;
  bool follow = false;
};

// What actions of passes, upkeep of clouds, and words of people are called.
constexpr std::array<std::string_view, 31> k_kinds{
    "launch",     "start",  "repeat",    "close-intent", "hosts",          "add",      "address", "hold",
    "release",    "stop",   "terminate", "give-up",      "remove",         "forget",   "adopt",   "disown",
    "close-wish", "attach", "tag",       "mark",         "sweep",          "alarm",    "refuse",  "sleep",
    "wake",       "reset",  "resize",    "takeover",     "accept-reading", "cost-set", "leave"};

// A typing error must not look like peace. A kind that another version wrote is known by its events.
Result<void> check_kind(store::Store& store, const std::string& kind) {
  if (kind.empty() || std::ranges::find(k_kinds, kind) != k_kinds.end()) return {};
  TIDE_TRY_ASSIGN(const std::vector<store::Event> any, store.events({.type = kind, .newest = 1}));
  if (!any.empty()) return {};
  std::vector<std::string> kinds(k_kinds.begin(), k_kinds.end());
  std::ranges::sort(kinds);
  const std::string near = nearest(kind, kinds);
  return make_error(ErrorKind::usage, "--kind '{}' is no kind of event", printable(kind, 40))
      .with_hint(fmt::format("{}The kinds: {}.", near.empty() ? "" : fmt::format("Did you mean '{}'? ", near),
                             join(kinds, ", ")));
}

void show(Context& context, const std::vector<store::Event>& events) {
  output::Document document{.schema = "tide.events/1",
                            .taken_at = context.process().clock.now(),
                            .exit = core::ExitCode::done,
                            .sources = {}};
  document.sections = {output::events(events)};
  output::show(context, document);
}

// What comes later, a line each, until a signal.
Result<core::ExitCode> follow(Context& context, store::Store& store, store::EventQuery query) {
  query.newest = k_follow_max;
  while (context.process().clock.sleep_for(k_between_looks)) {
    TIDE_TRY_ASSIGN(const std::vector<store::Event> events, store.events(query));
    if (events.empty()) continue;
    query.after = events.back().id;
    if (context.json()) {
      show(context, events);
    } else {
      for (const store::Event& event : events)
        context.process().out << fmt::format("{}  {}  {}  {}  {}\n", format_time(event.at), event.type, event.subject,
                                             event.rule, event.text);
    }
    if (!(context.process().out << std::flush)) break;
  }
  return core::ExitCode::done;
}

Result<core::ExitCode> run_events(Context& context, const EventsOptions& options) {
  TIDE_TRY_ASSIGN(const config::Config* config, context.config());
  if (options.newest < 1) return make_error(ErrorKind::usage, "-n {}: at least one event", options.newest);
  if (options.follow && context.options().output == OutputFormat::csv)
    return make_error(ErrorKind::usage, "--follow has no CSV form").with_hint("Use --json, or plain lines.");
  store::EventQuery query{.about = options.about, .type = options.kind, .newest = options.newest};
  if (!options.since.empty()) {
    const TimePoint now = context.process().clock.now();
    const auto span = parse_duration(options.since);
    if (span) {
      query.since = now - *span;
    } else {
      TIDE_TRY_ASSIGN(query.since, parse_when("--since", options.since, now, When::past));
    }
  }
  TIDE_TRY_ASSIGN(
      const auto store,
      store::open_store({.path = config->state_dir + "/" + std::string(store::k_store_file), .read_only = true}));
  TIDE_TRY(check_kind(*store, options.kind));
  TIDE_TRY_ASSIGN(const std::vector<store::Event> events, store->events(query));
  if (!options.follow || !events.empty()) show(context, events);
  if (!options.follow) return core::ExitCode::done;
  if (!events.empty()) query.after = events.back().id;
  return follow(context, *store, query);
}

}  // namespace

CommandSpec events_command() {
  auto options = std::make_shared<EventsOptions>();
  return {.name = "events",
          .group = Group::look,
          .summary = "What happened and why: launches, holds, ends, refusals, people's words",
          .options = {{"--since", "WHEN", "Only what came then or later: 2h, 18:30, RFC 3339", &options->since},
                      {"--node", "NODE", "Only what names this node, machine or pool", &options->about, false,
                       Complete::node},
                      {"--kind", "KIND", "Only these: launch, hold, terminate, refuse, alarm, sleep", &options->kind},
                      {"-n,--newest", "N", "At most the newest N (default 100)", &options->newest},
                      {"--follow", "", "Then wait for more, a line each", &options->follow}},
          .run = [options](Context& context) { return run_events(context, *options); }};
}

}  // namespace tide::cmd
