#pragma once

#include <tide/core/plan.hpp>

#include <string>

namespace tide::core {

// "launch", "hold", "terminate", ...: the verb of an action, as in events and JSON.
std::string verb_of(const Action& action);

// The node, instance, pool or row that it is about.
std::string subject_of(const Action& action);

// One line for people: "launch 3 machines of pool 'small' (demo-small-0001 ... demo-small-0003)".
std::string describe(const Action& action);

}  // namespace tide::core
