#pragma once

#include <tide/core/memory.hpp>
#include <tide/core/settings.hpp>

namespace tide::core {

// T, or the Error that kept us from knowing it. "Could not read" is never "is empty".
template <typename T>
using Observed = Result<T>;

// When a machine's node gets its entry in the batch system.
enum class NodeEntries {
  by_themselves,  // HTCondor: a node's own ad is its entry
  before_launch,  // Slurm: created, held, before the launch call
  with_address,   // TORQUE, OpenPBS: created, held, once the machine has an address, which its name must resolve to
};

// What the batch system's adapter can do; part of the snapshot so that a saved one decides the same anywhere.
struct BatchTraits {
  NodeEntries entries = NodeEntries::by_themselves;
  bool hides_unregistered = false;  // Slurm without PrivateData=cloud: our row is then the record
  bool hold_has_note = true;        // false: no hold ever has one (see Node::hold_is_final for single ones)

  bool operator==(const BatchTraits&) const = default;
};

// What a cloud's adapter can do.
struct CloudTraits {
  bool has_launch_tokens = false;  // the same token never starts a second set
  // No token, but a launch that a listing lacks was not done, or shows late: it is repeated, one machine a call, and of
  // two that came all the same one ends (Nova).
  bool launches_listed = false;
  bool absence_is_proof = false;  // a machine that a listing lacks is gone at once: no listing ever lags (local)
  int launch_max = 1;             // most machines a call
  int terminate_max = 1;
  // What is left of the account's quota, others' use counted; absent: no limit, or not known.
  std::optional<std::int64_t> machines_left{};
  std::optional<std::int64_t> cores_left{};
  std::optional<std::int64_t> memory_mib_left{};

  bool operator==(const CloudTraits&) const = default;
};

// All that a decision may look at; JSON and back, byte for byte.
struct Snapshot {
  TimePoint taken_at{};
  Moment age;  // tide's own clock
  BatchTraits batch;
  Observed<ServerIdentity> server{ServerIdentity{}};
  Observed<std::vector<Node>> nodes{std::vector<Node>{}};  // sorted by name
  Observed<JobQueue> jobs{JobQueue{}};
  // Tide's own part of the table of names, sorted; absent where names are not tide's to resolve.
  Observed<std::optional<std::vector<HostEntry>>> hosts{std::optional<std::vector<HostEntry>>{}};
  std::map<CloudName, CloudTraits> clouds;
  std::map<CloudName, Observed<std::vector<Instance>>> instances;  // with our cluster's tag, any owner; sorted by ID
  Memory memory;

  bool operator==(const Snapshot&) const = default;
};

}  // namespace tide::core
