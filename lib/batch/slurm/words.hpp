#pragma once

#include <tide/batch/batch.hpp>
#include <tide/batch/commands.hpp>
#include <tide/batch/words.hpp>

namespace tide::batch::slurm {

// What a command that failed said, as an error of kind batch; a slurmctld that does not answer is named as such.
Error failure(const process::Command& command, const process::Finished& finished);

// What goes into a command line of scontrol. It splits at blanks and quotes, so these are errors of kind config, not
// quoted.
Result<void> check_address(const std::string& address);
Result<void> check_note(const std::string& note);
Result<void> check_node_spec(const NodeSpec& node);

}  // namespace tide::batch::slurm
