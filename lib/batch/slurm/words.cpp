#include <tide/batch/slurm/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::slurm {

namespace {

constexpr std::size_t k_note_max = 512;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_word(std::string_view text, std::string_view also = "") {
  return !text.empty() &&
         std::ranges::all_of(text, [&](char c) { return is_plain(c) || also.find(c) != std::string_view::npos; });
}

}  // namespace

Error failure(const process::Command& command, const process::Finished& finished) {
  Error error = command_failure(command, finished, first_words(finished));
  if (says(finished, "Unable to contact slurm controller") || says(finished, "Connection refused")) {
    error = std::move(error).with_hint(
        "Check that slurmctld runs, and that SLURM_CONF in [batch.env] names its slurm.conf.");
  } else if (says(finished, "Access/permission denied") || says(finished, "Invalid user id")) {
    error =
        std::move(error).with_hint("Run tide as SlurmUser or root, or make its user an administrator with 'sacctmgr'.");
  }
  return error;
}

Result<void> check_address(const std::string& address) {
  if (is_word(address, ":")) return {};
  return make_error(ErrorKind::config, "'{}' is no address", printable(address, 80));
}

Result<void> check_note(const std::string& note) {
  const bool clean =
      std::ranges::all_of(note, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\'; });
  if (clean && !note.empty() && note.size() <= k_note_max) return {};
  return make_error(ErrorKind::config, "'{}' cannot be a drain's reason in Slurm", printable(note, 80));
}

Result<void> check_node_spec(const NodeSpec& node) {
  TIDE_TRY(check_node_name(node.name));
  TIDE_TRY(check_note(node.note));
  if (!node.address.empty()) TIDE_TRY(check_address(node.address));
  for (const auto& feature : node.features) {
    if (is_word(feature, "=:/+@")) continue;
    return make_error(ErrorKind::config, "'{}' cannot be a node's feature in Slurm", printable(feature, 80))
        .with_hint("Change it in features of [pools.NAME].");
  }
  for (const auto& [type, count] : node.gpus) {
    if ((type.empty() || is_word(type)) && count > 0) continue;
    return make_error(ErrorKind::config, "'{}:{}' cannot be a node's GPUs in Slurm", printable(type, 80), count)
        .with_hint("Change it in gpus of [pools.NAME].");
  }
  if (node.slots < 1)
    return make_error(ErrorKind::config, "node '{}' would have {} slots", node.name.value, node.slots);
  return {};
}

}  // namespace tide::batch::slurm
