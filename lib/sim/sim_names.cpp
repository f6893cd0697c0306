#include <tide/sim/sim_names.hpp>

namespace tide::sim {

Result<std::vector<core::HostEntry>> SimNames::read() {
  m_stage.enter("read-names");
  const bool fails = m_stage.roll(m_stage.faults.read_fails);
  m_stage.leave("read-names");
  if (fails) return make_error(ErrorKind::io, "'/etc/hosts' cannot be read");
  return m_table;
}

Result<void> SimNames::write(const std::vector<core::HostEntry>& entries) {
  m_stage.enter("write-names");
  const bool fails = m_stage.roll(m_stage.faults.change_fails);
  if (!fails) m_table = entries;
  m_stage.leave("write-names");
  if (fails) return make_error(ErrorKind::io, "'/etc/hosts' cannot be written");
  return {};
}

}  // namespace tide::sim
