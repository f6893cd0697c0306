#include <tide/batch/slurm/fields.hpp>
#include <tide/batch/slurm/session.hpp>
#include <tide/batch/slurm/show_node.hpp>
#include <tide/batch/slurm/values.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace tide::batch::slurm {

namespace {

constexpr std::string_view k_none = "No nodes in the system";

// With these words slurmctld or slurmd 22.05 drains a node that is not what it should be.
constexpr std::array<std::string_view, 12> k_own_drains{
    "Low RealMemory",
    "Low CPUs",
    "Low socket*core*thread count",
    "Low TmpDisk",
    "gres/",
    "Prolog error",
    "Epilog error",
    "Kill task failed",
    "Duplicate jobid",
    "batch job complete failure",
    "Node unexpectedly rebooted",
    "ResumeTimeout reached",
};

// Values that may hold blanks come last (Reason, Comment, Extra) or are the node's own (OS), which can only deceive
// about itself.
std::string_view field(std::string_view line, std::string_view key) { return field_of(line, key); }

// Text that ends where the next free field begins.
std::string_view free_text(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return "";
  std::string_view text = line.substr(at + key.size());
  for (const std::string_view next : {" Comment=", " Extra="}) {
    if (next != key) text = text.substr(0, text.find(next));
  }
  return trim(text);
}

// "tide: joining [root@1795624962]": the words, who said so and when.
void read_reason(std::string_view reason, core::Node& node) {
  for (std::size_t at = reason.find(" ["); at != std::string_view::npos; at = reason.find(" [", at + 1)) {
    const std::size_t close = reason.find(']', at);
    if (close == std::string_view::npos) break;
    const std::string_view who = reason.substr(at + 2, close - at - 2);
    const std::size_t sign = who.rfind('@');
    const auto when = sign == std::string_view::npos || who.find(' ') != std::string_view::npos
                          ? std::nullopt
                          : parse_slurm_time(who.substr(sign + 1));
    if (!when) continue;
    node.note = std::string(reason.substr(0, at));
    node.held_by = printable(who.substr(0, sign), 80);
    node.held_since = *when;
    return;
  }
  node.note = is_none(reason) ? "" : std::string(reason);
}

Result<std::int64_t> number(std::string_view line, std::string_view key, bool needed) {
  const std::string_view text = field(line, key);
  if (text.empty() && !needed) return std::int64_t{0};
  const auto value = parse_integer(text);
  if (!value || *value < 0 || *value > std::numeric_limits<int>::max()) {
    return make_error(ErrorKind::protocol, "'{}' has '{}' for {}", printable(line, 40), printable(text, 40), key);
  }
  return *value;
}

std::vector<std::string> list(std::string_view text) {
  std::vector<std::string> out;
  if (is_none(text)) return out;
  for (const std::string_view item : split(text, ',')) {
    if (!item.empty()) out.emplace_back(item);
  }
  return out;
}

// "IDLE+CLOUD+DRAIN+DYNAMIC_NORM", older commands also "DOWN*".
Result<void> read_state(std::string_view line, core::Node& node) {
  const std::string_view state = field(line, "State");
  node.state = std::string(state);
  const auto words = split(state, '+');
  const auto has = [&](std::string_view word) { return std::ranges::find(words, word) != words.end(); };
  const std::string_view last = words.front();
  const std::string_view base = last.substr(0, last.find_first_of("*~#!%$@^-"));
  constexpr std::array<std::string_view, 8> k_bases{"IDLE",  "MIXED",   "ALLOCATED", "DOWN",
                                                    "ERROR", "UNKNOWN", "FUTURE",    "PLANNED"};
  if (std::ranges::find(k_bases, base) == k_bases.end()) {
    return make_error(ErrorKind::protocol, "'{}' has the state '{}'", printable(line, 40), printable(state, 80));
  }
  node.down = base == "DOWN" || base == "ERROR";
  node.held = has("DRAIN") || has("FAIL");
  node.completing = has("COMPLETING");
  node.responding = !has("NOT_RESPONDING") && last.find('*') == std::string_view::npos && base != "UNKNOWN";
  const bool own = std::ranges::any_of(
      k_own_drains, [&](std::string_view words_of_it) { return node.note.starts_with(words_of_it); });
  const bool refused = has("INVALID_REG") && (own || !core::has_others_note(node));
  node.unfit = refused || ((node.held || node.down) && own);
  // slurmctld writes these words over no reason, and a person's hold has one: a hold with them has no note.
  if (node.held && node.note == "Not responding") node.note.clear();
  return {};
}

Result<void> read_sizes(std::string_view line, core::Node& node) {
  const bool effective = !field(line, "CPUEfctv").empty();
  TIDE_TRY_ASSIGN(const auto slots, number(line, effective ? "CPUEfctv" : "CPUTot", true));
  TIDE_TRY_ASSIGN(const auto used, number(line, "CPUAlloc", true));
  TIDE_TRY_ASSIGN(node.memory_mib, number(line, "RealMemory", true));
  TIDE_TRY_ASSIGN(node.memory_mib_used, number(line, "AllocMem", true));
  node.slots = static_cast<int>(slots);
  node.slots_used = static_cast<int>(used);
  const auto gpus = parse_gres(field(line, "Gres"));
  const auto gpus_used = parse_gres(field(line, "GresUsed"));
  if (!gpus || !gpus_used) return make_error(ErrorKind::protocol, "'{}' has unreadable Gres", printable(line, 40));
  node.gpus = gpus->gpus;
  node.gpus_used = gpus_used->gpus;
  return {};
}

}  // namespace

Result<core::Node> parse_node_line(std::string_view line) {
  if (!line.starts_with("NodeName="))
    return make_error(ErrorKind::protocol, "'{}' is no line of a node", printable(line, 80));
  core::Node node;
  node.name.value = std::string(field(line, "NodeName"));
  const std::string_view address = field(line, "NodeAddr");
  const std::string_view hostname = field(line, "NodeHostName");
  const std::string_view started = field(line, "SlurmdStartTime");
  if (node.name.empty() || address.empty() || hostname.empty() || started.empty()) {
    return make_error(ErrorKind::protocol, "'{}' lacks a name, an address or a start time", printable(line, 80));
  }
  if (address != node.name.value) node.address = std::string(address);
  if (hostname != node.name.value) node.hostname = std::string(hostname);
  if (const auto time = parse_slurm_time(started); time && time->time_since_epoch().count() > 0) {
    node.registered_at = *time;
  } else if (!is_none(started) && started != "Unknown" && started != "0") {
    return make_error(ErrorKind::protocol, "'{}' has '{}' for SlurmdStartTime", printable(line, 40),
                      printable(started, 40));
  }
  read_reason(free_text(line, " Reason="), node);
  node.placeholder = node.note.starts_with(core::k_note_placeholder);
  node.features = list(field(line, "ActiveFeatures"));
  node.queues = list(field(line, "Partitions"));
  TIDE_TRY(read_sizes(line, node));
  TIDE_TRY(read_state(line, node));
  return node;
}

Result<std::vector<core::Node>> parse_show_nodes(std::string_view text) {
  TIDE_TRY_ASSIGN(const auto lines, read_session(text, k_nodes_question));
  std::vector<core::Node> nodes;
  for (const std::string_view line : lines) {
    if (line == k_none) continue;
    TIDE_TRY_ASSIGN(core::Node node, parse_node_line(line));
    if (!node.state.starts_with("FUTURE")) nodes.push_back(std::move(node));
  }
  if (lines.empty()) return make_error(ErrorKind::unproven, "it lists no node and does not say that there is none");
  std::ranges::sort(nodes, {}, &core::Node::name);
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    if (nodes[i].name == nodes[i - 1].name)
      return make_error(ErrorKind::protocol, "node '{}' is listed twice", printable(nodes[i].name.value, 80));
  }
  return nodes;
}

}  // namespace tide::batch::slurm
