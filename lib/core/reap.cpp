#include <tide/core/ends.hpp>
#include <tide/core/no_room.hpp>
#include <tide/core/unsound.hpp>

#include <fmt/format.h>

#include <algorithm>

// What ends out of line: machines that failed, never joined, are unfit, fell silent, or that their cloud takes back.
namespace tide::core {

namespace {

bool grace_is_over(const World& world, const Machine& row) {
  return row.failing_since && world.now() - *row.failing_since >= k_failure_grace;
}

// A person may look at these: the last that failed by their own doing. What found no room has nothing to show.
std::set<InstanceId> kept_failed(World& world) {
  std::vector<std::pair<Moment, InstanceId>> failed;
  for (const Worker& worker : world.plan.workers) {
    const Machine* row = world.machine(worker.id);
    const bool shows = worker.ours && worker.phase == Phase::failed && !worker.joined && !lacks_room(worker);
    if (shows && row != nullptr && row->failing_since) failed.emplace_back(*row->failing_since, worker.id);
  }
  std::ranges::sort(failed, std::greater());
  std::set<InstanceId> kept;
  for (const auto& [since, id] : failed) {
    if (std::ssize(kept) < world.settings.scale.keep_failed) kept.insert(id);
  }
  return kept;
}

void tell_kept(World& world, const Worker& worker) {
  world.decline(worker.id.value, "kept-failed",
                fmt::format("{}; [scale] keep_failed = {} keeps it, 'tide terminate {}' ends it", worker.why,
                            world.settings.scale.keep_failed, worker.id.value));
}

void end_unjoined(World& world, const Worker& worker, EndBudget& budget) {
  const Machine* row = world.machine(worker.id);
  const bool orphan = worker.phase == Phase::orphan;
  const bool interrupted = worker.phase == Phase::interrupted;
  const bool at_once = orphan || interrupted || lacks_room(worker);  // no console to wait for
  if (row == nullptr || (!at_once && !grace_is_over(world, *row))) return;
  if (worker.phase != Phase::failed && world.puzzled.contains(worker.pool)) return;  // find_puzzles told why
  if (row->registered && !worker.node) {
    world.decline(worker.id.value, "node-missing",
                  "its node had registered and the batch system no longer lists it: it may run jobs");
    return;
  }
  if ((worker.node && !worker.empty) || !worker.jobs.empty()) return;  // whatever else is said: it runs a job
  if (!rules_may_touch(world, worker) || end_is_refused(world, worker)) return;
  if (!budget.take()) {
    world.decline(worker.id.value, "end-limit",
                  fmt::format("[scale] max_end_per_pass lets {} go in one pass", budget.limit()));
    return;
  }
  const RuleId rule = worker.phase == Phase::failed          ? "failed"
                      : world.duplicates.contains(worker.id) ? "duplicate"
                      : orphan                               ? "orphan"
                      : interrupted                          ? "interrupted"
                                                             : "lost";
  world.act(Terminate{.cloud = worker.cloud, .instance = worker.id, .node = worker.name, .boot_failure = !at_once},
            rule, worker.why);
}

// It joined, and then the cloud says error: its jobs may go on, so it drains.
void drain_failed(World& world, const Worker& worker) {
  if (is_left_alone(world, worker) || !rules_may_touch(world, worker)) return;
  world.act(make_drain(world, worker, "failed", worker.why, false), "failed", worker.why);
}

// It is to be replaced: no new jobs, those that it runs go on. What is taken back in minutes is held at once; the rest
// a few at a time, for a cloud may call many impaired that are not.
void drain_unsound(World& world, const Worker& worker, EndBudget& budget) {
  const auto why = unsoundness(world, worker);
  const HoldRow* hold = world.hold(worker.name);
  const bool held = worker.node->held && hold != nullptr && hold->kind != HoldKind::joining;  // drains, or is kept
  if (!why || held || is_left_alone(world, worker) || !rules_may_touch(world, worker)) return;
  if (why->rule != "interrupted" && !budget.take()) {
    world.decline(worker.name.value, "end-limit",
                  fmt::format("[scale] max_end_per_pass lets {} go in one pass", budget.limit()));
    return;
  }
  world.act(make_drain(world, worker, why->rule, why->text, false), why->rule, why->text);
}

void drain_unfit(World& world, const Worker& worker) {
  const Machine* row = world.machine(worker.id);
  if (row == nullptr || !worker.empty || !grace_is_over(world, *row) || is_left_alone(world, worker)) return;
  if (!rules_may_touch(world, worker)) return;
  world.act(make_drain(world, worker, "unfit", worker.why, false), "unfit", worker.why);
}

void drain_down(World& world, const Worker& worker, const Silence& silence) {
  const Machine* row = world.machine(worker.id);
  if (row == nullptr || !row->down_since || !worker.node || !worker.empty || is_left_alone(world, worker)) return;
  if (world.now() - *row->down_since < world.settings.scale.down_time) return;
  const bool cloud_agrees =
      worker.instance && (worker.instance->impaired || worker.instance->state == InstanceState::stopped);
  if (silence.together || (silence.silent > 1 && !cloud_agrees)) {
    world.decline(
        worker.name.value, "down-together",
        fmt::format("{} nodes are silent at once: that is the head's or the network's trouble", silence.silent));
    return;
  }
  if (!rules_may_touch(world, worker)) return;
  const std::string why = fmt::format("silent for {} s and without jobs", (world.now() - *row->down_since).count());
  world.act(make_drain(world, worker, "down", why, false), "down", why);
}

// Slurm shows a node as silent for a second or two after it was released: that alone is nobody's trouble.
bool lasts(World& world) {
  const Seconds least = std::min<Seconds>(std::chrono::minutes(1), world.settings.scale.down_time / 2);
  return std::ranges::any_of(world.plan.workers, [&](const Worker& worker) {
    const Machine* row = worker.ours && worker.node ? world.machine(worker.id) : nullptr;
    return row != nullptr && row->down_since && world.now() - *row->down_since >= least;
  });
}

}  // namespace

void reap(World& world) {
  if (!world.scope.everything) return;
  EndBudget budget(world);
  const Silence silence = count_silent(world);
  const std::set<InstanceId> kept = kept_failed(world);
  if (silence.together && lasts(world)) {
    world.alarm(ErrorKind::refused, "down-together",
                fmt::format("{} of {} nodes are silent at once: none is ended for it", silence.silent, silence.all));
  }
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || world.is_touched(worker)) continue;
    const bool joined = worker.node && worker.joined;
    if (worker.phase == Phase::failed && joined) drain_failed(world, worker);
    if (kept.contains(worker.id)) {
      tell_kept(world, worker);
      continue;
    }
    if (worker.phase == Phase::failed && !joined) end_unjoined(world, worker, budget);
    if (worker.phase == Phase::lost || worker.phase == Phase::orphan) end_unjoined(world, worker, budget);
    if (worker.phase == Phase::interrupted && !joined) end_unjoined(world, worker, budget);
    const bool serves = worker.phase == Phase::idle || worker.phase == Phase::busy || worker.phase == Phase::joining;
    if (joined && (serves || worker.phase == Phase::interrupted)) drain_unsound(world, worker, budget);
    if (worker.phase == Phase::unfit) drain_unfit(world, worker);
    if (worker.phase == Phase::down) drain_down(world, worker, silence);
  }
}

}  // namespace tide::core
