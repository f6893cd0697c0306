#include <tide/batch/slurm/node_limits.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <limits>

namespace tide::batch::slurm {

namespace {

std::optional<std::int64_t> leading_number(std::string_view text) {
  return parse_integer(text.substr(0, text.find_first_not_of("0123456789")));
}

}  // namespace

void NodeLimits::take_line(std::string_view line) {
  if (line == "No jobs in the system") m_any = true;
  if (!line.starts_with("JobId=")) return;  // the rest of somebody's free text
  line.remove_prefix(6);
  const auto job = leading_number(line);
  if (!job || *job > std::numeric_limits<std::uint32_t>::max()) return;
  m_any = true;
  if (line.find(" JobState=PENDING ") == std::string_view::npos) return;
  // A name may hold " NumNodes=1" too; what slurmctld wrote is followed by NumCPUs and NumTasks.
  int most = std::numeric_limits<int>::max();
  bool found = false;
  for (std::size_t at = line.find(" NumNodes="); at != std::string_view::npos; at = line.find(" NumNodes=", at + 1)) {
    const std::string_view value = line.substr(at + 10, line.find(' ', at + 1) - at - 10);
    const std::size_t dash = value.find('-');
    const auto number =
        dash == std::string_view::npos ? std::optional<std::int64_t>(0) : parse_integer(value.substr(dash + 1));
    if (!number || *number < 0 || *number > 1'000'000) continue;
    found = true;
    if (*number > 0) most = std::min(most, static_cast<int>(*number));
  }
  if (!found) return;
  if (most == std::numeric_limits<int>::max()) most = 0;
  const auto [entry, added] = m_most.emplace(static_cast<std::uint32_t>(*job), most);
  if (!added && most > 0) entry->second = entry->second == 0 ? most : std::min(entry->second, most);
}

Result<void> NodeLimits::feed(std::string_view piece) {
  return m_lines.feed(piece, [this](std::string_view line) -> Result<void> {
    take_line(line);
    return {};
  });
}

Result<void> NodeLimits::finish() const {
  if (!m_lines.rest().empty()) return make_error(ErrorKind::unproven, "the output ends in the middle of a line");
  if (!m_any) return make_error(ErrorKind::unproven, "the output names no job and does not say that there is none");
  return {};
}

std::optional<int> NodeLimits::find(std::string_view job) const {
  const auto number = parse_integer(job);
  if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  const auto entry = m_most.find(static_cast<std::uint32_t>(*number));
  if (entry == m_most.end()) return std::nullopt;
  return entry->second;
}

}  // namespace tide::batch::slurm
