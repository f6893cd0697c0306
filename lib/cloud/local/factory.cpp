#include <tide/cloud/local/local_cloud.hpp>
#include <tide/cloud/registry.hpp>
#include <tide/util/units.hpp>

#include <array>

namespace tide::cloud {

namespace {

using config::KeySpec;
using enum config::KeyType;

// clang-format off
constexpr std::array k_cloud_keys{
    KeySpec{"clouds.*", "command", list, "", "", "What one machine runs, as a list of words; the first is an absolute path", true},
    KeySpec{"clouds.*", "addresses", text, "\"127.99.0.0/16\"", "", "IPv4 addresses for machines, one each", false},
    KeySpec{"clouds.*", "grace", duration, "\"10s\"", "", "How long a machine may take to end after TERM; then KILL", false},
    KeySpec{"clouds.*", "log_dir", text, "\"STATE_DIR/local\"", "", "Folder of the machines' output and of the claims on launch tokens, on a local disk", false},
};
// clang-format on

std::string option_or(const config::CloudSettings& cloud, const std::string& key, const std::string& fallback) {
  const auto found = cloud.options.find(key);
  const bool given = found != cloud.options.end() && !found->second.empty() && !found->second.front().empty();
  return given ? found->second.front() : fallback;
}

Error bad_key(const config::CloudSettings& cloud, const std::string& key, const std::string& why) {
  return make_error(ErrorKind::config, "'{}' {}", key, why)
      .with_context("in [clouds." + cloud.name.value + "], " + cloud.where);
}

Result<void> check_environment(const config::CloudSettings& cloud) {
  for (const auto& [key, value] : cloud.environment) {
    if (key.starts_with("TIDE_")) {
      return bad_key(cloud, "env." + key, "is tide's own").with_hint("Name it without TIDE_.");
    }
    const bool unusable = key.empty() || key.find('=') != std::string::npos || key.find('\0') != std::string::npos ||
                          value.find('\0') != std::string::npos;
    if (unusable) return bad_key(cloud, "env." + key, "cannot be an environment variable");
  }
  return {};
}

Result<std::unique_ptr<Cloud>> make(const config::Config& config, const config::CloudSettings& cloud,
                                    const Host& host) {
  local::LocalSettings settings{.name = cloud.name, .environment = cloud.environment};
  if (const auto command = cloud.options.find("command"); command != cloud.options.end())
    settings.command = command->second;
  if (settings.command.empty() || !settings.command.front().starts_with('/')) {
    return bad_key(cloud, "command", "does not begin with an absolute path")
        .with_hint("Write command = [\"/usr/local/share/tide/examples/local/slurm-node\"].");
  }
  for (const std::string& word : settings.command) {
    if (word.find('\0') != std::string::npos) return bad_key(cloud, "command", "has a NUL byte");
  }
  TIDE_TRY(check_environment(cloud));
  auto range = local::parse_range(option_or(cloud, "addresses", "127.99.0.0/16"));
  if (!range)
    return std::move(range).error().with_context("in [clouds." + cloud.name.value + "] addresses, " + cloud.where);
  settings.addresses = *range;
  TIDE_TRY_ASSIGN(settings.grace, parse_duration(option_or(cloud, "grace", "10s")));
  if (settings.grace < Seconds(1) || settings.grace > Seconds(3600)) {
    return bad_key(cloud, "grace", "is not between 1s and 1h");
  }
  const std::string fallback = config.state_dir + "/local";
  settings.log_dir = option_or(cloud, "log_dir", fallback);
  if (settings.log_dir == "STATE_DIR/local") settings.log_dir = fallback;
  if (!settings.log_dir.starts_with('/')) return bad_key(cloud, "log_dir", "is not an absolute path");
  return std::unique_ptr<Cloud>(std::make_unique<local::LocalCloud>(std::move(settings), host.clock));
}

}  // namespace

extern const Factory k_local_factory;
const Factory k_local_factory{.kind = "local", .cloud_keys = k_cloud_keys, .pool_keys = {}, .make = &make};

}  // namespace tide::cloud
