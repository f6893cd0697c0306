#pragma once

#include <tide/core/node.hpp>
#include <tide/util/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::torque {

// `pbsnodes -x`, sorted by name. "<Data></Data>" is no nodes; nothing at all, or no end, is unproven.
Result<std::vector<core::Node>> parse_pbsnodes(std::string_view text);

struct NodeJobs {
  std::vector<core::JobId> ids;  // sorted, each once
  int slots = 0;
};

// What a node's <jobs> says: "0/12.srv, 1/12.srv" (before 5.0) or "12.srv/0-3,5". An error of kind protocol for
// anything else: a job must never be missed.
Result<NodeJobs> parse_node_jobs(std::string_view text);

// A property by which the type of a node's GPUs is told: TORQUE knows no types. "gpu_a100".
constexpr std::string_view k_gpu_property = "gpu_";

}  // namespace tide::batch::torque
