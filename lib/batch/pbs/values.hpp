#pragma once

#include <tide/util/clock.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tide::batch::pbs {

// Bytes of "4gb", "500mb", "2048kb", "100b", "1gw" (a word is 8 bytes), a bare number; any case, and "4g" for "4gb".
std::optional<std::int64_t> parse_size_bytes(std::string_view text);

// The same in MiB, rounded up.
std::optional<std::int64_t> parse_size_mib(std::string_view text);

// "01:30:00", "1:00:00:00" (days first), "90:00" (minutes), "5400"; a fraction of a second is dropped. 0 is 0.
std::optional<Seconds> parse_walltime(std::string_view text);

// Seconds since 1970.
std::optional<TimePoint> parse_epoch(std::string_view text);

// "15[3].head.example": sequence "15", index "3", server "head.example". An array's parent is "15[].head.example";
// TORQUE 2.4 writes "15-3.head.example".
struct JobName {
  std::string_view sequence;
  std::string_view index;
  std::string_view server;  // "" if it names none
  bool is_array = false;    // has brackets
  bool is_parent() const { return is_array && index.empty(); }
};
std::optional<JobName> parse_job_name(std::string_view text);

}  // namespace tide::batch::pbs
