#pragma once

#include <tide/util/result.hpp>

#include <map>
#include <string>

namespace tide::cloud::aws {

// Sections by name, with keys in lower case; the last of two equal ones counts.
using Ini = std::map<std::string, std::map<std::string, std::string>>;

// The AWS tools' files: "[profile x]" is section "profile x", indented lines (nested settings) are passed over.
// A line that is neither section, setting nor comment is an error of kind config, with its number.
Result<Ini> parse_ini(std::string_view text);

}  // namespace tide::cloud::aws
