#include <tide/engine/wish_loop.hpp>

#include <algorithm>
#include <set>

namespace tide::engine {

namespace {

constexpr std::chrono::milliseconds k_between_passes{2'000};
constexpr std::chrono::milliseconds k_between_passes_max{10'000};
constexpr int k_patience = 15;  // what was quiet for a minute is looked at again after a fifteenth of it
constexpr std::chrono::milliseconds k_between_tries{500};

// Wishes that came while this process held the lock: their commands may have left already, counting on it.
Result<void> serve_new(Ports& ports, const core::Settings& settings, const core::Memory& considered,
                       const PassOptions& options, std::vector<PassReport>& reports) {
  TIDE_TRY_ASSIGN(const core::Memory memory, ports.store.load());
  for (const auto& [id, wish] : memory.wishes) {
    if (considered.wishes.contains(id)) continue;
    PassOptions one = options;
    one.scope = {.everything = false, .wish = id};
    one.approve = nullptr;  // of the pass that was looked at alone (apply)
    TIDE_TRY_ASSIGN(PassReport report, run_pass(ports, settings, one));
    reports.push_back(std::move(report));
  }
  return {};
}

class Deadline {
 public:
  Deadline(Clock& clock, std::optional<std::chrono::seconds> span) : m_clock(clock) {
    if (span) m_end = clock.monotonic() + *span;
  }
  bool over() const { return m_end && m_clock.monotonic() >= *m_end; }

 private:
  Clock& m_clock;
  std::optional<std::chrono::milliseconds> m_end;
};

bool has_done_something(const PassReport& pass) {
  return std::ranges::any_of(pass.outcomes, [](const Outcome& outcome) { return !outcome.error; });
}

// What earlier passes saw is no longer needed, and neither what did nothing, or failed as the next one did: a wish may
// be waited for for days.
void keep(std::vector<PassReport>& passes, PassReport report) {
  if (!passes.empty()) {
    PassReport& before = passes.back();
    before.snapshot = {};
    before.plan = {};
    const bool news =
        !before.upkeep.empty() || has_done_something(before) || before.outcomes.size() != report.outcomes.size();
    if (!news) passes.pop_back();
  }
  passes.push_back(std::move(report));
}

Error stopped() {
  return make_error(ErrorKind::timeout, "stopped by a signal")
      .with_hint("The wish stays: 'tide scale-once' carries it on.");
}

}  // namespace

Result<WishReport> carry_out(Ports& ports, const core::Settings& settings, const core::Wish& wish, const TryLock& lock,
                             const WishOptions& options) {
  const Deadline deadline(ports.clock, options.timeout);
  TIDE_TRY(ports.store.add_wish(wish));
  WishReport result;
  bool told = false;
  std::chrono::milliseconds quiet_since = ports.clock.monotonic();
  while (true) {
    auto held = lock();
    if (!held && held.error().kind != ErrorKind::lock_held) return std::move(held.error());
    if (!held) {
      if (!options.wait) {
        result.end = WishEnd::queued;
        return result;
      }
      if (!told && options.held) options.held(held.error());
      told = true;
      if (deadline.over()) {
        result.end = WishEnd::timed_out;
        return result;
      }
      if (!ports.clock.sleep_for(k_between_tries)) return stopped();
      continue;
    }
    TIDE_TRY_ASSIGN(const core::Memory before, ports.store.load());
    if (!before.wishes.contains(wish.id)) {
      TIDE_TRY_ASSIGN(result.elsewhere, closing_of(ports.store, wish.id));
      return result;
    }
    PassOptions pass{.scope = {.everything = false, .wish = wish.id}, .progress = options.progress};
    TIDE_TRY_ASSIGN(PassReport report, run_pass(ports, settings, pass));
    const core::Memory considered = report.snapshot.memory;
    if (options.pass) options.pass(report);
    if (has_done_something(report)) quiet_since = ports.clock.monotonic();
    keep(result.passes, std::move(report));
    std::vector<PassReport> others;
    TIDE_TRY(serve_new(ports, settings, considered, {}, others));
    TIDE_TRY_ASSIGN(const core::Memory memory, ports.store.load());
    held->reset();
    if (!memory.wishes.contains(wish.id)) {
      result.end = WishEnd::closed;
      return result;
    }
    if (!options.wait || !options.until_gone) {
      result.end = WishEnd::passed;
      return result;
    }
    if (deadline.over()) {
      result.end = WishEnd::timed_out;
      return result;
    }
    if (options.again) options.again(result.passes.back());
    const std::chrono::milliseconds quiet = ports.clock.monotonic() - quiet_since;
    if (!ports.clock.sleep_for(std::clamp(quiet / k_patience, k_between_passes, k_between_passes_max)))
      return stopped();
  }
}

namespace {

// The first thing that went wrong, in words.
std::string why_failed(const PassReport& report) {
  for (const core::Alarm& alarm : report.plan.alarms) return alarm.reason.text;
  for (const Outcome& outcome : report.outcomes) {
    if (outcome.error) return outcome.error->message;
  }
  return "";
}

// The hook cannot make a failed pass worse: what it fails with itself is an event.
Result<void> tell_of_failure(Ports& ports, std::int64_t pass, const std::string& why) {
  if (ports.hooks == nullptr || !ports.hooks->wants(hooks::Kind::pass_failed)) return {};
  const auto told = ports.hooks->call({.kind = hooks::Kind::pass_failed, .why = why});
  if (told) return {};
  const store::Event event{.at = ports.clock.now(),
                           .pass = pass,
                           .type = "alarm",
                           .subject = "",
                           .rule = "hook",
                           .text = told.error().message};
  return ports.store.append(std::span(&event, 1));
}

}  // namespace

Result<std::vector<PassReport>> scale(Ports& ports, const core::Settings& settings, const TryLock& lock,
                                      const PassOptions& options) {
  TIDE_TRY_ASSIGN(const std::shared_ptr<void> held, lock());
  std::vector<PassReport> reports;
  auto ran = run_pass(ports, settings, options);
  if (!ran) {
    if (ports.hooks != nullptr) (void)tell_of_failure(ports, 0, ran.error().message);  // the pass's own error stands
    return std::move(ran).error();
  }
  PassReport report = std::move(*ran);
  if (exit_code(report) != core::ExitCode::done)
    TIDE_TRY(tell_of_failure(ports, report.plan.memory.passes, why_failed(report)));
  const core::Memory considered = report.snapshot.memory;
  reports.push_back(std::move(report));
  TIDE_TRY(serve_new(ports, settings, considered, options, reports));
  return reports;
}

core::ExitCode exit_code(const WishReport& report, const core::WishId& wish) {
  if (report.end == WishEnd::timed_out) return core::ExitCode::timeout;
  if (report.elsewhere) {
    const bool acted = std::ranges::any_of(report.passes, has_done_something);
    const bool problem = report.elsewhere->exit != core::ExitCode::done;
    return problem && acted ? core::ExitCode::partly : report.elsewhere->exit;
  }
  if (report.passes.empty()) return core::ExitCode::done;
  const PassReport& last = report.passes.back();
  const core::ExitCode code = exit_code(last);
  if (code != core::ExitCode::done || report.end != WishEnd::closed) return code;
  // What was refused in any pass stays refused, though the rest is done.
  bool acted = false;
  bool fewer = false;
  const core::Declined* refusal = nullptr;
  for (const PassReport& pass : report.passes) {
    for (const Outcome& outcome : pass.outcomes) {
      acted = acted || (!outcome.error && !std::holds_alternative<core::CloseWish>(outcome.planned.action));
      const auto* launch = std::get_if<core::Launch>(&outcome.planned.action);
      fewer = fewer || (launch != nullptr && !outcome.error && std::ssize(outcome.started) < launch->request.count);
    }
  }
  for (const core::Declined& declined : last.plan.declined) {
    if (declined.wish == wish && refusal == nullptr) refusal = &declined;
  }
  if (refusal == nullptr) return fewer ? core::ExitCode::partly : core::ExitCode::done;
  return acted ? core::ExitCode::partly : core::exit_code_of(refusal->kind);
}

}  // namespace tide::engine
