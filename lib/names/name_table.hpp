#pragma once

#include <tide/core/node.hpp>
#include <tide/util/result.hpp>

#include <vector>

namespace tide::names {

// The table from which the head, and perhaps its nodes, resolve node names. Only tide's own part of it is seen.
class NameTable {
 public:
  virtual ~NameTable() = default;

  virtual Result<std::vector<core::HostEntry>> read() = 0;                      // sorted by name
  virtual Result<void> write(const std::vector<core::HostEntry>& entries) = 0;  // all of them; others' lines stay
};

}  // namespace tide::names
