#pragma once

#include <tide/core/fields_settings.hpp>
#include <tide/core/snapshot.hpp>

namespace tide::core {

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
  visit("lacking", self.lacking);
}

template <Is<Shape> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("chunks", self.chunks);
  visit("queue", self.queue);
  visit("other_queues", self.other_queues);
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

template <Is<FixedSlot> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("slots", self.slots);
  visit("memory_mib", self.memory_mib);
  visit("gpus", self.gpus);
  visit("count", self.count);
  visit("free", self.free);
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
  visit("fixed", self.fixed);
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
  visit("held_by", self.held_by);
  visit("held_since", self.held_since);
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
  visit("request", self.request);
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
  visit("restart", self.restart);
  visit("names", self.names);
  visit("valid_until", self.valid_until);
  visit("user_data", self.user_data);
  visit("tags", self.tags);
  visit("options", self.options);
  visit("slots", self.slots);
  visit("memory_mib", self.memory_mib);
  visit("gpus", self.gpus);
  visit("features", self.features);
  visit("head", self.head);
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
  visit("can_stop", self.can_stop);
  visit("tells_types", self.tells_types);
  visit("families", self.families);
  visit("one_a_call", self.one_a_call);
  visit("by_request", self.by_request);
  visit("has_health", self.has_health);
  visit("has_notices", self.has_notices);
  visit("has_spot_prices", self.has_spot_prices);
  visit("has_reservations", self.has_reservations);
  visit("machines_left", self.machines_left);
  visit("cores_left", self.cores_left);
  visit("memory_mib_left", self.memory_mib_left);
}

template <Is<TypeCount> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("type", self.type);
  visit("zone", self.zone);
  visit("count", self.count);
}

template <Is<Reservations> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("reserved", self.reserved);
  visit("others", self.others);
  visit("zones", self.zones);
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
  visit("reservations", self.reservations);
  visit("memory", self.memory);
}

}  // namespace tide::core
