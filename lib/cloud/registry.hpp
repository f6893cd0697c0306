#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/config/config.hpp>
#include <tide/net/rate_limit.hpp>
#include <tide/net/transport.hpp>
#include <tide/process/command_runner.hpp>
#include <tide/util/clock.hpp>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tide::cloud {

// What an adapter may use. `environment` is the process's, read once by main().
struct Host {
  net::Transport& transport;
  process::CommandRunner& runner;
  Clock& clock;
  Random& random;
  const std::map<std::string, std::string>& environment;
  net::RateLimiter* limiter = nullptr;  // null: nobody asks for politeness (checks, tests)
};

// One a provider's folder, `k_<folder>_factory` in its factory.cpp; the build finds it by itself.
struct Factory {
  std::string_view kind;                        // [clouds.x] kind
  std::span<const config::KeySpec> cloud_keys;  // that only this kind knows
  std::span<const config::KeySpec> pool_keys;
  Result<std::unique_ptr<Cloud>> (*make)(const config::Config& config, const config::CloudSettings& cloud,
                                         const Host& host);
  bool tells_types = false;  // see config::AdapterKeys
};

// The cloud's `rates`, as its kind reads them.
template <typename Rates>
Result<Rates> rates_of(const config::CloudSettings& cloud, Result<Rates> (*parse)(const std::vector<std::string>&)) {
  const auto lines = cloud.options.find("rates");
  auto rates = parse(lines == cloud.options.end() ? std::vector<std::string>() : lines->second);
  if (rates) return rates;
  Error error = std::move(rates).error();
  error.message = fmt::format("{}: [clouds.{}] rates: {}", cloud.where, cloud.name.value, error.message);
  return error;
}

std::span<const Factory* const> factories();
const Factory* find_factory(std::string_view kind);

}  // namespace tide::cloud
