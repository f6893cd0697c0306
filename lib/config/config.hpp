#pragma once

#include <tide/core/settings.hpp>
#include <tide/util/result.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tide::config {

enum class KeyType { text, flag, number, decimal, duration, size, money, percent, list, choice, table };

// One row of the key table: what a key means is written here and nowhere else (parser, `config keys`, tide.toml(5)).
struct KeySpec {
  std::string_view section;  // "cluster", "batch", "scale", "money", "clouds.*", "pools.*", "names", "hooks"
  std::string_view name;
  KeyType type = KeyType::text;
  std::string_view fallback;  // as written in TOML; "" for none
  std::string_view choices;   // of a choice: "a|b|c"
  std::string_view help;      // one line
  bool required = false;
};

// [clouds.x]: what all kinds share, and the values of the kind's own keys as text (a list has several).
struct CloudSettings {
  core::CloudName name;
  std::string kind;
  std::string where;  // "FILE:LINE" of its table, for messages
  std::map<std::string, std::vector<std::string>> options;
  std::map<std::string, std::string> environment;  // [clouds.x.env]
  bool tells_types = false;                        // AdapterKeys::tells_types
  std::string prices;                              // file of on-demand prices, as written; "" for none

  // The first value of an option, or "".
  const std::string& option(const std::string& key) const;
};

struct BatchSettings {
  std::string bin_dir;
  std::chrono::seconds timeout{30};
  std::map<std::string, std::string> environment;  // [batch.env]
  std::map<std::string, std::vector<std::string>> options;
};

enum class NamesMethod { batch, hosts, dnsmasq, command };

struct NamesSettings {
  NamesMethod method = NamesMethod::batch;
  std::string file;  // absolute; "" for batch. What `command` was last told is kept in one of the state folder
  std::vector<std::string> command;
};

struct HooksSettings {
  std::map<std::string, std::vector<std::string>> commands;  // by the hook's name: an absolute path and its arguments
  std::chrono::seconds timeout{30};
};

struct Config {
  std::string path;  // of the file
  std::string state_dir;
  core::Settings settings;
  BatchSettings batch;
  NamesSettings names;
  HooksSettings hooks;
  std::map<core::CloudName, CloudSettings> clouds;
};

// The keys that tide itself knows, in the order of tide.toml(5).
std::span<const KeySpec> common_keys();

// "text", "duration", ... and, for people, how a value of that type is written.
std::string_view to_string(KeyType type);
std::string_view example(KeyType type);

// The keys that adapters add: (kind, spec). The caller takes them from the registries: config includes no adapter.
struct AdapterKeys {
  std::string_view kind;
  std::span<const KeySpec> cloud_keys;
  std::span<const KeySpec> pool_keys;
  std::span<const KeySpec> batch_keys;
  bool is_batch = false;     // a kind of batch system, else of cloud
  bool tells_types = false;  // a kind of cloud that can say what its types offer: slots and memory may be left out
};

struct Source {
  std::string path;  // for messages, and to resolve relative paths
  std::string text;
};

// Errors are of kind config: "FILE:LINE:COLUMN: ...", unknown keys with the nearest known one as hint.
Result<Config> parse(const Source& source, std::span<const AdapterKeys> adapters);

// Reads the file (refusing one with a secret that others may read), and the user data that its pools name.
Result<Config> load(const std::string& path, std::span<const AdapterKeys> adapters);

// What each pool's types cost on demand, by its own price or its cloud's table ("TYPE PRICE" a line; each with its
// text, where it names one), and from that what spot pools without max_price bid. load() does it.
Result<void> set_prices(Config& config, const std::map<core::CloudName, std::string>& tables);

// What `config check` tells beside errors: pools that a money cap keeps from ever launching, clouds without pools, ...
std::vector<std::string> warnings(const Config& config);

// The first line of the text that holds what looks like a secret (an AWS key, a private key, a password), and what it
// looks like; nothing if there is none. The secret itself is never part of the answer.
struct SecretFound {
  int line = 0;
  std::string what;
};
std::optional<SecretFound> find_secret(std::string_view text);

// -c, else $TIDE_CONFIG, else /etc/tide/tide.toml, else $XDG_CONFIG_HOME/tide/tide.toml; error if none exists.
Result<std::string> find_file(const std::string& option, const std::map<std::string, std::string>& environment);

}  // namespace tide::config
