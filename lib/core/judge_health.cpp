#include <tide/core/unsound.hpp>

#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>

// What clouds and nodes say of a machine's health and end: kept with its age, and laid on the machines of this pass.
namespace tide::core {

namespace {

// One answer, or why there is none: that changes nothing but when it is asked again.
void take_in(World& world, const CloudName& cloud, const Observed<std::vector<Health>>& said, const char* what,
             HealthReading& reading) {
  reading.tried = world.now();
  if (!said) {
    world.decline(fmt::format("cloud {}", cloud.value), "health-unreadable",
                  fmt::format("{} could not be read, and nothing is done on them: {}{}{}", what, said.error().message,
                              said.error().hint.empty() ? "" : "; ", said.error().hint),
                  said.error().kind);
    return;
  }
  std::map<InstanceId, HealthRow> rows;
  for (const Health& health : *said) {
    if (!world.plan.memory.machines.contains(health.id)) continue;  // others' machines may be listed too
    HealthRow row{.says = health, .impaired_since = std::nullopt};
    const auto before = reading.rows.find(health.id);
    if (!health.impaired.empty()) {
      row.impaired_since = before == reading.rows.end() ? std::nullopt : before->second.impaired_since;
      if (!row.impaired_since) row.impaired_since = world.now();
    }
    rows.emplace(health.id, std::move(row));
  }
  reading.read = world.now();
  reading.rows = std::move(rows);
}

void take_in_all(World& world) {
  auto& health = world.memory().health;
  for (const auto& [cloud, said] : world.snapshot.checks)
    take_in(world, cloud, said, "its health checks", health[cloud].checks);
  for (const auto& [cloud, said] : world.snapshot.notices)
    take_in(world, cloud, said, "its notices to spot machines", health[cloud].notices);
  for (const auto& [cloud, said] : world.snapshot.prices) {
    PriceReading& reading = world.memory().prices[cloud];
    reading.tried = world.now();
    if (said) {
      reading.read = world.now();
      reading.rows = *said;
    } else {
      world.decline(fmt::format("cloud {}", cloud.value), "prices-unreadable",
                    fmt::format("its spot prices could not be read: {}", said.error().message), said.error().kind);
    }
  }
  for (const auto& [cloud, said] : world.snapshot.reservations) {
    ReservationReading& reading = world.memory().reservations[cloud];
    reading.tried = world.now();
    if (said) {
      reading.read = world.now();
      reading.says = *said;
    } else {
      world.decline(fmt::format("cloud {}", cloud.value), "reservations-unreadable",
                    fmt::format("its reservations could not be read: {}{}{}", said.error().message,
                                said.error().hint.empty() ? "" : "; ", said.error().hint),
                    said.error().kind);
    }
  }
}

const HealthRow* row_of(const World& world, const HealthReading& reading, const InstanceId& id) {
  if (!reading.read || world.now() - *reading.read > k_health_max_age) return nullptr;
  const auto row = reading.rows.find(id);
  return row == reading.rows.end() ? nullptr : &row->second;
}

// A notice is never taken back.
void note_interruption(World& world, Machine& machine, const std::string& why) {
  if (why.empty() || machine.interrupted) return;
  machine.interrupted = world.now();
  machine.interrupted_why = why;
}

void lay_on(World& world, Worker& worker) {
  Machine* machine = world.machine(worker.id);
  if (machine == nullptr) return;
  const auto found = world.plan.memory.health.find(worker.cloud);
  const CloudHealth health = found == world.plan.memory.health.end() ? CloudHealth{} : found->second;
  if (const HealthRow* row = row_of(world, health.notices, worker.id))
    note_interruption(world, *machine, row->says.interrupted);
  if (worker.node && worker.node->note.starts_with(k_note_interrupted))
    note_interruption(world, *machine, fmt::format("its node gave notice: {}", worker.node->note));
  if (!worker.instance) return;
  note_interruption(world, *machine, worker.instance->interrupted);
  if (machine->interrupted) worker.instance->interrupted = machine->interrupted_why;
  const HealthRow* row = row_of(world, health.checks, worker.id);
  if (row == nullptr) return;
  if (row->impaired_since && *health.checks.read - *row->impaired_since >= k_impaired_grace) {
    worker.instance->impaired = true;
    if (worker.instance->fault.empty()) worker.instance->fault = row->says.impaired;
  }
  worker.instance->event = row->says.event;
  worker.instance->event_at = row->says.event_at;
}

// A drain for idleness, which jobs would cancel, of a machine that is not to come back.
void harden_drain(World& world, const Worker& worker) {
  HoldRow* row = world.hold(worker.name);
  const auto why = unsoundness(world, worker);
  if (!why || row == nullptr || row->kind != HoldKind::end || !row->cancellable) return;
  row->rule = why->rule;
  row->cancellable = false;
}

}  // namespace

std::optional<Reason> unsoundness(const World& world, const Worker& worker) {
  const auto machine = world.plan.memory.machines.find(worker.id);
  if (!worker.ours || machine == world.plan.memory.machines.end()) return std::nullopt;
  if (machine->second.interrupted) return Reason{"interrupted", machine->second.interrupted_why, {}};
  if (!worker.instance) return std::nullopt;
  const Instance& instance = *worker.instance;
  if (instance.impaired)
    return Reason{
        "impaired", fmt::format("the cloud says: {}", instance.fault.empty() ? "impaired" : instance.fault), {}};
  if (instance.event == "instance-retirement" || instance.event == "instance-stop") {
    return Reason{"scheduled-event",
                  fmt::format("the cloud plans its {}{}", instance.event,
                              instance.event_at ? " not before " + format_time(*instance.event_at) : ""),
                  {}};
  }
  return std::nullopt;
}

int count_unsound(const World& world, const PoolName* pool) {
  return static_cast<int>(std::ranges::count_if(world.plan.workers, [&](const Worker& worker) {
    const bool counted = worker.ours && !worker.id.empty() && is_paid_for(worker);
    return counted && (pool == nullptr || worker.pool == *pool) && unsoundness(world, worker).has_value();
  }));
}

void judge_health(World& world) {
  take_in_all(world);
  for (Worker& worker : world.plan.workers) {
    if (!worker.ours || worker.id.empty()) continue;
    lay_on(world, worker);
    harden_drain(world, worker);
  }
}

}  // namespace tide::core
