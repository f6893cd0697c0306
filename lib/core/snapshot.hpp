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
  with_address,   // TORQUE, OpenPBS, Grid Engine: created, held, once the machine has an address, which its name must
                  // resolve to
};

// What the batch system's adapter can do; part of the snapshot so that a saved one decides the same anywhere.
struct BatchTraits {
  NodeEntries entries = NodeEntries::by_themselves;
  bool hides_unregistered = false;  // Slurm without PrivateData=cloud: our row is then the record
  bool hold_has_note = true;        // false: one without may be a person's (see Node::hold_is_final for single ones)
  bool can_give_up = false;         // jobs of a node whose machine is gone are taken from it at once

  bool operator==(const BatchTraits&) const = default;
};

// What a cloud's adapter can do.
struct CloudTraits {
  bool has_launch_tokens = false;  // the same token never starts a second set
  // No token, but a launch that a listing lacks was not done, or shows late: it is repeated, one machine a call, and of
  // two that came all the same one ends (Nova).
  bool launches_listed = false;
  bool room_told_later = false;   // a launch is taken before there is room for it: a machine that fails tells (Nova)
  bool absence_is_proof = false;  // a machine that a listing lacks is gone at once: no listing ever lags (local)
  int launch_max = 1;             // most machines a call
  int terminate_max = 1;
  bool can_stop = false;     // a machine can be stopped, kept and started again (Cloud::stop, LaunchRequest::restart)
  bool tells_types = false;  // it can say what a type offers (Cloud::types)
  std::map<std::string, std::string> families;  // of the pools' types: which quota counts it
  std::vector<PoolName> one_a_call;             // pools of which a call starts one machine, whatever launch_max
  std::vector<PoolName> by_request;             // pools of which a launch is a request that may wait for its machine
  bool has_health = false;                      // it can be asked about health checks and planned events
  bool has_notices = false;                     // and which spot machines it takes back
  bool has_spot_prices = false;                 // and what spot machines cost
  bool has_reservations = false;                // and what is paid for in advance; only where a person wants it
  // What is left of the account's quota, others' use counted; absent: no limit, or not known.
  std::optional<std::int64_t> machines_left{};
  std::optional<std::int64_t> cores_left{};
  std::optional<std::int64_t> memory_mib_left{};

  bool operator==(const CloudTraits&) const = default;
};

// Is a launch of this pool taken before there is room for it?
bool tells_room_later(const CloudTraits& traits, const PoolName& pool);

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
  // What was looked up in this pass, for pools whose size is the cloud's to tell and was not known.
  std::map<CloudName, Observed<std::vector<InstanceType>>> types;
  // Only of clouds that were asked in this pass; what they said before is in memory.
  std::map<CloudName, Observed<std::vector<Health>>> checks;
  std::map<CloudName, Observed<std::vector<Health>>> notices;
  std::map<CloudName, Observed<std::vector<SpotPrice>>> prices;
  std::map<CloudName, Observed<Reservations>> reservations;
  Memory memory;

  bool operator==(const Snapshot&) const = default;
};

}  // namespace tide::core
