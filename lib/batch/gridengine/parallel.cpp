#include <tide/batch/gridengine/parallel.hpp>
#include <tide/util/text.hpp>

#include <fmt/format.h>

namespace tide::batch::gridengine {

namespace {

// The value of a whole line "NAME   VALUE\n"; "" if there is none.
std::string_view pe_value(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return {};
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(name) && line.size() > name.size() && (line[name.size()] == ' ' || line[name.size()] == '\t'))
      return trim(line.substr(name.size()));
    at = end + 1;
  }
  return {};
}

}  // namespace

Result<AllocationRule> parse_pe(std::string_view text, const std::string& name) {
  if (trim(text).empty()) return make_error(ErrorKind::unproven, "it printed nothing");
  if (text.find('\0') != std::string_view::npos || !text.starts_with("pe_name"))
    return make_error(ErrorKind::protocol, "'{}' is no parallel environment", printable(text.substr(0, 60), 80));
  const std::string_view rule = pe_value(text, "allocation_rule");
  if (pe_value(text, "pe_name") != name || rule.empty()) {
    return make_error(ErrorKind::unproven, "its output lacks the allocation_rule of the parallel environment '{}'",
                      name);
  }
  const auto total = parse_integer(pe_value(text, "slots"));
  if (!total || *total < 0)
    return make_error(ErrorKind::protocol, "the parallel environment '{}' has '{}' for slots", name,
                      printable(pe_value(text, "slots"), 40));
  AllocationRule read;
  read.total = static_cast<int>(std::min<std::int64_t>(*total, read.total));
  if (rule == "$pe_slots") return read;
  read.kind = AllocationRule::Kind::spread;
  if (rule == "$fill_up" || rule == "$round_robin") return read;
  const auto number = parse_integer(rule);
  read.kind = AllocationRule::Kind::per_host;
  if (number && *number > 0 && *number < 1'000'000) {
    read.slots = static_cast<int>(*number);
    return read;
  }
  return make_error(ErrorKind::protocol, "the parallel environment '{}' has '{}' for allocation_rule", name,
                    printable(rule, 40));
}

}  // namespace tide::batch::gridengine
