#pragma once

#include <tide/core/node.hpp>
#include <tide/util/result.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace tide::batch::slurm {

// What `scontrol -a -d -o` prints for "show node", then "version": prompts, one line a node (or "No nodes in the system"),
// and the version's line, which proves that all before it came. Sorted by name.
Result<std::vector<core::Node>> parse_show_nodes(std::string_view text);

// One node's line.
Result<core::Node> parse_node_line(std::string_view line);

}  // namespace tide::batch::slurm
