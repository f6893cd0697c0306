#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <string>

namespace tide {

Result<Seconds> parse_duration(std::string_view text);       // "90s", "10m", "1h30m", "2d"; no bare numbers
std::string format_duration(Seconds span);                   // "1h30m"; the largest two units
Result<std::int64_t> parse_size_mib(std::string_view text);  // "8GiB", "512MiB", "1TiB", "8GB"; whole MiB, rounded down
Result<std::int64_t> parse_money_micros(
    std::string_view text);                           // "0.17" -> 170000; at most six decimals, never floating point
std::string format_money(std::int64_t micros);        // "0.17": at least two decimals
std::string format_time(TimePoint time);              // RFC 3339: 2026-11-25T16:25:55Z
Result<TimePoint> parse_time(std::string_view text);  // RFC 3339 with Z, fraction dropped

}  // namespace tide
