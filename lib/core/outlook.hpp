#pragma once

#include <tide/core/plan.hpp>

#include <optional>
#include <string>
#include <vector>

// What people ask of a plan beyond its actions: how much of each cap is used, and what comes next, and when.
namespace tide::core {

enum class CapUnit { machines, money, cores, mib };

std::string_view to_string(CapUnit unit);

struct Cap {
  std::string name;  // the key: "[scale] max_nodes"; or the account's quota: "cloud 'aws': machines"
  CapUnit unit = CapUnit::machines;
  std::optional<std::int64_t> used;   // money: micro-dollars an hour; absent: not known
  std::optional<std::int64_t> limit;  // absent: none
  std::optional<std::int64_t> left;
  std::string why;  // what is to be known of it

  bool operator==(const Cap&) const = default;
};

std::vector<Cap> caps_of(const Snapshot& snapshot, const Settings& settings);

struct Next {
  std::optional<TimePoint> at;     // absent: with the next pass, or when its cause ends
  std::string subject;             // nodes compressed, a pool, or ""
  std::vector<std::string> about;  // each name that it concerns
  std::string what;
  RuleId rule;

  bool operator==(const Next&) const = default;
};

// Sorted by time; what comes with the next pass first.
std::vector<Next> outlook(const Snapshot& snapshot, const Settings& settings, const Plan& plan);

}  // namespace tide::core
