#pragma once

#include <tide/core/ids.hpp>
#include <tide/util/result.hpp>

namespace tide::batch {

// What may go into a command as a node's name: a letter or digit first, then letters, digits, '-', '_' and '.', at most
// 253; not a word that a batch system takes for all nodes ("ALL"). Else an error of kind config.
Result<void> check_node_name(const core::NodeName& node);

}  // namespace tide::batch
