#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tide::batch::gridengine {

// A line of `qconf -sc`: what a resource is.
struct Complex {
  std::string name;
  std::string type;        // INT, MEMORY, TIME, BOOL, STRING, ...
  std::string relation;    // "<=", "==", "EXCL"
  std::string consumable;  // NO, YES (for each slot), JOB
  std::string fallback;    // what a job asks for that asks for none
  bool is_consumed() const { return consumable == "YES" || consumable == "JOB"; }
};

// By name and by shortcut.
using Complexes = std::map<std::string, Complex, std::less<>>;

Result<Complexes> parse_complexes(std::string_view text);

// "2G", "2g" (powers of 1000), "500M", "23.541G", "0.0", a bare number of bytes; none for INFINITY and "-".
std::optional<std::int64_t> parse_bytes(std::string_view text);
std::optional<std::int64_t> parse_mib_up(std::string_view text);  // in MiB, rounded up

// "3600", "1:00:00"; nothing for INFINITY.
std::optional<Seconds> parse_time_limit(std::string_view text);

// A whole number as "4" or "4.000000", at least 0.
std::optional<std::int64_t> parse_count(std::string_view text);

// As Grid Engine matches resources and queues: '*', '?', '[...]', and '|' between alternatives.
bool is_pattern(std::string_view text);
bool matches_pattern(const std::string& pattern, const std::string& text);

}  // namespace tide::batch::gridengine
