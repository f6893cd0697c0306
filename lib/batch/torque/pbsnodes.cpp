#include <tide/batch/pbs/values.hpp>
#include <tide/batch/torque/pbsnodes.hpp>
#include <tide/util/text.hpp>

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <map>

namespace tide::batch::torque {

namespace {

constexpr std::string_view k_end = "</Data>";

// The first value of each name in "opsys=linux,…,rectime=1795145139,jobs=…".
std::map<std::string_view, std::string_view> parse_status(std::string_view text) {
  std::map<std::string_view, std::string_view> values;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const std::size_t sign = item.find('=');
    if (sign != std::string_view::npos) values.emplace(item.substr(0, sign), item.substr(sign + 1));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return values;
}

Error bad_value(const core::Node& node, std::string_view what, std::string_view value) {
  return make_error(ErrorKind::protocol, "node '{}' has '{}' for {}", printable(node.name.value, 80),
                    printable(value, 80), what);
}

Result<int> read_count(const core::Node& node, std::string_view what, std::string_view text) {
  if (text.empty()) return 0;
  const auto number = parse_integer(text);
  if (!number || *number < 0 || *number > 1'000'000) return bad_value(node, what, text);
  return static_cast<int>(*number);
}

// Words in any order: "down,job-exclusive", "offline,down,MOM-list-not-sent".
Result<void> read_state(std::string_view text, core::Node& node) {
  node.state = std::string(text);
  if (text.empty()) return bad_value(node, "state", text);
  for (const std::string_view piece : split(text, ',')) {
    const std::string_view word = trim(piece);
    if (word == "down") {
      node.down = true;
      node.responding = false;
    } else if (word == "offline" || word == "deleted") {
      node.held = true;
    } else if (word == "unknown" || word == "state-unknown") {
      node.responding = false;
    } else if (word == "job-exclusive" || word == "job-sharing") {
      node.slots_used = std::max(node.slots_used, node.slots);  // takes no more jobs, however few it has
    } else if (word == "busy" || word == "reserve") {
      if (node.slots_used > 0) node.slots_used = std::max(node.slots_used, node.slots);
    } else if (word != "free" && word != "time-shared" && word != "MOM-list-not-sent" && word != "noded") {
      return bad_value(node, "state", text);
    }
  }
  return {};
}

// "gpu[0]=gpu_id=0000:05:00.0;gpu_state=Unallocated;…": how many are in use.
int count_gpus_used(std::string_view text) {
  int used = 0;
  for (std::size_t at = text.find("gpu_state="); at != std::string_view::npos; at = text.find("gpu_state=", at + 1)) {
    if (!text.substr(at + 10).starts_with("Unallocated")) ++used;
  }
  return used;
}

void read_gpus(int count, std::string_view status, core::Node& node) {
  if (count == 0) return;
  std::string type;
  for (const auto& feature : node.features) {
    if (feature.starts_with(k_gpu_property)) type = feature.substr(k_gpu_property.size());
  }
  node.gpus[type] = count;
  const int used = std::min(count_gpus_used(status), count);
  if (used > 0) node.gpus_used[type] = used;
}

void read_status(std::string_view text, core::Node& node) {
  const auto status = parse_status(text);
  const auto find = [&](std::string_view name) {
    const auto found = status.find(name);
    return found == status.end() ? std::string_view{} : found->second;
  };
  // Whole MiB that are there for sure.
  if (const auto bytes = pbs::parse_size_bytes(find("physmem"))) node.memory_mib = *bytes >> 20U;
  if (const auto time = pbs::parse_epoch(find("rectime")); time && time->time_since_epoch().count() > 0) {
    node.registered_at = *time;
  }
  // A site's own check of the node failed, and the server has given it up for that (down_on_error).
  const std::string_view message = find("message");
  if (node.down && to_lower(message.substr(0, 5)) == "error" && !core::has_others_note(node)) {
    node.unfit = true;
    node.down = false;
    node.responding = true;
    if (node.note.empty()) node.note = printable(message, 200);
  }
}

std::string_view text_of(const pugi::xml_node& element, const char* name) { return element.child_value(name); }

Result<core::Node> read_node(const pugi::xml_node& element) {
  core::Node node;
  node.name.value = std::string(trim(text_of(element, "name")));
  const bool plain = std::ranges::all_of(node.name.value, [](char c) { return c > ' ' && c < '\x7f'; });
  if (node.name.empty() || !plain) return bad_value(node, "name", node.name.value);
  node.note = printable(text_of(element, "note"), 512);
  node.placeholder = node.note.starts_with(core::k_note_placeholder);
  for (const std::string_view word : split(text_of(element, "properties"), ',')) {
    if (!trim(word).empty()) node.features.push_back(printable(trim(word), 128));
  }
  TIDE_TRY_ASSIGN(node.slots, read_count(node, "np", text_of(element, "np")));
  auto jobs = parse_node_jobs(text_of(element, "jobs"));
  if (!jobs) return std::move(jobs).error().with_context(fmt::format("of node '{}'", node.name.value));
  node.slots_used = jobs->slots;
  TIDE_TRY(read_state(text_of(element, "state"), node));
  read_status(text_of(element, "status"), node);
  TIDE_TRY_ASSIGN(const int gpus, read_count(node, "gpus", text_of(element, "gpus")));
  read_gpus(gpus, text_of(element, "gpu_status"), node);
  const std::string_view power = text_of(element, "power_state");
  if (!power.empty() && power != "Running") {
    node.state += fmt::format(" ({})", printable(power, 20));
    node.responding = false;
  }
  return node;
}

}  // namespace

Result<std::vector<core::Node>> parse_pbsnodes(std::string_view text) {
  const std::string_view body = trim(text);
  if (body.empty()) return make_error(ErrorKind::unproven, "it printed nothing");
  if (!body.starts_with("<Data>") && !body.starts_with("<?xml ")) {
    return make_error(ErrorKind::protocol, "'{}' is no list of nodes", printable(body.substr(0, 60), 80));
  }
  if (!body.ends_with(k_end)) {
    return make_error(ErrorKind::unproven, "its output lacks the '</Data>' that ends a whole one");
  }
  if (body.find("<!") != std::string_view::npos || body.find('\0') != std::string_view::npos) {
    return make_error(ErrorKind::protocol, "it holds what no list of nodes does: '<!' or a NUL");
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(body.data(), body.size(), pugi::parse_minimal | pugi::parse_escapes, pugi::encoding_utf8);
  if (!parsed) {
    return make_error(ErrorKind::protocol, "its XML is broken at byte {}: {}", parsed.offset, parsed.description());
  }
  const pugi::xml_node root = document.document_element();
  if (root.next_sibling() || std::string_view(root.name()) != "Data") {
    return make_error(ErrorKind::protocol, "it is not one <Data>");
  }
  std::vector<core::Node> nodes;
  for (const pugi::xml_node& element : root.children()) {
    if (std::string_view(element.name()) != "Node") {
      return make_error(ErrorKind::protocol, "'{}' is no <Node>", printable(element.name(), 80));
    }
    TIDE_TRY_ASSIGN(core::Node node, read_node(element));
    nodes.push_back(std::move(node));
  }
  std::ranges::sort(nodes, {}, &core::Node::name);
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    if (nodes[i].name == nodes[i - 1].name) return bad_value(nodes[i], "name, as another one,", nodes[i].name.value);
  }
  return nodes;
}

}  // namespace tide::batch::torque
