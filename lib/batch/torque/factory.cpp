#include <tide/batch/programs.hpp>
#include <tide/batch/torque/torque.hpp>

#include <algorithm>

#include <unistd.h>

namespace tide::batch {

namespace {

using config::KeySpec;
using config::KeyType;

constexpr std::string_view k_torque_folders =
    "/usr/local/torque/bin:/opt/torque/bin:/usr/local/maui/bin:/opt/maui/bin:/opt/moab/bin";

constexpr KeySpec k_batch_keys[]{
    {"batch", "server", KeyType::text, "", "", "Name of pbs_server's host, as in PBS_DEFAULT; else the commands' own"},
    {"batch", "scheduler", KeyType::choice, "\"pbs_sched\"", "pbs_sched|maui|moab",
     "Who schedules TORQUE's jobs: maui and moab are asked which jobs they block, and in which order the others come"},
};

Result<std::unique_ptr<BatchSystem>> make(const config::Config& config, const Host& host) {
  const Programs programs(config, host, k_torque_folders);
  torque::TorqueOptions options;
  TIDE_TRY_ASSIGN(options.qstat, programs.find("qstat"));
  TIDE_TRY_ASSIGN(options.pbsnodes, programs.find("pbsnodes"));
  TIDE_TRY_ASSIGN(options.qmgr, programs.find("qmgr"));
  options.environment = programs.environment();
  options.timeout = config.batch.timeout;
  const auto server = config.batch.options.find("server");
  if (server != config.batch.options.end() && !server->second.empty()) options.server = server->second.front();
  const auto scheduler = config.batch.options.find("scheduler");
  const std::string who =
      scheduler == config.batch.options.end() || scheduler->second.empty() ? "pbs_sched" : scheduler->second.front();
  if (who != "pbs_sched") {
    TIDE_TRY_ASSIGN(options.showq, programs.find("showq"));
    TIDE_TRY_ASSIGN(const std::string asks, programs.find(who == "moab" ? "mdiag" : "diagnose"));
    options.priorities = {asks, "-p"};
  }
  options.with_accounts =
      std::ranges::any_of(config.settings.pools, [](const auto& pool) { return !pool.second.accounts.empty(); });
  options.is_root = geteuid() == 0;
  options.user = user_name();
  return std::unique_ptr<BatchSystem>(std::make_unique<torque::Torque>(host.runner, host.clock, std::move(options)));
}

}  // namespace

extern const Factory k_torque_factory;
const Factory k_torque_factory{.kind = "torque", .batch_keys = k_batch_keys, .make = make};

}  // namespace tide::batch
