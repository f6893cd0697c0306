#include <tide/core/ends.hpp>
#include <tide/core/wishes.hpp>

#include <fmt/format.h>

// `drain NODE` only holds; nothing ends the node until `undrain` or `kill-node`. `undrain` takes tide's holds back,
// never a person's.
namespace tide::core {

namespace {

bool refuse(World& world, const Wish& wish, const Worker& worker, RuleId rule, std::string why) {
  world.decline(worker.name.value, std::move(rule), std::move(why), ErrorKind::refused, wish.id);
  return false;
}

// Nothing is changed on a reading that cannot be relied on, nor on what is not ours.
bool may_change(World& world, const Wish& wish, const Worker& worker, bool& open) {
  if (!worker.ours) return refuse(world, wish, worker, "foreign", "tide did not launch it and never changes it");
  if (world.reading.foreign_owner) return refuse(world, wish, worker, "foreign-head", world.reading.batch_why);
  if (world.reading.batch) return true;
  world.decline(worker.name.value, "batch-unreadable", world.reading.batch_why, world.reading.batch_kind, wish.id);
  open = true;
  return false;
}

bool drain(World& world, const Wish& wish, const Worker& worker) {
  bool open = false;
  if (!may_change(world, wish, worker, open)) return open;
  if (!worker.node || !worker.joined)
    return refuse(world, wish, worker, "not-joined", "it has not joined yet, so there is nothing to hold");
  const HoldRow* row = world.hold(worker.name);
  if (row != nullptr && row->kind == HoldKind::end && !row->cancellable) {
    return refuse(world, wish, worker, "draining",
                  fmt::format("it is held already and ends once empty: '{}'", row->note));
  }
  if (row == nullptr && worker.node->held)
    return refuse(world, wish, worker, "persons-hold",
                  fmt::format("a person holds it already: '{}'", worker.node->note));
  if (row != nullptr && row->kind == HoldKind::keep && worker.node->held) return false;
  world.act(make_keep(world, worker, wish), "wish", fmt::format("asked for by {}", wish.by));
  return true;
}

bool undrain(World& world, const Wish& wish, const Worker& worker) {
  bool open = false;
  if (!may_change(world, wish, worker, open)) return open;
  const HoldRow* row = world.hold(worker.name);
  if (row == nullptr && worker.node && worker.node->held)
    return refuse(world, wish, worker, "persons-hold",
                  fmt::format("a person holds it, not tide: '{}'", worker.node->note));
  if (row == nullptr || !worker.node || !worker.node->held) return false;
  if (row->kind == HoldKind::joining)
    return refuse(world, wish, worker, "joining", "it is not ready for jobs yet; it is let go by itself once it is");
  if (worker.node->hold_is_final)
    return refuse(world, wish, worker, "final-hold", "this batch system cannot take a hold back: kill-node ends it");
  const auto other = world.plan.memory.wishes.find(row->wish);
  if (other != world.plan.memory.wishes.end() && other->first != wish.id && row->kind == HoldKind::end) {
    return refuse(world, wish, worker, "wish",
                  fmt::format("{} asked for its end; that command carries on until it is ended", other->second.by));
  }
  if (Machine* machine = world.machine(worker.id); machine != nullptr && row->kind == HoldKind::end)
    machine->left_alone_until = world.now() + world.settings.scale.idle_time;
  world.act(Release{.node = worker.name}, "wish",
            fmt::format("asked for by {}; it was held: '{}'", wish.by, row->note));
  return true;
}

template <typename Act>
bool each_target(World& world, const Wish& wish, Act act) {
  bool open = false;
  for (const Worker& worker : world.plan.workers) {
    if (names(world, wish, worker)) open = act(world, wish, worker) || open;
  }
  return open;
}

}  // namespace

bool wish_drain(World& world, const Wish& wish) { return each_target(world, wish, drain); }
bool wish_undrain(World& world, const Wish& wish) { return each_target(world, wish, undrain); }

}  // namespace tide::core
