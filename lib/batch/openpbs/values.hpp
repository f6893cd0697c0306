#pragma once

#include <tide/util/clock.hpp>

#include <optional>
#include <string_view>

namespace tide::batch::openpbs {

// "Fri Nov 20 03:49:59 2026" as ctime() writes it under TZ=UTC, or seconds since 1970.
std::optional<TimePoint> parse_time_text(std::string_view text);

}  // namespace tide::batch::openpbs
