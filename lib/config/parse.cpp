#include <tide/config/checks.hpp>
#include <tide/config/config.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <memory>

namespace tide::config {

namespace {

using Specs = std::vector<KeySpec>;

Specs keys_of(std::string_view section) {
  Specs keys;
  for (const auto& key : common_keys()) {
    if (key.section == section) keys.push_back(key);
  }
  return keys;
}

void append(Specs& keys, std::span<const KeySpec> more) { keys.insert(keys.end(), more.begin(), more.end()); }

// Every key there is, to say where a misplaced one belongs.
Specs all_keys(std::span<const AdapterKeys> adapters) {
  Specs keys(common_keys().begin(), common_keys().end());
  const auto add = [&](std::span<const KeySpec> more, std::string_view section) {
    for (KeySpec key : more) {
      key.section = section;
      keys.push_back(key);
    }
  };
  for (const auto& adapter : adapters) {
    add(adapter.cloud_keys, "clouds.*");
    add(adapter.pool_keys, "pools.*");
    add(adapter.batch_keys, "batch");
  }
  return keys;
}

// Builds a Config from judged sections; goes on after a problem, so that all are told.
class Builder {
 public:
  Builder(const Source& source, std::span<const AdapterKeys> adapters, Problems& problems)
      : m_adapters(adapters),
        m_everywhere(all_keys(adapters)),
        m_problems(problems),
        m_sections(read_document(source.text, problems)) {
    m_config.path = source.path;
  }

  Config build() {
    if (m_problems.any()) return std::move(m_config);  // no TOML: nothing else can be said
    for (const auto& [name, section] : m_sections) check_section(section);
    cluster();
    batch();
    scale();
    money();
    spot();
    names();
    hooks();
    for (const auto& [name, section] : m_sections) {
      if (name.starts_with("clouds.")) cloud(section);
    }
    for (const auto& [name, section] : m_sections) {
      if (name.starts_with("pools.")) pool(section);
    }
    check_together(m_config, m_sections, m_problems);
    return std::move(m_config);
  }

 private:
  void check_section(const Section& section) {
    const std::string group = family(section.name);
    std::vector<std::string> known;
    for (const auto& key : common_keys()) known.emplace_back(key.section.substr(0, key.section.find('.')));
    const std::string plain = group.substr(0, group.find('.'));
    if (std::ranges::find(known, plain) == known.end()) {
      const auto near = nearest(plain, known);
      m_problems.add(
          section.place, fmt::format("unknown table [{}]", printable(section.name, 60)),
          near.empty() ? "Run 'tide config keys' to list the tables." : fmt::format("Did you mean [{}]?", near));
    } else if (group != plain && !is_name(section.name.substr(plain.size() + 1))) {
      m_problems.add(section.place,
                     fmt::format("'{}' is no name", printable(section.name.substr(plain.size() + 1), 60)),
                     "Begin with a letter or digit; then letters, digits, '-' and '_', at most 40.");
    }
  }

  const AdapterKeys* adapter(std::string_view kind, bool is_batch) const {
    const auto found = std::ranges::find_if(
        m_adapters, [&](const AdapterKeys& keys) { return keys.kind == kind && keys.is_batch == is_batch; });
    return found == m_adapters.end() ? nullptr : &*found;
  }

  // The section, an empty one if the file has none, judged; its specs live as long as the builder.
  Reader judged(const std::string& name, Specs keys) {
    const Section& section =
        m_sections.try_emplace(name, Section{.name = name, .place = {}, .values = {}}).first->second;
    m_specs.push_back(std::make_unique<Specs>(std::move(keys)));
    judge(section, *m_specs.back(), m_everywhere, m_problems);
    return {section, *m_specs.back()};
  }
  Reader judge_fixed(const std::string& name) { return judged(name, keys_of(name)); }

  void unknown_kind(const Reader& reader, std::string_view key, bool is_batch) {
    const std::string value = reader.text(key);
    if (value.empty() && !reader.has(key)) return;  // told as missing
    std::vector<std::string> kinds;
    for (const auto& keys : m_adapters) {
      if (keys.is_batch == is_batch) kinds.emplace_back(keys.kind);
    }
    std::ranges::sort(kinds);
    const bool later = is_later(is_batch ? "cluster" : "clouds.*", key, value);
    const auto near = nearest(value, kinds);
    m_problems.add(reader.place(key),
                   fmt::format("{} = '{}' is not {}", key, printable(value, 40), later ? "in this version" : "known"),
                   !later && !near.empty() ? fmt::format("Did you mean '{}'?", near)
                                           : fmt::format("This version has: {}.", join(kinds, ", ")));
  }

  void cluster() {
    const Reader reader = judge_fixed("cluster");
    auto& settings = m_config.settings;
    settings.cluster = reader.text("name");
    settings.batch = reader.text("batch");
    settings.head = reader.text("head");
    m_config.state_dir = reader.has("state_dir") ? reader.text("state_dir") : "/var/lib/tide/" + settings.cluster;
    if (reader.has("name") && !is_name(settings.cluster)) {
      m_problems.add(reader.place("name"),
                     fmt::format("name = '{}' is no name of a cluster", printable(settings.cluster, 60)),
                     "Begin with a letter or digit; then letters, digits, '-' and '_', at most 40.");
    }
    if (adapter(settings.batch, true) == nullptr) unknown_kind(reader, "batch", true);
  }

  void batch() {
    Specs keys = keys_of("batch");
    const AdapterKeys* adapter_keys = adapter(m_config.settings.batch, true);
    if (adapter_keys != nullptr) append(keys, adapter_keys->batch_keys);
    const Reader reader = judged("batch", std::move(keys));
    m_config.settings.queues = reader.texts("queues");
    m_config.batch.bin_dir = reader.text("bin_dir");
    m_config.batch.timeout = reader.duration("timeout");
    m_config.batch.environment = reader.entries("env");
    if (adapter_keys != nullptr) m_config.batch.options = options(reader, adapter_keys->batch_keys);
  }

  void scale() {
    const Reader reader = judge_fixed("scale");
    auto& scale = m_config.settings.scale;
    scale.policy = reader.text("policy");
    scale.min_nodes = reader.number("min_nodes");
    scale.max_nodes = reader.number("max_nodes");
    scale.idle_time = reader.duration("idle_time");
    scale.boot_deadline = reader.duration("boot_deadline");
    scale.orphan_grace = reader.duration("orphan_grace");
    scale.down_time = reader.duration("down_time");
    scale.max_end_per_pass.percent = reader.percent("max_end_per_pass");
    scale.max_launch_per_pass = reader.number("max_launch_per_pass");
    scale.keep_failed = reader.number("keep_failed");
  }

  void money() {
    const Reader reader = judge_fixed("money");
    m_config.settings.money.currency = reader.text("currency");
    m_config.settings.money.per_hour_micros = reader.money_micros("per_hour");
    m_config.settings.money.per_day_micros = reader.money_micros("per_day");
    m_config.settings.money.per_month_micros = reader.money_micros("per_month");
  }

  void spot() {
    const Reader reader = judge_fixed("spot");
    auto& spot = m_config.settings.spot;
    spot.bid = reader.thousandths("bid");
    spot.replace_below = reader.thousandths("replace_below");
    spot.extra_below = reader.thousandths("extra_below");
    spot.keep_below = reader.thousandths("keep_below");
    spot.on_demand_min = reader.number("on_demand_min");
    check_spot(spot, reader, m_problems);
  }

  void names() {
    const Reader reader = judge_fixed("names");
    auto& names = m_config.names;
    const std::string method = reader.text("method");
    names.file = reader.text("file");
    names.command = reader.texts("command");
    if (method == "hosts") {
      names.method = NamesMethod::hosts;
      if (names.file.empty()) names.file = "/etc/hosts";
    } else if (method == "dnsmasq") {
      names.method = NamesMethod::dnsmasq;
    } else if (method == "command") {
      names.method = NamesMethod::command;
      names.file = m_config.state_dir + "/hosts";
    }
  }

  void hooks() {
    const Reader reader = judge_fixed("hooks");
    m_config.hooks.timeout = reader.duration("timeout");
    for (const KeySpec& key : common_keys()) {
      if (key.section != "hooks" || key.type != KeyType::list) continue;
      auto command = reader.texts(key.name);
      if (!command.empty()) m_config.hooks.commands.emplace(std::string(key.name), std::move(command));
    }
  }

  // The values of an adapter's own keys, as text.
  static std::map<std::string, std::vector<std::string>> options(const Reader& reader, std::span<const KeySpec> keys) {
    std::map<std::string, std::vector<std::string>> found;
    for (const auto& key : keys) {
      auto texts = reader.texts(key.name);
      if (!texts.empty()) found.emplace(std::string(key.name), std::move(texts));
    }
    return found;
  }

  void cloud(const Section& section) {
    const Value* kind = section.find("kind");
    const AdapterKeys* adapter_keys =
        kind != nullptr && kind->form == Form::text ? adapter(kind->texts.front(), false) : nullptr;
    Specs keys = keys_of("clouds.*");
    if (adapter_keys != nullptr) append(keys, adapter_keys->cloud_keys);
    if (adapter_keys == nullptr && kind != nullptr) {  // its other keys cannot be judged
      unknown_kind(Reader(section, m_everywhere), "kind", false);
      return;
    }
    const Reader reader = judged(section.name, std::move(keys));
    CloudSettings cloud{.name = {section.name.substr(section.name.find('.') + 1)},
                        .kind = reader.text("kind"),
                        .where = fmt::format("{}:{}", m_config.path, section.place.line),
                        .options = {},
                        .environment = reader.entries("env")};
    if (adapter_keys != nullptr) cloud.options = options(reader, adapter_keys->cloud_keys);
    cloud.prices = reader.text("prices");
    cloud.tells_types = adapter_keys != nullptr && adapter_keys->tells_types;
    m_config.clouds.emplace(cloud.name, std::move(cloud));
  }

  // The keys that the pool's cloud adds. Where that cloud is unknown, all are let through: only the cloud is told.
  Specs pool_keys(const Section& section, const AdapterKeys*& adapter_keys) {
    Specs keys = keys_of("pools.*");
    const Value* value = section.find("cloud");
    const core::CloudName name{value != nullptr && !value->texts.empty() ? value->texts.front() : ""};
    const auto cloud = m_config.clouds.find(name);
    if (cloud != m_config.clouds.end()) adapter_keys = adapter(cloud->second.kind, false);
    if (adapter_keys != nullptr) {
      append(keys, adapter_keys->pool_keys);
      return keys;
    }
    for (const auto& other : m_adapters) append(keys, other.pool_keys);
    const bool told = m_sections.contains("clouds." + name.value);  // that cloud has a problem of its own
    if (value == nullptr || told) return keys;
    std::vector<std::string> known;
    for (const auto& [other, settings] : m_config.clouds) known.push_back(other.value);
    const auto near = nearest(name.value, known);
    m_problems.add(
        value->place,
        fmt::format("cloud = '{}': there is no [clouds.{}]", printable(name.value, 40), printable(name.value, 40)),
        near.empty() ? "Add that table, or name one that is there." : fmt::format("Did you mean '{}'?", near));
    return keys;
  }

  // Left out only where the cloud can say what the pool's types offer.
  void pool_size(const core::Pool& pool, const Reader& reader, const AdapterKeys* adapter_keys) {
    if (reader.has("slots") || adapter_keys == nullptr) return;
    const bool told = adapter_keys->tells_types && !pool.types.empty();
    if (told) return;
    m_problems.add(reader.section().place, fmt::format("[{}] has no 'slots'", reader.section().name),
                   adapter_keys->tells_types ? "Set slots, or types, whose size the cloud knows."
                                             : "Set slots: the CPUs that one machine offers to jobs.");
  }

  void pool(const Section& section) {
    const AdapterKeys* adapter_keys = nullptr;
    Specs keys = pool_keys(section, adapter_keys);
    const Reader reader = judged(section.name, std::move(keys));
    core::Pool pool{.name = {section.name.substr(section.name.find('.') + 1)}, .cloud = {reader.text("cloud")}};
    pool.image = reader.text("image");
    pool.types = reader.texts("types");
    pool.slots = reader.number("slots");
    pool.memory_mib = reader.size_mib("memory").value_or(0);
    pool.gpus = parse_gpus(reader.text("gpus")).value_or(core::Gpus{});
    pool.features = reader.texts("features");
    pool.queues = reader.texts("queues");
    pool.accounts = reader.texts("accounts");
    pool.market = reader.text("market") == "spot" ? core::Market::spot : core::Market::on_demand;
    pool.max_price = reader.text("max_price");
    pool.price_micros = reader.money_micros("price");
    pool.spot_pool.value = reader.text("spot_pool");
    pool.extra = reader.number("extra");
    pool.paid_period = reader.duration("paid_period");
    pool.min = reader.number("min");
    pool.max = reader.number("max");
    pool.keep_stopped = reader.number("keep_stopped");
    pool.names = reader.text("names");
    pool.address = reader.text("address");
    pool.user_data = reader.text("user_data");  // the path, until load() has read it
    if (adapter_keys != nullptr) pool.options = options(reader, adapter_keys->pool_keys);
    for (const char* key : {"zones", "subnets"}) {
      if (const auto found = pool.options.find(key); pool.zones.empty() && found != pool.options.end())
        pool.zones = found->second;
    }
    pool_size(pool, reader, adapter_keys);
    check_pool(pool, reader, m_config.settings, m_problems);
    m_config.settings.pools.emplace(pool.name, std::move(pool));
  }

  std::span<const AdapterKeys> m_adapters;
  Specs m_everywhere;
  Problems& m_problems;
  Sections m_sections;
  std::vector<std::unique_ptr<Specs>> m_specs;
  Config m_config;
};

}  // namespace

const std::string& CloudSettings::option(const std::string& key) const {
  static const std::string k_none;
  const auto found = options.find(key);
  return found == options.end() || found->second.empty() ? k_none : found->second.front();
}

Result<Config> parse(const Source& source, std::span<const AdapterKeys> adapters) {
  Problems problems(source.path);
  Config config = Builder(source, adapters, problems).build();
  if (problems.any()) return problems.to_error();
  return config;
}

}  // namespace tide::config
