#pragma once

#include <tide/core/snapshot.hpp>

#include <string>
#include <vector>

// Pools that leave slots or memory to their cloud (slots = 0, memory_mib = 0 where CloudTraits::tells_types): what
// their machines offer is what the cloud says of the type, then what the first node of it really had.
namespace tide::core {

constexpr std::int64_t k_system_mib = 512;  // kept back for firmware, kernel and daemons, or
constexpr std::int64_t k_system_percent = 5;

// What is kept back of a type's memory until its first node told the truth: the larger of the two.
std::int64_t offered_memory(std::int64_t type_mib);

// Which of a cloud's types are to be looked up now: of such pools, and not known or no longer believed.
std::vector<std::string> types_to_look_up(const Settings& settings, const Memory& memory, const CloudName& cloud,
                                          Moment now);

// Keeps what this pass looked up; a type that the cloud does not name is kept as unknown.
void remember_types(Memory& memory, const Settings& settings, const Snapshot& snapshot);

// Where a pool's numbers come from.
struct Sizing {
  bool slots_told = false;  // by the cloud or a node; else configured
  bool memory_told = false;
  bool learned = false;  // by a node
  std::string why;       // it has no size: what is missing; "" if it has one

  bool operator==(const Sizing&) const = default;
};

// The settings that hold now: with each such pool's numbers filled in, the smallest of its types (one without a size
// offers nothing), and with the bounds that people set (core/resize.hpp).
struct Sized {
  Settings settings;
  std::map<PoolName, Sizing> pools;
};
Sized with_sizes(const Settings& settings, const Snapshot& snapshot, const Memory& memory);

}  // namespace tide::core
