#pragma once

#include <tide/batch/htcondor/classad.hpp>

#include <set>
#include <string>
#include <vector>

namespace tide::batch::htcondor {

// What a job's Requirements ask of a machine, as far as tide can judge it from a pool's configuration.
//   TARGET.Pool == "x" and the like   a feature "Pool=x"; one that is true or false "HasX"
//   TideFeatures, TidePool            the feature itself
//   Memory, Cpus, GPUs >= N           sizes
// Facts that every machine has (X86_64, LINUX, file transfer, one file system domain) ask nothing.
struct Requirements {
  std::int64_t cpus = 0;
  std::int64_t memory_mib = 0;
  std::int64_t gpus = 0;
  std::vector<std::vector<std::string>> features;  // all of these, each one of its alternatives; sorted
  std::set<std::string> attributes;                // of machines that features were made of, as written
  bool node_bound = false;                         // names a machine
  bool never = false;                              // false on any machine
  std::string unsure;                              // what could not be judged, in HTCondor's words; "" if nothing
};

// `job` knows the job's own attributes.
Requirements judge_requirements(const Expression& expression, const Lookup& job);

}  // namespace tide::batch::htcondor
