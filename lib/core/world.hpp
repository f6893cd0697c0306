#pragma once

#include <tide/core/limits.hpp>
#include <tide/core/plan.hpp>
#include <tide/core/sizes.hpp>

#include <set>

namespace tide::core {

class Buyer;

// What this pass may rely on.
struct Reading {
  bool batch = false;  // server, nodes and jobs are known and believed
  ErrorKind batch_kind = ErrorKind::batch;
  std::string batch_why;             // if not
  std::map<CloudName, bool> clouds;  // listed
  bool foreign_owner = false;        // another head owns machines of this cluster: read only
  bool rebuilding = false;

  bool cloud(const CloudName& name) const {
    const auto found = clouds.find(name);
    return found != clouds.end() && found->second;
  }
};

// What the steps of plan() hand on to each other: the input, what was derived from it, and the plan as it grows.
struct World {
  const Snapshot& snapshot;
  const Settings& settings;
  const Scope& scope;
  Reading reading;
  Plan plan;
  std::map<PoolName, Sizing> sizing = {};  // of pools whose size is the cloud's to tell
  std::set<PoolName> puzzled;              // a node and a machine of it match nothing, though they should each other
  std::set<IntentId> needed_intents;       // open ones that a waiting job or a wish counts on
  std::set<std::string> touched;           // nodes and instances with an action of this pass
  std::map<InstanceId, InstanceId> duplicates = {};  // a second machine of one launch: the one that stays
  std::set<InstanceId> twins;                        // machines of one launch: which of them stays cannot be told
  std::vector<WishId> closing;                       // wishes with nothing left to do

  Moment now() const { return snapshot.age; }
  Memory& memory() { return plan.memory; }
  const Pool* pool(const PoolName& name) const {
    const auto found = settings.pools.find(name);
    return found == settings.pools.end() ? nullptr : &found->second;
  }
  // Why a pool has no size yet; null if it has one.
  const std::string* unsized(const PoolName& name) const {
    const auto found = sizing.find(name);
    return found == sizing.end() || found->second.why.empty() ? nullptr : &found->second.why;
  }
  Machine* machine(const InstanceId& id) {
    const auto found = plan.memory.machines.find(id);
    return found == plan.memory.machines.end() ? nullptr : &found->second;
  }
  HoldRow* hold(const NodeName& name) {
    const auto found = plan.memory.holds.find(name);
    return found == plan.memory.holds.end() ? nullptr : &found->second;
  }
  // One hold, release or end a node and pass: what came first, a person's wish, stands.
  bool is_touched(const Worker& worker) const {
    return touched.contains(worker.name.value) || (!worker.id.empty() && touched.contains(worker.id.value));
  }
  void act(Action action, RuleId rule, std::string text, std::vector<Fact> facts = {});
  void decline(std::string what, RuleId rule, std::string text, ErrorKind kind = ErrorKind::refused, WishId wish = {}) {
    plan.declined.push_back({std::move(what), {std::move(rule), std::move(text), {}}, kind, std::move(wish)});
  }
  void alarm(ErrorKind kind, RuleId rule, std::string text) {
    plan.alarms.push_back({kind, {std::move(rule), std::move(text), {}}});
  }
};

// From what was read to what each machine and node is: the first six steps.
void understand(World& world);

// The steps, in order (each in the file of its name).
void read_sources(World& world);     // fills reading; suspicion, rebuild, foreign heads
void follow_requests(World& world);  // what was a request is a machine by now: its row goes by that one's ID
void find_duplicates(World& world);
void correlate(World& world);     // plan.workers: which node is which instance; identity is decided here only
void remember(World& world);      // machine rows, holds, idle and down times, from what was seen
void judge_health(World& world);  // health, notices and spot prices: remembered, and laid on the machines
void derive_phases(World& world);
void find_puzzles(World& world);                    // unclear identities: fills puzzled
void carry_out_wishes(World& world, Buyer& buyer);  // a person's, before any rule
void meet_demand(World& world, Buyer& buyer);       // verdicts, marks needed workers, orders machines
void replace_by_spot(World& world, Buyer& buyer);   // on-demand machines give way to spot ones that are ready
void name_hosts(World& world);                      // the table of names, where it is tide's
void steer_nodes(World& world);                     // addresses, readiness, holds written again, person's holds
void drain_idle(World& world);
void reap(World& world);  // failed, lost, orphan, unfit, down, interrupted, impaired
void end_drained(World& world);
void tidy_stopped(World& world);     // of those that are kept stopped: too many, outdated
void repeat_launches(World& world);  // open intents: again with the same token, or closed once settled
void clear_away(World& world);       // nodes of gone machines, rows, wishes that are done

// Does the owner tag name this head or one that it took over?
bool is_ours(const Memory& memory, const Settings& settings, const Instance& instance);

// Is this worker a target of the wish?
bool names(const World& world, const Wish& wish, const Worker& worker);

// May this pass make a node of it, or let jobs come? One for a wish may only with machines that the wish ordered.
bool is_steered(const World& world, const Worker& worker);

// Live machines of ours and machines of open intents, of one pool or of all.
int count_machines(const World& world, const PoolName* pool);

// What they cost an hour; a machine without a price adds nothing and sets `unpriced`.
std::int64_t cost_per_hour(const World& world, bool& unpriced);

}  // namespace tide::core
