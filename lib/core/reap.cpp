#include <tide/core/ends.hpp>

#include <fmt/format.h>

#include <algorithm>

// What ends out of line: machines that failed, never joined, are unfit, or fell silent.
namespace tide::core {

namespace {

bool grace_is_over(const World& world, const Machine& row) {
  return row.failing_since && world.now() - *row.failing_since >= k_failure_grace;
}

void end_unjoined(World& world, const Worker& worker, EndBudget& budget) {
  const Machine* row = world.machine(worker.id);
  const bool orphan = worker.phase == Phase::orphan;
  if (row == nullptr || (!orphan && !grace_is_over(world, *row))) return;
  if (worker.phase == Phase::lost && world.puzzled.contains(worker.pool)) return;  // find_puzzles told why
  if (!rules_may_touch(world, worker)) return;
  if (!budget.take()) {
    world.decline(worker.id.value, "end-limit", fmt::format("[scale] max_end_per_pass lets {} go in one pass", budget.limit()));
    return;
  }
  const RuleId rule = worker.phase == Phase::failed ? "failed" : orphan ? "orphan" : "lost";
  world.act(Terminate{.cloud = worker.cloud, .instance = worker.id, .node = worker.name, .boot_failure = !orphan}, rule, worker.why);
}

void drain_unfit(World& world, const Worker& worker) {
  const Machine* row = world.machine(worker.id);
  if (row == nullptr || !worker.empty || !grace_is_over(world, *row) || !rules_may_touch(world, worker)) return;
  world.act(make_drain(world, worker, "unfit", worker.why, false), "unfit", worker.why);
}

// Silent nodes, of ours and otherwise, but for those that tide is ending: many at once are the head's or the network's
// trouble.
std::ptrdiff_t count_silent(const World& world, std::ptrdiff_t& all) {
  std::ptrdiff_t silent = 0;
  for (const Worker& worker : world.plan.workers) {
    const bool leaving = worker.phase == Phase::stopping || worker.phase == Phase::gone;
    if (!worker.node || !worker.node->registered_at || leaving) continue;
    ++all;
    if (worker.node->down || !worker.node->responding) ++silent;
  }
  return silent;
}

void drain_down(World& world, const Worker& worker, std::ptrdiff_t silent, bool many) {
  const Machine* row = world.machine(worker.id);
  if (row == nullptr || !row->down_since || !worker.node || !worker.empty) return;
  if (world.now() - *row->down_since < world.settings.scale.down_time) return;
  const bool cloud_agrees = worker.instance && (worker.instance->impaired || worker.instance->state == InstanceState::stopped);
  if (many || (silent > 1 && !cloud_agrees)) {
    world.decline(worker.name.value, "down-together", fmt::format("{} nodes are silent at once: that is the head's or the network's trouble", silent));
    return;
  }
  if (!rules_may_touch(world, worker)) return;
  const std::string why = fmt::format("silent for {} s and without jobs", (world.now() - *row->down_since).count());
  world.act(make_drain(world, worker, "down", why, false), "down", why);
}

}  // namespace

void reap(World& world) {
  if (!world.scope.everything) return;
  EndBudget budget(world);
  std::ptrdiff_t all = 0;
  const std::ptrdiff_t silent = count_silent(world, all);
  const bool many = silent >= k_down_together || (silent > 1 && silent * 100 >= all * k_down_percent);
  if (many) world.alarm(ErrorKind::refused, "down-together", fmt::format("{} of {} nodes are silent at once: none is ended for it", silent, all));
  for (const Worker& worker : world.plan.workers) {
    if (!worker.ours || world.is_touched(worker)) continue;
    if (worker.phase == Phase::failed || worker.phase == Phase::lost || worker.phase == Phase::orphan) end_unjoined(world, worker, budget);
    if (worker.phase == Phase::unfit) drain_unfit(world, worker);
    if (worker.phase == Phase::down) drain_down(world, worker, silent, many);
  }
}

}  // namespace tide::core
