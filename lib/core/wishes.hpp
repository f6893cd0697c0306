#pragma once

#include <tide/core/buyer.hpp>
#include <tide/core/world.hpp>

namespace tide::core {

// The parts of carry_out_wishes(). Each is true while there is something left to do or to see.
bool pursue_end(World& world, const Wish& wish, const Worker& worker);  // of one machine, by kill-node and the like
bool wish_drain(World& world, const Wish& wish);
bool wish_undrain(World& world, const Wish& wish);
bool wish_drain_all(World& world, Buyer& buyer, const Wish& wish);

bool wish_adopt(World& world, const Wish& wish);
bool wish_disown(World& world, const Wish& wish);

// Does drain-all mean this machine: ours, of its pool, there before the wish, and outdated if only those are?
bool is_meant(const World& world, const Wish& wish, const Worker& worker);

}  // namespace tide::core
