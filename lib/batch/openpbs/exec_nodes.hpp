#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::openpbs {

struct ExecNodes {
  std::vector<std::string> names;  // sorted, each once
  bool names_vnodes = false;       // some are vnodes, whose host has another name
};

// Where a job runs: "(m2:ncpus=1:mem=102400kb)+(m3[0]:ncpus=2+m3[1]:ncpus=2)" with "m2/1*2+m3/0*2". A vnode "m3[1]" is
// of node "m3". Only exec_host if there is no exec_vnode. nullopt if either cannot be read.
std::optional<ExecNodes> exec_nodes(std::string_view exec_vnode, std::string_view exec_host);

// "m3" of "m3[1]".
std::string_view without_index(std::string_view vnode);

}  // namespace tide::batch::openpbs
