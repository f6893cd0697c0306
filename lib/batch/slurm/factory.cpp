#include <tide/batch/registry.hpp>
#include <tide/batch/slurm/slurm.hpp>
#include <tide/process/resolve.hpp>

#include <array>

#include <pwd.h>
#include <unistd.h>

namespace tide::batch {

namespace {

constexpr std::string_view k_usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

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
  slurm::SlurmOptions options;
  TIDE_TRY_ASSIGN(options.scontrol, process::resolve("scontrol", where));
  TIDE_TRY_ASSIGN(options.squeue, process::resolve("squeue", where));
  // Only asked where PrivateData hides something from a user who may be an operator.
  if (auto sacctmgr = process::resolve("sacctmgr", where)) options.sacctmgr = *sacctmgr;
  options.environment = config.batch.environment;
  options.environment.try_emplace("PATH", folders);
  options.timeout = config.batch.timeout;
  options.user_id = static_cast<std::int64_t>(geteuid());
  options.user = user_name(geteuid());
  return std::unique_ptr<BatchSystem>(std::make_unique<slurm::Slurm>(host.runner, host.clock, std::move(options)));
}

}  // namespace

extern const Factory k_slurm_factory;
const Factory k_slurm_factory{.kind = "slurm", .batch_keys = {}, .make = make};

}  // namespace tide::batch
