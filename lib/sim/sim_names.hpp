#pragma once

#include <tide/names/name_table.hpp>
#include <tide/sim/stage.hpp>

#include <vector>

namespace tide::sim {

// The table of node names, in virtual time: it cannot be read, or written, now and then.
class SimNames final : public names::NameTable {
 public:
  explicit SimNames(Stage& stage) : m_stage(stage) {}

  Result<std::vector<core::HostEntry>> read() override;
  Result<void> write(const std::vector<core::HostEntry>& entries) override;

  const std::vector<core::HostEntry>& table() const { return m_table; }

 private:
  Stage& m_stage;
  std::vector<core::HostEntry> m_table;
};

}  // namespace tide::sim
