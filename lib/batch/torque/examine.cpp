#include <tide/batch/pbs/rights.hpp>
#include <tide/batch/torque/torque.hpp>

namespace tide::batch::torque {

using core::doubtful;
using core::failed;

core::Findings Torque::examine(const core::Settings& /*settings*/) {
  constexpr const char* k_about = "batch system";
  const auto status = read_server();
  if (!status) return {failed("rights", k_about, status.error())};
  core::Findings findings{
      pbs::rights_of(m_options.user, status->name, status->is_powerful(m_options.user, m_options.is_root))};
  if (!status->scheduling) {
    findings.push_back(doubtful("scheduling", k_about, fmt::format("server '{}' has scheduling = False", status->name),
                                "If no job is to start, nothing; else: qmgr -c 'set server scheduling = True'."));
  }
  if (!m_options.showq.empty()) {
    findings.push_back(doubtful("scheduler", k_about,
                                "Maui/Moab: not tried on the real thing, only on what its manuals print",
                                "Compare 'tide explain' with 'showq' for a day before cron runs it."));
  }
  return findings;
}

}  // namespace tide::batch::torque
