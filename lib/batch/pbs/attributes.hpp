#pragma once

#include <tide/util/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::pbs {

// One block of `qstat -B -f` or `qstat -Q -f`: a heading ("Queue: batch"), indented "key = value" lines, long values
// folded at a newline and a tab, a blank line.
struct Attributes {
  std::string name;
  std::map<std::string, std::string, std::less<>> values;

  std::string_view operator[](std::string_view key) const;  // "" if it is not there
  // All that begin so, without that beginning: with "resources_max.", {"walltime", "01:00:00"}.
  std::map<std::string, std::string, std::less<>> below(std::string_view prefix) const;
};

// `kind` is "Server" or "Queue". "" gives none; unproven where the last block lacks the blank line that ends it.
Result<std::vector<Attributes>> parse_attributes(std::string_view text, std::string_view kind);

// Jobs of a state_count that are not complete: "Transit:0 Queued:5 Held:12 Waiting:0 Running:3 Exiting:0 Complete:2"
// has
// 20. Nothing if any part of it is no count: half a count proves nothing.
std::optional<std::int64_t> count_unfinished(std::string_view state_count);

}  // namespace tide::batch::pbs
