#pragma once

#include <tide/core/world.hpp>

// Clouds that take a launch before there is room for it (Nova): a machine that fails says that there was none.
namespace tide::core {

// Did it fail for want of room or quota, not by its own doing?
bool lacks_room(const Worker& worker);

// What it was launched for is not asked for again before its time, as if the launch had been refused.
void rest_after(World& world, const Worker& worker);

// It runs: what was refused before it was launched says nothing any longer.
void note_room(World& world, const Worker& worker);

}  // namespace tide::core
