#pragma once

#include <tide/util/result.hpp>

#include <cstdint>
#include <map>
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

// "Transit:0 Queued:5 Held:12 Waiting:0 Running:3 Exiting:0 Complete:2": {"Queued", 5}, ...
std::map<std::string, std::int64_t, std::less<>> parse_state_count(std::string_view text);

}  // namespace tide::batch::pbs
