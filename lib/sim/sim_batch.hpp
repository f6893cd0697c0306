#pragma once

#include <tide/batch/batch.hpp>
#include <tide/sim/stage.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>

namespace tide::sim {

class World;

struct SimBatchOptions {
  std::string server = "sim";
  core::NodeEntries entries = core::NodeEntries::before_launch;
  bool resolves_names = false;      // a node is added only by a name that the table of names has (TORQUE)
  int final_holds = 0;              // per mille of holds that have no note and cannot be taken back (HTCondor)
  bool hides_unregistered = false;  // Slurm without PrivateData=cloud
  bool wipes_notes = true;          // a registration wipes the reason of a drain and keeps the drain
  Seconds gives_up{300};            // a silent node is down after that (SlurmdTimeout)
  Seconds completing{10};
};

enum class Holder { nobody, tide, person, batch };

// One node, as it is.
struct SimNode {
  core::Node entry;  // name, size, features, note, hold; use comes from the jobs
  bool foreign = false;
  bool listed_by_batch = true;  // false: its server lost it, its daemon runs on
  Holder holder = Holder::nobody;
  std::int64_t hold_pass = 0;
  core::InstanceId machine;  // whose daemon bears the name
  bool daemon = false;
  bool released = false;  // somebody let jobs come since the entry was made; or nobody held it
  std::optional<TimePoint> silent_since;
  TimePoint silent_until{};  // the network's doing
  TimePoint completing_until{};
};

struct SimJob {
  core::JobId id;
  core::Shape shape;
  core::Waiting waiting = core::Waiting::eligible;
  Seconds runs_for{60};
  TimePoint submitted{};
  std::vector<core::NodeName> nodes;  // it runs on; empty: waits
  std::optional<TimePoint> ends_at;
  bool done = false;
};

// A batch system in virtual time, with Slurm's, TORQUE's or HTCondor's ways of joining, draining, hiding and giving up;
// its own small scheduler starts jobs at any time. Commands fail, lie and are lost as the stage's faults say.
class SimBatch final : public batch::BatchSystem {
 public:
  SimBatch(Stage& stage, World& world, const SimBatchOptions& options)
      : m_stage(stage), m_world(world), m_options(options) {}

  core::BatchTraits traits() const override;
  Result<core::ServerIdentity> server() override;
  Result<std::vector<core::Node>> nodes() override;
  Result<core::JobQueue> jobs(bool all_ids) override;
  Result<void> add(const batch::NodeSpec& node) override;
  Result<void> set_address(const core::NodeName& node, const std::string& address) override;
  Result<void> hold(const core::NodeName& node, const std::string& note) override;
  Result<void> release(const core::NodeName& node) override;
  Result<void> give_up(const core::NodeName& name) override;
  Result<void> remove(const core::NodeName& node) override;

  // The world's side.
  struct Daemon {
    core::NodeName node;
    core::InstanceId machine;
    int slots = 0;
    std::int64_t memory_mib = 0;
    std::vector<std::string> features;
    std::string address;
  };
  void tick();
  void daemon_starts(const Daemon& daemon);
  void daemon_restarts(const core::NodeName& node);
  void daemon_stops(const core::InstanceId& machine);
  void silence(const core::NodeName& node, Seconds span);
  void lose_state();
  void restore_state();
  bool state_is_lost() const { return m_state_lost; }
  void restart(Seconds fresh) { m_fresh_until = m_stage.clock.real() + fresh; }
  void person_holds(const core::NodeName& node);
  void person_releases(const core::NodeName& node);
  void add_foreign(const SimNode& node) { m_nodes[node.entry.name] = node; }
  void submit(SimJob job) { m_jobs.emplace(job.id, std::move(job)); }
  void answer_as(std::string name) { m_options.server = std::move(name); }

  std::map<core::NodeName, SimNode>& all_nodes() { return m_nodes; }
  std::map<core::JobId, SimJob>& all_jobs() { return m_jobs; }
  bool resolves_names() const { return m_options.resolves_names; }
  const SimNode* node_of(const core::InstanceId& machine) const;
  std::size_t jobs_on(const core::NodeName& node) const;

 private:
  std::optional<Error> refuse_reading(const char* command);
  std::optional<Error> refuse_change(const char* command);
  Result<void> answer_change(const char* command);
  bool resolves(const core::NodeName& node, const std::string& address) const;
  void make_entry(const batch::NodeSpec& spec);
  bool is_taken(const core::NodeName& node, const core::InstanceId& by) const;
  void let_daemons_in();
  void expire_ads();
  core::Node listed(const SimNode& node) const;
  void watch_silence(SimNode& node);
  void requeue(const core::NodeName& node);
  void end_jobs();
  void start_jobs();
  bool start(SimJob& job);
  void finish(SimJob& job);

  Stage& m_stage;
  World& m_world;
  SimBatchOptions m_options;
  std::map<core::NodeName, SimNode> m_nodes;
  std::map<core::JobId, SimJob> m_jobs;
  // Daemons whose node has no entry yet (NodeEntries::with_address), or whose name another's daemon bears.
  std::multimap<core::NodeName, Daemon> m_refused;
  TimePoint m_fresh_until{};
  bool m_state_lost = false;
  std::optional<TimePoint> m_ads_again_at;
  TimePoint m_state_lost_at{};
  bool m_jobs_lied = false;  // in this pass: never both witnesses at once
};

}  // namespace tide::sim
