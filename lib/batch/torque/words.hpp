#pragma once

#include <tide/batch/batch.hpp>
#include <tide/batch/commands.hpp>

#include <string>

namespace tide::batch::torque {

// What a command that failed said, as an error of kind batch; a pbs_server that does not answer is named as such.
Error failure(const process::Command& command, const process::Finished& finished);

// Is this program another system's qstat: Slurm's wrapper or Grid Engine's? An error of kind config that names it.
Result<void> check_kind(const process::Finished& finished);

// qmgr reads its lines by blanks, commas and quotes, so these are errors of kind config, not quoted.
Result<void> check_note(const std::string& note);
Result<void> check_node_spec(const NodeSpec& node);

// What qmgr is given for a new node: created, held and described, as close together as one qmgr allows.
std::string create_lines(const NodeSpec& node);

}  // namespace tide::batch::torque
