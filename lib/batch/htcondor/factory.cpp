#include <tide/batch/htcondor/htcondor.hpp>
#include <tide/batch/registry.hpp>
#include <tide/process/resolve.hpp>
#include <tide/util/units.hpp>

namespace tide::batch {

namespace {

using config::KeySpec;
using config::KeyType;

constexpr std::string_view k_usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

constexpr KeySpec k_batch_keys[]{
    {"batch", "pool", KeyType::text, "", "",
     "Collector of the pool, as of condor_status -pool; else COLLECTOR_HOST of the configuration"},
    {"batch", "schedds", KeyType::list, "[]", "",
     "Names of the schedds whose jobs count, or [\"all\"]; empty: the one of this machine"},
    {"batch", "settle", KeyType::duration, "\"15m\"", "",
     "A collector that is up for less than this knows only some nodes: nothing is done on its word"},
    {"batch", "silent_after", KeyType::duration, "\"10m\"", "",
     "A node whose last ad is older does not answer; more than twice UPDATE_INTERVAL"},
};

std::string text_option(const config::BatchSettings& batch, const std::string& key) {
  const auto found = batch.options.find(key);
  return found == batch.options.end() || found->second.empty() ? "" : found->second.front();
}

Result<Seconds> duration_option(const config::BatchSettings& batch, const std::string& key, Seconds fallback) {
  const std::string text = text_option(batch, key);
  if (text.empty()) return fallback;
  return parse_duration(text);
}

Result<std::unique_ptr<BatchSystem>> make(const config::Config& config, const Host& host) {
  const auto path = host.environment.find("PATH");
  const std::string folders =
      path == host.environment.end() || path->second.empty() ? std::string(k_usual_path) : path->second;
  const process::ResolveOptions where{.bin_dir = config.batch.bin_dir, .path = folders};
  htcondor::CondorOptions options;
  TIDE_TRY_ASSIGN(options.bin_q, process::resolve("condor_q", where));
  TIDE_TRY_ASSIGN(options.bin_status, process::resolve("condor_status", where));
  TIDE_TRY_ASSIGN(options.bin_drain, process::resolve("condor_drain", where));
  TIDE_TRY_ASSIGN(options.bin_off, process::resolve("condor_off", where));
  TIDE_TRY_ASSIGN(options.bin_on, process::resolve("condor_on", where));
  TIDE_TRY_ASSIGN(options.bin_config_val, process::resolve("condor_config_val", where));
  options.environment = config.batch.environment;
  options.environment.try_emplace("PATH", folders);
  options.timeout = config.batch.timeout;
  options.pool = text_option(config.batch, "pool");
  if (const auto schedds = config.batch.options.find("schedds"); schedds != config.batch.options.end())
    options.schedds = schedds->second;
  TIDE_TRY_ASSIGN(options.settle, duration_option(config.batch, "settle", options.settle));
  TIDE_TRY_ASSIGN(options.silent_after, duration_option(config.batch, "silent_after", options.silent_after));
  return std::unique_ptr<BatchSystem>(std::make_unique<htcondor::Condor>(host.runner, host.clock, std::move(options)));
}

}  // namespace

extern const Factory k_htcondor_factory;
const Factory k_htcondor_factory{.kind = "htcondor", .batch_keys = k_batch_keys, .make = make};

}  // namespace tide::batch
