#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <string>

namespace tide::cmd {

// Which of the days "18:30" means: the next such time, or the last.
enum class When { future, past };

// A person's word for a moment: "18:30" and "2026-11-25 18:30" in this machine's zone, or RFC 3339. `option` is named
// in the error (usage).
Result<TimePoint> parse_when(const std::string& option, const std::string& text, TimePoint now, When when);

// A person's word for a span, such as "1h30m"; `least` or more. `option` is named in the error (usage).
Result<Seconds> parse_span(const std::string& option, const std::string& text, Seconds least = Seconds(1));

}  // namespace tide::cmd
