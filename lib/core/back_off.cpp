#include <tide/core/back_off.hpp>

#include <tide/core/enum_names.hpp>
#include <tide/core/limits.hpp>
#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::core {

namespace {

constexpr int k_attempts_max = 16;

std::string family_of(const Families& families, const Bid& bid) {
  const auto found = families.find(bid.choice.type);
  return found == families.end() ? "" : found->second;
}

std::string pool_key(const CloudName& cloud, const PoolName& pool) {
  return fmt::format("{}/{}", cloud.value, pool.value);
}

// Clouds' and pools' names have no colon, so these keys are nobody else's.
std::string wide_key(const Bid& bid, std::string_view market, std::string_view type, std::string_view zone) {
  return fmt::format("{}:{}:{}:{}", bid.cloud.value, market, type, zone);
}

std::string choice_key(const Bid& bid) {
  const std::string type = bid.choice.type.empty() ? "pool=" + bid.pool.value : bid.choice.type;
  return wide_key(bid, to_string(bid.market), type, bid.choice.zone);
}

std::string family_key(const Families& families, const Bid& bid) {
  return wide_key(bid, to_string(bid.market), "family=" + family_of(families, bid), "*");
}

std::string place_key(const Bid& bid) { return wide_key(bid, "*", "*", bid.choice.zone); }
std::string market_key(const Bid& bid) { return wide_key(bid, to_string(bid.market), "*", "*"); }

// Of all rows that keep this choice off, the widest first.
std::vector<std::string> keys_of(const Families& families, const Bid& bid) {
  return {market_key(bid), family_key(families, bid), place_key(bid), choice_key(bid)};
}

struct About {
  std::string key;
  std::string what;
};

std::string of_market(std::string text, Market market) { return market == Market::spot ? text + " (spot)" : text; }

// What a refusal without a reach of its own is about.
About usual(const Bid& bid, ErrorKind kind) {
  switch (kind) {
    case ErrorKind::capacity: return {choice_key(bid), describe(bid)};
    case ErrorKind::auth:
    case ErrorKind::unsent:
    case ErrorKind::throttled: return {bid.cloud.value, fmt::format("cloud '{}'", bid.cloud.value)};
    case ErrorKind::quota:
    case ErrorKind::unexpected:
    case ErrorKind::usage:
    case ErrorKind::not_found:
    case ErrorKind::config:
    case ErrorKind::io:
    case ErrorKind::refused:
    case ErrorKind::lock_held:
    case ErrorKind::money:
    case ErrorKind::timeout:
    case ErrorKind::batch:
    case ErrorKind::unproven:
    case ErrorKind::protocol:
    case ErrorKind::stranger:
    case ErrorKind::retry:
    case ErrorKind::bad_request:
    case ErrorKind::eventual:
    case ErrorKind::unknown: break;
  }
  return {pool_key(bid.cloud, bid.pool), fmt::format("pool '{}'", bid.pool.value)};
}

About about(const Families& families, const Bid& bid, const Error& error) {
  const std::string family = family_of(families, bid);
  switch (error.reach) {
    case Reach::usual: return usual(bid, error.kind);
    case Reach::offer: return {choice_key(bid), describe(bid)};
    case Reach::place: return bid.choice.zone.empty() ? usual(bid, error.kind) : About{place_key(bid), bid.choice.zone};
    case Reach::family:
      return family.empty() ? usual(bid, error.kind)
                            : About{family_key(families, bid), of_market(family + " types", bid.market)};
    case Reach::market: return {market_key(bid), fmt::format("{} machines", to_string(bid.market))};
    case Reach::account: return {bid.cloud.value, fmt::format("cloud '{}'", bid.cloud.value)};
  }
  return usual(bid, error.kind);
}

Seconds doubled(Seconds first, Seconds most, int attempts) {
  return std::min(most, first * (1 << std::min(attempts - 1, 8)));
}

Seconds rest_of(const Error& error, int attempts) {
  if (error.kind == ErrorKind::unsent) return Seconds(0);  // it says itself how long
  if (error.reach == Reach::offer) return k_not_offered;
  if (error.kind == ErrorKind::quota) return k_quota;
  if (error.kind == ErrorKind::capacity) return doubled(k_capacity_first, k_capacity_max, attempts);
  return doubled(k_back_off_first, k_back_off_max, attempts);
}

const BackOff* active(const Memory& memory, const std::string& key, Moment now) {
  const auto found = memory.back_offs.find(key);
  return found != memory.back_offs.end() && found->second.until > now ? &found->second : nullptr;
}

// The date only where it is another day's.
std::string until_text(const BackOff& row, const Snapshot& snapshot) {
  const std::string now = format_time(snapshot.taken_at);
  const std::string until = format_time(snapshot.taken_at + (row.until - snapshot.age));
  const std::size_t date = until.find('T');
  const bool today = date != std::string::npos && now.compare(0, date, until, 0, date) == 0;
  return today ? until.substr(date + 1) : until;
}

}  // namespace

Bid bid_of(const LaunchRequest& request) {
  return {.cloud = request.cloud,
          .pool = request.pool,
          .market = request.market,
          .choice = {request.types.empty() ? "" : request.types.front(), request.zone}};
}

std::vector<Choice> choices_of(const Pool& pool) {
  const std::vector<std::string> any{""};
  std::vector<Choice> choices;
  for (const std::string& type : pool.types.empty() ? any : pool.types) {
    for (const std::string& zone : pool.zones.empty() ? any : pool.zones) choices.push_back({type, zone});
  }
  return choices;
}

std::string describe(const Bid& bid) {
  const std::string& type = bid.choice.type;
  const std::string& zone = bid.choice.zone;
  const std::string what = of_market(type.empty() ? fmt::format("pool '{}'", bid.pool.value) : type, bid.market);
  return zone.empty() ? what : fmt::format("{} in {}", what, zone);
}

BackOff back_off_after(const Memory& memory, const Families& families, const Bid& bid, const Error& error, Moment now) {
  About told = about(families, bid, error);
  const auto known = memory.back_offs.find(told.key);
  BackOff row{.key = std::move(told.key), .kind = error.kind, .reach = error.reach, .what = std::move(told.what)};
  row.attempts = std::min((known == memory.back_offs.end() ? 0 : known->second.attempts) + 1, k_attempts_max);
  row.until = now + std::max(rest_of(error, row.attempts), Seconds(error.retry_after_seconds));
  row.why = error.context.empty() ? error.message : fmt::format("{} ({})", error.message, error.context.back());
  if (error.kind == ErrorKind::quota && !error.hint.empty()) row.why += "; " + error.hint;
  return row;
}

void forget_back_offs(Memory& memory, const Families& families, const Bid& bid) {
  memory.back_offs.erase(bid.cloud.value);
  memory.back_offs.erase(pool_key(bid.cloud, bid.pool));
  for (const std::string& key : keys_of(families, bid)) memory.back_offs.erase(key);
}

void forget_refusals(Memory& memory, const CloudName& cloud, const PoolName& pool) {
  for (const std::string& key : {cloud.value, pool_key(cloud, pool)}) {
    const auto row = memory.back_offs.find(key);
    if (row != memory.back_offs.end() && row->second.kind != ErrorKind::quota) memory.back_offs.erase(row);
  }
}

void forget_older_back_offs(Memory& memory, const Families& families, const Bid& bid, Moment launched) {
  std::vector<std::string> keys = keys_of(families, bid);
  keys.push_back(pool_key(bid.cloud, bid.pool));
  for (const std::string& key : keys) {
    const auto row = memory.back_offs.find(key);
    if (row != memory.back_offs.end() && row->second.until <= launched) memory.back_offs.erase(row);
  }
}

const BackOff* back_off_of_pool(const Memory& memory, const CloudName& cloud, const PoolName& pool, Moment now) {
  const BackOff* row = active(memory, cloud.value, now);
  return row != nullptr ? row : active(memory, pool_key(cloud, pool), now);
}

bool concerns(const BackOff& row, const Pool& pool, const Snapshot& snapshot) {
  if (row.key == pool.cloud.value || row.key == pool_key(pool.cloud, pool.name)) return true;
  const auto traits = snapshot.clouds.find(pool.cloud);
  const Families families = traits == snapshot.clouds.end() ? Families() : traits->second.families;
  return std::ranges::any_of(choices_of(pool), [&](const Choice& choice) {
    const auto keys = keys_of(families, {pool.cloud, pool.name, pool.market, choice});
    return std::ranges::find(keys, row.key) != keys.end();
  });
}

const BackOff* back_off_of(const Memory& memory, const Families& families, const Bid& bid, Moment now) {
  for (const std::string& key : keys_of(families, bid)) {
    const BackOff* row = active(memory, key, now);
    if (row != nullptr) return row;
  }
  return nullptr;
}

bool is_capacity_key(const std::string& key, const CloudName& cloud) { return key.starts_with(cloud.value + ":"); }

std::string describe(const BackOff& row, const Snapshot& snapshot) {
  const std::string until = until_text(row, snapshot);
  if (row.what.empty()) return fmt::format("waits until {} after: {}", until, row.why);
  if (row.reach == Reach::offer) return fmt::format("{}: not offered, not asked for until {}", row.what, until);
  if (row.kind == ErrorKind::capacity) {
    return fmt::format("{}: no {} until {}", row.what, row.reach == Reach::place ? "room" : "capacity", until);
  }
  if (row.kind == ErrorKind::quota) {
    return fmt::format("{}: over the quota, not asked for until {}: {}", row.what, until, row.why);
  }
  return fmt::format("{} waits until {} after: {}", row.what, until, row.why);
}

}  // namespace tide::core
