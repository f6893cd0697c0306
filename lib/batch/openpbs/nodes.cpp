#include <tide/batch/openpbs/exec_nodes.hpp>
#include <tide/batch/openpbs/nodes.hpp>
#include <tide/batch/openpbs/select.hpp>
#include <tide/batch/openpbs/text_reader.hpp>
#include <tide/batch/openpbs/values.hpp>
#include <tide/batch/pbs/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

namespace tide::batch::openpbs {

namespace {

// One vnode: "resources_available.ncpus" and the like; lists joined by commas.
struct Vnode {
  std::string name;
  std::map<std::string, std::string, std::less<>> values;

  std::string_view operator[](std::string_view key) const {
    const auto found = values.find(key);
    return found == values.end() ? std::string_view{} : std::string_view(found->second);
  }
};

class VnodeVisitor {
 public:
  explicit VnodeVisitor(bool escaped) : m_escaped(escaped) {}

  Result<void> begin(std::string_view id) {
    vnodes.push_back({.name = value_of(id), .values = {}});
    return {};
  }
  bool may_want(char /*first*/, char /*second*/) const { return true; }
  bool wants(std::string_view group) const {
    return group == "resources_available" || group == "resources_assigned" || group == "jobs";
  }
  void attribute(std::string_view group, std::string_view key, std::string_view value) {
    m_last = group.empty() ? std::string(key) : fmt::format("{}.{}", group, key);
    std::string& into = vnodes.back().values[m_last];
    into += into.empty() ? value_of(value) : "," + value_of(value);  // an array's items come one by one
  }
  void damage() {
    // A comment with a line end: what came before it will do. Nothing else may be damaged.
    if (m_last != "comment") damaged = fmt::format("'{}' of node '{}'", m_last, printable(vnodes.back().name, 80));
  }
  Result<void> end() { return {}; }

  std::vector<Vnode> vnodes;
  std::string damaged;

 private:
  std::string value_of(std::string_view text) const { return m_escaped ? unescape(text) : std::string(text); }

  bool m_escaped;
  std::string m_last;
};

constexpr std::array<std::string_view, 20> k_states{"free",
                                                    "job-busy",
                                                    "job-exclusive",
                                                    "resv-exclusive",
                                                    "busy",
                                                    "offline",
                                                    "down",
                                                    "stale",
                                                    "state-unknown",
                                                    "state-down",
                                                    "unresolvable",
                                                    "provisioning",
                                                    "wait-provisioning",
                                                    "maintenance",
                                                    "sleep",
                                                    "powering-on",
                                                    "powering-off",
                                                    "suspended",
                                                    "offline_by_mom",
                                                    "Stale"};

// What a host offers that is no feature.
constexpr std::array<std::string_view, 12> k_plain{"host",          "vnode",   "ncpus", "mem", "ngpus",
                                                   "vmem",          "hbmem",   "aoe",   "eoe", "accelerator_memory",
                                                   "naccelerators", "mpiprocs"};

// What PBS itself writes when it takes a node out.
constexpr std::array<std::string_view, 2> k_own_comments{"offlined by hook", "node offlined"};

std::string_view short_name(std::string_view host) { return host.substr(0, host.find('.')); }

Result<std::int64_t> number(const Vnode& vnode, std::string_view key) {
  const std::string_view text = vnode[key];
  if (text.empty()) return std::int64_t{0};
  const auto value = parse_integer(text);
  if (!value || *value < 0 || *value > std::numeric_limits<int>::max()) {
    return make_error(ErrorKind::protocol, "node '{}' has '{}' for {}", printable(vnode.name, 80), printable(text, 40),
                      key);
  }
  return *value;
}

Result<std::int64_t> bytes(const Vnode& vnode, std::string_view key) {
  const std::string_view text = vnode[key];
  if (text.empty()) return std::int64_t{0};
  const auto size = pbs::parse_size_bytes(text);
  if (!size || *size < 0) {
    return make_error(ErrorKind::protocol, "node '{}' has '{}' for {}", printable(vnode.name, 80), printable(text, 40),
                      key);
  }
  return *size;
}

Result<void> read_state(const Vnode& vnode, core::Node& node) {
  const std::string_view text = vnode["state"];
  std::set<std::string, std::less<>> words;
  for (const std::string_view word : split(text, ',')) {
    const std::string_view state = trim(word.substr(0, word.find('<')));
    if (std::ranges::find(k_states, state) == k_states.end()) {
      return make_error(ErrorKind::protocol, "node '{}' has the state '{}'", printable(vnode.name, 80),
                        printable(text, 80));
    }
    words.insert(to_lower(state));
  }
  const auto has = [&](std::string_view word) { return words.find(word) != words.end(); };
  node.down = node.down || has("down") || has("state-down") || has("stale");
  node.responding = node.responding && !has("down") && !has("state-down") && !has("state-unknown") && !has("stale");
  // A reservation or a maintenance is a person's doing: no jobs of the queue, and not tide's to end.
  const bool held = has("offline") || has("maintenance") || has("resv-exclusive");
  node.held = node.held && held;  // as long as one vnode takes jobs, the node does
  node.unfit = node.unfit || has("offline_by_mom") || has("unresolvable");
  node.starting = node.starting || has("provisioning") || has("wait-provisioning") || has("powering-on");
  for (const auto& word : words) {
    if (!node.state.empty() && (',' + node.state + ',').find(',' + word + ',') != std::string::npos) continue;
    node.state += (node.state.empty() ? "" : ",") + word;
  }
  return {};
}

void read_features(const Vnode& vnode, core::Node& node) {
  constexpr std::string_view k_available = "resources_available.";
  for (const auto& [key, value] : vnode.values) {
    if (!key.starts_with(k_available)) continue;
    const std::string_view name = std::string_view(key).substr(k_available.size());
    if (std::ranges::find(k_plain, name) != k_plain.end()) continue;
    for (const std::string_view one : split(value, ',')) {
      const std::string_view item = trim(one);
      if (item.empty() || to_lower(item) == "false") continue;
      node.features.push_back(feature_of(name, item));
    }
  }
}

// A vnode that no daemon reported yet has neither the machine's CPUs nor its version.
Result<void> read_times(const Vnode& vnode, core::Node& node) {
  const std::string_view changed = vnode["last_state_change_time"];
  const bool registered = !vnode["pcpus"].empty();
  if (!registered || changed.empty() || changed == "0") return {};
  const auto time = parse_time_text(changed);
  if (!time) {
    return make_error(ErrorKind::protocol, "node '{}' has '{}' for last_state_change_time", printable(vnode.name, 80),
                      printable(changed, 40));
  }
  node.registered_at = std::max(node.registered_at.value_or(*time), *time);
  return {};
}

Result<void> fold(const Vnode& vnode, core::Node& node, std::int64_t& memory, std::int64_t& memory_used,
                  std::vector<std::string>& jobs) {
  TIDE_TRY(read_state(vnode, node));
  TIDE_TRY(read_times(vnode, node));
  read_features(vnode, node);
  const bool sized = !vnode["resources_available.ncpus"].empty();
  TIDE_TRY_ASSIGN(const auto slots, number(vnode, sized ? "resources_available.ncpus" : "pcpus"));
  TIDE_TRY_ASSIGN(auto used, number(vnode, "resources_assigned.ncpus"));
  TIDE_TRY_ASSIGN(const auto gpus, number(vnode, "resources_available.ngpus"));
  TIDE_TRY_ASSIGN(const auto gpus_used, number(vnode, "resources_assigned.ngpus"));
  TIDE_TRY_ASSIGN(const auto size, bytes(vnode, "resources_available.mem"));
  TIDE_TRY_ASSIGN(const auto size_used, bytes(vnode, "resources_assigned.mem"));
  std::string_view list = vnode["jobs"];
  if (list.starts_with('[') && list.ends_with(']')) list = list.substr(1, list.size() - 2);
  for (const std::string_view item : split(list, ',')) {
    std::string_view id = trim(item);
    if (id.starts_with('"')) id.remove_prefix(1);
    id = id.substr(0, id.find_first_of("/\""));
    if (!id.empty()) jobs.emplace_back(id);
  }
  if (!jobs.empty()) used = std::max<std::int64_t>(used, 1);  // a job without CPUs is a job
  // place=excl: PBS counts what the job asked for, and lets nobody else in.
  if (!jobs.empty() && vnode["state"].find("job-exclusive") != std::string_view::npos) used = std::max(used, slots);
  node.slots += static_cast<int>(slots);
  node.slots_used += static_cast<int>(used);
  if (gpus > 0) node.gpus[""] += static_cast<int>(gpus);
  if (gpus_used > 0) node.gpus_used[""] += static_cast<int>(gpus_used);
  memory += size;
  memory_used += size_used;
  return {};
}

void read_note(const Vnode& vnode, core::Node& node) {
  const std::string_view comment = vnode["comment"];
  const bool own =
      std::ranges::any_of(k_own_comments, [&](std::string_view words) { return comment.starts_with(words); });
  node.unfit = node.unfit || (node.held && own);
  if (!node.held && !node.unfit) return;  // anyone may comment on a node
  node.note = std::string(comment);
  if (!own && core::has_others_note(node)) node.unfit = false;
  node.placeholder = node.note.starts_with(core::k_note_placeholder);
}

// The vnodes of a host, its natural one first: that which bears the host's name.
Result<core::Node> node_of(const std::vector<const Vnode*>& vnodes, std::vector<std::string>& jobs) {
  const Vnode& natural = *vnodes.front();
  core::Node node{.name = core::NodeName{natural.name}, .held = true};
  const std::string_view mom = natural["Mom"];
  if (!mom.empty() && mom != natural.name && short_name(mom) != natural.name) node.hostname = std::string(mom);
  std::int64_t memory = 0;
  std::int64_t memory_used = 0;
  for (const Vnode* vnode : vnodes) TIDE_TRY(fold(*vnode, node, memory, memory_used, jobs));
  node.memory_mib = memory >> 20;
  node.memory_mib_used = (memory_used + (1 << 20) - 1) >> 20;
  if (const std::string_view queue = natural["queue"]; !queue.empty()) node.queues.emplace_back(queue);
  for (auto* list : {&node.features, &jobs}) {
    std::ranges::sort(*list);
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  read_note(natural, node);
  return node;
}

std::string host_of(const Vnode& vnode) {
  const std::string_view host = vnode["resources_available.host"];
  return std::string(host.empty() ? without_index(vnode.name) : short_name(host));
}

Result<std::vector<Vnode>> read_vnodes(std::string_view text, Form form) {
  VnodeVisitor visitor(form == Form::json);
  if (form == Form::json) {
    JsonReader reader("nodes");
    TIDE_TRY(reader.feed(text, visitor));
    TIDE_TRY(reader.finish(visitor));
  } else {
    TextReader reader("");
    TIDE_TRY(reader.feed(text, visitor));
    TIDE_TRY(reader.finish(visitor));
  }
  if (!visitor.damaged.empty()) return make_error(ErrorKind::protocol, "{} cannot be read", visitor.damaged);
  if (visitor.vnodes.empty())
    return make_error(ErrorKind::unproven, "it lists no node and does not say '{}'", k_no_nodes);
  return std::move(visitor.vnodes);
}

}  // namespace

Result<NodeList> parse_nodes(std::string_view text, Form form) {
  TIDE_TRY_ASSIGN(const std::vector<Vnode> vnodes, read_vnodes(text, form));
  std::map<std::string, std::vector<const Vnode*>> hosts;
  std::set<std::string_view> names;
  for (const Vnode& vnode : vnodes) {
    if (vnode.name.empty() || !names.insert(vnode.name).second)
      return make_error(ErrorKind::protocol, "node '{}' is listed twice", printable(vnode.name, 80));
    const std::string host = host_of(vnode);
    auto& list = hosts[host];
    const bool natural = vnode.name == host || short_name(vnode.name) == host;
    list.insert(natural ? list.begin() : list.end(), &vnode);
  }
  NodeList list;
  for (const auto& [host, of_host] : hosts) {
    std::vector<std::string> jobs;
    TIDE_TRY_ASSIGN(core::Node node, node_of(of_host, jobs));
    for (const Vnode* vnode : of_host) list.hosts.emplace(vnode->name, node.name.value);
    list.jobs.emplace(node.name.value, std::move(jobs));
    list.nodes.push_back(std::move(node));
  }
  std::ranges::sort(list.nodes, {}, &core::Node::name);
  return list;
}

}  // namespace tide::batch::openpbs
