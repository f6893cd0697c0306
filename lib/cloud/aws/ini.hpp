#pragma once

#include <tide/util/result.hpp>

#include <map>
#include <string>

namespace tide::cloud::aws {

// Sections by name, with keys in lower case; the last of two equal ones counts. A nested setting, as in
// "ec2 =\n  endpoint_url = X", is key "ec2.endpoint_url".
using Ini = std::map<std::string, std::map<std::string, std::string>>;

// The AWS tools' files, as botocore reads them: "[profile x]" is section "profile x". A line that is neither section,
// setting nor comment is an error of kind config, with its number.
Result<Ini> parse_ini(std::string_view text);

}  // namespace tide::cloud::aws
