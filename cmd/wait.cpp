#include "cmd/changing.hpp"
#include "cmd/commands.hpp"
#include "cmd/output/show.hpp"

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace tide::cmd {

namespace {

using core::Phase;

constexpr std::chrono::minutes k_patience{15};
constexpr std::chrono::milliseconds k_between_looks{10'000};

struct Goal {
  std::string text;
  std::int64_t count = 0;
  bool empty = false;
  bool idle_only = false;  // else nodes that run jobs count too
};

Result<Goal> parse_goal(const std::string& text) {
  Goal goal{.text = text};
  goal.empty = text == "empty";
  if (goal.empty) return goal;
  const std::size_t equals = text.find('=');
  const std::string word = text.substr(0, equals);
  const std::string number = equals == std::string::npos ? "" : text.substr(equals + 1);
  goal.count = parse_integer(number).value_or(-1);
  if ((word != "idle" && word != "ready") || goal.count < 0) {
    return make_error(ErrorKind::usage, "--for '{}' is nothing to wait for", printable(text, 40))
        .with_hint("Say idle=N, ready=N or empty.");
  }
  goal.idle_only = word == "idle";
  return goal;
}

// How many count towards it; for `empty`, how many are left.
std::int64_t count_of(const Goal& goal, const core::Plan& plan) {
  if (goal.empty) {
    const auto open = std::ranges::count_if(
        plan.memory.intents, [](const auto& entry) { return entry.second.state == core::IntentState::open; });
    return open + std::ranges::count_if(plan.workers, [](const core::Worker& worker) {
             return worker.ours && core::is_paid_for(worker);
           });
  }
  return std::ranges::count_if(plan.workers, [&](const core::Worker& worker) {
    const bool ready = worker.phase == Phase::idle || (worker.phase == Phase::busy && !goal.idle_only);
    return worker.ours && ready;
  });
}

Result<core::ExitCode> run_wait(Context& context, const std::string& text) {
  TIDE_TRY_ASSIGN(const Goal goal, parse_goal(text));
  TIDE_TRY_ASSIGN(const std::chrono::seconds told_to_wait, context.timeout(k_patience));
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(false));
  Clock& clock = context.process().clock;
  TIDE_TRY_ASSIGN(const auto patience, context.patience(told_to_wait));
  const auto end = clock.monotonic() + patience.value_or(told_to_wait);
  std::string told;
  while (true) {
    TIDE_TRY_ASSIGN(const engine::PassReport pass, engine::run_pass(*ports, context.settings(), {.dry_run = true}));
    const core::ExitCode exit = engine::exit_code(pass);
    const std::int64_t count = count_of(goal, pass.plan);
    // What could not be read is neither there nor gone.
    const bool known = exit == core::ExitCode::done;
    if (known && (goal.empty ? count == 0 : count >= goal.count)) {
      context.say(fmt::format("tide: {}: so it is", goal.text));
      return core::ExitCode::done;
    }
    std::string now = !known       ? std::string("what there is cannot be read")
                      : goal.empty ? fmt::format("{} left", counted(count, "machine"))
                                   : fmt::format("{} of {}", count, goal.count);
    if (now != told) context.say(fmt::format("tide: waiting for {}: {}", goal.text, now));
    if (!known && now != told) output::tell_troubles(context, pass.snapshot, pass.plan);
    told = std::move(now);
    const auto left = end - clock.monotonic();
    if (left.count() <= 0) {
      if (!known) return exit;
      return make_error(ErrorKind::timeout, "{} did not come within {}: {}", goal.text, format_duration(told_to_wait),
                        told)
          .with_hint("'tide info' and 'tide explain' say why; --timeout waits longer.");
    }
    if (!clock.sleep_for(std::min(k_between_looks, left)))
      return make_error(ErrorKind::timeout, "stopped by a signal while waiting for {}", goal.text);
  }
}

}  // namespace

CommandSpec wait_command() {
  auto goal = std::make_shared<std::string>();
  return {.name = "wait",
          .group = Group::look,
          .summary = "Wait until nodes are idle or ready, or all machines are gone",
          .options = {{"--for", "GOAL", "idle=N, ready=N (idle or running jobs) or empty", goal.get(), true}},
          .run = [goal](Context& context) { return run_wait(context, *goal); }};
}

}  // namespace tide::cmd
