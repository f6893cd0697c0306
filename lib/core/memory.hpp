#pragma once

#include <tide/core/health.hpp>
#include <tide/core/instance.hpp>
#include <tide/core/node.hpp>
#include <tide/core/reservation.hpp>
#include <tide/util/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tide::core {

// An intent is on disk before the call that spends money.
enum class IntentState {
  open,      // the call may or may not have been made; its outcome is not known
  accepted,  // the cloud answered with instances
  refused,   // the cloud answered that it starts none
};

struct Intent {
  IntentId id;
  IntentState state = IntentState::open;
  LaunchRequest request;              // exact parameters
  std::int64_t price_micros = 0;      // per machine and hour
  std::vector<InstanceId> instances;  // that the cloud named
  std::string because;
  WishId wish;        // of a person's launch; else empty
  IntentId replaces;  // the launch, with another choice, whose missing part this one is
  TimePoint made_at{};
  Moment made;
  int attempts = 0;  // calls made with this token

  bool operator==(const Intent&) const = default;
};

// What tide remembers of one machine of its own.
struct Machine {
  InstanceId id;
  CloudName cloud;
  IntentId intent;
  PoolName pool;
  NodeName node;  // its name as a node
  std::string type;
  std::int64_t price_micros = 0;
  TimePoint launched_at{};
  Moment first_seen;
  bool adopted = false;              // found by its tags, not by an intent: the store was lost
  std::optional<Moment> registered;  // first seen joined
  std::optional<Moment> ready;       // first released for jobs
  std::optional<Moment> idle_since;
  std::optional<Moment> down_since;
  std::optional<Moment> held_since;     // first seen held by a person
  std::optional<Moment> failing_since;  // failed, lost or unfit: boot failure counted
  std::optional<Moment> missing_since;  // the cloud does not list it
  int missing_passes = 0;
  bool missing_accepted = false;  // a person said that it is gone, or no longer ours, though its node answers
  std::optional<Moment> ending;   // TerminateInstances was, or was about to be, called
  std::string ending_why;
  bool stops = false;                      // that call is StopInstances: it is kept for the next jobs
  std::optional<Moment> stopped;           // first listed so; it has no node and no jobs, and its node's past is over
  bool unstoppable = false;                // its cloud does not stop it: it ends instead
  std::optional<Moment> start_refused;     // its cloud did not start it again
  std::optional<Moment> told_to_end;       // when the cloud last took that call
  std::optional<Moment> left_alone_until;  // a person released our hold
  std::optional<Moment> end_refused;       // the cloud does not let it be ended (termination protection)
  std::string end_refused_why;
  std::optional<Moment> interrupted;  // its cloud, or its own node, gave notice
  std::string interrupted_why;
  std::string console;  // last words of a machine that failed to boot
  // A person's adopt or disown: its tags were, or were about to be, changed. Whose it is then, its listing shows.
  std::optional<Moment> adopting;
  std::optional<Moment> disowning;
  InstanceId replaces;  // drain_all: the machine that was held since this one was ready

  bool operator==(const Machine&) const = default;
};

enum class HoldKind {
  joining,  // until it is ready
  end,      // a drain: the machine ends once empty
  keep,     // a bare hold
};

// Our hold on a node. Written before the batch system is asked.
struct HoldRow {
  NodeName node;
  HoldKind kind = HoldKind::joining;
  std::string note;  // exactly as given to the batch system
  std::string rule;
  bool cancellable = false;  // for idleness: demand cancels it. For a reason: it only waits for the jobs
  bool confirmed = false;    // a later reading showed it
  Moment since;
  std::int64_t pass = 0;  // the pass that made it; an end comes in a later one
  WishId wish;

  bool operator==(const HoldRow&) const = default;
};

// A node's entry that tide made in the batch system, by name: the record while Slurm hides it.
struct NodeRow {
  NodeName node;
  PoolName pool;
  IntentId intent;
  std::string address;    // last set
  bool made = false;      // the batch system confirmed that it made the entry
  bool removing = false;  // the batch system was, or was about to be, asked to take it out
  bool removed = false;   // taken out again; kept only so that the name is not used before free_at
  Moment since;
  std::optional<Moment> free_at;

  bool operator==(const NodeRow&) const = default;
};

enum class WishKind { launch, terminate, kill_node, drain, undrain, drain_all, adopt, disown };

struct Wish {
  WishId id;
  WishKind kind = WishKind::launch;
  PoolName pool;  // launch, adopt; drain_all: only this, or all
  int count = 0;
  std::vector<std::string> targets;  // instance IDs or node names
  bool force = false;
  std::string reason;              // drain: for the note
  bool outdated = false;           // drain_all: only machines that were made from another template than the pool's
  bool replace = false;            // drain_all: one that is ready before one is held
  int unavailable_max = 0;         // drain_all: held at once, or replaced at once; 0: no limit, or one
  bool unavailable_share = false;  // that is a percentage of the machines that are meant
  std::string by;                  // user@host
  TimePoint made_at{};

  bool operator==(const Wish&) const = default;
};

// What is not asked for before its time; the keys are back_off.hpp's.
struct BackOff {
  std::string key;
  ErrorKind kind = ErrorKind::unknown;
  Reach reach = Reach::usual;
  std::string what;  // is refused, for people: "c7i.xlarge in eu-central-1a"
  int attempts = 0;
  Moment until;
  std::string why;

  bool operator==(const BackOff&) const = default;
};

// What a machine of some type offers to jobs.
struct TypeSize {
  int slots = 0;  // 0: the cloud does not know the type
  std::int64_t memory_mib = 0;
  Gpus gpus;
  Moment since;

  bool operator==(const TypeSize&) const = default;
};

struct TypeBook {
  std::map<std::string, TypeSize> told;     // by the cloud: "CLOUD/TYPE"
  std::map<std::string, TypeSize> learned;  // from the first node that registered: "POOL/TYPE"

  bool operator==(const TypeBook&) const = default;
};

struct Breaker {
  PoolName pool;
  int failures = 0;  // boot failures in a row
  bool open = false;
  std::string last;
  std::string console;  // of the last that failed

  bool operator==(const Breaker&) const = default;
};

// How long machines of a pool took from their launch to the registration of their node.
// What is learned of a pool from its machines that joined.
struct BootTimes {
  int count = 0;
  Seconds last{0};
  Seconds typical{0};  // drifts towards the newest, a quarter at a time
  Seconds longest{0};
  std::vector<FixedSlot> fixed;  // that the last one which joined divides itself into, all free
  Moment fixed_since;            // when that was last seen

  bool operator==(const BootTimes&) const = default;
};

// What the machines of one pool cost on one day (UTC).
struct Spend {
  std::int64_t machine_seconds = 0;
  std::int64_t unpriced_seconds = 0;  // of machines whose price is not known: they cost more than is counted
  std::int64_t micros_seconds = 0;    // micro-dollars an hour times seconds; nothing is lost by rounding each pass

  bool operator==(const Spend&) const = default;
};

// When spending was last counted: by the boot clock, so that a stepped wall clock spends nothing.
struct SpendClock {
  TimePoint wall{};
  BootTime boot;

  bool operator==(const SpendClock&) const = default;
};

struct PassClock {
  TimePoint wall{};
  BootTime boot;
  Moment age;
  Seconds gap{0};  // between this pass and the one before

  bool operator==(const PassClock&) const = default;
};

// The last reading that was believed.
struct LastGood {
  std::vector<NodeName> nodes;
  std::map<NodeName, std::vector<JobId>> running;
  std::map<NodeName, Moment> first_seen;  // of each node that is not ours

  bool operator==(const LastGood&) const = default;
};

struct Suspicion {
  Moment since;
  std::string why;
  std::vector<NodeName> missing;
  bool accepted = false;  // by `tide accept-reading`

  bool operator==(const Suspicion&) const = default;
};

// A person's word that no machine may start; drains and ends go on. Set and taken back by commands only, never by a
// pass: what is over stays here until the next one, and is not obeyed.
struct Sleep {
  std::string by;  // user@host
  std::string reason;
  TimePoint since{};
  std::optional<TimePoint> until;  // by the head's clock, as the person said it; else until `tide wake`

  bool operator==(const Sleep&) const = default;
};

// A person's bounds for a pool in place of the configured ones, by `tide resize`: obeyed until these change.
struct Resize {
  PoolName pool;
  std::optional<int> min;  // as configured where absent
  std::optional<int> max;
  int configured_min = 0;  // when it was said
  int configured_max = 0;
  std::string by;  // user@host
  TimePoint since{};

  bool operator==(const Resize&) const = default;
};

// All that the store knows; an input of plan().
struct Memory {
  HeadId head;
  std::string server;              // who answered for the batch system; "" at the first run
  std::vector<HeadId> taken_over;  // other heads whose machines are ours now
  std::int64_t passes = 0;
  PassClock clock;
  std::map<IntentId, Intent> intents;
  std::map<InstanceId, Machine> machines;
  std::map<NodeName, HoldRow> holds;
  std::map<NodeName, NodeRow> nodes;
  std::map<WishId, Wish> wishes;
  std::map<std::string, BackOff> back_offs;
  std::map<PoolName, Breaker> breakers;
  TypeBook types;
  std::map<PoolName, BootTimes> boots;
  std::map<std::string, Spend> spend;  // by "2026-11-25/POOL" (core/spend.hpp)
  std::optional<SpendClock> spend_clock;
  std::optional<TimePoint> spend_lost;  // since then less is known to be spent than was; `tide cost set` ends it
  std::map<CloudName, CloudHealth> health;
  std::map<CloudName, PriceReading> prices;
  std::map<CloudName, ReservationReading> reservations;
  LastGood last_good;
  std::optional<Suspicion> suspicion;
  std::optional<Moment> rebuild;  // when it began
  std::optional<Sleep> sleep;
  std::map<PoolName, Resize> resizes;

  bool operator==(const Memory&) const = default;
};

}  // namespace tide::core
