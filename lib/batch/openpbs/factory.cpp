#include <tide/batch/openpbs/openpbs.hpp>
#include <tide/batch/programs.hpp>

#include <unistd.h>

namespace tide::batch {

namespace {

using config::KeySpec;
using config::KeyType;

constexpr std::string_view k_pbs_folders = "/opt/pbs/bin:/opt/pbs/sbin";

constexpr KeySpec k_batch_keys[]{
    {"batch", "form", KeyType::choice, "\"json\"", "json|text",
     "What qstat and pbsnodes are asked to print; text where the JSON of an old version is broken"},
};

Result<std::unique_ptr<BatchSystem>> make(const config::Config& config, const Host& host) {
  const Programs programs(config, host, k_pbs_folders);
  openpbs::PbsOptions options;
  TIDE_TRY_ASSIGN(options.qstat, programs.find("qstat"));
  TIDE_TRY_ASSIGN(options.pbsnodes, programs.find("pbsnodes"));
  TIDE_TRY_ASSIGN(options.qmgr, programs.find("qmgr"));
  options.environment = programs.environment();
  options.timeout = config.batch.timeout;
  const auto form = config.batch.options.find("form");
  if (form != config.batch.options.end() && !form->second.empty() && form->second.front() == "text")
    options.form = openpbs::Form::text;
  options.root = geteuid() == 0;
  options.user = user_name();
  return std::unique_ptr<BatchSystem>(std::make_unique<openpbs::OpenPbs>(host.runner, host.clock, std::move(options)));
}

}  // namespace

extern const Factory k_openpbs_factory;
const Factory k_openpbs_factory{.kind = "openpbs", .batch_keys = k_batch_keys, .make = make};

}  // namespace tide::batch
