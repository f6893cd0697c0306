#pragma once

#include <compare>
#include <string>

namespace tide {

// A string that means one thing: a node's name cannot be passed where an instance's ID is wanted.
template <typename Tag>
struct Id {
  std::string value;

  bool empty() const { return value.empty(); }
  auto operator<=>(const Id&) const = default;
};

}  // namespace tide
