#include <tide/config/config.hpp>

#include <tide/core/user_data.hpp>
#include <tide/util/files.hpp>

#include <algorithm>
#include <array>

namespace tide::config {

namespace {

constexpr std::size_t k_file_max = 1U << 20U;         // a configuration; more is another file by mistake
constexpr std::size_t k_user_data_max = 256U << 10U;  // before any cloud's own, smaller limit
constexpr std::size_t k_prices_max = 1U << 20U;       // EC2 has some 1000 types
constexpr const char* k_system_file = "/etc/tide/tide.toml";
constexpr std::array<const char*, 2> k_secret_files{"credentials_file", "secret_file"};

// Relative paths are seen from the configuration's folder: cron and shell start elsewhere.
std::string beside(const std::string& config_path, const std::string& path) {
  if (path.starts_with('/')) return path;
  const auto slash = config_path.rfind('/');
  return slash == std::string::npos ? path : config_path.substr(0, slash + 1) + path;
}

Result<void> check_user_data(const std::string& path, const std::string& text) {
  for (const auto& placeholder : core::placeholders_in(text)) {
    if (core::is_known_placeholder(placeholder.word)) continue;
    return make_error(ErrorKind::config, "{}:{}: '@TIDE_{}@' is not known", path, placeholder.line, placeholder.word)
        .with_hint("Use @TIDE_HEAD@, @TIDE_CLUSTER@, @TIDE_POOL@ or @TIDE_NODE@.");
  }
  if (const auto secret = find_secret(text)) {
    return make_error(ErrorKind::config, "{}:{}: user data holds {}", path, secret->line, secret->what)
        .with_peer("any job on the machine can read its user data")
        .with_hint("Put the secret into the image, or let root fetch it at boot, and take it out of this file.");
  }
  return {};
}

Result<void> read_user_data(core::Pool& pool, const std::string& config_path) {
  if (pool.user_data.empty()) return {};
  const std::string path = beside(config_path, pool.user_data);
  auto text = read_file(path, k_user_data_max);
  if (!text) {
    Error error = std::move(text).error();
    error.kind = ErrorKind::config;
    if (error.hint.empty())
      error.hint = fmt::format("Set [pools.{}] user_data to a file that is there.", pool.name.value);
    return std::move(error).with_context(fmt::format("while reading the user data of [pools.{}]", pool.name.value));
  }
  TIDE_TRY(check_user_data(path, *text));
  pool.user_data = std::move(*text);
  return {};
}

Result<void> check_secret_files(const Config& config) {
  for (const auto& [name, cloud] : config.clouds) {
    for (const char* key : k_secret_files) {
      const std::string& file = cloud.option(key);
      if (file.empty() || !others_may_read(file)) continue;
      return make_error(ErrorKind::config, "{}: [clouds.{}] {} = '{}' may be read by everybody", cloud.where,
                        name.value, key, file)
          .with_hint(fmt::format("Run: chmod o-rwx '{}'", file));
    }
  }
  return {};
}

Result<std::map<core::CloudName, std::string>> read_price_tables(const Config& config) {
  std::map<core::CloudName, std::string> tables;
  for (const auto& [name, cloud] : config.clouds) {
    if (cloud.prices.empty()) continue;
    auto text = read_file(beside(config.path, cloud.prices), k_prices_max);
    if (!text) {
      Error error = std::move(text).error();
      error.kind = ErrorKind::config;
      if (error.hint.empty()) error.hint = fmt::format("Set [clouds.{}] prices to a file that is there.", name.value);
      return std::move(error).with_context(fmt::format("while reading the prices of [clouds.{}]", name.value));
    }
    tables.emplace(name, std::move(*text));
  }
  return tables;
}

}  // namespace

Result<Config> load(const std::string& path, std::span<const AdapterKeys> adapters) {
  auto text = read_file(path, k_file_max);
  if (!text) {
    Error error = std::move(text).error();
    error.kind = ErrorKind::config;
    if (error.hint.empty())
      error.hint = "Name the configuration with -c FILE or TIDE_CONFIG, or make it readable for this user.";
    return error;
  }
  if (const auto secret = find_secret(*text); secret && others_may_read(path)) {
    return make_error(ErrorKind::config, "{}:{}: the file holds {} and may be read by everybody", path, secret->line,
                      secret->what)
        .with_hint(fmt::format(
            "Run: chmod o-rwx '{}', or better name an environment variable, file or command instead.", path));
  }
  TIDE_TRY_ASSIGN(Config config, parse({.path = path, .text = *text}, adapters));
  for (auto& [name, pool] : config.settings.pools) TIDE_TRY(read_user_data(pool, path));
  TIDE_TRY(check_secret_files(config));
  TIDE_TRY_ASSIGN(const auto tables, read_price_tables(config));
  TIDE_TRY(set_prices(config, tables));
  return config;
}

Result<std::string> find_file(const std::string& option, const std::map<std::string, std::string>& environment) {
  const auto variable = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (!option.empty()) return option;
  if (auto named = variable("TIDE_CONFIG"); !named.empty()) return named;
  std::vector<std::string> places{k_system_file};
  if (const auto base = variable("XDG_CONFIG_HOME"); !base.empty()) {
    places.push_back(base + "/tide/tide.toml");
  } else if (const auto home = variable("HOME"); !home.empty()) {
    places.push_back(home + "/.config/tide/tide.toml");
  }
  const auto found = std::ranges::find_if(places, [](const std::string& place) { return !is_absent(place); });
  if (found != places.end()) return *found;
  Error error = make_error(ErrorKind::config, "no configuration found");
  for (const auto& place : places) error.context.push_back(fmt::format("'{}' is not there", place));
  return std::move(error).with_hint("'tide init' writes one; or name yours with -c FILE or TIDE_CONFIG.");
}

}  // namespace tide::config
