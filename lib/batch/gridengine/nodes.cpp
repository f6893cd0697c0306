#include <tide/batch/gridengine/nodes.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::gridengine {

namespace {

constexpr std::string_view k_mem_total = "mem_total";
constexpr TimePoint k_long_ago{Seconds{1}};

bool has_letter(const QueueInstance& queue, std::string_view letters) {
  return queue.state.find_first_of(letters) != std::string::npos;
}

// Disabled, by a person or a calendar, or suspended; or out of the queue's host list, where its last jobs still run.
bool is_closed(const QueueInstance& queue) { return has_letter(queue, "dDsCo"); }
bool is_unknown(const QueueInstance& queue) { return has_letter(queue, "u"); }
bool is_broken(const QueueInstance& queue) { return has_letter(queue, "Ec"); }
bool is_loaded(const QueueInstance& queue) { return has_letter(queue, "aASP"); }

// Three digits behind the dot are printed: half of the last one, 0.512 MiB of a G, is added, or a size would read as 1
// MiB less.
std::optional<std::int64_t> printed_mib(const std::optional<std::string>& text) {
  if (!text) return {};
  const auto bytes = parse_bytes(*text);
  if (!bytes) return {};
  const std::int64_t half = text->ends_with('G')   ? std::int64_t{537'400}
                            : text->ends_with('T') ? std::int64_t{1} << 29U
                                                   : 0;
  return (*bytes + half) >> 20U;
}

std::string state_of(const HostRecord& host) {
  std::string text;
  for (const auto& queue : host.queues)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", queue.queue, queue.state.empty() ? "ok" : queue.state);
  return text;
}

void read_slots(const HostRecord& host, core::Node& node) {
  int all = 0;
  for (const auto& queue : host.queues) {
    node.slots_used += queue.slots_used;
    all += queue.slots;
    if (!is_closed(queue)) node.queues.push_back(queue.queue);
  }
  if (node.queues.empty()) {
    for (const auto& queue : host.queues) node.queues.push_back(queue.queue);
  }
  // What the host has for all of its queues together, where it says so.
  const auto left = host.resource("slots");
  const auto count = left ? parse_count(*left) : std::nullopt;
  node.slots = count ? static_cast<int>(std::min<std::int64_t>(all, *count + node.slots_used)) : all;
  const bool starts_none = std::ranges::all_of(host.queues, [](const auto& queue) { return is_loaded(queue); });
  if (starts_none && node.slots_used > 0) node.slots_used = std::max(node.slots_used, node.slots);
}

// Of what jobs consume, the host tells what is left. On an empty host that is all of it.
void read_resources(const HostRecord& host, const ResourceNames& names, core::Node& node) {
  const auto total = printed_mib(host.resource(k_mem_total));
  std::optional<std::int64_t> left;
  for (const std::string& name : names.memory) {
    const auto found = host.resources.find(name);
    if (found == host.resources.end() || found->second.first != "hc") continue;
    const auto mib = printed_mib(found->second.second);
    if (mib) left = std::min(left.value_or(*mib), *mib);
  }
  node.memory_mib = total ? *total : left.value_or(0);
  if (left && *left < node.memory_mib) {
    if (node.slots_used == 0) node.memory_mib = *left;
    node.memory_mib_used = node.memory_mib - *left;
  }
  for (const auto& [type, name] : names.gpus) {
    const auto text = host.resource(name);
    const auto count = text ? parse_count(*text) : std::nullopt;
    if (count && *count > 0) node.gpus[type] = static_cast<int>(std::min<std::int64_t>(*count, 1'000'000));
  }
  for (const std::string& feature : names.features) {
    const auto [name, value] = resource_of_feature(feature);
    const auto text = host.resource(name);
    if (text && (value == "TRUE" ? parse_count(*text) == 1 || *text == "TRUE" : *text == value))
      node.features.push_back(feature);
  }
}

}  // namespace

std::pair<std::string, std::string> resource_of_feature(const std::string& feature) {
  const std::size_t sign = feature.find('=');
  if (sign == std::string::npos) return {feature, "TRUE"};
  return {feature.substr(0, sign), feature.substr(sign + 1)};
}

std::string resource_list(const ResourceNames& names) {
  std::vector<std::string> list{"slots", std::string(k_mem_total)};
  if (!names.note.empty()) list.push_back(names.note);
  list.insert(list.end(), names.memory.begin(), names.memory.end());
  for (const auto& gpu : names.gpus) list.push_back(gpu.second);
  for (const auto& feature : names.features) list.push_back(resource_of_feature(feature).first);
  std::vector<std::string> once;
  for (std::string& name : list) {
    if (std::ranges::find(once, name) == once.end()) once.push_back(std::move(name));
  }
  return join(once, ",");
}

Mark mark_of(const HostRecord& host, const ResourceNames& names) {
  const auto value = names.note.empty() ? std::nullopt : host.resource(names.note);
  return value ? decode_mark(*value) : Mark{};
}

core::Node node_of(const HostRecord& host, const ResourceNames& names, TimePoint now) {
  core::Node node;
  node.name = {host.name};
  node.state = state_of(host);
  read_slots(host, node);
  read_resources(host, names, node);
  const bool silent = std::ranges::all_of(host.queues, [](const auto& queue) { return is_unknown(queue); });
  const bool reports = host.value("load_avg") != "-";
  // A minute after each restart of the qmaster all hosts are unknown: none is given up for it (`down`).
  node.responding = reports && !silent;
  // It reports now, or what it once said of itself is still known; when that was, nobody tells.
  if (node.responding) {
    node.registered_at = now;
  } else if (host.value("arch_string") != "-") {
    node.registered_at = k_long_ago;
  }
  node.held = std::ranges::all_of(host.queues, [](const auto& queue) { return is_closed(queue); });
  node.unfit = !node.held && !silent &&
               std::ranges::all_of(host.queues, [](const auto& queue) { return is_broken(queue) || is_closed(queue); });
  if (node.held) node.note = mark_of(host, names).note;
  node.placeholder = node.note.starts_with(core::k_note_placeholder);
  return node;
}

std::vector<core::Node> nodes_of(const std::vector<HostRecord>& hosts, const ResourceNames& names, TimePoint now) {
  std::vector<core::Node> nodes;
  for (const auto& host : hosts) {
    if (!host.queues.empty()) nodes.push_back(node_of(host, names, now));
  }
  return nodes;
}

}  // namespace tide::batch::gridengine
