#pragma once

#include <tide/batch/openpbs/queues.hpp>
#include <tide/core/node.hpp>

#include <map>
#include <vector>

namespace tide::batch::openpbs {

struct NodeList {
  std::vector<core::Node> nodes;                                      // sorted by name
  std::map<std::string, std::string, std::less<>> hosts;              // of each vnode: its node's name
  std::map<std::string, std::vector<std::string>, std::less<>> jobs;  // of each node
};

// What `pbsnodes -a` prints. Vnodes of one host are one node, named as the natural vnode. No node at all is not this:
// then it prints nothing but k_no_nodes on stderr.
Result<NodeList> parse_nodes(std::string_view text, Form form);

constexpr std::string_view k_no_nodes = "Server has no node list";

}  // namespace tide::batch::openpbs
