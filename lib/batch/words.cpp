#include <tide/batch/words.hpp>

#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch {

namespace {

constexpr std::size_t k_name_max = 253;  // of a host name

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_node_name(const std::string& text) {
  return !text.empty() && text.size() <= k_name_max && is_letter_or_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; }) &&
         to_lower(text) != "all";
}

}  // namespace

Result<void> check_node_name(const core::NodeName& node) {
  if (is_node_name(node.value)) return {};
  return make_error(ErrorKind::config, "'{}' cannot be a node's name", printable(node.value, 80))
      .with_hint("Use letters, digits, '-', '_' and '.' in [pools.NAME] names.");
}

}  // namespace tide::batch
