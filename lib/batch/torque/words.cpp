#include <tide/batch/torque/words.hpp>

#include <tide/batch/torque/pbsnodes.hpp>
#include <tide/batch/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <set>

namespace tide::batch::torque {

namespace {

constexpr std::size_t k_note_max = 80;  // MAX_NOTE

bool is_property(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

std::set<std::string> properties_of(const NodeSpec& node) {
  std::set<std::string> properties(node.features.begin(), node.features.end());
  for (const auto& [type, count] : node.gpus) {
    if (!type.empty()) properties.insert(std::string(k_gpu_property) + type);
  }
  return properties;
}

}  // namespace

Error failure(const process::Command& command, const process::Finished& finished) {
  Error error = command_failure(command, finished, first_words(finished));
  if (says(finished, "cannot connect to server") || says(finished, "Connection refused") ||
      says(finished, "Cannot connect to") || says(finished, "trqauthd")) {
    return std::move(error).with_hint("Check that pbs_server and trqauthd run, and [batch] server.");
  }
  if (says(finished, "Unauthorized Request") || says(finished, "Permission denied")) {
    return std::move(error).with_hint(
        "Run tide as a manager of TORQUE, or as root: qmgr -c 'set server managers += USER@HOST'.");
  }
  return error;
}

Result<void> check_kind(const process::Finished& finished) {
  if (!failed(finished)) return {};
  if (says(finished, "Unknown option: B") || says(finished, "[--man]")) {
    return make_error(ErrorKind::config, "'qstat' is Slurm's wrapper, and [cluster] batch is \"torque\"")
        .with_peer(first_words(finished))
        .with_hint("Set batch to \"slurm\", or [batch] bin_dir to the folder of TORQUE's own commands.");
  }
  if (says(finished, "invalid option argument") || says(finished, "SGE_ROOT")) {
    return make_error(ErrorKind::config, "'qstat' is Grid Engine's, and [cluster] batch is \"torque\"")
        .with_peer(first_words(finished))
        .with_hint("Set batch to \"gridengine\", or [batch] bin_dir to the folder of TORQUE's own commands.");
  }
  return {};
}

Result<void> check_note(const std::string& note) {
  const bool clean =
      std::ranges::all_of(note, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\'; });
  if (clean && !note.empty() && note.size() <= k_note_max) return {};
  return make_error(ErrorKind::config, "'{}' cannot be a node's note in TORQUE: it takes {} plain characters",
                    printable(note, 120), k_note_max);
}

Result<void> check_node_spec(const NodeSpec& node) {
  TIDE_TRY(check_node_name(node.name));
  TIDE_TRY(check_note(node.note));
  for (const auto& property : properties_of(node)) {
    if (is_property(property)) continue;
    return make_error(ErrorKind::config, "'{}' cannot be a node's property in TORQUE", printable(property, 80))
        .with_hint("Change it in features or gpus of [pools.NAME]: letters, digits, '-', '_' and '.'.");
  }
  const bool typed = std::ranges::any_of(node.gpus, [](const auto& entry) { return !entry.first.empty(); });
  if (typed && node.gpus.size() > 1) {
    return make_error(ErrorKind::config, "node '{}' would have GPUs of several types, which TORQUE cannot tell",
                      node.name.value)
        .with_hint("Give [pools.NAME] gpus one type only.");
  }
  if (node.slots < 1) {
    return make_error(ErrorKind::config, "node '{}' would have {} slots", node.name.value, node.slots);
  }
  return {};
}

std::string create_lines(const NodeSpec& node) {
  const std::string& name = node.name.value;
  std::string lines = fmt::format("create node {} np={}\n", name, node.slots);
  lines += fmt::format("set node {} state = offline\n", name);
  lines += fmt::format("set node {} note = \"{}\"\n", name, node.note);
  bool first = true;
  for (const auto& property : properties_of(node)) {
    lines += fmt::format("set node {} properties {} {}\n", name, first ? "=" : "+=", property);
    first = false;
  }
  int gpus = 0;
  for (const auto& entry : node.gpus) gpus += entry.second;
  if (gpus > 0) lines += fmt::format("set node {} gpus = {}\n", name, gpus);
  return lines;
}

}  // namespace tide::batch::torque
