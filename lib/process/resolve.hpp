#pragma once

#include <tide/util/result.hpp>

#include <string>

namespace tide::process {

struct ResolveOptions {
  std::string bin_dir;  // if set, only there ([batch] bin_dir)
  std::string path;     // else each absolute folder of this PATH
};

// The absolute path of a program, resolved once; an Error of kind config names where it looked.
Result<std::string> resolve(const std::string& program, const ResolveOptions& options);

}  // namespace tide::process
