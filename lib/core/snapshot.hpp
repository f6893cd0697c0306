#pragma once

#include <tide/core/memory.hpp>
#include <tide/core/settings.hpp>

namespace tide::core {

// T, or the Error that kept us from knowing it. "Could not read" is never "is empty".
template <typename T>
using Observed = Result<T>;

// What the batch system's adapter can do; part of the snapshot so that a saved one decides the same anywhere.
struct BatchTraits {
  bool adds_nodes_before_launch = false;  // Slurm: an entry is created, held, before the launch call
  bool hides_unregistered = false;        // Slurm without PrivateData=cloud: our row is then the record
  bool hold_has_note = true;
  bool hold_can_be_cancelled = true;  // HTCondor's peaceful off cannot

  bool operator==(const BatchTraits&) const = default;
};

// What a cloud's adapter can do.
struct CloudTraits {
  bool has_launch_tokens = false;  // the same token never starts a second set
  bool absence_is_proof = false;   // a machine that a listing lacks is gone at once: no listing ever lags (local)
  int launch_max = 1;              // most machines a call
  int terminate_max = 1;

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
  std::map<CloudName, CloudTraits> clouds;
  std::map<CloudName, Observed<std::vector<Instance>>> instances;  // with our cluster's tag, any owner; sorted by ID
  Memory memory;

  bool operator==(const Snapshot&) const = default;
};

}  // namespace tide::core
