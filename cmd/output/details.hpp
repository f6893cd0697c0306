#pragma once

#include "cmd/output/document.hpp"
#include "cmd/reading.hpp"

#include <string>
#include <vector>

namespace tide::cmd::output {

// All that is known of a node, an instance or a job, from both sides: a row a fact, with who says so. No rows: it is
// not known.
Section details(const Reading& reading, const std::string& subject);

// Names that may be asked for.
std::vector<std::string> known_subjects(const Reading& reading);

}  // namespace tide::cmd::output
