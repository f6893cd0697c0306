#pragma once

#include <tide/sim/head.hpp>
#include <tide/sim/scenario.hpp>

#include <string>
#include <vector>

namespace tide::sim {

// One scenario on its stage: the world, the head, those who submit jobs and those who meddle.
class Story {
 public:
  explicit Story(Scenario scenario, bool verbose = false);

  Stage& stage() { return m_stage; }
  World& world() { return m_world; }
  Head& head() { return m_head; }
  SimBatch& batch() { return m_world.batch(); }

  // Passes and faults for the scenario's time.
  void play();
  // The faults end; passes go on until nothing is left to do. What does not come to rest is a violation.
  void rest();
  // Passes only, one an interval.
  void run(Seconds span, Seconds interval = Seconds(60));
  PassEnd pass() { return m_head.pass(); }
  core::JobId submit(const core::Shape& shape, Seconds runs_for);

 private:
  void meddle();        // once a minute
  void trouble_head();  // before each pass
  void trouble_nodes();
  void trouble_machines();
  void persons_act();
  void make_wish();
  void submit_some();
  void end_troubles();
  void end_twins(const PassEnd& end);
  bool is_settled(const PassEnd& end) const;
  void check_rest(const PassEnd& end);
  core::NodeName any_node(bool (*suits)(const SimNode&));

  Scenario m_scenario;
  Stage m_stage;
  World m_world;
  Head m_head;
  SeededRandom m_jobs;
  core::Memory m_backup;
  std::vector<std::pair<TimePoint, core::NodeName>> m_persons_holds;  // and when they end
  TimePoint m_state_back{};
  std::int64_t m_next_job = 0;
  std::int64_t m_next_wish = 0;
};

struct SeedReport {
  std::uint64_t seed = 0;
  std::vector<std::string> violations;
  Probes probes;
  std::vector<std::string> log;  // if verbose
  std::int64_t passes = 0;
};

SeedReport run_seed(std::uint64_t seed, bool verbose = false);

}  // namespace tide::sim
