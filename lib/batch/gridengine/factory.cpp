#include <tide/batch/gridengine/gridengine.hpp>
#include <tide/batch/gridengine/words.hpp>
#include <tide/batch/programs.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch {

namespace {

using config::KeySpec;
using config::KeyType;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view k_gridengine_folders =
    "/var/lib/gridengine/bin/lx-amd64:/opt/sge/bin/lx-amd64:/opt/gridengine/bin/lx-amd64";

constexpr KeySpec k_batch_keys[]{
    {"batch", "queue", KeyType::list, "[\"all.q\"]", "",
     "Queues in which a node of Grid Engine gets its slots; a pool with queues of its own: in those"},
    {"batch", "host_group", KeyType::text, "\"@allhosts\"", "", "Host group of these queues that nodes come into"},
    {"batch", "host_groups", KeyType::list, "[]", "", "Pools whose nodes come into another one: [\"gpu=@gpuhosts\"]"},
    {"batch", "memory_resources", KeyType::list, "[\"h_vmem\", \"mem_free\", \"virtual_free\", \"h_rss\"]", "",
     "Resources that jobs ask memory by: where Grid Engine consumes them, a node offers its pool's memory as each"},
    {"batch", "gpu_resources", KeyType::list, "[\"gpu\"]", "",
     "Resources that jobs ask GPUs by; of one type: \"a100=gpu_a100\""},
    {"batch", "note_resource", KeyType::text, "\"tide_note\"", "",
     "Resource (STRING ==) in which tide keeps the note of its hold with the host; \"\" for none"},
};

std::vector<std::string> list_of(const config::Config& config, const std::string& key,
                                 std::vector<std::string> fallback) {
  const auto found = config.batch.options.find(key);
  return found == config.batch.options.end() ? std::move(fallback) : found->second;
}

std::string text_of(const config::Config& config, const std::string& key, const std::string& fallback) {
  const auto found = config.batch.options.find(key);
  if (found == config.batch.options.end()) return fallback;
  return found->second.empty() ? "" : found->second.front();
}

Result<void> check_name(const std::string& key, std::string_view name) {
  if (gridengine::is_plain_name(name)) return {};
  return make_error(ErrorKind::config, "'{}' cannot be in {} of [batch]", printable(name, 80), key);
}

Result<void> check_group(const std::string& key, const std::string& group) {
  if (group.starts_with('@')) return check_name(key, std::string_view(group).substr(1));
  return make_error(ErrorKind::config, "'{}' is no host group, in {} of [batch]", printable(group, 80), key)
      .with_hint("A host group's name begins with '@'.");
}

// "left=right" or, where that is allowed, "right" alone.
Result<Pairs> pairs_of(const std::string& key, const std::vector<std::string>& words, bool alone) {
  Pairs pairs;
  for (const std::string& word : words) {
    const std::size_t sign = word.find('=');
    if (sign == std::string::npos && !alone)
      return make_error(ErrorKind::config, "'{}' lacks a '=', in {} of [batch]", printable(word, 80), key);
    const std::string left = sign == std::string::npos ? "" : word.substr(0, sign);
    pairs.emplace_back(left, sign == std::string::npos ? word : word.substr(sign + 1));
    if (!left.empty()) TIDE_TRY(check_name(key, left));
  }
  return pairs;
}

Result<void> read_names(const config::Config& config, gridengine::ResourceNames& names) {
  names.memory = list_of(config, "memory_resources", names.memory);
  for (const std::string& name : names.memory) TIDE_TRY(check_name("memory_resources", name));
  if (config.batch.options.contains("gpu_resources")) {
    TIDE_TRY_ASSIGN(names.gpus, pairs_of("gpu_resources", list_of(config, "gpu_resources", {}), true));
  }
  for (const auto& [type, name] : names.gpus) TIDE_TRY(check_name("gpu_resources", name));
  names.note = text_of(config, "note_resource", names.note);
  if (!names.note.empty()) TIDE_TRY(check_name("note_resource", names.note));
  const auto add_feature = [&](const std::string& feature) {
    if (gridengine::is_plain_name(gridengine::resource_of_feature(feature).first)) names.features.insert(feature);
  };
  for (const auto& [name, pool] : config.settings.pools) {
    add_feature(name.value);
    if (pool.market == core::Market::spot) add_feature("spot");
    for (const std::string& feature : pool.features) add_feature(feature);
  }
  return {};
}

Result<void> read_places(const config::Config& config, gridengine::GridEngineOptions& options) {
  options.queues = list_of(config, "queue", options.queues);
  for (const std::string& queue : options.queues) TIDE_TRY(check_name("queue", queue));
  options.group = text_of(config, "host_group", options.group);
  TIDE_TRY(check_group("host_group", options.group));
  TIDE_TRY_ASSIGN(const Pairs groups, pairs_of("host_groups", list_of(config, "host_groups", {}), false));
  for (const auto& [pool, group] : groups) {
    TIDE_TRY(check_group("host_groups", group));
    options.groups[pool] = group;
  }
  for (const auto& [name, pool] : config.settings.pools) {
    if (pool.queues.empty()) continue;
    for (const std::string& queue : pool.queues) {
      if (!gridengine::is_plain_name(queue))
        return make_error(ErrorKind::config, "'{}' cannot be in queues of [pools.{}]", printable(queue, 80),
                          name.value);
    }
    options.queues_of[name.value] = pool.queues;
  }
  // Its nodes would get slots in other queues than those for which it would be launched.
  for (const auto& [name, pool] : config.settings.pools) {
    if (!pool.queues.empty() || options.queues_of.empty()) continue;
    return make_error(ErrorKind::config, "[pools.{}] names no queues, and another pool does", name.value)
        .with_hint(fmt::format("Set [pools.{}] queues, such as: queues = [\"{}\"].", name.value,
                               options.queues.empty() ? "all.q" : options.queues.front()));
  }
  return {};
}

Result<std::unique_ptr<BatchSystem>> make(const config::Config& config, const Host& host) {
  const Programs programs(config, host, k_gridengine_folders);
  gridengine::GridEngineOptions options;
  TIDE_TRY_ASSIGN(options.qstat, programs.find("qstat"));
  TIDE_TRY_ASSIGN(options.qhost, programs.find("qhost"));
  TIDE_TRY_ASSIGN(options.qconf, programs.find("qconf"));
  TIDE_TRY_ASSIGN(options.qmod, programs.find("qmod"));
  options.environment = programs.environment();
  options.timeout = config.batch.timeout;
  options.user = user_name();
  TIDE_TRY(read_names(config, options.names));
  TIDE_TRY(read_places(config, options));
  options.with_accounts =
      std::ranges::any_of(config.settings.pools, [](const auto& pool) { return !pool.second.accounts.empty(); });
  return std::unique_ptr<BatchSystem>(
      std::make_unique<gridengine::GridEngine>(host.runner, host.clock, std::move(options)));
}

}  // namespace

extern const Factory k_gridengine_factory;
const Factory k_gridengine_factory{.kind = "gridengine", .batch_keys = k_batch_keys, .make = make};

}  // namespace tide::batch
