#pragma once

#include <tide/core/snapshot.hpp>

#include <variant>

namespace tide::core {

// A rule's stable name: in JSON, events and tests. Kebab-case.
using RuleId = std::string;

struct Fact {
  std::string name;
  std::string value;

  bool operator==(const Fact&) const = default;
};

struct Reason {
  RuleId rule;
  std::string text;
  std::vector<Fact> facts;

  bool operator==(const Reason&) const = default;
};

// New machines, or stopped ones once more (LaunchRequest::restart). The executor draws the intent's ID, writes it, adds
// the nodes where the batch system wants that first, and calls the cloud.
struct Launch {
  LaunchRequest request;  // without intent and tide:intent tag
  std::int64_t price_micros = 0;
  WishId wish;

  bool operator==(const Launch&) const = default;
};

// A launch whose outcome is not known, or that still wants its call: the same token and bytes again.
struct Repeat {
  IntentId intent;

  bool operator==(const Repeat&) const = default;
};

// Nothing came of it, or all that came is gone: node entries that never registered are taken out, the row closes.
struct CloseIntent {
  IntentId intent;

  bool operator==(const CloseIntent&) const = default;
};

// The table of node names and addresses is to read so; before the nodes that need it.
struct WriteHosts {
  std::vector<HostEntry> entries;  // sorted by name

  bool operator==(const WriteHosts&) const = default;
};

// A machine's address is known: its node's entry is made, held (NodeEntries::with_address).
struct Add {
  NodeName node;
  std::string address;
  PoolName pool;
  IntentId intent;
  int slots = 1;
  std::int64_t memory_mib = 0;
  Gpus gpus;
  std::vector<std::string> features;

  bool operator==(const Add&) const = default;
};

// A machine's address is known: tell the batch system.
struct SetAddress {
  NodeName node;
  std::string address;

  bool operator==(const SetAddress&) const = default;
};

struct Hold {
  HoldRow row;

  bool operator==(const Hold&) const = default;
};

struct Release {
  NodeName node;
  bool ready = false;  // ends its joining

  bool operator==(const Release&) const = default;
};

struct Terminate {
  CloudName cloud;
  InstanceId instance;
  NodeName node;
  bool boot_failure = false;
  bool forced = false;
  bool stop = false;  // it is stopped and kept, to be started again ([pools.x] keep_stopped)

  bool operator==(const Terminate&) const = default;
};

// The machine is gone for good: the batch system is to take its jobs from the node now, not after its own time-out.
struct GiveUp {
  NodeName node;

  bool operator==(const GiveUp&) const = default;
};

// Take the node out of the batch system.
struct Remove {
  NodeName node;
  Seconds name_rest{0};  // how long the name is not used again

  bool operator==(const Remove&) const = default;
};

// The machine is gone and its node is out: drop what is remembered of it.
struct Forget {
  InstanceId instance;
  NodeName node;

  bool operator==(const Forget&) const = default;
};

// A machine that tide did not start becomes its own, of this pool, node and all.
struct Adopt {
  CloudName cloud;
  InstanceId instance;
  NodeName node;
  PoolName pool;
  std::string type;
  TimePoint launched_at{};
  std::int64_t price_micros = 0;
  Retag tags;
  WishId wish;

  bool operator==(const Adopt&) const = default;
};

// A machine is tide's no longer, and goes on as it is.
struct Disown {
  CloudName cloud;
  InstanceId instance;
  NodeName node;
  Retag tags;
  WishId wish;

  bool operator==(const Disown&) const = default;
};

struct CloseWish {
  WishId wish;

  bool operator==(const CloseWish&) const = default;
};

using Action = std::variant<Launch, Repeat, CloseIntent, WriteHosts, Add, SetAddress, Hold, Release, Terminate, GiveUp,
                            Remove, Forget, Adopt, Disown, CloseWish>;

struct PlannedAction {
  Action action;
  Reason reason;

  bool operator==(const PlannedAction&) const = default;
};

// Considered, and not done. `kind` decides exit codes of commands that were asked for just that.
struct Declined {
  std::string what;
  Reason reason;
  ErrorKind kind = ErrorKind::refused;
  WishId wish;  // whose carrying out it is about; else empty

  bool operator==(const Declined&) const = default;
};

// requested -> pending -> booting -> joining -> idle <-> busy -> draining -> drained -> stopping -> gone, or stopped
// and then pending once more; and out of line
enum class Phase {
  requested,
  pending,
  booting,
  joining,
  idle,
  busy,
  draining,
  drained,
  stopping,
  stopped,
  gone,
  failed,
  lost,
  unfit,
  down,
  interrupted,
  unclear,
  orphan,
  held,
  foreign,
};

// A node and its instance seen as one. Its phase is derived, never stored.
struct Worker {
  NodeName name;
  std::optional<Node> node;
  std::optional<Instance> instance;
  InstanceId id;
  CloudName cloud;
  IntentId intent;
  PoolName pool;  // empty for foreign
  Phase phase = Phase::foreign;
  std::string why;  // of the phase, where it is not plain
  bool ours = false;
  bool joined = false;  // its node registered since the launch
  bool empty = false;   // two witnesses
  bool needed = false;  // a waiting job counts on it
  std::vector<JobId> jobs;

  bool operator==(const Worker&) const = default;
};

// Is its machine there, or coming, and paid for by the hour? One that is stopped costs its disk only.
inline bool is_paid_for(const Worker& worker) { return worker.phase != Phase::gone && worker.phase != Phase::stopped; }

// What becomes of one shape of waiting jobs: fits on what runs or boots, counted towards a launch, or not counted.
enum class Verdict { fits, launching, not_counted };

struct ShapeVerdict {
  WaitingJobs jobs;
  std::int64_t fits = 0;       // jobs that free and booting nodes serve
  std::int64_t launching = 0;  // jobs counted towards launches of this pass
  std::int64_t not_counted = 0;
  std::vector<Reason> reasons;  // one a class that is not empty

  bool operator==(const ShapeVerdict&) const = default;
};

// Something a person should know that is no action: suspect readings, an open breaker, many nodes down at once.
struct Alarm {
  ErrorKind kind = ErrorKind::unproven;
  Reason reason;

  bool operator==(const Alarm&) const = default;
};

struct Plan {
  std::vector<Worker> workers;  // sorted by name, then ID
  std::vector<ShapeVerdict> shapes;
  std::vector<PlannedAction> actions;  // in the order in which they are done
  std::vector<Declined> declined;
  std::vector<Alarm> alarms;
  Memory memory;  // what is to be remembered before anything is done

  bool operator==(const Plan&) const = default;
};

// What a pass may act on: everything, or only what one wish names.
struct Scope {
  bool everything = true;
  WishId wish;

  bool operator==(const Scope&) const = default;
};

// The machines that a drain_all means, by name; before or while it is carried out.
std::vector<Worker> meant_by(const Snapshot& snapshot, const Settings& settings, const Wish& wish);

// No I/O, clock, log or randomness.
Plan plan(const Snapshot& snapshot, const Settings& settings, const Scope& scope = {});

}  // namespace tide::core
