#pragma once

#include <tide/sim/stage.hpp>
#include <tide/store/store.hpp>

namespace tide::sim {

// The store in memory; it can be lost, or an older copy put back, and it may fail or the process die around each write.
class SimStore final : public store::Store {
 public:
  explicit SimStore(Stage& stage) : m_stage(stage) {}

  Result<core::Memory> load() override;
  Result<void> save(const core::Memory& before, const core::Memory& after) override;
  Result<void> add_wish(const core::Wish& wish) override;
  Result<void> close_wish(const core::WishId& wish) override;
  Result<void> append(std::span<const store::Event> events) override;
  Result<std::vector<store::Event>> events(const store::EventQuery& query) override;
  Result<std::optional<std::string>> kept_text(const std::string& name) override;
  Result<void> keep_text(const std::string& name, const std::string& text) override;

  // What is on disk now.
  const core::Memory& memory() const { return m_memory; }
  core::Memory& memory() { return m_memory; }
  void put_back(core::Memory older) { m_memory = std::move(older); }

 private:
  std::optional<Error> refuse(const char* call);

  Stage& m_stage;
  core::Memory m_memory;
  std::vector<store::Event> m_events;
  std::map<std::string, std::string> m_kept;
};

}  // namespace tide::sim
