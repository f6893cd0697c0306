#pragma once

#include <tide/core/job.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::htcondor {

// What a job's Requirements say of machines.
struct Demands {
  std::vector<std::vector<std::string>> features;  // all of these, each one of its alternatives
  std::vector<std::string> lacking;                // none of these: TidePool != "small"
  std::int64_t memory_mib = 0;                     // TARGET.Memory >= 4000
  std::int64_t cpus = 0;                           // TARGET.Cpus >= 8: of what is free in the slot
  std::string bound;                               // it names a machine: in its own words
  bool never = false;                              // Requirements is false
  std::string assumed;                             // what cannot be judged, in its own words
};

// `features`: those that some pool has. TidePool, TideFeatures and an attribute that is such a feature's name ask for
// features; so do Arch and OpSys if they are not X86_64 and LINUX ("Arch=aarch64").
Demands judge_requirements(std::string_view text, const std::set<std::string>& features);

}  // namespace tide::batch::htcondor
