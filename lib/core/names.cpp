#include <tide/core/names.hpp>

#include <tide/util/hostlist.hpp>
#include <tide/util/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tide::core {

namespace {

constexpr std::size_t k_width_max = 9;  // more digits than any cluster has machines
constexpr std::size_t k_range_max = 10'000;
constexpr std::string_view k_hint =
    "Write names = \"{cluster}-{pool}-{n:04}\", a range such as \"cloud[001-100]\", or \"dns\".";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error bad_names(std::string_view text, std::string_view why) {
  return make_error(ErrorKind::config, "names '{}': {}", printable(text, 80), why).with_hint(std::string(k_hint));
}

Result<void> check_name(std::string_view text, std::string_view name) {
  if (name.size() > k_name_length_max)
    return bad_names(text, fmt::format("'{}' has more than {} characters", name, k_name_length_max));
  const bool plain = std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
  if (!plain || name.empty()) return bad_names(text, "a name is made of letters, digits and '-'");
  if (name.front() == '-' || name.back() == '-')
    return bad_names(text, "a name begins and ends with a letter or digit");
  return {};
}

// "n" or "n:04": how many digits at least.
std::optional<std::size_t> number_width(std::string_view word) {
  if (word == "n") return 1;
  if (!word.starts_with("n:0")) return std::nullopt;
  const auto width = parse_integer(word.substr(3));
  if (!width || *width < 1 || *width > static_cast<std::int64_t>(k_width_max)) return std::nullopt;
  return static_cast<std::size_t>(*width);
}

Result<NameTemplate> parse_range(std::string_view text) {
  const auto expanded = expand_hostlist(text, k_range_max);
  if (!expanded) return bad_names(text, expanded.error().message);
  NameTemplate names{.kind = NamesKind::range, .before = {}, .after = {}, .width = 1, .range = *expanded};
  for (const auto& name : names.range) TIDE_TRY(check_name(text, name));
  auto sorted = names.range;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) return bad_names(text, "a name is there twice");
  return names;
}

std::string numbered(const NameTemplate& names, std::int64_t number) {
  return fmt::format("{}{:0{}}{}", names.before, number, names.width, names.after);
}

}  // namespace

Result<NameTemplate> parse_names(std::string_view text, std::string_view cluster, std::string_view pool) {
  if (text == "dns") return NameTemplate{.kind = NamesKind::dns, .before = {}, .after = {}, .width = 1, .range = {}};
  NameTemplate names;
  bool numbers = false;
  for (std::size_t at = 0; at < text.size();) {
    std::string& part = numbers ? names.after : names.before;
    if (text[at] != '{') {
      part += text[at++];
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return bad_names(text, "'{' without '}'");
    const std::string_view word = text.substr(at + 1, end - at - 1);
    at = end + 1;
    if (word == "cluster") {
      part += cluster;
    } else if (word == "pool") {
      part += pool;
    } else if (const auto width = number_width(word); width && !numbers) {
      numbers = true;
      names.width = *width;
    } else {
      return bad_names(text, fmt::format("'{{{}}}' is not known here", printable(word, 20)));
    }
  }
  if (!numbers && names.before.find('[') != std::string::npos) return parse_range(names.before);
  if (!numbers) return bad_names(text, "nothing tells the machines apart");
  // Room for a million machines, however few digits are asked for.
  TIDE_TRY(check_name(text, numbered(names, 999'999)));
  return names;
}

std::vector<NodeName> next_names(const NameTemplate& names, int count, const std::set<NodeName>& taken) {
  std::vector<NodeName> found;
  const auto wanted = static_cast<std::size_t>(std::max(count, 0));
  const auto offer = [&](std::string name) {
    NodeName node{std::move(name)};
    if (!taken.contains(node)) found.push_back(std::move(node));
  };
  switch (names.kind) {
    case NamesKind::counted:
      for (std::int64_t number = 1; found.size() < wanted; ++number) offer(numbered(names, number));
      break;
    case NamesKind::range:
      for (std::size_t i = 0; i < names.range.size() && found.size() < wanted; ++i) offer(names.range[i]);
      break;
    case NamesKind::dns: break;
  }
  return found;
}

bool matches(const NameTemplate& names, const NodeName& name) {
  if (names.kind == NamesKind::dns) return false;
  if (names.kind == NamesKind::range) return std::ranges::find(names.range, name.value) != names.range.end();
  std::string_view rest = name.value;
  if (!rest.starts_with(names.before)) return false;
  rest.remove_prefix(names.before.size());
  if (rest.size() < names.after.size() || !rest.ends_with(names.after)) return false;
  rest.remove_suffix(names.after.size());
  const bool digits = !rest.empty() && rest.size() >= names.width && std::ranges::all_of(rest, is_digit);
  const auto number = digits ? parse_integer(rest) : std::nullopt;
  return number && *number > 0 && numbered(names, *number) == name.value;
}

}  // namespace tide::core
