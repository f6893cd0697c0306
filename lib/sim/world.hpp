#pragma once

#include <tide/sim/sim_batch.hpp>
#include <tide/sim/sim_cloud.hpp>
#include <tide/sim/sim_names.hpp>

#include <map>
#include <memory>
#include <set>

namespace tide::sim {

// The batch system and the clouds of one cluster, and what binds them: machines that boot become nodes, machines that
// end take their jobs along.
class World {
 public:
  World(Stage& stage, core::Settings settings, const SimBatchOptions& batch,
        const std::map<core::CloudName, SimCloudOptions>& clouds);

  const core::Settings& settings() const { return m_settings; }
  SimBatch& batch() { return m_batch; }
  SimNames& names() { return m_names; }
  SimCloud& cloud(const core::CloudName& name) { return *m_clouds.at(name); }
  std::map<core::CloudName, std::unique_ptr<SimCloud>>& clouds() { return m_clouds; }

  void pass_time(Seconds span);
  // Why a node may find no entry of its name: the store or the batch system's state was lost.
  void excuse_missing_entries() { m_entries_excused = true; }

  // Machines that bear the cluster's tag, of any head.
  // Of one launch that came twice, one: no caller can know of the other yet.
  std::map<core::PoolName, int> live_by_pool() const;
  // Launches of which a listing showed more machines that live on than were asked for.
  std::set<core::IntentId> doubled() const;
  std::set<std::string> live_names() const;
  int live() const;
  bool is_live(const core::InstanceId& id) const;
  Checker::EndFacts end_facts(const SimMachine& machine) const;

  // Told by the cloud and by the batch system.
  void machine_boots(const SimMachine& machine);
  void machine_stops(const core::InstanceId& id) { m_batch.daemon_stops(id); }
  void joins_without_entry(const core::NodeName& name);

 private:
  Stage& m_stage;
  core::Settings m_settings;
  SimNames m_names;
  SimBatch m_batch;
  std::map<core::CloudName, std::unique_ptr<SimCloud>> m_clouds;
  bool m_entries_excused = false;
};

}  // namespace tide::sim
