#include "cmd/output/look.hpp"
#include "cmd/output/sections.hpp"

#include <tide/core/back_off.hpp>
#include <tide/core/enum_names.hpp>
#include <tide/core/outlook.hpp>
#include <tide/core/prices.hpp>
#include <tide/core/reservations.hpp>
#include <tide/core/sizes.hpp>
#include <tide/core/sleep.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::cmd::output {

namespace {

// Everything that keeps the pool from launching now, a piece each.
std::vector<std::string> why_not(const Reading& reading, const core::Pool& pool) {
  const core::Snapshot& snapshot = reading.snapshot;
  const core::Memory& memory = reading.plan.memory;
  std::vector<std::string> why;
  const auto listed = snapshot.instances.find(pool.cloud);
  if (listed == snapshot.instances.end() || !listed->second) why.push_back("its cloud could not be read");
  if (!snapshot.jobs || !snapshot.nodes || !snapshot.server) why.emplace_back("the batch system could not be read");
  const auto breaker = memory.breakers.find(pool.name);
  if (breaker != memory.breakers.end() && breaker->second.open) {
    why.push_back(fmt::format("stopped after {} boot failures in a row ({}): tide reset {}", breaker->second.failures,
                              breaker->second.last, pool.name.value));
  }
  if (const core::Sleep* sleep = core::asleep(memory, snapshot.taken_at); sleep != nullptr)
    why.push_back(core::describe(*sleep));
  for (const core::Cap& cap : reading.caps) {
    const bool other_pool =
        cap.name.starts_with("[pools.") && cap.name != fmt::format("[pools.{}] max", pool.name.value);
    const bool other_cloud = cap.name.starts_with("quota of cloud") &&
                             !cap.name.starts_with(fmt::format("quota of cloud '{}'", pool.cloud.value));
    if (cap.left == std::int64_t{0} && !other_pool && !other_cloud) why.push_back(cap.name + " is used up");
  }
  for (const auto& [key, row] : memory.back_offs) {
    if (row.until > snapshot.age && core::concerns(row, pool, snapshot)) why.push_back(core::describe(row, snapshot));
  }
  for (const core::Declined& one : reading.plan.declined) {
    if (one.what == fmt::format("pool {}", pool.name.value)) why.push_back(one.reason.text);
  }
  return why;
}

std::string quota_text(const core::CloudTraits& traits) {
  std::vector<std::string> parts;
  if (traits.machines_left) parts.push_back(fmt::format("{} machines", *traits.machines_left));
  if (traits.cores_left) parts.push_back(fmt::format("{} cores", *traits.cores_left));
  if (traits.memory_mib_left) parts.push_back(fmt::format("{} MiB", *traits.memory_mib_left));
  return join(parts, ", ");
}

Cell price_now(const Reading& reading, const core::Pool& pool) {
  const std::string type = pool.types.empty() ? "" : pool.types.front();
  const auto price = core::price_of(reading.plan.memory, reading.snapshot.age, pool, type, "");
  return price ? Cell(format_money(*price)) : Cell();
}

// What is paid for in advance and free: such types are asked for first.
Cell reserved_text(const Reading& reading, const core::Pool& pool) {
  if (pool.market != core::Market::on_demand) return {};
  const core::FreeReservations free = core::reserved_machines(reading.plan, reading.snapshot.age, pool.cloud).free;
  std::vector<std::string> parts;
  for (const std::string& type : pool.types) {
    int most = free.left(type, "");
    for (const std::string& zone : pool.zones) most = std::max(most, free.left(type, zone));
    if (most > 0) parts.push_back(fmt::format("{} of {}", most, type));
  }
  return parts.empty() ? Cell() : Cell("first " + join(parts, ", "));
}

std::int64_t machines_of(const Reading& reading, const core::PoolName& pool) {
  return std::ranges::count_if(reading.plan.workers, [&](const core::Worker& worker) {
    return worker.ours && worker.pool == pool && !worker.id.empty() && core::is_paid_for(worker);
  });
}

}  // namespace

Section pools_in_full(const Reading& reading) {
  Section section{.name = "pools",
                  .columns = {{"pool", "POOL"},
                              {"cloud", "CLOUD", false, 6},
                              {"market", "MARKET", false, 5},
                              {"types", "TYPES", true, 7},
                              {"slots", "SLOTS", false, 3},
                              {"memory_bytes", ""},
                              {"price", "PRICE", false, 4},
                              {"max_price", "MOST", true, 8},
                              {"min", "MIN"},
                              {"max", "MAX"},
                              {"machines", "MACHINES"},
                              {"quota_left", "QUOTA LEFT", true, 1},
                              {"boot_seconds", ""},
                              {"boot", "BOOTS IN", true, 9},
                              {"boot_longest_seconds", ""},
                              {"boots_seen", ""},
                              {"boot_failures", "FAILED"},
                              {"stopped", ""},
                              {"why_not", ""},
                              {"why", "WHY NOT", true},
                              {"resized", "BY HAND", true},
                              {"reserved", "RESERVED", true}},
                  .rows = {},
                  .empty = "No pools: nothing can be launched."};
  const core::Sized sized = core::with_sizes(reading.settings, reading.snapshot, reading.plan.memory);
  for (const auto& [name, pool] : sized.settings.pools) {
    const auto traits = reading.snapshot.clouds.find(pool.cloud);
    const auto boots = reading.plan.memory.boots.find(name);
    const bool learned = boots != reading.plan.memory.boots.end();
    const auto breaker = reading.plan.memory.breakers.find(name);
    const bool counted = breaker != reading.plan.memory.breakers.end();
    const std::vector<std::string> why = why_not(reading, pool);
    section.rows.push_back({name.value,
                            pool.cloud.value,
                            std::string(core::to_string(pool.market)),
                            pool.types,
                            std::int64_t{pool.slots},
                            pool.memory_mib * 1024 * 1024,
                            price_now(reading, pool),
                            pool.max_price.empty() ? Cell() : Cell(pool.max_price),
                            std::int64_t{pool.min},
                            std::int64_t{pool.max},
                            machines_of(reading, name),
                            traits == reading.snapshot.clouds.end() ? Cell("") : Cell(quota_text(traits->second)),
                            learned ? Cell(std::int64_t{boots->second.typical.count()}) : Cell(),
                            learned ? Cell(format_duration(boots->second.typical)) : Cell(),
                            learned ? Cell(std::int64_t{boots->second.longest.count()}) : Cell(),
                            std::int64_t{learned ? boots->second.count : 0},
                            std::int64_t{counted ? breaker->second.failures : 0},
                            counted && breaker->second.open,
                            why,
                            join(why, "; "),
                            resized_text(reading.plan.memory, reading.settings, name),
                            reserved_text(reading, pool)});
  }
  return section;
}

}  // namespace tide::cmd::output
