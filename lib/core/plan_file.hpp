#pragma once

#include <tide/core/plan.hpp>

#include <string>
#include <vector>

// `tide plan --out FILE` and `tide apply FILE`: what a person looked at, to be done if a new plan says the same.
namespace tide::core {

struct PlanFile {
  std::string cluster;
  HeadId head;
  std::string by;
  TimePoint made_at{};
  TimePoint expires_at{};
  std::vector<std::string> actions;  // their signatures (describe.hpp): no secret is in them

  bool operator==(const PlanFile&) const = default;
};

// Without bookkeeping (rows that close or are forgotten): nobody decides about that.
std::vector<std::string> signatures(const Plan& plan);

std::string to_json(const PlanFile& file);
// Errors are of kind usage: it is a person's file.
Result<PlanFile> plan_file_from_json(std::string_view text);

// Refused (kind refused) with what differs, if this is not what the file holds; or if it is too old, or another
// cluster's or head's.
Result<void> check_same(const PlanFile& file, const Snapshot& snapshot, const Settings& settings, const Plan& plan);

}  // namespace tide::core
