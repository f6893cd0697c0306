#include <tide/batch/htcondor/slots.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::htcondor {

namespace {

constexpr std::array<std::string_view, 31> k_slot_attributes{"Activity",
                                                             "Cpus",
                                                             "DaemonStartTime",
                                                             "Draining",
                                                             "DrainReason",
                                                             "DynamicSlot",
                                                             "GPUs",
                                                             "JobId",
                                                             "LastHeardFrom",
                                                             "Machine",
                                                             "MaxJobRetirementTime",
                                                             "Memory",
                                                             "MyAddress",
                                                             "Name",
                                                             "PartitionableSlot",
                                                             "SlotType",
                                                             "Start",
                                                             "State",
                                                             "TideFeatures",
                                                             "TideGpus",
                                                             "TideInstance",
                                                             "TideNode",
                                                             "TidePool",
                                                             "TideReady",
                                                             "TotalCpus",
                                                             "TotalGPUs",
                                                             "TotalMemory",
                                                             "TotalSlotCpus",
                                                             "TotalSlotGPUs",
                                                             "TotalSlotMemory",
                                                             "Unhibernate"};

Value without_target(Scope /*scope*/, const std::string& /*name*/) { return {}; }

// "<127.0.0.1:4961?addrs=...>" and "<[::1]:4961?...>".
std::string address_of(std::string_view sinful) {
  if (!sinful.starts_with('<')) return "";
  sinful.remove_prefix(1);
  if (sinful.starts_with('[')) return std::string(sinful.substr(1, sinful.find(']') - 1));
  return std::string(sinful.substr(0, sinful.find_first_of(":?>")));
}

// "a100:2,v100:1", as tide's join script publishes it.
core::Gpus typed_gpus(const std::string& text) {
  core::Gpus gpus;
  for (const std::string_view item : split(text, ',')) {
    const std::size_t colon = item.rfind(':');
    const auto count = colon == std::string_view::npos ? std::nullopt : parse_integer(trim(item.substr(colon + 1)));
    if (!count || *count < 1) return {};
    gpus[std::string(trim(item.substr(0, colon)))] += static_cast<int>(*count);
  }
  return gpus;
}

int total(const core::Gpus& gpus) {
  int sum = 0;
  for (const auto& [type, count] : gpus) sum += count;
  return sum;
}

}  // namespace

std::string slot_projection(const std::set<std::string>& wanted) {
  std::string all;
  for (const std::string_view name : k_slot_attributes) all += (all.empty() ? "" : ",") + std::string(name);
  for (const std::string& name : wanted) all += "," + name;
  return all;
}

Result<void> SlotBuilder::attribute(std::string_view key, std::string_view value) {
  m_ad[to_lower(key)].assign(value);
  return {};
}

Value SlotBuilder::value(const std::string& name) const {
  const auto found = m_ad.find(to_lower(name));
  if (found == m_ad.end()) return {};
  const auto value = value_of(found->second, without_target);
  return value ? *value : Value{.kind = Value::Kind::error};
}

std::string SlotBuilder::text(const std::string& name) const {
  const Value found = value(name);
  return found.kind == Value::Kind::text ? found.text : "";
}

std::int64_t SlotBuilder::number(const std::string& name, std::int64_t fallback) const {
  const Value found = value(name);
  return found.kind == Value::Kind::integer ? found.number : fallback;
}

// A partitionable slot has what is still free, its dynamic ones what they took of it; a static one is taken whole.
void SlotBuilder::add_size(Machine& machine) const {
  if (value("DynamicSlot").is_true()) return;
  core::Node& node = machine.node;
  const std::int64_t cpus = number("TotalSlotCpus", number("Cpus", 0));
  const std::int64_t memory = number("TotalSlotMemory", number("Memory", 0));
  const std::int64_t gpus = number("TotalSlotGPUs", number("GPUs", 0));
  const std::string state = text("State");
  const bool taken = state == "Claimed" || state == "Matched" || state == "Preempting";
  const bool parts = value("PartitionableSlot").is_true();
  node.slots += static_cast<int>(cpus);
  node.memory_mib += memory;
  if (gpus > 0) node.gpus[""] += static_cast<int>(gpus);
  node.slots_used += static_cast<int>(parts ? cpus - number("Cpus", 0) : taken ? cpus : 0);
  node.memory_mib_used += parts ? memory - number("Memory", 0) : taken ? memory : 0;
  const std::int64_t used = parts ? gpus - number("GPUs", 0) : taken ? gpus : 0;
  if (used > 0) node.gpus_used[""] += static_cast<int>(used);
}

void SlotBuilder::add_features(core::Node& node) const {
  const auto add = [&](const std::string& feature) {
    if (!feature.empty() && std::ranges::find(node.features, feature) == node.features.end())
      node.features.push_back(feature);
  };
  add(text("TidePool"));
  for (const std::string_view feature : split(text("TideFeatures"), ',')) add(std::string(trim(feature)));
  // Jobs write a name as they like; a node has it as each of them does: see Requirements.
  for (const std::string& name : m_options.wanted) {
    const Value found = value(name);
    if (found.is_true()) add(name);
    if (found.kind == Value::Kind::text) add(name + "=" + found.text);
    if (found.kind == Value::Kind::integer) add(fmt::format("{}={}", name, found.number));
  }
}

void SlotBuilder::add_state(Machine& machine) const {
  core::Node& node = machine.node;
  DrainFacts& drain = machine.drain;
  const bool dynamic = value("DynamicSlot").is_true();
  const std::string state = text("State");
  const std::string activity = text("Activity");
  if (value("Draining").is_true()) {
    drain.draining = true;
    if (const std::string reason = text("DrainReason"); !reason.empty()) drain.reason = reason;
  } else if (activity == "Retiring") {
    drain.retiring = true;
  }
  if (activity == "Vacating" || state == "Preempting") node.completing = true;
  if (const std::string job = text("JobId"); !job.empty()) drain.jobs.push_back(job);
  const std::int64_t retirement = number("MaxJobRetirementTime", 0);
  drain.retirement_seconds = machine.first ? retirement : std::min(drain.retirement_seconds, retirement);
  if (!dynamic) {
    const auto start = m_ad.find("start");
    machine.start_undefined = machine.start_undefined || start == m_ad.end() || start->second == "null";
    machine.start_false = machine.start_false || value("Start").is_false();
    machine.ready_false = machine.ready_false || value("TideReady").is_false();
  }
  const std::string words = fmt::format("{}/{}", state, activity);
  if (machine.state.find(words) == std::string::npos) machine.state += (machine.state.empty() ? "" : ",") + words;
}

Result<void> SlotBuilder::end() {
  const std::string name = text("Machine");
  const std::string slot = text("Name");
  if (name.empty() || slot.empty() || text("State").empty())
    return make_error(ErrorKind::protocol, "an ad has no Machine, Name or State: it is no slot's");
  Machine& machine = m_machines[name];
  core::Node& node = machine.node;
  machine.drain.machine = name;
  add_size(machine);
  add_features(node);
  add_state(machine);
  machine.first = false;
  const TimePoint heard{Seconds(number("LastHeardFrom", 0))};
  machine.heard = std::max(machine.heard, heard);
  const TimePoint began{Seconds(number("DaemonStartTime", 0))};
  if (began > TimePoint{} && (!node.registered_at || began > *node.registered_at)) node.registered_at = began;
  if (node.address.empty()) node.address = address_of(text("MyAddress"));
  if (node.instance.empty()) node.instance.value = text("TideInstance");
  if (node.hostname.empty()) node.hostname = text("TideNode");
  if (const core::Gpus typed = typed_gpus(text("TideGpus")); !typed.empty() && !value("DynamicSlot").is_true())
    node.gpus = typed;
  return {};
}

std::vector<core::Node> SlotBuilder::finish() {
  std::map<core::NodeName, core::Node> nodes;
  for (auto& [name, machine] : m_machines) {
    core::Node& node = machine.node;
    if (total(node.gpus_used) > 0 && !node.gpus.contains("")) {  // which of the typed ones are used is not told
      node.gpus_used = {{node.gpus.begin()->first, total(node.gpus_used)}};
    }
    DrainFacts& drain = machine.drain;
    // A peaceful off makes START undefined, for good.
    drain.retiring = drain.retiring || (machine.start_undefined && !drain.draining);
    node.responding = m_options.now - machine.heard < m_options.silent_after;
    node.hold_is_final = drain.retiring && !drain.draining;
    node.starting = machine.ready_false && !drain.draining && !drain.retiring;
    node.held = drain.draining || drain.retiring || (machine.start_false && !node.starting);
    node.note = drain.draining ? drain.reason : "";
    if (node.held && !drain.draining && !drain.retiring) node.note = "START is false";
    node.state = machine.state;
    std::ranges::sort(node.features);
    node.name.value = node.hostname.empty() || nodes.contains({node.hostname}) ? name : node.hostname;
    node.hostname = node.name.value == name ? node.hostname : name;
    std::ranges::sort(drain.jobs);
    m_drains[node.name] = std::move(drain);
    nodes.emplace(node.name, std::move(node));
  }
  std::vector<core::Node> sorted;
  for (auto& [name, node] : nodes) sorted.push_back(std::move(node));
  return sorted;
}

std::string master_projection() {
  return "COLLECTOR_StartTime,CondorVersion,DaemonStartTime,LastHeardFrom,Machine,MyAddress,Name,STARTD_StartTime,"
         "TideInstance,TideNode";
}

Result<void> MasterBuilder::attribute(std::string_view key, std::string_view written) {
  const std::string name = to_lower(key);
  const auto value = value_of(written, without_target);
  if (!value) return value.error();
  if (name == "name") m_ad.name = value->text;
  if (name == "machine") m_ad.machine = value->text;
  if (name == "condorversion") m_ad.version = value->text;
  if (name == "tidenode") m_ad.node = value->text;
  if (name == "tideinstance") m_ad.instance = value->text;
  if (name == "myaddress") m_ad.address = address_of(value->text);
  if (name == "startd_starttime") m_ad.startd_since = value->number;
  if (name == "collector_starttime") m_ad.collector_since = value->number;
  if (name == "daemonstarttime") m_ad.up_since = value->number;
  if (name == "lastheardfrom") m_ad.heard = value->number;
  return {};
}

Result<void> MasterBuilder::end() {
  if (m_ad.name.empty() || m_ad.machine.empty())
    return make_error(ErrorKind::protocol, "an ad has no Name or Machine: it is no master's");
  m_masters.push_back(m_ad);
  return {};
}

core::Node off_node(const MasterAd& master, const SlotOptions& options) {
  core::Node node;
  node.name.value = master.node.empty() ? master.machine : master.node;
  if (!master.node.empty()) node.hostname = master.machine;
  node.instance.value = master.instance;
  node.address = master.address;
  node.registered_at = TimePoint{Seconds(master.up_since)};
  node.responding = options.now - TimePoint{Seconds(master.heard)} < options.silent_after;
  node.held = true;
  node.hold_is_final = true;
  node.state = "Off";
  return node;
}

}  // namespace tide::batch::htcondor
