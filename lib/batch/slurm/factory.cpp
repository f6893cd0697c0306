#include <tide/batch/programs.hpp>
#include <tide/batch/slurm/slurm.hpp>

#include <unistd.h>

namespace tide::batch {

namespace {

Result<std::unique_ptr<BatchSystem>> make(const config::Config& config, const Host& host) {
  const Programs programs(config, host);
  slurm::SlurmOptions options;
  TIDE_TRY_ASSIGN(options.scontrol, programs.find("scontrol"));
  TIDE_TRY_ASSIGN(options.squeue, programs.find("squeue"));
  // Only asked where PrivateData hides something from a user who may be an operator.
  options.sacctmgr = programs.find_or_none("sacctmgr");
  options.environment = programs.environment();
  options.timeout = config.batch.timeout;
  options.user_id = static_cast<std::int64_t>(geteuid());
  options.user = user_name();
  return std::unique_ptr<BatchSystem>(std::make_unique<slurm::Slurm>(host.runner, host.clock, std::move(options)));
}

}  // namespace

extern const Factory k_slurm_factory;
const Factory k_slurm_factory{.kind = "slurm", .batch_keys = {}, .make = make};

}  // namespace tide::batch
