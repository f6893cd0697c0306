#include <tide/batch/htcondor/totals.hpp>
#include <tide/util/text.hpp>

namespace tide::batch::htcondor {

namespace {

// "Total for query: 14 jobs; 1 completed, ..."
std::optional<std::int64_t> count_in(std::string_view line, std::string_view label) {
  if (!line.starts_with(label)) return std::nullopt;
  line.remove_prefix(label.size());
  const std::size_t end = line.find(" jobs;");
  if (end == std::string_view::npos || line.find(" suspended") == std::string_view::npos) return std::nullopt;
  return parse_integer(line.substr(0, end));
}

}  // namespace

Result<bool> Totals::take(std::string_view line) {
  if (line.empty()) {
    blank = true;
    return true;
  }
  if (!blank) return false;
  if (!query) {
    query = count_in(line, "Total for query: ");
    if (query) return true;
  } else if (!all_users) {
    all_users = count_in(line, "Total for all users: ");
    if (all_users) return true;
    // Before "all users" there is a line of one's own, where one asks for one's own.
    if (line.starts_with("Total for ")) return true;
  }
  return make_error(ErrorKind::protocol, "'{}' is not of the totals with which it must end", printable(line, 80));
}

Result<void> Totals::check(std::int64_t rows) const {
  if (!query || !all_users)
    return make_error(ErrorKind::unproven, "it lacks the schedd's totals, which end a whole one");
  if (*query != rows)
    return make_error(ErrorKind::unproven, "it printed {} jobs, and the schedd counted {}", rows, *query);
  if (*all_users != *query) {
    return make_error(ErrorKind::unproven, "it printed {} jobs, and the schedd has {} of all users", *query, *all_users)
        .with_hint("Run tide as a user who may see all jobs, or let it READ in the schedd's ALLOW_READ.");
  }
  return {};
}

}  // namespace tide::batch::htcondor
