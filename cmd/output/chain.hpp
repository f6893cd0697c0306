#pragma once

#include "cmd/output/document.hpp"
#include "cmd/reading.hpp"

#include <string>

namespace tide::cmd::output {

// How plan() came to what it decided about a node, instance, pool or job: its steps in their order, each with the rule
// and what it said.
Section chain(const Reading& reading, const std::string& subject);

// What another plan of the same reading does that this one does not, and the other way round.
Section differences(const core::Plan& now, const core::Plan& then);

}  // namespace tide::cmd::output
