#pragma once

#include <tide/core/snapshot.hpp>

#include <string>
#include <vector>

namespace tide::core {

// By which words a cloud may know the machine that a person would have adopted: as it was named, and if that is a node,
// what this tells of itself.
std::vector<std::string> words_of(const Wish& wish, const Snapshot& snapshot);

}  // namespace tide::core
