#pragma once

#include <tide/sim/faults.hpp>
#include <tide/sim/sim_batch.hpp>
#include <tide/sim/sim_cloud.hpp>

#include <map>
#include <string>
#include <vector>

namespace tide::sim {

// All that one seed decides before its story begins.
struct Scenario {
  std::uint64_t seed = 0;
  core::Settings settings;
  Faults faults;
  SimBatchOptions batch;
  std::map<core::CloudName, SimCloudOptions> clouds;
  std::vector<core::Shape> shapes;  // that jobs of this story may have
  int foreign_nodes = 0;
  int jobs_per_hour = 30;
  Seconds job_max{1800};
  Seconds lasts{4 * 3600};  // with faults; then it must come to rest
  Seconds interval_min{30};
  Seconds interval_max{120};
};

// Swarm style: each fault is off in half of all stories, else of a strength of its own.
Scenario draw_scenario(std::uint64_t seed);

// A small cluster with nothing wrong, for stories that are told by hand: one cloud 'one', one pool 'p', token launches.
Scenario calm_scenario(std::uint64_t seed);

core::Shape job_shape(int nodes, int slots);

}  // namespace tide::sim
