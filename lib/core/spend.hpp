#pragma once

#include <tide/core/world.hpp>

// What machines cost, counted from pass to pass by pool and day (UTC). A machine counts from its launch until a pass no
// longer finds it, so that at most one gap between two passes is missed at its end. Clouds bill in ways of their own:
// this is tide's own count, not their bill.
namespace tide::core {

void count_spend(World& world);

std::string day_of(TimePoint time);  // "2026-11-25"
std::int64_t micros_of(const Spend& spend);

// Of one machine from its launch until now, at the price that it was bought for.
std::int64_t cost_so_far(const Machine& machine, TimePoint now);

}  // namespace tide::core
