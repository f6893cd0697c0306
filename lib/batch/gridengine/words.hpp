#pragma once

#include <tide/batch/commands.hpp>
#include <tide/batch/gridengine/nodes.hpp>

namespace tide::batch::gridengine {

// What a command that failed said, with a hint where one is known.
Error failure(const process::Command& command, const process::Finished& finished);
// qconf tells some refusals with exit code 0.
bool is_refused(const process::Finished& finished);

// What may go into a command. Else an error of kind config.
Result<void> check_note(const std::string& note);
bool is_plain_name(std::string_view text);  // of a resource, queue, host group

// What a node offers, for complex_values: "slots=4,h_vmem=4096M,gpu=2,small=TRUE,tide_note=...".
struct Offer {
  int slots = 1;
  std::int64_t memory_mib = 0;
  core::Gpus gpus;
  std::vector<std::string> features;
  std::string note;
};
std::string complex_values(const Offer& offer, const ResourceNames& names, const Complexes& complexes);
// The file that qconf -Ae reads.
std::string host_file(const std::string& name, const std::string& values);

// "SGE 8.1.9" of the first line that qconf -help prints, as "8.1.9"; "" if it is none.
std::string version_in(std::string_view help);

}  // namespace tide::batch::gridengine
