#include <tide/config/checks.hpp>

#include <tide/core/names.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::config {

namespace {

constexpr Seconds k_paid_period_min{60};  // passes come once a minute
constexpr int k_share_max = 10'000;       // EC2 takes no bid above ten times the on-demand price
constexpr std::size_t k_name_max = 40;    // a pool's name is part of host names of at most 63 characters
constexpr std::string_view k_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
// What batch systems give a meaning in expressions of features.
constexpr std::string_view k_not_in_features = " \t,&|[](){}*!\"'\\";

Place place_in(const Sections& sections, const std::string& section, std::string_view key) {
  const auto found = sections.find(section);
  if (found == sections.end()) return {};
  const Value* value = found->second.find(key);
  return value == nullptr ? found->second.place : value->place;
}

void check_market(const core::Pool& pool, const Reader& reader, Problems& problems) {
  const bool spot = reader.text("market") == "spot";
  if (pool.extra > 0 && !spot)
    problems.add(reader.place("extra"), "'extra' is for spot machines", "Set market = \"spot\", or use min.");
  if (pool.keep_stopped > 0 && spot)
    problems.add(reader.place("keep_stopped"), "'keep_stopped' is for on-demand machines",
                 "Take it out: a spot machine that is given back is bought anew.");
  if (!pool.spot_pool.empty() && spot)
    problems.add(reader.place("spot_pool"), "'spot_pool' is for on-demand machines", "Take it out of this pool.");
  if (pool.paid_period > Seconds(0) && pool.paid_period < k_paid_period_min)
    problems.add(reader.place("paid_period"), "paid_period is less than 1m",
                 "Leave it out where machines are paid by the second.");
  if (!pool.max_price.empty() && reader.text("market") == "on-demand") {
    problems.add(reader.place("max_price"), "'max_price' is for spot machines",
                 "Set market = \"spot\", or leave max_price out.");
  }
}

void check_features(const core::Pool& pool, const Reader& reader, Problems& problems) {
  for (const auto& feature : pool.features) {
    const bool plain = !feature.empty() && feature.find_first_of(k_not_in_features) == std::string::npos;
    if (!plain)
      problems.add(reader.place("features"), fmt::format("feature '{}' is no plain word", printable(feature, 40)),
                   "Use letters, digits, '_', '-' and '.'.");
  }
}

// The first name of one that the other gives too; "" if there is none among the first few.
std::string shared_name(const core::NameTemplate& a, const core::NameTemplate& b) {
  constexpr int k_tries = 3;
  const int all = static_cast<int>(std::max(a.range.size(), std::size_t{k_tries}));
  for (const auto& name : core::next_names(a, all, {})) {
    if (core::matches(b, name)) return name.value;
  }
  return {};
}

void check_shared_names(const Config& config, const Sections& sections, Problems& problems) {
  std::vector<std::pair<std::string, core::NameTemplate>> all;
  for (const auto& [name, pool] : config.settings.pools) {
    auto names = core::parse_names(pool.names, config.settings.cluster, name.value);
    if (!names) continue;
    for (const auto& [other, theirs] : all) {
      std::string shared = shared_name(*names, theirs);
      if (shared.empty()) shared = shared_name(theirs, *names);
      if (shared.empty()) continue;
      problems.add(place_in(sections, "pools." + name.value, "names"),
                   fmt::format("pools '{}' and '{}' would both name a machine '{}'", other, name.value, shared),
                   "Put {pool} into names, or give each pool a range of its own.");
    }
    all.emplace_back(name.value, std::move(*names));
  }
}

void check_limits(const Config& config, const Sections& sections, Problems& problems) {
  const auto& scale = config.settings.scale;
  int wanted = 0;
  for (const auto& [name, pool] : config.settings.pools) wanted += pool.min;
  if (scale.min_nodes > scale.max_nodes) {
    problems.add(place_in(sections, "scale", "min_nodes"),
                 fmt::format("min_nodes = {} is more than max_nodes = {}", scale.min_nodes, scale.max_nodes),
                 "Raise max_nodes or lower min_nodes.");
  }
  if (wanted > scale.max_nodes) {
    problems.add(place_in(sections, "scale", "max_nodes"),
                 fmt::format("the pools' min add up to {}, more than max_nodes = {}", wanted, scale.max_nodes),
                 "Raise max_nodes or lower a pool's min.");
  }
  for (const auto& [key, span] :
       {std::pair<const char*, Seconds>{"boot_deadline", scale.boot_deadline}, {"down_time", scale.down_time}}) {
    if (span.count() < 1)
      problems.add(place_in(sections, "scale", key), fmt::format("{} must be at least 1s", key), {});
  }
  if (config.batch.timeout.count() < 1)
    problems.add(place_in(sections, "batch", "timeout"), "timeout must be at least 1s", {});
}

// A machine of it can do all that one of the pool can, as far as both say.
bool can_stand_in(const core::Pool& spot, const core::Pool& pool) {
  const bool slots = spot.slots == 0 || spot.slots >= pool.slots;  // 0: the cloud tells
  const bool memory = spot.memory_mib == 0 || spot.memory_mib >= pool.memory_mib;
  return slots && memory && std::ranges::all_of(pool.gpus, [&](const auto& gpu) {
           const auto its = spot.gpus.find(gpu.first);
           return its != spot.gpus.end() && its->second >= gpu.second;
         });
}

void check_spot_pools(const Config& config, const Sections& sections, Problems& problems) {
  const auto& pools = config.settings.pools;
  for (const auto& [name, pool] : pools) {
    if (pool.spot_pool.empty()) continue;
    const Place place = place_in(sections, "pools." + name.value, "spot_pool");
    const auto spot = pools.find(pool.spot_pool);
    if (spot == pools.end()) {
      problems.add(place,
                   fmt::format("spot_pool = '{0}': there is no [pools.{0}]", printable(pool.spot_pool.value, 40)),
                   "Add that table, or name one that is there.");
    } else if (spot->second.market != core::Market::spot) {
      problems.add(place, fmt::format("spot_pool = '{}' is no spot pool", pool.spot_pool.value),
                   fmt::format("Set [pools.{}] market = \"spot\".", pool.spot_pool.value));
    } else if (!can_stand_in(spot->second, pool)) {
      problems.add(place, fmt::format("spot_pool = '{}' offers fewer slots, GPUs or less memory", pool.spot_pool.value),
                   "A replacement must do all that the machine does that it replaces.");
    }
  }
}

void check_head(const Config& config, const Sections& sections, Problems& problems) {
  const std::string& head = config.settings.head;
  if (head.empty()) {
    if (config.settings.pools.empty()) return;
    problems.add(place_in(sections, "cluster", "head"),
                 "[cluster] has no 'head', which the machines of every pool need",
                 "Set head to the name or address at which nodes reach this host; tide never guesses it.");
  } else if (head.find_first_not_of(std::string(k_letters) + "._:-") != std::string::npos) {
    problems.add(place_in(sections, "cluster", "head"),
                 fmt::format("head = '{}' is no host name or address", printable(head, 60)), {});
  }
}

void check_paths(const Config& config, const Sections& sections, Problems& problems) {
  if (!config.state_dir.starts_with('/')) {
    problems.add(place_in(sections, "cluster", "state_dir"), "state_dir must be an absolute path",
                 "Cron and shell start in different folders.");
  }
  if (!config.batch.bin_dir.empty() && !config.batch.bin_dir.starts_with('/')) {
    problems.add(place_in(sections, "batch", "bin_dir"), "bin_dir must be an absolute path",
                 "Cron and shell start in different folders.");
  }
}

void check_names(const Config& config, const Sections& sections, Problems& problems) {
  const NamesSettings& names = config.names;
  const auto section = sections.find("names");
  const bool has_file = section != sections.end() && section->second.find("file") != nullptr;
  if (names.method == NamesMethod::batch && (has_file || !names.command.empty())) {
    problems.add(place_in(sections, "names", has_file ? "file" : "command"),
                 "[names] method = 'batch' uses neither file nor command", "Set method, or take the key out.");
  }
  if (names.method == NamesMethod::command && names.command.empty()) {
    problems.add(place_in(sections, "names", "method"), "[names] method = 'command' needs command",
                 "Write command = [\"/path/to/program\"].");
  }
  if (names.method == NamesMethod::command && has_file) {
    problems.add(place_in(sections, "names", "file"), "[names] method = 'command' has no file", "Take the key out.");
  }
  if (names.method == NamesMethod::dnsmasq && names.file.empty()) {
    problems.add(place_in(sections, "names", "method"), "[names] method = 'dnsmasq' needs file",
                 "Write file = \"/var/lib/tide/NAME/dnsmasq/hosts\", and hostsdir= of that folder in dnsmasq.conf.");
  }
  if (has_file && !names.file.empty() && !names.file.starts_with('/')) {
    problems.add(place_in(sections, "names", "file"), "[names] file must be an absolute path",
                 "Cron and shell start in different folders.");
  }
  if (!names.command.empty() && !names.command.front().starts_with('/')) {
    problems.add(place_in(sections, "names", "command"), "[names] command must begin with an absolute path",
                 "It is run without a shell, by cron too.");
  }
}

void check_hooks(const Config& config, const Sections& sections, Problems& problems) {
  for (const auto& [name, command] : config.hooks.commands) {
    if (command.front().starts_with('/')) continue;
    problems.add(place_in(sections, "hooks", name), fmt::format("[hooks] {} must begin with an absolute path", name),
                 "It is run without a shell, by cron too.");
  }
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= k_name_max && k_letters.find(text.front()) != std::string_view::npos &&
         text.find_first_not_of(std::string(k_letters) + "_-") == std::string_view::npos;
}

std::optional<core::Gpus> parse_gpus(std::string_view text) {
  core::Gpus gpus;
  if (trim(text).empty()) return gpus;
  for (std::string_view piece : split(text, ',')) {
    piece = trim(piece);
    const auto colon = piece.find(':');
    const std::string type(colon == std::string_view::npos ? std::string_view() : piece.substr(0, colon));
    const auto count = parse_integer(colon == std::string_view::npos ? piece : piece.substr(colon + 1));
    const bool plain = colon == std::string_view::npos || is_name(type);
    if (!count || *count < 1 || *count > 1'000 || !plain || gpus.contains(type)) return std::nullopt;
    gpus[type] = static_cast<int>(*count);
  }
  return gpus;
}

void check_pool(const core::Pool& pool, const Reader& reader, const core::Settings& settings, Problems& problems) {
  if (pool.slots < 1 && reader.has("slots"))
    problems.add(reader.place("slots"), "slots must be at least 1", "A machine that offers no slot runs no job.");
  if (reader.size_mib("memory").value_or(1) < 1) problems.add(reader.place("memory"), "memory is less than 1MiB", {});
  if (!parse_gpus(reader.text("gpus"))) {
    problems.add(reader.place("gpus"), fmt::format("gpus = '{}' is not understood", printable(reader.text("gpus"), 40)),
                 "Write \"2\", \"a100:2\" or \"a100:2,v100:1\".");
  }
  if (pool.max > 0 && pool.min > pool.max) {
    problems.add(reader.place("min"), fmt::format("min = {} is more than max = {}", pool.min, pool.max),
                 "Raise max or lower min.");
  }
  const auto names = core::parse_names(pool.names, settings.cluster, pool.name.value);
  if (!names && is_name(settings.cluster)) {
    problems.add(reader.place("names"), names.error().message, names.error().hint);
  } else if (names && names->kind == core::NamesKind::range && pool.min > static_cast<int>(names->range.size())) {
    problems.add(reader.place("names"),
                 fmt::format("names has {} names, fewer than min = {}", names->range.size(), pool.min),
                 "Widen the range.");
  }
  check_market(pool, reader, problems);
  check_features(pool, reader, problems);
}

void check_spot(const core::SpotSettings& spot, const Reader& reader, Problems& problems) {
  for (const auto& [key, share] : {std::pair<const char*, int>{"bid", spot.bid},
                                   {"replace_below", spot.replace_below},
                                   {"extra_below", spot.extra_below},
                                   {"keep_below", spot.keep_below}}) {
    if (share < 1 || share > k_share_max)
      problems.add(reader.place(key), fmt::format("{} must be from 0.001 to 10", key),
                   "It is a share of the on-demand price: 0.8 is four fifths of it.");
  }
  if (spot.keep_below < spot.extra_below)
    problems.add(reader.place("keep_below"), "keep_below is less than extra_below",
                 "What is bought at a price must be kept at it, or it would be bought again and again.");
}

void check_together(const Config& config, const Sections& sections, Problems& problems) {
  check_limits(config, sections, problems);
  check_head(config, sections, problems);
  check_paths(config, sections, problems);
  check_shared_names(config, sections, problems);
  check_spot_pools(config, sections, problems);
  check_names(config, sections, problems);
  check_hooks(config, sections, problems);
}

std::vector<std::string> warnings(const Config& config) {
  std::vector<std::string> told;
  const auto& settings = config.settings;
  for (const auto& [name, pool] : settings.pools) {
    if (pool.extra > 0 && pool.on_demand.empty()) {
      told.push_back(
          fmt::format("[pools.{}] extra: no on-demand price of its types is known, so none is bought; set "
                      "[clouds.{}] prices",
                      name.value, pool.cloud.value));
    }
    const core::Money& money = settings.money;
    const char* cap = money.per_hour_micros    ? "per_hour"
                      : money.per_day_micros   ? "per_day"
                      : money.per_month_micros ? "per_month"
                                               : nullptr;
    if (cap != nullptr && !pool.price_micros && pool.on_demand.empty())
      told.push_back(fmt::format("[pools.{}] has no price: under [money] {} it launches nothing", name.value, cap));
    const auto cloud = config.clouds.find(pool.cloud);
    const bool sized = cloud != config.clouds.end() && cloud->second.tells_types && !pool.types.empty();
    if (pool.memory_mib == 0 && !sized)
      told.push_back(fmt::format("[pools.{}] has no memory: jobs that ask for memory do not fit it", name.value));
  }
  for (const auto& [name, cloud] : config.clouds) {
    const bool used =
        std::ranges::any_of(settings.pools, [&](const auto& entry) { return entry.second.cloud == name; });
    if (!used)
      told.push_back(
          fmt::format("[clouds.{}] has no pool: its machines of ours are listed, and none is launched", name.value));
  }
  if (settings.scale.max_nodes == 0) told.emplace_back("[scale] max_nodes is 0: nothing will be launched");
  return told;
}

}  // namespace tide::config
