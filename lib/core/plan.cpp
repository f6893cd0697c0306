#include <tide/core/plan.hpp>

#include <tide/core/buyer.hpp>
#include <tide/core/resize.hpp>
#include <tide/core/spend.hpp>
#include <tide/core/world.hpp>

#include <algorithm>

namespace tide::core {

namespace {

// One reason for one thing is told once, however many shapes met it.
void drop_repeated(std::vector<Declined>& declined) {
  std::vector<Declined> kept;
  for (Declined& one : declined) {
    if (std::ranges::find(kept, one) == kept.end()) kept.push_back(std::move(one));
  }
  declined = std::move(kept);
}

}  // namespace

void understand(World& world) {
  read_sources(world);
  follow_requests(world);
  find_duplicates(world);
  correlate(world);
  remember(world);
  judge_health(world);
  derive_phases(world);
}

std::vector<Worker> meant_by(const Snapshot& snapshot, const Settings& settings, const Wish& wish) {
  const Scope scope;
  World world{.snapshot = snapshot, .settings = settings, .scope = scope};
  world.plan.memory = snapshot.memory;
  understand(world);
  std::erase_if(world.plan.workers, [&](const Worker& worker) { return !names(world, wish, worker); });
  return std::move(world.plan.workers);
}

Plan plan(const Snapshot& snapshot, const Settings& settings, const Scope& scope) {
  Memory memory = snapshot.memory;
  drop_old_resizes(memory, settings);
  remember_types(memory, settings, snapshot);
  const Sized sized = with_sizes(settings, snapshot, memory);
  World world{.snapshot = snapshot, .settings = sized.settings, .scope = scope};
  world.sizing = sized.pools;
  world.plan.memory = std::move(memory);
  understand(world);
  count_spend(world);
  find_puzzles(world);
  Buyer buyer(world);
  carry_out_wishes(world, buyer);
  meet_demand(world, buyer);
  replace_by_spot(world, buyer);
  buyer.place_orders();
  name_hosts(world);
  steer_nodes(world);
  drain_idle(world);
  reap(world);
  end_drained(world);
  tidy_stopped(world);
  repeat_launches(world);
  clear_away(world);
  for (const WishId& wish : world.closing) {
    const bool declined =
        std::ranges::any_of(world.plan.declined, [&](const Declined& one) { return one.wish == wish; });
    world.act(CloseWish{wish}, "wish",
              declined ? "what is not done of it was declined" : "nothing of it is left to do");
  }
  drop_repeated(world.plan.declined);
  return std::move(world.plan);
}

}  // namespace tide::core
