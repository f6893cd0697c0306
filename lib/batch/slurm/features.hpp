#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::slurm {

// All of these, each one of its alternatives.
using FeatureClauses = std::vector<std::vector<std::string>>;

// A job's --constraint, "gpu&(big|huge)", as clauses. & and | bind alike, from left to right, as Slurm 22.05 reads
// them.
// "[a|b]" (all nodes alike) is an OR: a job's nodes come from one pool. Nothing for what tide cannot judge: counts
// ("a*2"),
// "!a", or more than 64 clauses.
std::optional<FeatureClauses> parse_features(std::string_view text);

}  // namespace tide::batch::slurm
