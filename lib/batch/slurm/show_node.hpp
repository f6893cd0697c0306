#pragma once

#include <tide/core/node.hpp>
#include <tide/util/result.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace tide::batch::slurm {

constexpr std::string_view k_nodes_question = "show node";

// What `scontrol -a -d -o` prints for that question and "version": one line a node, or "No nodes in the system". Sorted
// by name.
Result<std::vector<core::Node>> parse_show_nodes(std::string_view text);

// One node's line.
Result<core::Node> parse_node_line(std::string_view line);

}  // namespace tide::batch::slurm
