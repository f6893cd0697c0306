#pragma once

#include <tide/util/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::slurm {

// What `scontrol` gets on its standard input: the question, then "version", whose answer proves that the first one's is
// whole.
std::string session_input(std::string_view question);

// The lines that it printed for the question. Unproven without the version's line, or cut in the middle of a line.
Result<std::vector<std::string_view>> read_session(std::string_view text, std::string_view question);

}  // namespace tide::batch::slurm
