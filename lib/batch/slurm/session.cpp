#include <tide/batch/slurm/session.hpp>
#include <tide/util/text.hpp>

namespace tide::batch::slurm {

namespace {

constexpr std::string_view k_prompt = "scontrol: ";
constexpr std::string_view k_proof = "version";

// "slurm-wlm 22.05.8" as Debian names it, else "slurm 24.05.1".
bool is_version(std::string_view line) {
  return line.starts_with("slurm") && line.find(' ') != std::string_view::npos &&
         line.find_first_of("0123456789") != std::string_view::npos;
}

}  // namespace

std::string session_input(std::string_view question) { return fmt::format("{}\n{}\n", question, k_proof); }

Result<std::vector<std::string_view>> read_session(std::string_view text, std::string_view question) {
  std::vector<std::string_view> lines;
  bool proven = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    const bool whole = end != std::string_view::npos;
    text.remove_prefix(whole ? end + 1 : text.size());
    // Built without readline, scontrol prints its prompts without what it reads.
    bool prompted = false;
    while (line.starts_with(k_prompt)) {
      prompted = true;
      line.remove_prefix(k_prompt.size());
    }
    if (prompted && (line == question || line == k_proof || line.empty())) continue;
    if (!whole) return make_error(ErrorKind::unproven, "its output ends in the middle of a line");
    if (proven) return make_error(ErrorKind::protocol, "'{}' comes after the end", printable(line, 80));
    if (is_version(line))
      proven = true;
    else if (!line.empty())
      lines.push_back(line);
  }
  if (!proven) return make_error(ErrorKind::unproven, "its output lacks the version's line, which ends a whole one");
  return lines;
}

}  // namespace tide::batch::slurm
