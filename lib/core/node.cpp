#include <tide/core/limits.hpp>
#include <tide/core/node.hpp>

namespace tide::core {

bool registered_since(const Node& node, TimePoint launched_at) {
  return node.registered_at && *node.registered_at + k_clock_slack >= launched_at;
}

}  // namespace tide::core
