#include <tide/batch/htcondor/nodes.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace tide::batch::htcondor {

namespace {

// From its startd's start a machine's slots come within seconds; a startd that left takes them back at once, while its
// master says so some time later.
constexpr std::int64_t k_first_ad = 15;

std::string host_of_address(const std::string& address) {
  if (!address.starts_with('<')) return "";
  const std::string_view inner = std::string_view(address).substr(1, address.find_first_of("?>") - 1);
  const std::size_t colon = inner.rfind(':');
  std::string_view host = inner.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

bool is_free(const Ad& slot) {
  return slot.state == "Unclaimed" || slot.state == "Owner" || slot.state == "Drained" || slot.state == "Backfill";
}

int small(std::int64_t number) {
  return static_cast<int>(std::clamp<std::int64_t>(number, 0, std::numeric_limits<int>::max()));
}

struct Sums {
  std::int64_t cpus = 0, cpus_used = 0, cpus_claimed = 0;
  std::int64_t memory = 0, memory_used = 0, memory_claimed = 0;
  std::int64_t gpus = 0, gpus_used = 0, gpus_claimed = 0;
};

// A partitionable slot tells what it has left, its dynamic slots what they took: whichever says more.
Sums sum_of(const Machine& machine) {
  Sums sums;
  for (const Ad* slot : machine.slots) {
    if (slot->dynamic) {
      sums.cpus_claimed += slot->cpus;
      sums.memory_claimed += slot->memory_mib;
      sums.gpus_claimed += slot->gpus;
      continue;
    }
    sums.cpus += slot->slot_cpus;
    sums.memory += slot->slot_memory_mib;
    sums.gpus += slot->slot_gpus;
    const bool all = !slot->partitionable && (!is_free(*slot) || !slot->job.empty());
    if (!all && !slot->partitionable) continue;
    sums.cpus_used += all ? slot->slot_cpus : slot->slot_cpus - slot->cpus;
    sums.memory_used += all ? slot->slot_memory_mib : slot->slot_memory_mib - slot->memory_mib;
    sums.gpus_used += all ? slot->slot_gpus : slot->slot_gpus - slot->gpus;
  }
  return sums;
}

// Static slots: a job gets one of them, and what another has left is of no use to it. None where the machine divides
// what it has. By size, the smallest first.
std::vector<core::FixedSlot> fixed_slots(const Machine& machine) {
  std::map<std::tuple<int, std::int64_t, int>, std::pair<int, int>> sizes;  // how many, and how many are free
  for (const Ad* slot : machine.slots) {
    if (slot->partitionable || slot->dynamic) return {};
    auto& [count, free] = sizes[{small(slot->slot_cpus), slot->slot_memory_mib, small(slot->slot_gpus)}];
    ++count;
    if (is_free(*slot) && slot->job.empty()) ++free;
  }
  std::vector<core::FixedSlot> fixed;
  for (const auto& [size, number] : sizes) {
    const auto& [slots, memory, gpus] = size;
    fixed.push_back({.slots = slots, .memory_mib = memory, .gpus = gpus, .count = number.first, .free = number.second});
  }
  return fixed;
}

void count_slots(const Machine& machine, core::Node& node) {
  const Sums sums = sum_of(machine);
  const std::int64_t used = std::max(sums.cpus_used, sums.cpus_claimed);
  const bool any =
      std::ranges::any_of(machine.slots, [](const Ad* slot) { return slot->dynamic || !slot->job.empty(); });
  node.slots = small(sums.cpus);
  // The ads of a startd come one by one: of what has told no size yet nothing can be said.
  if (node.slots == 0 && !any) node.starting = true;
  node.slots_used = small(any ? std::max<std::int64_t>(used, 1) : used);
  node.fixed = fixed_slots(machine);
  node.memory_mib = sums.memory;
  node.memory_mib_used = std::max<std::int64_t>({sums.memory_used, sums.memory_claimed, 0});
  if (sums.gpus > 0) node.gpus[""] = small(sums.gpus);
  for (const Ad* slot : machine.slots) {
    if (!slot->dynamic && !slot->tide_gpus.empty()) node.gpus = slot->tide_gpus;
  }
  const auto gpus = std::max(sums.gpus_used, sums.gpus_claimed);
  // Which of several types are used is not told: the first then.
  if (gpus > 0) node.gpus_used[node.gpus.empty() ? "" : node.gpus.begin()->first] = small(gpus);
}

// "Claimed/Busy x2, Unclaimed/Idle", for people.
std::string state_of(const Machine& machine) {
  std::map<std::string, int> counts;
  for (const Ad* slot : machine.slots) ++counts[slot->state + "/" + slot->activity];
  std::vector<std::string> words;
  for (const auto& [state, count] : counts) words.push_back(count == 1 ? state : fmt::format("{} x{}", state, count));
  return join(words, ", ");
}

void judge_holds(const Machine& machine, core::Node& node) {
  bool starts_none = true;
  for (const Ad* slot : machine.slots) {
    if (slot->draining) {
      node.held = true;
      node.note = slot->drain_reason.empty() ? "drained without a reason" : slot->drain_reason;
    }
    if (slot->closed) node.hold_is_final = true;
    if (!slot->start_false) starts_none = false;
    if (slot->tide_ready == false) node.starting = true;
  }
  if (node.hold_is_final) {
    node.held = true;
    node.note.clear();
    node.state += ", shutting down peacefully";
  }
  if (starts_none && !node.held && !node.starting) {
    node.held = true;
    node.note = "START is false";
  }
  if (node.held) node.starting = false;
}

// No slot: its startd is not there yet, or not any more.
void judge_master(const Machine& machine, std::int64_t now, core::Node& node) {
  if (machine.is_off()) {
    node.held = true;
    node.hold_is_final = true;
    node.state = "Off";
    return;
  }
  if (now - machine.master->startd_up_since.value_or(0) < k_first_ad) {
    node.starting = true;
    node.state = "Starting";
    return;
  }
  node.held = true;
  node.hold_is_final = true;
  node.completing = true;  // not known to be empty before its master says that the startd is gone
  node.state = "Leaving";
}

}  // namespace

Machines machines_of(const Ads& ads) {
  Machines machines;
  for (const Ad& ad : ads.others) {
    if (ad.machine.empty() || ad.offline) continue;
    if (ad.type == "Machine") machines[ad.machine].slots.push_back(&ad);
    if (ad.type != "DaemonMaster" || !ad.startd_up_since) continue;
    Machine& machine = machines[ad.machine];
    if (machine.master == nullptr || ad.heard > machine.master->heard) machine.master = &ad;
  }
  return machines;
}

core::Node node_of(const std::string& name, const Machine& machine, const Ads& ads, Seconds silent_after) {
  core::Node node;
  node.name = {name};
  std::int64_t heard = 0;
  const auto take_names = [&](const Ad& ad) {
    if (!ad.tide_node.empty() && ad.tide_node != name) node.hostname = ad.tide_node;
    if (!ad.tide_instance.empty()) node.instance = {ad.tide_instance};
    if (node.address.empty()) node.address = host_of_address(ad.address);
    node.features.insert(node.features.end(), ad.features.begin(), ad.features.end());
  };
  if (machine.slots.empty()) take_names(*machine.master);
  for (const Ad* slot : machine.slots) {
    heard = std::max(heard, slot->heard);
    take_names(*slot);
    const auto since = slot->up_since.value_or(slot->heard);
    if (!node.registered_at || TimePoint{Seconds{since}} > *node.registered_at)
      node.registered_at = TimePoint{Seconds{since}};
  }
  std::ranges::sort(node.features);
  node.features.erase(std::unique(node.features.begin(), node.features.end()), node.features.end());
  if (machine.slots.empty()) {
    heard = machine.master->heard;
    node.registered_at = TimePoint{Seconds{machine.master->up_since.value_or(heard)}};
    judge_master(machine, ads.now, node);
  } else {
    node.state = state_of(machine);
    count_slots(machine, node);
    judge_holds(machine, node);
  }
  node.responding = ads.now - heard <= silent_after.count();
  if (!node.responding) node.state += fmt::format(", not heard from for {} s", ads.now - heard);
  return node;
}

std::vector<core::Node> nodes_of(const Ads& ads, Seconds silent_after) {
  std::vector<core::Node> nodes;
  for (const auto& [name, machine] : machines_of(ads)) nodes.push_back(node_of(name, machine, ads, silent_after));
  return nodes;
}

}  // namespace tide::batch::htcondor
