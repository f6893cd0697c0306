#pragma once

#include <tide/core/fields.hpp>

namespace tide::core {

// The fields of what the store keeps: memory.hpp and health.hpp.

template <Is<Intent> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("id", self.id);
  visit("state", self.state);
  visit("request", self.request);
  visit("price_micros", self.price_micros);
  visit("instances", self.instances);
  visit("because", self.because);
  visit("wish", self.wish);
  visit("replaces", self.replaces);
  visit("made_at", self.made_at);
  visit("made", self.made);
  visit("attempts", self.attempts);
}

template <Is<Machine> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("id", self.id);
  visit("cloud", self.cloud);
  visit("intent", self.intent);
  visit("pool", self.pool);
  visit("node", self.node);
  visit("type", self.type);
  visit("price_micros", self.price_micros);
  visit("launched_at", self.launched_at);
  visit("first_seen", self.first_seen);
  visit("adopted", self.adopted);
  visit("registered", self.registered);
  visit("ready", self.ready);
  visit("idle_since", self.idle_since);
  visit("down_since", self.down_since);
  visit("held_since", self.held_since);
  visit("failing_since", self.failing_since);
  visit("missing_since", self.missing_since);
  visit("missing_passes", self.missing_passes);
  visit("missing_accepted", self.missing_accepted);
  visit("ending", self.ending);
  visit("ending_why", self.ending_why);
  visit("stops", self.stops);
  visit("stopped", self.stopped);
  visit("unstoppable", self.unstoppable);
  visit("start_refused", self.start_refused);
  visit("told_to_end", self.told_to_end);
  visit("left_alone_until", self.left_alone_until);
  visit("end_refused", self.end_refused);
  visit("end_refused_why", self.end_refused_why);
  visit("interrupted", self.interrupted);
  visit("interrupted_why", self.interrupted_why);
  visit("adopting", self.adopting);
  visit("disowning", self.disowning);
  visit("replaces", self.replaces);
  visit("console", self.console);
}

template <Is<HoldRow> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("node", self.node);
  visit("kind", self.kind);
  visit("note", self.note);
  visit("rule", self.rule);
  visit("cancellable", self.cancellable);
  visit("confirmed", self.confirmed);
  visit("since", self.since);
  visit("pass", self.pass);
  visit("wish", self.wish);
}

template <Is<NodeRow> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("node", self.node);
  visit("pool", self.pool);
  visit("intent", self.intent);
  visit("address", self.address);
  visit("made", self.made);
  visit("removing", self.removing);
  visit("removed", self.removed);
  visit("since", self.since);
  visit("free_at", self.free_at);
}

template <Is<Wish> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("id", self.id);
  visit("kind", self.kind);
  visit("pool", self.pool);
  visit("count", self.count);
  visit("targets", self.targets);
  visit("force", self.force);
  visit("reason", self.reason);
  visit("outdated", self.outdated);
  visit("replace", self.replace);
  visit("unavailable_max", self.unavailable_max);
  visit("unavailable_share", self.unavailable_share);
  visit("by", self.by);
  visit("made_at", self.made_at);
}

template <Is<BackOff> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("key", self.key);
  visit("kind", self.kind);
  visit("reach", self.reach);
  visit("what", self.what);
  visit("attempts", self.attempts);
  visit("until", self.until);
  visit("why", self.why);
}

template <Is<TypeSize> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("slots", self.slots);
  visit("memory_mib", self.memory_mib);
  visit("gpus", self.gpus);
  visit("since", self.since);
}

template <Is<TypeBook> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("told", self.told);
  visit("learned", self.learned);
}

template <Is<Breaker> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("pool", self.pool);
  visit("failures", self.failures);
  visit("open", self.open);
  visit("last", self.last);
  visit("console", self.console);
}

template <Is<Health> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("id", self.id);
  visit("impaired", self.impaired);
  visit("event", self.event);
  visit("event_at", self.event_at);
  visit("interrupted", self.interrupted);
}

template <Is<HealthRow> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("says", self.says);
  visit("impaired_since", self.impaired_since);
}

template <Is<HealthReading> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("tried", self.tried);
  visit("read", self.read);
  visit("rows", self.rows);
}

template <Is<CloudHealth> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("checks", self.checks);
  visit("notices", self.notices);
}

template <Is<SpotPrice> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("type", self.type);
  visit("zone", self.zone);
  visit("micros", self.micros);
}

template <Is<PriceReading> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("tried", self.tried);
  visit("read", self.read);
  visit("rows", self.rows);
}

template <Is<ReservationReading> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("tried", self.tried);
  visit("read", self.read);
  visit("says", self.says);
}

template <Is<BootTime> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("boot_id", self.boot_id);
  visit("seconds", self.seconds);
}

template <Is<PassClock> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("wall", self.wall);
  visit("boot", self.boot);
  visit("age", self.age);
  visit("gap", self.gap);
}

template <Is<LastGood> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("nodes", self.nodes);
  visit("running", self.running);
  visit("first_seen", self.first_seen);
}

template <Is<Suspicion> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("since", self.since);
  visit("why", self.why);
  visit("missing", self.missing);
  visit("accepted", self.accepted);
}

template <Is<Sleep> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("by", self.by);
  visit("reason", self.reason);
  visit("since", self.since);
  visit("until", self.until);
}

template <Is<Resize> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("pool", self.pool);
  visit("min", self.min);
  visit("max", self.max);
  visit("configured_min", self.configured_min);
  visit("configured_max", self.configured_max);
  visit("by", self.by);
  visit("since", self.since);
}

template <Is<Spend> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("machine_seconds", self.machine_seconds);
  visit("unpriced_seconds", self.unpriced_seconds);
  visit("micros_seconds", self.micros_seconds);
}

template <Is<BootTimes> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("count", self.count);
  visit("last", self.last);
  visit("typical", self.typical);
  visit("longest", self.longest);
  visit("fixed", self.fixed);
  visit("fixed_since", self.fixed_since);
}

template <Is<SpendClock> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("wall", self.wall);
  visit("boot", self.boot);
}

template <Is<Memory> Self, typename Visit>
void fields(Self& self, Visit&& visit) {
  visit("head", self.head);
  visit("server", self.server);
  visit("taken_over", self.taken_over);
  visit("passes", self.passes);
  visit("clock", self.clock);
  visit("intents", self.intents);
  visit("machines", self.machines);
  visit("holds", self.holds);
  visit("nodes", self.nodes);
  visit("wishes", self.wishes);
  visit("back_offs", self.back_offs);
  visit("breakers", self.breakers);
  visit("types", self.types);
  visit("boots", self.boots);
  visit("spend", self.spend);
  visit("spend_clock", self.spend_clock);
  visit("spend_lost", self.spend_lost);
  visit("health", self.health);
  visit("prices", self.prices);
  visit("reservations", self.reservations);
  visit("last_good", self.last_good);
  visit("suspicion", self.suspicion);
  visit("rebuild", self.rebuild);
  visit("sleep", self.sleep);
  visit("resizes", self.resizes);
}

}  // namespace tide::core
