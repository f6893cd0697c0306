#include <tide/core/buyer.hpp>
#include <tide/core/ends.hpp>
#include <tide/core/wishes.hpp>

#include <fmt/format.h>

#include <algorithm>

// What a person asked for: bound by max_nodes and money, not by the limits per pass.
namespace tide::core {

namespace {

void wish_launch(World& world, Buyer& buyer, const Wish& wish) {
  const std::string what = fmt::format("launch of {} in pool '{}'", wish.count, wish.pool.value);
  const Pool* pool = world.pool(wish.pool);
  int done = 0;
  for (const auto& [id, intent] : world.plan.memory.intents) {
    if (intent.wish == wish.id) done += intent.request.count;
  }
  const int left = wish.count - done;
  if (pool == nullptr) {
    world.decline(what, "unknown-pool", "there is no such pool", ErrorKind::not_found, wish.id);
  } else if (!world.reading.batch) {
    world.decline(what, "batch-unreadable", world.reading.batch_why, world.reading.batch_kind, wish.id);
  } else if (left > 0) {
    const Bound bound = buyer.allowance(*pool, {.person = true});
    const int count = std::min(left, bound.machines);
    if (count > 0)
      buyer.order(
          *pool, {.count = count, .because = fmt::format("asked for by {}", wish.by), .rule = "wish", .wish = wish.id});
    if (count < left)
      world.decline(count + done == 0 ? what : fmt::format("{} of the {}", left - count, what), bound.rule, bound.text,
                    bound.kind, wish.id);
  }
}

}  // namespace

bool names(const World& world, const Wish& wish, const Worker& worker) {
  const auto has = [&](const std::string& text) { return std::ranges::find(wish.targets, text) != wish.targets.end(); };
  switch (wish.kind) {
    case WishKind::launch: return false;
    case WishKind::terminate: return !worker.id.empty() && has(worker.id.value);
    case WishKind::kill_node:
    case WishKind::drain:
    case WishKind::undrain: return !worker.name.empty() && has(worker.name.value);
    case WishKind::drain_all: return is_meant(world, wish, worker);
    case WishKind::adopt:
    case WishKind::disown:
      return (!worker.id.empty() && has(worker.id.value)) || (!worker.name.empty() && has(worker.name.value));
  }
  return false;
}

namespace {

// Drains of other origin on a target become this wish's, so that its passes carry them on.
void adopt_drains(World& world, const Wish& wish, const Worker& worker) {
  HoldRow* row = world.hold(worker.name);
  const bool others = row != nullptr && world.scope.everything && world.plan.memory.wishes.contains(row->wish);
  if (row != nullptr && row->kind == HoldKind::end && !row->cancellable && !others) row->wish = wish.id;
}

bool wish_end(World& world, const Wish& wish) {
  bool open = false;
  for (const Worker& worker : world.plan.workers) {
    if (!names(world, wish, worker)) continue;
    adopt_drains(world, wish, worker);
    open = pursue_end(world, wish, worker) || open;
  }
  return open;
}

bool carry_out(World& world, Buyer& buyer, const Wish& wish) {
  switch (wish.kind) {
    case WishKind::launch:  // considered once: what was declined is told, and not done behind the person's back later
      wish_launch(world, buyer, wish);
      return false;
    case WishKind::terminate:
    case WishKind::kill_node: return wish_end(world, wish);
    case WishKind::drain: return wish_drain(world, wish);
    case WishKind::undrain: return wish_undrain(world, wish);
    case WishKind::drain_all: return wish_drain_all(world, buyer, wish);
    case WishKind::adopt: return wish_adopt(world, wish);
    case WishKind::disown: return wish_disown(world, wish);
  }
  return false;
}

}  // namespace

void carry_out_wishes(World& world, Buyer& buyer) {
  const std::map<WishId, Wish> wishes = world.plan.memory.wishes;
  for (const auto& [id, wish] : wishes) {
    if (!world.scope.everything && id != world.scope.wish) continue;
    const bool open = carry_out(world, buyer, wish);
    if (!open) world.closing.push_back(id);
  }
}

}  // namespace tide::core
