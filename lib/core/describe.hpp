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

// The same for the same action only, whatever pass plans it: of a launch with every parameter of the call (as a digest:
// user data is nobody's to read), of others with all that is done, and not when or in which words.
std::string signature(const Action& action);

}  // namespace tide::core
