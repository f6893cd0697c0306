#include <tide/core/sizes.hpp>

#include <tide/core/resize.hpp>

#include <tide/core/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tide::core {

namespace {

bool is_open(const Pool& pool) { return pool.slots == 0 || pool.memory_mib == 0; }

std::string told_key(const Pool& pool, const std::string& type) { return fmt::format("{}/{}", pool.cloud.value, type); }

// Of the pool's GPUs and a type's: what both surely have.
Gpus fewer(const Gpus& a, const Gpus& b) {
  Gpus both;
  for (const auto& [type, count] : a) {
    const auto found = b.find(type);
    if (found != b.end()) both[type] = std::min(count, found->second);
  }
  return both;
}

// What one type offers, by the cloud's word and the first node's.
std::optional<TypeSize> size_of(const Pool& pool, const std::string& type, const Memory& memory, bool& learned) {
  const auto told = memory.types.told.find(told_key(pool, type));
  if (told == memory.types.told.end() || told->second.slots == 0) return std::nullopt;
  TypeSize size = told->second;
  size.memory_mib = offered_memory(size.memory_mib);
  const auto node = memory.types.learned.find(fmt::format("{}/{}", pool.name.value, type));
  if (node == memory.types.learned.end()) return size;
  learned = true;
  if (node->second.slots > 0) size.slots = node->second.slots;
  if (node->second.memory_mib > 0) size.memory_mib = node->second.memory_mib;
  return size;
}

std::string why_unsized(const Pool& pool, const Snapshot& snapshot, const Memory& memory) {
  if (pool.types.empty()) return "it has no types to look up: set slots and memory";
  const bool all_looked_up = std::ranges::all_of(
      pool.types, [&](const std::string& type) { return memory.types.told.contains(told_key(pool, type)); });
  if (all_looked_up) return fmt::format("cloud '{}' knows none of its types", pool.cloud.value);
  const auto looked = snapshot.types.find(pool.cloud);
  const bool failed = looked != snapshot.types.end() && !looked->second;
  return failed ? fmt::format("what its types offer could not be looked up: {}", looked->second.error().message)
                : std::string("what its types offer was not looked up yet");
}

Sizing fill_in(Pool& pool, const Snapshot& snapshot, const Memory& memory) {
  Sizing sizing{.slots_told = pool.slots == 0, .memory_told = pool.memory_mib == 0};
  std::optional<TypeSize> least;
  for (const std::string& type : pool.types) {
    const auto size = size_of(pool, type, memory, sizing.learned);
    if (!size && memory.types.told.contains(told_key(pool, type))) continue;  // no such type: nothing comes of it
    if (!size) {
      least.reset();
      break;
    }
    if (!least) {
      least = size;
      continue;
    }
    least->slots = std::min(least->slots, size->slots);
    least->memory_mib = std::min(least->memory_mib, size->memory_mib);
    least->gpus = fewer(least->gpus, size->gpus);
  }
  if (!least) {
    sizing.why = why_unsized(pool, snapshot, memory);
    return sizing;
  }
  if (sizing.slots_told) pool.slots = least->slots;
  if (sizing.slots_told && pool.gpus.empty()) pool.gpus = least->gpus;
  if (sizing.memory_told) pool.memory_mib = least->memory_mib;
  return sizing;
}

}  // namespace

std::int64_t offered_memory(std::int64_t type_mib) {
  return std::max<std::int64_t>(0, type_mib - std::max(k_system_mib, type_mib * k_system_percent / 100));
}

std::vector<std::string> types_to_look_up(const Settings& settings, const Memory& memory, const CloudName& cloud,
                                          Moment now) {
  std::set<std::string> wanted;
  for (const auto& [name, pool] : settings.pools) {
    if (pool.cloud != cloud || !is_open(pool)) continue;
    for (const std::string& type : pool.types) {
      const auto row = memory.types.told.find(told_key(pool, type));
      const bool known = row != memory.types.told.end() &&
                         now - row->second.since < (row->second.slots == 0 ? k_type_unknown : k_type_known);
      if (!known) wanted.insert(type);
    }
  }
  return {wanted.begin(), wanted.end()};
}

void remember_types(Memory& memory, const Settings& settings, const Snapshot& snapshot) {
  for (const auto& [cloud, types] : snapshot.types) {
    if (!types) continue;
    for (const std::string& name : types_to_look_up(settings, memory, cloud, snapshot.age)) {
      const auto type = std::ranges::find(*types, name, &InstanceType::name);
      TypeSize& row = memory.types.told[fmt::format("{}/{}", cloud.value, name)];
      row = {.since = snapshot.age};
      if (type != types->end()) row = {type->slots, type->memory_mib, type->gpus, snapshot.age};
    }
  }
}

Sized with_sizes(const Settings& settings, const Snapshot& snapshot, const Memory& memory) {
  Sized sized{.settings = settings, .pools = {}};
  apply_resizes(sized.settings, memory);
  for (auto& [name, pool] : sized.settings.pools) {
    const auto traits = snapshot.clouds.find(pool.cloud);
    if (traits == snapshot.clouds.end() || !traits->second.tells_types || !is_open(pool)) continue;
    sized.pools[name] = fill_in(pool, snapshot, memory);
  }
  return sized;
}

}  // namespace tide::core
