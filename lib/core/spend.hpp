#pragma once

#include <tide/core/world.hpp>

// What machines cost, counted from pass to pass by pool and day (UTC). A machine counts from its launch until a pass no
// longer finds it, so that at most one gap between two passes is missed at its end. Clouds bill in ways of their own:
// this is tide's own count, not their bill.
namespace tide::core {

void count_spend(World& world);

std::string day_of(TimePoint time);  // "2026-11-25"
std::int64_t micros_of(const Spend& spend);

// A cap of a day or a month (UTC), and what is spent of it. What runs is counted on until the day ends, and for an hour
// at least: who launches at a minute to midnight spends tomorrow's money.
struct SpanCap {
  std::string key;  // "[money] per_day"
  std::string rule;
  std::int64_t limit = 0;
  std::int64_t spent = 0;
};
std::vector<SpanCap> span_caps(const Settings& settings, const Memory& memory, TimePoint now);
// With a store that was lost went what it had counted: the cap counts as reached. "" if it is known.
std::string spend_lost(const Memory& memory, const SpanCap& cap);
Seconds counted_on(TimePoint now);
std::int64_t planned(std::int64_t micros_per_hour, TimePoint now);  // what that costs until then, rounded up

// What was spent on days that begin like this: "2026-11-26", "2026-11".
std::int64_t spent_in(const Memory& memory, std::string_view days);

// Of one machine from its launch until now, at the price that it was bought for.
std::int64_t cost_so_far(const Machine& machine, TimePoint now);

}  // namespace tide::core
