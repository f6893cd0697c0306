#include <tide/batch/htcondor/words.hpp>

#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::htcondor {

namespace {

constexpr std::size_t k_note_max = 512;

std::string first_words(const process::Finished& finished) {
  const std::string_view errors = trim(finished.errors);
  return printable(errors.substr(0, errors.find('\n')), 200);
}

}  // namespace

bool says(const process::Finished& finished, std::string_view words) {
  return finished.errors.find(words) != std::string::npos || finished.output.find(words) != std::string::npos;
}

Error failure(const process::Command& command, const process::Finished& finished) {
  const std::string how = finished.signal != 0 ? fmt::format("was killed by signal {}", finished.signal)
                                               : fmt::format("failed with exit code {}", finished.exit_code);
  Error error = make_error(ErrorKind::batch, "'{}' {}", process::display(command), how);
  if (const std::string words = first_words(finished); !words.empty()) error = std::move(error).with_peer(words);
  if (says(finished, "Failed to connect") || says(finished, "communication error") ||
      says(finished, "Can't find address")) {
    return std::move(error).with_hint(
        "Check that the daemon runs, and that CONDOR_CONFIG in [batch.env] names its configuration.");
  }
  if (says(finished, "PERMISSION DENIED") || says(finished, "not authorized") || says(finished, "DENIED")) {
    return std::move(error).with_hint(
        "Give tide's user ALLOW_ADMINISTRATOR on the nodes; it reads with ALLOW_READ alone.");
  }
  return error;
}

Error in_command(Error error, const process::Command& command) {
  return std::move(error).with_context(fmt::format("while reading what '{}' printed", process::display(command)));
}

Result<void> check_note(const std::string& note) {
  const bool clean = std::ranges::all_of(note, [](char c) { return c >= ' ' && c <= '~'; });
  if (clean && !note.empty() && note.size() <= k_note_max) return {};
  return make_error(ErrorKind::config, "'{}' cannot be the reason of a drain", printable(note, 80));
}

}  // namespace tide::batch::htcondor
