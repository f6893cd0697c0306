#include <tide/batch/htcondor/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::htcondor {

namespace {

constexpr std::size_t k_note_max = 512;

// Its messages go over several lines, and some come on stdout.
std::string all_words(const process::Finished& finished) {
  std::string_view errors = trim(finished.errors);
  if (errors.empty()) errors = trim(finished.output);
  std::string line(errors.substr(0, 600));
  std::ranges::replace(line, '\n', ' ');
  return printable(line, 300);
}

}  // namespace

Error failure(const process::Command& command, const process::Finished& finished) {
  Error error = command_failure(command, finished, all_words(finished));
  if (says(finished, "ailed to connect") || says(finished, "an't find address") ||
      says(finished, "Error communicating") || says(finished, "couldn't contact")) {
    error = std::move(error).with_hint(
        "Check that the daemon runs, that CONDOR_CONFIG in [batch.env] names the configuration, and pool and schedds "
        "in "
        "[batch].");
  } else if (says(finished, "AUTHENTICATE") || says(finished, "PERMISSION DENIED") || says(finished, "authoriz")) {
    error = std::move(error).with_hint(
        "Give tide's user ADMINISTRATOR on the execute machines (ALLOW_ADMINISTRATOR, or a token of that right).");
  }
  return error;
}

Result<void> check_note(const std::string& note) {
  const bool clean = std::ranges::all_of(note, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (clean && !note.empty() && note.size() <= k_note_max) return {};
  return make_error(ErrorKind::config, "'{}' cannot be a drain's reason in HTCondor", printable(note, 80));
}

std::string short_version(const std::string& text) {
  constexpr std::string_view k_label = "$CondorVersion: ";
  if (!text.starts_with(k_label)) return "";
  const std::string_view rest = std::string_view(text).substr(k_label.size());
  const std::string_view version = rest.substr(0, rest.find(' '));
  const bool digits = !version.empty() && version.front() >= '0' && version.front() <= '9';
  return digits ? printable(version, 40) : "";
}

}  // namespace tide::batch::htcondor
