#include <tide/batch/torque/torque.hpp>

namespace tide::batch::torque {

using core::doubtful;
using core::failed;
using core::fine;

core::Findings Torque::examine(const core::Settings& /*settings*/) {
  constexpr const char* k_about = "batch system";
  const auto status = read_server();
  if (!status) return {failed("rights", k_about, status.error())};
  core::Findings findings;
  if (status->is_powerful(m_options.user, m_options.is_root)) {
    findings.push_back(fine("rights", k_about, fmt::format("'{}' may create, hold and delete nodes", m_options.user)));
  } else {
    findings.push_back(failed(
        "rights", k_about,
        make_error(ErrorKind::batch, "'{}' is no manager of server '{}'", m_options.user, status->name)
            .with_hint(fmt::format("Run tide as root, or: qmgr -c 'set server managers += {}@*'.", m_options.user))));
  }
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
