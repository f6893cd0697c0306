#pragma once

#include <tide/core/world.hpp>

#include <optional>

// Where machines are paid for in whole periods ([pools.x] paid_period), time is best let go near the end of one, and a
// replacement is there by then if it is asked for before. The shares of the period are PiCloud's seconds of its hour.
namespace tide::core {

// Until the period ends that runs now; nothing where it is paid by the second, or the pool or launch is not known.
std::optional<Seconds> paid_left(const World& world, const Worker& worker);

// Its end may begin now: seconds 3150 to 3570 of an hour.
bool is_time_to_end(const World& world, const Worker& worker);

// Its replacement may be bought now: from second 2550 until its end may begin.
bool is_time_to_replace(const World& world, const Worker& worker);

// A drain that began at the end of a period has met the next one, which is paid for by now.
bool is_paid_anew(const World& world, const Worker& worker);

}  // namespace tide::core
