#pragma once

#include <tide/cloud/aws/credentials.hpp>
#include <tide/process/command_runner.hpp>

#include <string>
#include <vector>

namespace tide::cloud::aws {

// The words of a command line as a POSIX shell splits them: blanks, quotes, backslashes, and nothing else of a shell.
// An open quote is an error of kind auth.
Result<std::vector<std::string>> split_command(std::string_view line);

// Runs a profile's credential_process (30 s, no shell, with tide's own environment) and reads version 1 of its
// document.
Result<Credentials> run_key_process(const std::string& line, const std::string& profile_name,
                                    const Environment& environment, process::CommandRunner& runner);

}  // namespace tide::cloud::aws
