#include <tide/batch/openpbs/select.hpp>
#include <tide/batch/openpbs/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::openpbs {

namespace {

constexpr std::size_t k_note_max = 512;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_word(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_plain); }

Error lacks(const std::string& resource, std::string_view type, std::string_view flag, const std::string& why) {
  return make_error(ErrorKind::config, "resource '{}' is not defined in PBS, and {}", resource, why)
      .with_hint(
          fmt::format("Define it: qmgr -c 'create resource {} type={},flag={}', and add it to the \"resources:\" "
                      "line of sched_config.",
                      resource, type, flag));
}

}  // namespace

bool refuses_option(const process::Finished& finished) {
  return finished.exit_code != 0 && (says(finished, "invalid option") || says(finished, "Unknown option") ||
                                     says(finished, "usage:") || says(finished, "Usage:"));
}

Error failure(const process::Command& command, const process::Finished& finished) {
  Error error = command_failure(command, finished, first_words(finished));
  if (says(finished, "cannot connect") || says(finished, "Connection refused") ||
      says(finished, "Connection timed out")) {
    return std::move(error).with_hint(
        "Check that pbs_server runs, and that PBS_SERVER in [batch.env] or pbs.conf names it.");
  }
  if (says(finished, "Unauthorized") || says(finished, "insufficient permission") || says(finished, "15007")) {
    return std::move(error).with_hint("Run tide as root or as a manager: qmgr -c 'set server managers += USER@HOST'.");
  }
  return error;
}

std::string complaint(const process::Finished& finished) {
  for (const std::string_view line : split(finished.errors, '\n')) {
    const bool tells = line.starts_with("qmgr obj=") || line.starts_with("qmgr: Syntax error");
    if (tells && line.find("already exists") == std::string_view::npos) return printable(line, 200);
  }
  return "";
}

Result<void> check_note(const std::string& note) {
  const bool clean =
      std::ranges::all_of(note, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\'; });
  if (clean && !note.empty() && note.size() <= k_note_max) return {};
  return make_error(ErrorKind::config, "'{}' cannot be a node's comment in PBS", printable(note, 80));
}

// Blocks of "Resource NAME" and "    type = TYPE". Cut short it lacks some, which is told as lacking.
ResourceTypes parse_resources(std::string_view text) {
  constexpr std::string_view k_heading = "Resource ";
  constexpr std::string_view k_type = "type = ";
  ResourceTypes types;
  std::string name;
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view words = trim(line);
    if (line.starts_with(k_heading)) name = trim(line.substr(k_heading.size()));
    if (!name.empty() && words.starts_with(k_type)) types[name] = words.substr(k_type.size());
  }
  return types;
}

Result<std::vector<std::string>> node_settings(const NodeSpec& node, const ResourceTypes& known) {
  std::vector<std::string> settings{fmt::format("resources_available.ncpus={}", node.slots)};
  if (node.slots < 1)
    return make_error(ErrorKind::config, "node '{}' would have {} slots", node.name.value, node.slots);
  if (node.memory_mib > 0) settings.push_back(fmt::format("resources_available.mem={}mb", node.memory_mib));
  int gpus = 0;
  for (const auto& [type, count] : node.gpus) gpus += count;
  if (gpus > 0) {
    if (!known.contains("ngpus")) return lacks("ngpus", "long", "nh", "the pool has GPUs");
    settings.push_back(fmt::format("resources_available.ngpus={}", gpus));
  }
  const bool listed = known.contains(k_features_resource);
  std::vector<std::string> words;
  for (const auto& feature : node.features) {
    const std::string_view name = std::string_view(feature).substr(0, feature.find('='));
    const bool valued = name.size() < feature.size();
    if (!is_word(name) || (valued && !is_word(std::string_view(feature).substr(name.size() + 1)))) {
      return make_error(ErrorKind::config, "'{}' cannot be a node's feature in PBS", printable(feature, 80))
          .with_hint("Change it in features of [pools.NAME].");
    }
    const auto type = known.find(name);
    if (valued && type == known.end())
      return lacks(std::string(name), "string", "h", fmt::format("a pool has the feature '{}'", feature));
    if (valued) {
      settings.push_back(fmt::format("resources_available.{}={}", name, feature.substr(name.size() + 1)));
      continue;
    }
    const bool boolean = type != known.end() && type->second == "boolean";
    if (boolean) settings.push_back(fmt::format("resources_available.{}=True", name));
    if (listed) words.push_back(feature);
    if (!boolean && !listed)
      return lacks(std::string(k_features_resource), "string_array", "h",
                   fmt::format("neither is a boolean '{}', which each node of the pool shall bear", feature));
  }
  if (!words.empty())
    settings.push_back(fmt::format("resources_available.{}=\"{}\"", k_features_resource, join(words, ",")));
  return settings;
}

}  // namespace tide::batch::openpbs
