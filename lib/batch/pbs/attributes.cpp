#include <tide/batch/pbs/attributes.hpp>
#include <tide/util/text.hpp>

namespace tide::batch::pbs {

namespace {

constexpr std::int64_t k_count_max = 1'000'000'000;  // jobs in one state; more than any server holds is no count

}  // namespace

std::string_view Attributes::operator[](std::string_view key) const {
  const auto found = values.find(key);
  return found == values.end() ? std::string_view{} : std::string_view(found->second);
}

std::map<std::string, std::string, std::less<>> Attributes::below(std::string_view prefix) const {
  std::map<std::string, std::string, std::less<>> out;
  for (auto entry = values.lower_bound(prefix); entry != values.end() && entry->first.starts_with(prefix); ++entry) {
    out.emplace(entry->first.substr(prefix.size()), entry->second);
  }
  return out;
}

namespace {

Error bad_line(std::string_view line) {
  return make_error(ErrorKind::protocol, "'{}' is no line of an attribute", printable(line, 80));
}

}  // namespace

Result<std::vector<Attributes>> parse_attributes(std::string_view text, std::string_view kind) {
  std::vector<Attributes> blocks;
  const std::string heading = std::string(kind) + ": ";
  bool inside = false;
  std::string* value = nullptr;  // of the line before, which may be folded
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return make_error(ErrorKind::unproven, "its output ends in the middle of a line");
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty()) {
      inside = false;
      value = nullptr;
    } else if (line.front() == '\t' && value != nullptr) {
      value->append(line.substr(1));
    } else if (line.starts_with(heading)) {
      if (inside) return bad_line(line);
      blocks.push_back({.name = std::string(trim(line.substr(heading.size()))), .values = {}});
      inside = true;
      value = nullptr;
      if (blocks.back().name.empty()) return bad_line(line);
    } else {
      const std::size_t sign = line.find(" =");
      if (!inside || line.front() != ' ' || sign == std::string_view::npos) return bad_line(line);
      const std::string key(trim(line.substr(0, sign)));
      value = &blocks.back().values[key];
      *value = std::string(line.substr(std::min(line.size(), sign + 3)));
    }
  }
  if (inside) return make_error(ErrorKind::unproven, "its output lacks the blank line that ends a whole one");
  for (auto& block : blocks) {
    for (auto& entry : block.values) entry.second = std::string(trim(entry.second));
  }
  return blocks;
}

std::optional<std::int64_t> count_unfinished(std::string_view state_count) {
  std::int64_t unfinished = 0;
  bool counted = false;
  for (const std::string_view item : split(trim(state_count), ' ')) {
    if (item.empty()) continue;
    const std::size_t colon = item.find(':');
    const auto number = colon == std::string_view::npos ? std::nullopt : parse_integer(item.substr(colon + 1));
    if (!number || *number < 0 || *number > k_count_max) return std::nullopt;
    counted = true;
    if (item.substr(0, colon) != "Complete") unfinished += *number;
  }
  return counted ? std::optional(unfinished) : std::nullopt;
}

}  // namespace tide::batch::pbs
