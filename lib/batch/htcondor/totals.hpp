#pragma once

#include <tide/util/result.hpp>

#include <optional>
#include <string_view>

namespace tide::batch::htcondor {

// The schedd's own count, with which condor_q ends. It says how many jobs there were to print, and how many of all
// users.
struct Totals {
  std::optional<std::int64_t> query;
  std::optional<std::int64_t> all_users;
  bool blank = false;  // the empty line before

  // Is this line of the closing ones? An error if it has no place here.
  Result<bool> take(std::string_view line);
  bool begun() const { return blank; }
  Result<void> check(std::int64_t rows) const;
};

}  // namespace tide::batch::htcondor
