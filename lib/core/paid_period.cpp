#include <tide/core/paid_period.hpp>

namespace tide::core {

namespace {

Seconds part(const World& world, const Worker& worker, int numerator, int denominator) {
  return world.pool(worker.pool)->paid_period * numerator / denominator;
}

}  // namespace

std::optional<Seconds> paid_left(const World& world, const Worker& worker) {
  const Pool* pool = world.pool(worker.pool);
  const auto row = world.plan.memory.machines.find(worker.id);
  if (pool == nullptr || pool->paid_period <= Seconds(0) || row == world.plan.memory.machines.end())
    return std::nullopt;
  const Seconds age = world.snapshot.taken_at - row->second.launched_at;
  return age < Seconds(0) ? pool->paid_period : pool->paid_period - age % pool->paid_period;
}

bool is_time_to_end(const World& world, const Worker& worker) {
  const auto left = paid_left(world, worker);
  if (!left || (*left <= part(world, worker, 1, 8) && *left >= part(world, worker, 1, 120))) return true;
  // Where passes are far apart none may fall into that time: one holds the node and the next ends the machine, both
  // before the period is over.
  const Seconds between = world.snapshot.memory.clock.gap;
  return between >= part(world, worker, 1, 8) && *left <= 2 * between;
}

bool is_time_to_replace(const World& world, const Worker& worker) {
  const auto left = paid_left(world, worker);
  return !left || (*left <= part(world, worker, 7, 24) && *left > part(world, worker, 1, 8));
}

bool is_paid_anew(const World& world, const Worker& worker) {
  const auto left = paid_left(world, worker);
  return left && *left > part(world, worker, 1, 8);
}

}  // namespace tide::core
