#include <tide/config/config.hpp>

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::config {

namespace {

using Prices = std::map<std::string, std::int64_t>;

// "TYPE PRICE" a line; what follows a '#' is for people.
Result<Prices> parse_prices(const std::string& path, std::string_view text) {
  Prices prices;
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::size_t space = line.find_first_of(" \t");
    const std::string type(line.substr(0, space));
    const auto price =
        parse_money_micros(space == std::string_view::npos ? std::string_view() : trim(line.substr(space)));
    if (!price) {
      return make_error(ErrorKind::config, "{}:{}: '{}' is no type and price", path, number, printable(line, 60))
          .with_hint("Write a line such as: c5.large 0.085");
    }
    if (!prices.emplace(type, *price).second) {
      return make_error(ErrorKind::config, "{}:{}: '{}' has a price already", path, number, printable(type, 40))
          .with_hint("Keep one line for each type.");
    }
  }
  return prices;
}

// The pool's own price is that of each of its types; else the table's.
void set_on_demand(core::Pool& pool, const Prices& table) {
  const bool own = pool.market == core::Market::on_demand && pool.price_micros.has_value();
  for (const std::string& type : pool.types) {
    const auto listed = table.find(type);
    if (own) {
      pool.on_demand[type] = *pool.price_micros;
    } else if (listed != table.end()) {
      pool.on_demand[type] = listed->second;
    }
  }
}

// What a spot pool's machine would cost on demand is also told by a pool whose machines it replaces: by the same type,
// else by the cheapest.
void set_from_replaced(core::Pool& spot, const core::Pool& pool) {
  const auto cheapest = std::ranges::min_element(pool.on_demand, {}, [](const auto& entry) { return entry.second; });
  if (cheapest == pool.on_demand.end()) return;
  for (const std::string& type : spot.types) {
    const auto same = pool.on_demand.find(type);
    spot.on_demand.emplace(type, same == pool.on_demand.end() ? cheapest->second : same->second);
  }
}

void set_bids(core::Pool& pool, int bid_thousandths) {
  if (pool.market != core::Market::spot || !pool.max_price.empty()) return;
  for (const auto& [type, micros] : pool.on_demand)
    pool.bids[type] = micros / 1000 * bid_thousandths + micros % 1000 * bid_thousandths / 1000;
}

}  // namespace

Result<void> set_prices(Config& config, const std::map<core::CloudName, std::string>& tables) {
  auto& pools = config.settings.pools;
  std::map<core::CloudName, Prices> prices;
  for (const auto& [cloud, text] : tables) {
    TIDE_TRY_ASSIGN(prices[cloud], parse_prices(config.clouds.at(cloud).prices, text));
  }
  for (auto& [name, pool] : pools) set_on_demand(pool, prices[pool.cloud]);
  for (const auto& [name, pool] : pools) {
    const auto spot = pools.find(pool.spot_pool);
    if (spot != pools.end()) set_from_replaced(spot->second, pool);
  }
  for (auto& [name, pool] : pools) {
    set_bids(pool, config.settings.spot.bid);
    // An on-demand pool costs at most its dearest type; of a spot pool the market says what it costs.
    const bool all = pool.on_demand.size() == pool.types.size() && !pool.types.empty();
    if (pool.price_micros || pool.market == core::Market::spot || !all) continue;
    pool.price_micros =
        std::ranges::max_element(pool.on_demand, {}, [](const auto& entry) { return entry.second; })->second;
  }
  return {};
}

}  // namespace tide::config
