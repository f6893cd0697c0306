#pragma once

#include <tide/core/memory.hpp>
#include <tide/core/settings.hpp>

#include <string>

namespace tide::core {

// The bounds that a person set for this pool and that still hold; nothing if the configured ones do: none were set, or
// the configuration has changed since, which is the newer word.
const Resize* resized(const Memory& memory, const Pool& pool);

// Drops those that no longer hold.
void drop_old_resizes(Memory& memory, const Settings& settings);

// Lays them over the pools' own.
void apply_resizes(Settings& settings, const Memory& memory);

// "min 2, max 10".
std::string bounds_of(const Resize& resize);

// "min 2, max 10 since 2026-11-25T16:00:00Z by alice, until the configuration changes".
std::string describe(const Resize& resize);

}  // namespace tide::core
