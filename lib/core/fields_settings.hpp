#pragma once

#include <tide/core/settings.hpp>

#include <concepts>
#include <type_traits>

namespace tide::core {

// The fields of each struct, named once: JSON of snapshots and rows of the store are both made from these. A field that
// is missing here is lost in a snapshot; tests/unit/core/test_snapshot_json.cpp counts them against the headers.
template <typename Self, typename Struct>
concept Is = std::same_as<std::remove_const_t<Self>, Struct>;

template <Is<EndLimit> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("percent", self.percent);
}

template <Is<ScaleSettings> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("policy", self.policy);
  visit("min_nodes", self.min_nodes);
  visit("max_nodes", self.max_nodes);
  visit("idle_time", self.idle_time);
  visit("boot_deadline", self.boot_deadline);
  visit("orphan_grace", self.orphan_grace);
  visit("down_time", self.down_time);
  visit("max_end_per_pass", self.max_end_per_pass);
  visit("max_launch_per_pass", self.max_launch_per_pass);
  visit("keep_failed", self.keep_failed);
}

template <Is<Money> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("currency", self.currency);
  visit("per_hour_micros", self.per_hour_micros);
  visit("per_day_micros", self.per_day_micros);
  visit("per_month_micros", self.per_month_micros);
}

template <Is<SpotSettings> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("bid", self.bid);
  visit("replace_below", self.replace_below);
  visit("extra_below", self.extra_below);
  visit("keep_below", self.keep_below);
  visit("on_demand_min", self.on_demand_min);
}

template <Is<Pool> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("name", self.name);
  visit("cloud", self.cloud);
  visit("image", self.image);
  visit("types", self.types);
  visit("slots", self.slots);
  visit("memory_mib", self.memory_mib);
  visit("gpus", self.gpus);
  visit("features", self.features);
  visit("queues", self.queues);
  visit("accounts", self.accounts);
  visit("market", self.market);
  visit("max_price", self.max_price);
  visit("price_micros", self.price_micros);
  visit("on_demand", self.on_demand);
  visit("bids", self.bids);
  visit("spot_pool", self.spot_pool);
  visit("extra", self.extra);
  visit("paid_period", self.paid_period);
  visit("min", self.min);
  visit("max", self.max);
  visit("keep_stopped", self.keep_stopped);
  visit("names", self.names);
  visit("address", self.address);
  visit("user_data", self.user_data);
  visit("zones", self.zones);
  visit("options", self.options);
}

template <Is<Settings> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("cluster", self.cluster);
  visit("batch", self.batch);
  visit("head", self.head);
  visit("queues", self.queues);
  visit("scale", self.scale);
  visit("money", self.money);
  visit("spot", self.spot);
  visit("pools", self.pools);
}

}  // namespace tide::core
