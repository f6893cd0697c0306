#pragma once

#include <tide/util/result.hpp>

#include <limits>
#include <map>
#include <string>
#include <string_view>

namespace tide::batch::gridengine {

// How a parallel environment lays slots out over hosts.
struct AllocationRule {
  enum class Kind { one_host, spread, per_host } kind = Kind::one_host;
  int slots = 0;                                // of per_host: so many on each
  int total = std::numeric_limits<int>::max();  // of all its jobs together

  auto operator<=>(const AllocationRule&) const = default;
};

// `qconf -sp PE`.
Result<AllocationRule> parse_pe(std::string_view text, const std::string& name);

// By the name or pattern that a job asks for; one that is not there, or of several rules, is missing.
using AllocationRules = std::map<std::string, AllocationRule, std::less<>>;

}  // namespace tide::batch::gridengine
