#pragma once

#include <tide/core/ids.hpp>
#include <tide/util/result.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tide::core {

constexpr std::size_t k_name_length_max = 63;  // a DNS label

enum class NamesKind {
  counted,  // "{cluster}-{pool}-{n:04}": 1, 2, ... for ever
  range,    // "cloud[001-100]": these and no others
  dns,      // "dns": the cloud chooses; tide picks none
};

// [pools.x] names with cluster and pool filled in.
struct NameTemplate {
  NamesKind kind = NamesKind::counted;
  std::string before;  // of the number; of a counted one
  std::string after;
  std::size_t width = 1;           // digits at least, filled with zeros
  std::vector<std::string> range;  // as written

  bool operator==(const NameTemplate&) const = default;
};

// Errors are of kind config: an unknown {word}, no {n}, a letter that no host name may have, a name beyond 63
// characters.
Result<NameTemplate> parse_names(std::string_view text, std::string_view cluster, std::string_view pool);

// The lowest `count` names that are not taken, in order; fewer where a range has no more, none for "dns".
std::vector<NodeName> next_names(const NameTemplate& names, int count, const std::set<NodeName>& taken);

// Is this a name that next_names() can give? Never for "dns": there only the instance tells.
bool matches(const NameTemplate& names, const NodeName& name);

}  // namespace tide::core
