#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

#include <tide/core/fit.hpp>
#include <tide/core/sizes.hpp>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace tide::cmd {

namespace {

// Where an entry needs a name that resolves: an address of this machine at which no daemon of a node listens, and that
// the table gives to no other.
std::string free_address(const std::vector<core::HostEntry>& table) {
  for (int index = 0;; ++index) {
    std::string address = fmt::format("127.254.{}.{}", index / 250, index % 250 + 1);
    if (std::ranges::find(table, address, &core::HostEntry::address) == table.end()) return address;
  }
}

Result<void> name_placeholder(engine::Ports& ports, batch::NodeSpec& spec) {
  if (ports.names == nullptr) return {};
  TIDE_TRY_ASSIGN(std::vector<core::HostEntry> table, ports.names->read());
  const auto there = std::ranges::find(table, spec.name, &core::HostEntry::name);
  spec.address = there == table.end() ? free_address(table) : there->address;
  if (there != table.end()) return {};
  table.push_back({spec.name, spec.address});
  std::ranges::sort(table);
  return ports.names->write(table);
}

Result<void> make_placeholder(engine::Ports& ports, batch::NodeSpec spec) {
  TIDE_TRY(name_placeholder(ports, spec));
  return ports.batch.add(spec);
}

// The pool's name first.
std::vector<std::string> features_of(const core::Pool& pool) {
  std::vector<std::string> features = core::room_of(pool).features;
  const auto name = std::ranges::find(features, pool.name.value);
  if (name != features.end()) std::rotate(features.begin(), name, name + 1);
  return features;
}

batch::NodeSpec placeholder_of(const core::Settings& settings, const core::Pool& pool) {
  return {.name = {fmt::format("{}-{}-placeholder", settings.cluster, pool.name.value)},
          .address = "",
          .slots = pool.slots,
          .memory_mib = pool.memory_mib,
          .gpus = pool.gpus,
          .features = features_of(pool),
          .note = std::string(core::k_note_placeholder)};
}

// Is it what the pool would be given now? What the batch system does not tell of an entry is taken for right.
bool is_of_size(const core::Node& node, const batch::NodeSpec& spec) {
  const auto shows = [&](const std::string& feature) {
    return std::ranges::find(node.features, feature) != node.features.end();
  };
  // Grid Engine has a feature only where its admin made a resource of that name, the pool's being the first.
  const bool features = !shows(spec.features.front()) || std::ranges::all_of(spec.features, shows);
  const bool tells_memory = node.memory_mib > 0 && spec.memory_mib > 0;
  const bool memory = !tells_memory || std::abs(node.memory_mib - spec.memory_mib) <= spec.memory_mib / 500;  // rounded
  const auto count = [](const core::Gpus& gpus) {
    return std::accumulate(gpus.begin(), gpus.end(), 0, [](int sum, const auto& entry) { return sum + entry.second; });
  };
  return node.slots == spec.slots && memory && (node.gpus.empty() || count(node.gpus) == count(spec.gpus)) && features;
}

// Pools that leave their size to their cloud take it from there, or from what is remembered of it.
Result<core::Settings> with_sizes(Context& context, engine::Ports& ports) {
  const core::Settings& settings = context.settings();
  const bool known = std::ranges::all_of(settings.pools, [](const auto& entry) { return entry.second.slots > 0; });
  if (known) return settings;
  TIDE_TRY_ASSIGN(const core::Snapshot snapshot, engine::observe(ports, settings, false));
  core::Memory memory = snapshot.memory;
  core::remember_types(memory, settings, snapshot);
  core::Sized sized = core::with_sizes(settings, snapshot, memory);
  for (const auto& [name, sizing] : sized.pools) {
    if (sizing.why.empty()) continue;
    return make_error(ErrorKind::retry, "the size of pool '{}' is not known: {}", name.value, sizing.why)
        .with_hint(fmt::format("Set [pools.{}] slots and memory, or run this again.", name.value));
  }
  return std::move(sized.settings);
}

Result<core::ExitCode> run_placeholders(Context& context) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  context.say_cluster();
  if (ports->batch.traits().entries == core::NodeEntries::by_themselves) {
    context.say(
        fmt::format("tide: {} accepts jobs with no node there: no placeholder is needed", context.settings().batch));
    return core::ExitCode::done;
  }
  std::shared_ptr<void> held;
  if (!context.options().dry_run) {
    TIDE_TRY_ASSIGN(held, take_lock(context, "placeholders"));
  }
  const auto read = ports->batch.nodes();
  if (!read) {
    Error error = read.error();
    if (error.kind == ErrorKind::timeout) error.kind = ErrorKind::batch;  // its own time ran out, not this command's
    return error;
  }
  const std::vector<core::Node>& nodes = *read;
  TIDE_TRY_ASSIGN(const core::Settings settings, with_sizes(context, *ports));
  for (const auto& [name, pool] : settings.pools) {
    const batch::NodeSpec spec = placeholder_of(settings, pool);
    const auto there = std::ranges::find(nodes, spec.name, &core::Node::name);
    if (there != nodes.end() && !there->placeholder) {
      return make_error(ErrorKind::refused, "node '{}' exists and is no placeholder", spec.name.value)
          .with_hint("Rename the node or the pool.");
    }
    const bool exists = there != nodes.end();
    const bool same = exists && is_of_size(*there, spec);
    const bool dry = context.options().dry_run;
    const char* how = same     ? "is there"
                      : exists ? (dry ? "has another size, and would be made anew" : "had another size: made anew")
                               : (dry ? "would be made" : "made, held and never counted");
    if (!same && !dry) {
      if (exists) TIDE_TRY(ports->batch.remove(spec.name));
      TIDE_TRY(make_placeholder(*ports, spec));
    }
    context.say(fmt::format("tide: pool '{}': placeholder '{}' {}", name.value, spec.name.value, how));
  }
  return core::ExitCode::done;
}

}  // namespace

CommandSpec placeholders_command() {
  return {.name = "placeholders",
          .group = Group::setup,
          .summary = "One held placeholder node per pool, so that jobs are accepted with no node there",
          .options = {},
          .run = run_placeholders,
          .changes = true};
}

}  // namespace tide::cmd
