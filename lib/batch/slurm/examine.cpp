#include <tide/batch/slurm/slurm.hpp>

namespace tide::batch::slurm {

namespace {

using core::doubtful;
using core::failed;
using core::fine;

constexpr const char* k_about = "batch system";

core::Finding examine_room(const SlurmConfig& config, int nodes_max) {
  const std::string text = fmt::format("MaxNodeCount={}", config.nodes_max);
  if (config.nodes_max >= nodes_max) return fine("room", k_about, text);
  return doubtful("room", k_about, fmt::format("{} in slurm.conf, and [scale] max_nodes is {}", text, nodes_max),
                  fmt::format("Set MaxNodeCount={} or more in slurm.conf, and restart slurmctld.", nodes_max));
}

}  // namespace

// Creating, holding and deleting nodes: see slurm.md, "Rights".
core::Findings Slurm::examine(const core::Settings& settings) {
  const auto config = read_config();
  if (!config) return {failed("rights", k_about, config.error())};
  core::Findings findings{examine_room(*config, settings.scale.max_nodes)};
  if (m_options.user_id == 0 || m_options.user_id == config->user_id) {
    findings.push_back(fine("rights", k_about, fmt::format("'{}' may create, hold and delete nodes", m_options.user)));
    return findings;
  }
  if (config->has_accounting && !m_options.sacctmgr.empty()) {
    const auto level = admin_level();
    if (!level) findings.push_back(failed("rights", k_about, level.error()));
    if (level && *level == "Administrator")
      findings.push_back(fine("rights", k_about, fmt::format("'{}' is an administrator of Slurm", m_options.user)));
    if (!level || *level == "Administrator") return findings;
  }
  findings.push_back(
      failed("rights", k_about,
             make_error(ErrorKind::batch, "'{}' may not create, hold or delete nodes", m_options.user)
                 .with_hint(fmt::format("Run tide as root or as '{}', or, with slurmdbd: sacctmgr modify user {} set "
                                        "adminlevel=administrator.",
                                        config->user, m_options.user))));
  return findings;
}

}  // namespace tide::batch::slurm
