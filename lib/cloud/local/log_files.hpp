#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <string>

namespace tide::cloud::local {

// The last bytes of a file of any size.
Result<std::string> read_tail(const std::string& path, std::size_t size_max);

// Removes claims, and their logs, that were last written before `before` and whose instance is gone. Others' files
// stay.
void remove_old(const std::string& folder, TimePoint before);

}  // namespace tide::cloud::local
