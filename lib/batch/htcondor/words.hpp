#pragma once

#include <tide/batch/commands.hpp>

namespace tide::batch::htcondor {

// What a command that failed said, as an error of kind batch; an absent daemon and missing rights get a hint.
Error failure(const process::Command& command, const process::Finished& finished);

// A drain's reason goes through a command line of its own and comes back in an ad: printable ASCII without quotes.
Result<void> check_note(const std::string& note);

// "23.9.6" of "$CondorVersion: 23.9.6 2026-07-12 … $".
std::string short_version(const std::string& text);

}  // namespace tide::batch::htcondor
