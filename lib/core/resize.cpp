#include <tide/core/resize.hpp>

#include <tide/util/units.hpp>

#include <fmt/format.h>

namespace tide::core {

const Resize* resized(const Memory& memory, const Pool& pool) {
  const auto found = memory.resizes.find(pool.name);
  if (found == memory.resizes.end()) return nullptr;
  const Resize& row = found->second;
  return row.configured_min == pool.min && row.configured_max == pool.max ? &row : nullptr;
}

void drop_old_resizes(Memory& memory, const Settings& settings) {
  std::erase_if(memory.resizes, [&](const auto& entry) {
    const auto pool = settings.pools.find(entry.first);
    return pool == settings.pools.end() || resized(memory, pool->second) == nullptr;
  });
}

void apply_resizes(Settings& settings, const Memory& memory) {
  for (auto& [name, pool] : settings.pools) {
    const Resize* row = resized(memory, pool);
    if (row == nullptr) continue;
    if (row->min) pool.min = *row->min;
    if (row->max) pool.max = *row->max;
  }
}

std::string bounds_of(const Resize& resize) {
  std::string bounds;
  if (resize.min) bounds = fmt::format("min {}", *resize.min);
  if (resize.max) bounds += fmt::format("{}max {}", bounds.empty() ? "" : ", ", *resize.max);
  return bounds;
}

std::string describe(const Resize& resize) {
  return fmt::format("{} since {} by {}, until the configuration changes", bounds_of(resize), format_time(resize.since),
                     resize.by);
}

}  // namespace tide::core
