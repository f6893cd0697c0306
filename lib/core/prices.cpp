#include <tide/core/prices.hpp>

#include <tide/core/limits.hpp>
#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tide::core {

namespace {

const PriceReading* reading_of(const Memory& memory, Moment now, const Pool& pool) {
  const auto found = memory.prices.find(pool.cloud);
  if (pool.market != Market::spot || found == memory.prices.end() || !found->second.read) return nullptr;
  return now - *found->second.read <= k_prices_max_age ? &found->second : nullptr;
}

const SpotPrice* row_of(const PriceReading& reading, const std::string& type, const std::string& zone) {
  const SpotPrice* cheapest = nullptr;
  for (const SpotPrice& row : reading.rows) {
    if (row.type != type) continue;
    if (row.zone == zone) return &row;
    if (cheapest == nullptr || row.micros < cheapest->micros) cheapest = &row;
  }
  const bool is_zone =
      std::ranges::any_of(reading.rows, [&](const SpotPrice& row) { return row.zone == zone; });  // of another type
  return is_zone ? nullptr : cheapest;
}

}  // namespace

std::optional<std::int64_t> spot_price(const Memory& memory, Moment now, const Pool& pool, const std::string& type,
                                       const std::string& zone) {
  const PriceReading* reading = reading_of(memory, now, pool);
  const SpotPrice* row = reading == nullptr ? nullptr : row_of(*reading, type, zone);
  return row == nullptr ? std::nullopt : std::optional(row->micros);
}

std::optional<std::int64_t> price_of(const Memory& memory, Moment now, const Pool& pool, const std::string& type,
                                     const std::string& zone) {
  if (const auto spot = spot_price(memory, now, pool, type, zone)) return spot;
  if (pool.market == Market::spot && pool.price_micros) return pool.price_micros;
  const auto listed = pool.on_demand.find(type);
  return listed == pool.on_demand.end() ? pool.price_micros : listed->second;
}

std::string cap_of(const Pool& pool, const std::string& type) {
  const auto bid = pool.bids.find(type);
  return bid == pool.bids.end() || !pool.max_price.empty() ? pool.max_price : format_money(bid->second);
}

bool is_cheap(const Memory& memory, Moment now, const Pool& pool, const Choice& choice, const Share& share) {
  const auto price = spot_price(memory, now, pool, choice.type, choice.zone);
  const auto listed = pool.on_demand.find(choice.type);
  const std::int64_t of = share.of > 0 ? share.of : listed == pool.on_demand.end() ? 0 : listed->second;
  return price && of > 0 && *price <= of / 1000 * share.thousandths + of % 1000 * share.thousandths / 1000;
}

std::string over_cap(const Memory& memory, Moment now, const Pool& pool, const std::string& type,
                     const std::string& zone) {
  const auto price = spot_price(memory, now, pool, type, zone);
  const auto cap = parse_money_micros(cap_of(pool, type));  // "" where there is none
  if (!price || !cap || *price <= *cap) return "";
  const PriceReading& reading = *reading_of(memory, now, pool);
  const std::string whose =
      pool.max_price.empty() ? "[spot] bid comes to" : fmt::format("[pools.{}] max_price is", pool.name.value);
  return fmt::format("{} costs {} in {} ({} s ago), {} {}", type, format_money(*price),
                     row_of(reading, type, zone)->zone, (now - *reading.read).count(), whose, format_money(*cap));
}

std::vector<std::string> zones_by_price(const Memory& memory, Moment now, const Pool& pool, const std::string& type) {
  if (pool.zones.empty()) return {""};
  std::vector<std::string> zones = pool.zones;
  if (pool.market != Market::spot) return zones;
  std::ranges::stable_sort(zones, {}, [&](const std::string& zone) {
    return spot_price(memory, now, pool, type, zone).value_or(std::numeric_limits<std::int64_t>::max());
  });
  return zones;
}

std::optional<std::int64_t> most_of(const Memory& memory, Moment now, const Pool& pool) {
  std::optional<std::int64_t> most;
  for (const std::string& type : pool.types) {
    for (const std::string& zone : zones_by_price(memory, now, pool, type)) {
      if (!over_cap(memory, now, pool, type, zone).empty()) continue;
      const auto price = price_of(memory, now, pool, type, zone);
      if (!price) return std::nullopt;
      most = std::max(most.value_or(0), *price);
    }
  }
  return most ? most : pool.price_micros;
}

}  // namespace tide::core
