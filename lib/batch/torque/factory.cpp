#include <tide/batch/registry.hpp>
#include <tide/batch/torque/torque.hpp>
#include <tide/process/resolve.hpp>

#include <algorithm>
#include <array>

#include <pwd.h>
#include <unistd.h>

namespace tide::batch {

namespace {

using config::KeySpec;
using config::KeyType;

constexpr std::string_view k_usual_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/torque/bin:/opt/torque/bin:/usr/local/"
    "maui/bin:/opt/maui/bin:/opt/moab/bin";

constexpr KeySpec k_batch_keys[]{
    {"batch", "server", KeyType::text, "", "", "Name of pbs_server's host, as in PBS_DEFAULT; else the commands' own"},
    {"batch", "scheduler", KeyType::choice, "\"pbs_sched\"", "pbs_sched|maui|moab",
     "Who schedules TORQUE's jobs: maui and moab are asked which jobs they block, and in which order the others come"},
};

std::string user_name(uid_t id) {
  std::array<char, 16'384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::to_string(id);
  return found->pw_name;
}

Result<std::unique_ptr<BatchSystem>> make(const config::Config& config, const Host& host) {
  const auto path = host.environment.find("PATH");
  const std::string folders =
      path == host.environment.end() || path->second.empty() ? std::string(k_usual_path) : path->second;
  const process::ResolveOptions where{.bin_dir = config.batch.bin_dir, .path = folders};
  torque::TorqueOptions options;
  TIDE_TRY_ASSIGN(options.qstat, process::resolve("qstat", where));
  TIDE_TRY_ASSIGN(options.pbsnodes, process::resolve("pbsnodes", where));
  TIDE_TRY_ASSIGN(options.qmgr, process::resolve("qmgr", where));
  options.environment = config.batch.environment;
  options.environment.try_emplace("PATH", folders);
  options.timeout = config.batch.timeout;
  const auto server = config.batch.options.find("server");
  if (server != config.batch.options.end() && !server->second.empty()) options.server = server->second.front();
  const auto scheduler = config.batch.options.find("scheduler");
  const std::string who =
      scheduler == config.batch.options.end() || scheduler->second.empty() ? "pbs_sched" : scheduler->second.front();
  if (who != "pbs_sched") {
    TIDE_TRY_ASSIGN(options.showq, process::resolve("showq", where));
    TIDE_TRY_ASSIGN(const std::string asks, process::resolve(who == "moab" ? "mdiag" : "diagnose", where));
    options.priorities = {asks, "-p"};
  }
  options.with_accounts =
      std::ranges::any_of(config.settings.pools, [](const auto& pool) { return !pool.second.accounts.empty(); });
  options.is_root = geteuid() == 0;
  options.user = user_name(geteuid());
  return std::unique_ptr<BatchSystem>(std::make_unique<torque::Torque>(host.runner, host.clock, std::move(options)));
}

}  // namespace

extern const Factory k_torque_factory;
const Factory k_torque_factory{.kind = "torque", .batch_keys = k_batch_keys, .make = make};

}  // namespace tide::batch
