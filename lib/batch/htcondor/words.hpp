#pragma once

#include <tide/process/command_runner.hpp>

namespace tide::batch::htcondor {

// What a command that failed said, as an error of kind batch; a schedd or collector that does not answer is named.
Error failure(const process::Command& command, const process::Finished& finished);
bool says(const process::Finished& finished, std::string_view words);  // on stderr or stdout
Error in_command(Error error, const process::Command& command);

// A note becomes one argument; a line end in it is an error of kind config.
Result<void> check_note(const std::string& note);

}  // namespace tide::batch::htcondor
