#pragma once

#include <tide/util/result.hpp>

#include <span>
#include <string>
#include <vector>

namespace tide {

constexpr std::size_t k_hostlist_max = 65'536;  // what Slurm allows; a longer list is a mistake or an attack

// "a[001-003,7],b2" in the order as written; several brackets as Slurm multiplies them, the last one fastest. "" is no
// names. Errors are of kind protocol: brackets that do not pair, a range that falls, more than `count_max` names.
Result<std::vector<std::string>> expand_hostlist(std::string_view text, std::size_t count_max = k_hostlist_max);

// The shortest such list that expands to these names in this order: only neighbours are joined. Names have neither
// commas nor brackets.
std::string compress_hostlist(std::span<const std::string> names);

}  // namespace tide
