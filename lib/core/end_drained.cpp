#include <tide/core/ends.hpp>
#include <tide/core/stopped.hpp>

#include <fmt/format.h>

namespace tide::core {

namespace {

// Held for another wish, which later passes would carry on: this one means it as well, and need not wait for them.
bool is_also_asked_for(const World& world, const Worker& worker, const HoldRow& row) {
  const auto wish = world.plan.memory.wishes.find(world.scope.wish);
  if (wish == world.plan.memory.wishes.end() || row.wish.empty() || row.cancellable) return false;
  const WishKind kind = wish->second.kind;
  const bool ends = kind == WishKind::terminate || kind == WishKind::kill_node || kind == WishKind::drain_all;
  return ends && names(world, wish->second, worker);
}

}  // namespace

// A fresh reading shows it held by us since an earlier pass, and empty by two witnesses: now it may end.
void end_drained(World& world) {
  EndBudget budget(world);
  const bool together = count_silent(world).together;
  for (const Worker& worker : world.plan.workers) {
    if (worker.phase != Phase::drained || !worker.empty || world.is_touched(worker)) continue;
    const HoldRow* row = world.hold(worker.name);
    if (row == nullptr || row->kind != HoldKind::end || !row->confirmed || row->pass >= world.plan.memory.passes)
      continue;
    const bool persons = !row->wish.empty();
    if (!world.scope.everything && row->wish != world.scope.wish && !is_also_asked_for(world, worker, *row)) continue;
    if (!persons && !rules_may_touch(world, worker)) continue;
    if (persons && (!world.reading.batch || !world.reading.cloud(worker.cloud))) {
      world.decline(worker.name.value, "unreadable", "its emptiness or its cloud could not be read", ErrorKind::batch);
      continue;
    }
    if (row->rule == "down" && together) {  // reap told why
      world.decline(worker.name.value, "down-together", "it was held for being silent, and now many are");
      continue;
    }
    if (end_is_refused(world, worker)) continue;
    if (!persons && !budget.take()) {
      world.decline(worker.name.value, "end-limit",
                    fmt::format("[scale] max_end_per_pass lets {} go in one pass", budget.limit()));
      continue;
    }
    Terminate end{
        .cloud = worker.cloud, .instance = worker.id, .node = worker.name, .boot_failure = row->rule == "unfit"};
    end.stop = row->rule == "idle" && is_worth_keeping(world, worker);
    world.act(std::move(end), row->rule, "held by tide since an earlier pass and empty");
  }
}

}  // namespace tide::core
