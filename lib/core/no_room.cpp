#include <tide/core/no_room.hpp>

#include <tide/core/back_off.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::core {

namespace {

// What was asked for: as the intent has it, else as the machine is.
Bid bid_of(const World& world, const Worker& worker) {
  const auto intent = world.plan.memory.intents.find(worker.intent);
  if (intent != world.plan.memory.intents.end() && !intent->second.request.types.empty())
    return bid_of(intent->second.request);
  Bid bid{.cloud = worker.cloud, .pool = worker.pool, .market = worker.instance->market};
  bid.choice.type = worker.instance->type;
  const Pool* pool = world.pool(worker.pool);
  if (pool != nullptr && !pool->zones.empty()) bid.choice.zone = worker.instance->zone;
  return bid;
}

const CloudTraits* traits_of(const World& world, const Worker& worker) {
  const auto traits = world.snapshot.clouds.find(worker.cloud);
  return traits == world.snapshot.clouds.end() ? nullptr : &traits->second;
}

}  // namespace

bool tells_room_later(const CloudTraits& traits, const PoolName& pool) {
  return traits.room_told_later || std::ranges::find(traits.by_request, pool) != traits.by_request.end();
}

bool lacks_room(const Worker& worker) {
  if (!worker.instance || worker.joined) return false;
  const ErrorKind kind = worker.instance->fault_kind;
  const bool ended = worker.phase == Phase::failed || worker.phase == Phase::gone;  // a request may end by itself
  return ended && (kind == ErrorKind::capacity || kind == ErrorKind::quota);
}

void rest_after(World& world, const Worker& worker) {
  const CloudTraits* traits = traits_of(world, worker);
  const Error error = make_error(worker.instance->fault_kind, "cloud '{}' took the launch, then said of '{}': {}",
                                 worker.cloud.value, worker.id.value, worker.instance->fault);
  const Bid bid = bid_of(world, worker);
  BackOff row =
      back_off_after(world.plan.memory, traits == nullptr ? Families() : traits->families, bid, error, world.now());
  // Of many machines that failed side by side each says the same: one row, counted once.
  BackOff& known = world.memory().back_offs[row.key];
  if (known.until <= world.now()) known = std::move(row);
}

void note_room(World& world, const Worker& worker) {
  const CloudTraits* traits = traits_of(world, worker);
  const Machine* row = world.machine(worker.id);
  if (traits == nullptr || !tells_room_later(*traits, worker.pool) || row == nullptr) return;
  forget_older_back_offs(world.memory(), traits->families, bid_of(world, worker), row->first_seen);
}

}  // namespace tide::core
