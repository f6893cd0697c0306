#include <tide/batch/htcondor/htcondor.hpp>
#include <tide/batch/programs.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::batch {

namespace {

using config::KeySpec;
using config::KeyType;

constexpr KeySpec k_batch_keys[]{
    {"batch", "schedds", KeyType::list, "[]", "",
     "Whose jobs are read: [] this machine's schedd, names, or [\"all\"] that the collector knows"},
    {"batch", "pool", KeyType::text, "", "", "Address of the collector; default that of HTCondor's configuration"},
    {"batch", "silent_after", KeyType::duration, "\"11m\"", "",
     "A node whose ad is older does not answer; more than two UPDATE_INTERVAL of its startd"},
    {"batch", "collector_warmup", KeyType::duration, "\"15m\"", "",
     "For so long after the collector came up, its list of nodes proves nothing"},
    {"batch", "drain_from", KeyType::duration, "\"30d\"", "",
     "condor_drain holds nodes whose jobs have at least so much retirement time left, condor_off -peaceful all others"},
};

Result<Seconds> duration_of(const config::Config& config, const std::string& key, Seconds fallback) {
  const auto found = config.batch.options.find(key);
  if (found == config.batch.options.end() || found->second.empty()) return fallback;
  return parse_duration(found->second.front());
}

Result<void> check_words(const std::string& key, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const bool plain = !word.empty() && word.front() != '-' && std::ranges::all_of(word, [](char c) {
      return c > ' ' && c < '\x7f' && std::string_view("\"'\\#").find(c) == std::string_view::npos;
    });
    if (!plain) return make_error(ErrorKind::config, "'{}' cannot be {} in [batch]", printable(word, 80), key);
  }
  return {};
}

Result<std::unique_ptr<BatchSystem>> make(const config::Config& config, const Host& host) {
  const Programs programs(config, host);
  htcondor::CondorOptions options;
  TIDE_TRY_ASSIGN(options.condor_q, programs.find("condor_q"));
  TIDE_TRY_ASSIGN(options.condor_status, programs.find("condor_status"));
  TIDE_TRY_ASSIGN(options.condor_drain, programs.find("condor_drain"));
  TIDE_TRY_ASSIGN(options.condor_off, programs.find("condor_off"));
  TIDE_TRY_ASSIGN(options.condor_on, programs.find("condor_on"));
  options.environment = programs.environment();
  options.timeout = config.batch.timeout;
  if (const auto found = config.batch.options.find("pool");
      found != config.batch.options.end() && !found->second.empty())
    options.pool = found->second.front();
  if (!options.pool.empty()) TIDE_TRY(check_words("pool", {options.pool}));
  if (const auto found = config.batch.options.find("schedds"); found != config.batch.options.end())
    options.schedds = found->second;
  TIDE_TRY(check_words("schedds", options.schedds));
  for (const auto& [name, pool] : config.settings.pools) {
    options.features.insert(name.value);
    options.features.insert(pool.features.begin(), pool.features.end());
  }
  TIDE_TRY_ASSIGN(options.silent_after, duration_of(config, "silent_after", options.silent_after));
  TIDE_TRY_ASSIGN(options.warmup, duration_of(config, "collector_warmup", options.warmup));
  TIDE_TRY_ASSIGN(options.drain_from, duration_of(config, "drain_from", options.drain_from));
  return std::unique_ptr<BatchSystem>(
      std::make_unique<htcondor::HtCondor>(host.runner, host.clock, std::move(options)));
}

}  // namespace

extern const Factory k_htcondor_factory;
const Factory k_htcondor_factory{.kind = "htcondor", .batch_keys = k_batch_keys, .make = make};

}  // namespace tide::batch
