#pragma once

#include <tide/util/clock.hpp>

#include <optional>
#include <string_view>

namespace tide::cloud::aws {

// "Fri, 20 Nov 2026 02:58:18 GMT"; nothing for any other form.
std::optional<TimePoint> parse_http_date(std::string_view text);

}  // namespace tide::cloud::aws
