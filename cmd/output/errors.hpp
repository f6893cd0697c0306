#pragma once

#include <tide/util/result.hpp>

#include <string>

namespace tide::cmd::output {

// What failed, why as far as is known, what to do next: a line each; or one JSON object on one line.
std::string format_error(const Error& error, bool json, bool colored = false);

}  // namespace tide::cmd::output
