#pragma once

#include <tide/util/result.hpp>

#include <map>
#include <string>

namespace tide::cloud::local {

// The environment of a process cannot be changed: tags that were given to or taken from its machine since its launch
// are in a file beside its log, all of them, in place of those of the launch.
Result<void> read_tags(const std::string& path, std::map<std::string, std::string>& tags);  // kept where no file is
Result<void> write_tags(const std::string& path, const std::map<std::string, std::string>& tags);

}  // namespace tide::cloud::local
