#include "cmd/changing.hpp"

#include "cmd/output/show.hpp"
#include "cmd/when.hpp"

#include <tide/core/enum_names.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <unistd.h>

#include <algorithm>

namespace tide::cmd {

namespace {

constexpr std::chrono::minutes k_wait{15};  // for the lock, and for machines to end
constexpr std::chrono::milliseconds k_between_tries{500};
constexpr std::size_t k_named_max = 4;
constexpr int k_deadlines_max = 3;  // a holder older than this many boot deadlines hangs

}  // namespace

engine::TryLock try_lock(Context& context, const std::string& command) {
  return [&context, command, told = false]() mutable -> Result<std::shared_ptr<void>> {
    TIDE_TRY_ASSIGN(const config::Config* config, context.config());
    const TimePoint now = context.process().clock.now();
    const engine::Holder self{.pid = getpid(), .command = command, .since = now};
    auto lock = engine::Lock::try_take(config->state_dir, self);
    if (lock) return std::shared_ptr<void>(std::make_shared<engine::Lock>(std::move(*lock)));
    const auto holder = engine::Lock::holder(config->state_dir);
    if (!told && lock.error().kind == ErrorKind::lock_held && holder &&
        now - holder->since > config->settings.scale.boot_deadline * k_deadlines_max) {
      told = true;
      context.print(make_error(ErrorKind::lock_held, "process {} ('{}') has held the lock since {}", holder->pid,
                               holder->command, format_time(holder->since))
                        .with_hint(fmt::format(
                            "If it hangs, end it: kill {}. Nothing is lost: the next pass carries on.", holder->pid)));
    }
    return std::move(lock.error());
  };
}

Result<std::shared_ptr<void>> take_lock(Context& context, const std::string& command) {
  TIDE_TRY_ASSIGN(const std::chrono::seconds timeout, context.timeout(k_wait));
  Clock& clock = context.process().clock;
  TIDE_TRY_ASSIGN(const auto left, context.patience(timeout));
  const auto end = clock.monotonic() + left.value_or(timeout);
  const engine::TryLock lock = try_lock(context, command);
  bool told = false;
  while (true) {
    auto held = lock();
    if (held || held.error().kind != ErrorKind::lock_held || context.options().no_wait) return held;
    if (!told) context.say(fmt::format("tide: waiting: {}", held.error().message));
    told = true;
    if (clock.monotonic() >= end)
      return make_error(ErrorKind::timeout, "the lock was not free within {}", format_duration(timeout));
    if (!clock.sleep_for(k_between_tries))
      return make_error(ErrorKind::timeout, "stopped by a signal while waiting for the lock");
  }
}

core::Wish make_wish(Context& context, core::WishKind kind) {
  core::Wish wish{.kind = kind, .by = context.user(), .made_at = context.process().clock.now()};
  wish.id.value = fmt::format("{:016x}", context.process().random.next());
  return wish;
}

// What the wish still waits for: "n1 draining, 2 jobs; n2 ending".
std::string PassTeller::waiting(const core::Plan& plan) const {
  std::vector<std::string> parts;
  for (const core::Worker& worker : plan.workers) {
    const auto meant = [&](const std::string& word) {
      return !word.empty() && std::ranges::find(m_wish.targets, word) != m_wish.targets.end();
    };
    if (!meant(worker.name.value) && !meant(worker.id.value)) continue;
    parts.push_back(
        fmt::format("{} {}", worker.name.empty() ? worker.id.value : worker.name.value, core::to_string(worker.phase)));
    if (!worker.jobs.empty()) parts.back() += ", " + counted(std::ssize(worker.jobs), "job");
  }
  const std::size_t more = parts.size() > k_named_max ? parts.size() - k_named_max : 0;
  parts.resize(parts.size() - more);
  return more == 0 ? join(parts, "; ") : fmt::format("{}; {} more", join(parts, "; "), more);
}

void PassTeller::operator()(const engine::PassReport& report) {
  std::vector<output::Trouble> troubles = output::troubles_of(report.snapshot, report.plan);
  for (output::Trouble& failure : output::failures_of({&report, 1})) troubles.push_back(std::move(failure));
  for (const output::Trouble& trouble : troubles) {
    if (m_told.insert(trouble.key).second) m_context.say("tide: waiting: " + trouble.error.message);
  }
  const std::string now = waiting(report.plan);
  if (m_context.process().err_is_terminal && !now.empty() && now != m_waiting) m_context.say("tide: waiting: " + now);
  m_waiting = now;
}

void tell_report(Context& context, const engine::WishReport& report, const core::WishId& wish) {
  if (report.elsewhere) {
    context.say(fmt::format("tide: another pass carried it out: {}",
                            report.elsewhere->text.empty() ? "it left no word of how; 'tide info' shows what there is"
                                                           : report.elsewhere->text));
  }
  if (report.passes.empty() || report.elsewhere) return;
  const engine::PassReport& last = report.passes.back();
  output::tell_troubles(context, last.snapshot, last.plan);
  for (const output::Trouble& failure : output::failures_of({&last, 1})) context.print(failure.error);
  const char* closed = report.end == engine::WishEnd::closed ? "not done: " : "";
  for (const core::Declined& declined : last.plan.declined) {
    if (declined.wish == wish) context.say(fmt::format("tide: {}{}: {}", closed, declined.what, declined.reason.text));
  }
}

Result<core::ExitCode> carry_out(Context& context, const core::Wish& wish, bool until_gone, const std::string& schema,
                                 const CarryOptions& more) {
  if (context.options().dry_run) {
    // The same planner over the same readings, as if the wish were written.
    TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(false));
    TIDE_TRY_ASSIGN(core::Snapshot snapshot, engine::observe(*ports, context.settings(), false, &wish));
    engine::PassReport pass{.snapshot = std::move(snapshot), .plan = {}, .outcomes = {}};
    pass.plan = core::plan(pass.snapshot, context.settings(), {.everything = false, .wish = wish.id});
    output::show_plan(context, schema, pass);
    return engine::exit_code(pass);
  }
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(true));
  engine::WishOptions options{.until_gone = until_gone, .wait = !context.options().no_wait};
  TIDE_TRY_ASSIGN(options.timeout, context.patience(more.patience));
  if (more.deadline.empty()) {
    context.bound_passes();
  } else {
    TIDE_TRY_ASSIGN(options.timeout, parse_span("--deadline", more.deadline, Seconds(0)));
  }
  PassTeller tell(context, wish);
  options.again = [&](const engine::PassReport& report) { tell(report); };
  options.pass = more.pass;
  options.held = [&](const Error& error) { context.say(fmt::format("tide: waiting: {}", error.message)); };
  TIDE_TRY_ASSIGN(const engine::WishReport report,
                  engine::carry_out(*ports, context.settings(), wish, try_lock(context, schema), options));
  const core::ExitCode exit = engine::exit_code(report, wish.id);
  tell_report(context, report, wish.id);
  output::show_outcomes(context, schema, report.passes, exit);
  if (report.end == engine::WishEnd::queued) context.say("tide: queued for the running pass");
  if (report.end == engine::WishEnd::passed) context.say("tide: later passes carry it on");
  if (report.end == engine::WishEnd::timed_out)
    context.say("tide: time ran out; the wish stays and later passes carry it on");
  return exit;
}

Result<core::ExitCode> edit_memory(Context& context, const std::string& command, const std::string& what,
                                   const std::function<Result<void>(core::Memory&)>& change, Rows rows) {
  const bool dry_run = context.options().dry_run;
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!dry_run));
  context.say_cluster();
  std::shared_ptr<void> held;
  if (!dry_run) {
    auto lock = take_lock(context, command);
    const bool goes_on = rows == Rows::own && context.options().no_wait;
    if (!lock && !(goes_on && lock.error().kind == ErrorKind::lock_held)) return std::move(lock.error());
    if (!lock) context.say(fmt::format("tide: {}; that pass still does what it planned", lock.error().message));
    if (lock) held = std::move(*lock);
  }
  TIDE_TRY_ASSIGN(const core::Memory before, ports->store.load());
  core::Memory after = before;
  TIDE_TRY(change(after));
  if (dry_run) {
    context.say(fmt::format("would {}", what));
    return core::ExitCode::done;
  }
  TIDE_TRY(ports->store.save(before, after));
  const store::Event event{.at = context.process().clock.now(),
                           .pass = after.passes,
                           .type = command,
                           .subject = "",
                           .rule = "person",
                           .text = fmt::format("{} by {}", what, context.user())};
  TIDE_TRY(ports->store.append(std::span(&event, 1)));
  context.say(fmt::format("tide: done: {}", what));
  return core::ExitCode::done;
}

Error unknown(const std::string& what, const std::string& word, const std::vector<std::string>& known,
              const std::string& where) {
  const std::string near = nearest(word, known);
  return make_error(ErrorKind::not_found, "there is no {} '{}'", what, word)
      .with_hint(near.empty() ? fmt::format("'{}' lists them.", where)
                              : fmt::format("Did you mean '{}'? '{}' lists them.", near, where));
}

}  // namespace tide::cmd
