#include <tide/core/plan.hpp>

#include <tide/core/buyer.hpp>
#include <tide/core/world.hpp>

namespace tide::core {

Plan plan(const Snapshot& snapshot, const Settings& settings, const Scope& scope) {
  World world{.snapshot = snapshot, .settings = settings, .scope = scope};
  world.plan.memory = snapshot.memory;
  read_sources(world);
  correlate(world);
  remember(world);
  derive_phases(world);
  find_puzzles(world);
  Buyer buyer(world);
  carry_out_wishes(world, buyer);
  meet_demand(world, buyer);
  buyer.place_orders();
  steer_nodes(world);
  drain_idle(world);
  reap(world);
  end_drained(world);
  repeat_launches(world);
  clear_away(world);
  for (const WishId& wish : world.closing) world.act(CloseWish{wish}, "wish", "nothing of it is left to do");
  return std::move(world.plan);
}

}  // namespace tide::core
