#pragma once

#include <tide/engine/pass.hpp>
#include <tide/sim/sim_store.hpp>
#include <tide/sim/world.hpp>

#include <functional>
#include <optional>

namespace tide::sim {

// What one pass came to; a crash or a failing store leaves no report.
struct PassEnd {
  std::optional<engine::PassReport> report;
  core::ExitCode exit = core::ExitCode::unexpected;
  std::string died;  // where, or what the store said
};

// One machine that runs tide against the world: its store and its passes.
class Head {
 public:
  Head(Stage& stage, World& world, core::Settings settings, core::HeadId id, std::uint64_t seed);

  PassEnd pass();
  std::int64_t passes() const { return m_passes; }
  SimStore& store() { return m_store; }
  const core::Settings& settings() const { return m_settings; }
  // Other settings than the checkers': a test's planted bug.
  void obey(const std::function<void(core::Settings&)>& change) { change(m_settings); }
  void lose_store() { put_store_back({}); }
  void put_store_back(core::Memory older);
  bool store_was_replaced() const { return m_store_replaced; }

  // For tests that plant a bug between the steps of a pass; empty: the pass is the engine's own.
  std::function<void(core::Snapshot&)> bend_snapshot;
  std::function<void(core::Plan&)> bend_plan;

  // Ports, so that a test may put others in front.
  batch::BatchSystem* batch = nullptr;
  store::Store* kept = nullptr;
  std::function<void(engine::Ports&)> bend_ports;

 private:
  Result<engine::PassReport> run();
  void probe(const engine::PassReport& report);

  Stage& m_stage;
  World& m_world;
  core::Settings m_settings;
  core::HeadId m_id;
  SeededRandom m_random;
  SimStore m_store;
  std::int64_t m_passes = 0;
  bool m_store_replaced = false;
};

}  // namespace tide::sim
