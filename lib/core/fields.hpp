#pragma once

#include <tide/core/snapshot.hpp>

#include <concepts>
#include <type_traits>

namespace tide::core {

// The fields of each struct, named once: JSON of snapshots and rows of the store are both made from these. A field that
// is missing here is lost in a snapshot; tests/unit/core/test_snapshot_json.cpp counts them against the headers.
template <typename Self, typename Struct>
concept Is = std::same_as<std::remove_const_t<Self>, Struct>;

template <Is<Chunk> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("nodes", self.nodes);
  visit("nodes_max", self.nodes_max);
  visit("tasks", self.tasks);
  visit("slots_per_task", self.slots_per_task);
  visit("tasks_per_node", self.tasks_per_node);
  visit("memory_mib_per_node", self.memory_mib_per_node);
  visit("memory_mib_per_slot", self.memory_mib_per_slot);
  visit("gpus_per_node", self.gpus_per_node);
  visit("features", self.features);
}

template <Is<Shape> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("chunks", self.chunks);
  visit("queue", self.queue);
  visit("account", self.account);
  visit("walltime", self.walltime);
  visit("exclusive", self.exclusive);
  visit("apart", self.apart);
  visit("rerunnable", self.rerunnable);
  visit("unjudged", self.unjudged);
  visit("assumed", self.assumed);
}

template <Is<WaitingJobs> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("shape", self.shape);
  visit("waiting", self.waiting);
  visit("reason", self.reason);
  visit("count", self.count);
  visit("ids", self.ids);
  visit("oldest", self.oldest);
  visit("priority", self.priority);
}

template <Is<JobQueue> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("waiting", self.waiting);
  visit("running", self.running);
  visit("proof", self.proof);
}

template <Is<Node> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("name", self.name);
  visit("hostname", self.hostname);
  visit("address", self.address);
  visit("instance", self.instance);
  visit("slots", self.slots);
  visit("slots_used", self.slots_used);
  visit("memory_mib", self.memory_mib);
  visit("memory_mib_used", self.memory_mib_used);
  visit("gpus", self.gpus);
  visit("gpus_used", self.gpus_used);
  visit("features", self.features);
  visit("queues", self.queues);
  visit("registered_at", self.registered_at);
  visit("responding", self.responding);
  visit("down", self.down);
  visit("held", self.held);
  visit("unfit", self.unfit);
  visit("completing", self.completing);
  visit("placeholder", self.placeholder);
  visit("starting", self.starting);
  visit("hold_is_final", self.hold_is_final);
  visit("note", self.note);
  visit("state", self.state);
}

template <Is<HostEntry> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("name", self.name);
  visit("address", self.address);
}

template <Is<ServerIdentity> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("name", self.name);
  visit("version", self.version);
  visit("up_since", self.up_since);
  visit("fresh", self.fresh);
}

template <Is<Instance> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("cloud", self.cloud);
  visit("id", self.id);
  visit("state", self.state);
  visit("impaired", self.impaired);
  visit("event", self.event);
  visit("event_at", self.event_at);
  visit("interrupted", self.interrupted);
  visit("type", self.type);
  visit("zone", self.zone);
  visit("market", self.market);
  visit("launched_at", self.launched_at);
  visit("launch_index", self.launch_index);
  visit("names", self.names);
  visit("address", self.address);
  visit("addresses", self.addresses);
  visit("tags", self.tags);
  visit("fault", self.fault);
  visit("fault_kind", self.fault_kind);
}

template <Is<InstanceType> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("name", self.name);
  visit("slots", self.slots);
  visit("memory_mib", self.memory_mib);
  visit("gpus", self.gpus);
}

template <Is<Choice> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("type", self.type);
  visit("zone", self.zone);
  visit("price_micros", self.price_micros);
  visit("max_price", self.max_price);
}

template <Is<LaunchRequest> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("intent", self.intent);
  visit("cloud", self.cloud);
  visit("pool", self.pool);
  visit("count", self.count);
  visit("min_count", self.min_count);
  visit("types", self.types);
  visit("image", self.image);
  visit("zone", self.zone);
  visit("alternatives", self.alternatives);
  visit("market", self.market);
  visit("max_price", self.max_price);
  visit("names", self.names);
  visit("user_data", self.user_data);
  visit("tags", self.tags);
  visit("options", self.options);
  visit("slots", self.slots);
  visit("memory_mib", self.memory_mib);
  visit("gpus", self.gpus);
  visit("features", self.features);
  visit("head", self.head);
}

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

template <Is<BatchTraits> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("entries", self.entries);
  visit("hides_unregistered", self.hides_unregistered);
  visit("hold_has_note", self.hold_has_note);
  visit("can_give_up", self.can_give_up);
}

template <Is<CloudTraits> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("has_launch_tokens", self.has_launch_tokens);
  visit("launches_listed", self.launches_listed);
  visit("room_told_later", self.room_told_later);
  visit("absence_is_proof", self.absence_is_proof);
  visit("launch_max", self.launch_max);
  visit("terminate_max", self.terminate_max);
  visit("tells_types", self.tells_types);
  visit("families", self.families);
  visit("one_a_call", self.one_a_call);
  visit("has_health", self.has_health);
  visit("has_notices", self.has_notices);
  visit("has_spot_prices", self.has_spot_prices);
  visit("machines_left", self.machines_left);
  visit("cores_left", self.cores_left);
  visit("memory_mib_left", self.memory_mib_left);
}

template <Is<Snapshot> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("taken_at", self.taken_at);
  visit("age", self.age);
  visit("batch", self.batch);
  visit("server", self.server);
  visit("nodes", self.nodes);
  visit("jobs", self.jobs);
  visit("hosts", self.hosts);
  visit("clouds", self.clouds);
  visit("instances", self.instances);
  visit("types", self.types);
  visit("checks", self.checks);
  visit("notices", self.notices);
  visit("prices", self.prices);
  visit("memory", self.memory);
}

}  // namespace tide::core
