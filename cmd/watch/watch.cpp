#include "cmd/commands.hpp"
#include "cmd/output/look.hpp"
#include "cmd/output/sections.hpp"
#include "cmd/reading.hpp"
#include "cmd/watch/screen.hpp"
#include "cmd/watch/slow_clouds.hpp"
#include "cmd/watch/view.hpp"

#include <tide/core/sleep.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <memory>
#include <ostream>

namespace tide::cmd {

namespace {

constexpr Seconds k_history{3600};
constexpr std::chrono::milliseconds k_key_wait{200};    // so soon a signal is seen
constexpr std::chrono::milliseconds k_look_wait{50};    // so soon what a look saw is shown
constexpr std::chrono::milliseconds k_long_look{2000};  // that a look takes so long is told

struct WatchOptions {
  int every = 5;
  int times = 0;
  bool plain = false;
  bool cached = false;
};

std::string setting(Context& context, const char* name) {
  const auto found = context.process().environment.find(name);
  return found == context.process().environment.end() ? "" : found->second;
}

bool is_unicode(Context& context) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = to_lower(setting(context, name));
    if (!value.empty()) return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

// Looks again and again; clouds are asked at most every 30 s.
class Watcher {
 public:
  Watcher(Context& context, const WatchOptions& options) : m_context(context), m_options(options) {}

  Result<watch::Look> look() {
    ReadOptions how{.cached = m_options.cached};
    if (!m_options.cached) {
      if (m_slow == nullptr) {
        TIDE_TRY_ASSIGN(engine::Ports * ports, m_context.ports(false));
        m_slow = std::make_unique<watch::SlowClouds>(*ports);
      }
      how.ports = &m_slow->ports();
    }
    TIDE_TRY_ASSIGN(Reading reading, read_world(m_context, how));
    TIDE_TRY_ASSIGN(store::Store * store, m_context.store());
    m_exit = engine::exit_code(reading.snapshot);
    watch::Look look{.at = reading.snapshot.taken_at};
    TIDE_TRY_ASSIGN(look.samples, store->samples(look.at - k_history));
    if (!m_options.cached && reading.snapshot.jobs && reading.snapshot.nodes) {
      m_own.push_back(engine::count(reading.snapshot, reading.plan));
      std::erase_if(m_own, [&](const store::Sample& sample) { return sample.at < look.at - k_history; });
      look.samples.insert(look.samples.end(), m_own.begin(), m_own.end());
      std::ranges::stable_sort(look.samples, {}, &store::Sample::at);
    }
    if (m_slow != nullptr) set_cloud_ages(reading);
    describe(reading, look);
    return look;
  }

  core::ExitCode code() const { return m_exit; }

 private:
  void set_cloud_ages(Reading& reading) const {
    for (output::Source& source : reading.sources) {
      constexpr std::string_view k_cloud = "cloud:";
      if (source.ok && source.name.starts_with(k_cloud))
        source.age_seconds = m_slow->age_seconds({source.name.substr(k_cloud.size())});
    }
  }

  void describe(const Reading& reading, watch::Look& look) const {
    const output::Section summary = output::summary(reading);
    const auto cell = [&](const char* key) {
      const auto column = std::ranges::find(summary.columns, key, &output::Column::key);
      return output::shown_text(summary.rows[0][static_cast<std::size_t>(column - summary.columns.begin())]);
    };
    look.title = fmt::format("tide {}  {}  {}/{} machines  {} wait  {} run  {} {}/h", cell("cluster"),
                             format_time(look.at).substr(11, 8), cell("machines"), cell("max_nodes"),
                             cell("jobs_waiting"), cell("jobs_running"), cell("cost_per_hour"), cell("currency"));
    for (const output::Source& source : reading.sources) {
      const std::string age = source.age_seconds ? output::age_text(*source.age_seconds) : "never read";
      look.sources +=
          fmt::format("{}{} {} {}", look.sources.empty() ? "" : "  ", source.name, source.ok ? "ok" : "FAILED", age);
      if (!source.ok) look.troubles.push_back(fmt::format("{}: {}", source.name, printable(source.error, 200)));
    }
    if (const core::Sleep* sleep = core::asleep(reading.plan.memory, look.at); sleep != nullptr)
      look.troubles.insert(look.troubles.begin(), core::describe(*sleep));
    for (const core::Alarm& alarm : reading.plan.alarms) {
      if (alarm.reason.rule != "cloud-unreadable" && alarm.reason.rule != "batch-unreadable")
        look.troubles.push_back(printable(alarm.reason.text, 200));
    }
    look.tabs = {output::workers(reading.plan, reading.snapshot),
                 output::jobs(reading.plan),
                 output::pools_in_full(reading),
                 output::held(reading),
                 output::caps(reading),
                 output::next(reading)};
  }

  Context& m_context;
  const WatchOptions& m_options;
  std::unique_ptr<watch::SlowClouds> m_slow;
  std::vector<store::Sample> m_own;  // of this command's own looks
  core::ExitCode m_exit = core::ExitCode::done;
};

// One look at a time, in a thread of its own: keys and signals are answered while a cloud or the batch system is not.
class Looking {
 public:
  Looking(Watcher& watcher, Clock& clock) : m_watcher(watcher), m_clock(clock) {}

  bool goes_on() const { return m_look.valid(); }
  void begin() {
    m_began = m_clock.monotonic();
    m_look = std::async(std::launch::async, [this] { return m_watcher.look(); });
  }
  std::chrono::milliseconds age() const { return m_clock.monotonic() - m_began; }
  // What it saw, once it saw it.
  std::optional<Result<watch::Look>> take() {
    if (!m_look.valid() || m_look.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
    return m_look.get();
  }

 private:
  Watcher& m_watcher;
  Clock& m_clock;
  std::chrono::milliseconds m_began{};
  std::future<Result<watch::Look>> m_look;
};

// Blocks of plain lines, for pipes, logs and dumb terminals.
Result<core::ExitCode> run_plain(Context& context, const WatchOptions& options) {
  Watcher watcher(context, options);
  watch::View view(is_unicode(context));
  std::ostream& out = context.process().out;
  for (int looks = 0;;) {
    TIDE_TRY_ASSIGN(watch::Look look, watcher.look());
    view.update(std::move(look));
    view.resize(24, context.process().out_is_terminal ? context.process().columns : 200);
    for (const watch::Line& line : view.all_lines()) {
      std::string text = watch::text_of(line);
      while (text.ends_with(' ')) text.pop_back();
      out << text << "\n";
    }
    out << "\n" << std::flush;
    if (!out || (options.times > 0 && ++looks >= options.times)) break;
    if (!context.process().clock.sleep_for(std::chrono::seconds(options.every))) break;
  }
  return watcher.code();
}

Result<core::ExitCode> run_full(Context& context, const WatchOptions& options, std::unique_ptr<watch::Screen> screen) {
  Clock& clock = context.process().clock;
  Watcher watcher(context, options);
  Looking looking(watcher, clock);
  watch::View view(is_unicode(context));
  core::ExitCode code = core::ExitCode::done;
  auto due = clock.monotonic();
  for (int looks = 0;;) {
    if (auto look = looking.take()) {
      if (!*look) return std::move(*look).error();
      code = watcher.code();
      view.update(std::move(*look).value());
      if (options.times > 0 && ++looks >= options.times) break;
    }
    if (!looking.goes_on() && clock.monotonic() >= due) {
      due = clock.monotonic() + std::chrono::seconds(options.every);
      looking.begin();
    }
    const auto age = looking.goes_on() ? looking.age() : std::chrono::milliseconds(0);
    view.set_looking(age >= k_long_look ? std::chrono::floor<Seconds>(age) : Seconds(0));
    view.resize(screen->rows(), screen->columns());
    screen->show(view.lines());
    const auto press = screen->key(looking.goes_on() ? k_look_wait : k_key_wait);
    if (!clock.sleep_for(std::chrono::milliseconds(0))) break;  // a signal came
    if (!press) continue;
    const watch::Asked asked = view.press(press->key, press->letter);
    if (asked == watch::Asked::quit) break;
    if (asked == watch::Asked::look_again) due = clock.monotonic();
  }
  screen.reset();
  // Nobody waits for a look that only reads: the process ends under it, as it may at any time.
  if (looking.goes_on()) std::_Exit(context.process().exit_code(code));
  return code;
}

Result<core::ExitCode> run_watch(Context& context, const WatchOptions& options) {
  TIDE_TRY(context.config());
  if (options.every < 1)
    return make_error(ErrorKind::usage, "-n {}: at least a second between two looks", options.every);
  if (context.options().output != OutputFormat::table)
    return make_error(ErrorKind::usage, "watch is for people: it has no JSON or CSV form")
        .with_hint("'tide info --json' is one look; 'tide events --follow --json' tells what happens.");
  const std::string terminal = setting(context, "TERM");
  const bool full = !options.plain && context.process().in_is_terminal && context.process().out_is_terminal &&
                    !terminal.empty() && terminal != "dumb";
  if (!full) return run_plain(context, options);
  auto screen = watch::Screen::open(terminal, stdout, stdin, context.colored(true));
  if (screen == nullptr) return run_plain(context, options);
  return run_full(context, options, std::move(screen));
}

}  // namespace

CommandSpec watch_command() {
  auto options = std::make_shared<WatchOptions>();
  return {.name = "watch",
          .group = Group::look,
          .summary = "The same live, full screen: what changes is marked; '?' shows the keys",
          .options = {{"-n,--every", "SECONDS", "Between two looks (default 5); clouds are asked at most every 30 s",
                       &options->every},
                      {"--times", "N", "Stop after so many looks", &options->times},
                      {"--plain", "", "Blocks of plain lines: for pipes and dumb terminals", &options->plain},
                      {"--cached", "", "As the last pass read it: no cloud and no batch system is asked",
                       &options->cached}},
          .run = [options](Context& context) { return run_watch(context, *options); }};
}

}  // namespace tide::cmd
