#include <tide/batch/torque/node_spec.hpp>
#include <tide/util/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace tide::batch::torque {

namespace {

constexpr std::int64_t k_count_max = 1'000'000;
constexpr std::size_t k_parts_max = 4'096;

std::optional<int> parse_count(std::string_view text, std::int64_t least) {
  const auto number = parse_integer(text);
  if (!number || *number < least || *number > k_count_max) return std::nullopt;
  return static_cast<int>(*number);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_property(std::string_view word) {
  return !word.empty() && word.front() != '-' && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' || c == '.';
  });
}

// How a job may share a GPU: says nothing of which node it needs.
bool is_gpu_mode(std::string_view word) {
  constexpr std::array<std::string_view, 6> k_modes{"shared",  "exclusive", "exclusive_thread", "exclusive_process",
                                                    "default", "reseterr"};
  return std::ranges::find(k_modes, word) != k_modes.end();
}

bool read_setting(std::string_view name, std::string_view value, NodePart& part) {
  if (name == "ppn") {
    const auto count = parse_count(value, 1);
    if (!count) return false;
    part.slots = *count;
    part.ppn_given = true;
    return true;
  }
  if (name == "gpus") {
    const auto count = parse_count(value, 0);
    if (!count) return false;
    part.gpus = *count;
    return true;
  }
  if (!is_property(name) || value.empty()) return false;
  if (!part.unjudged.empty()) part.unjudged += ", ";
  part.unjudged += printable(fmt::format("{}={}", name, value), 80);
  return true;
}

std::optional<NodePart> parse_part(std::string_view text) {
  NodePart part;
  bool first = true;
  for (const std::string_view word : split(text, ':')) {
    const bool is_first = first;
    first = false;
    if (const std::size_t sign = word.find('='); sign != std::string_view::npos) {
      if (is_first || !read_setting(word.substr(0, sign), word.substr(sign + 1), part)) return std::nullopt;
      continue;
    }
    if (is_first && !word.empty() && std::ranges::all_of(word, is_digit)) {
      const auto count = parse_count(word, 1);
      if (!count) return std::nullopt;
      part.nodes = *count;
      continue;
    }
    if (const std::size_t slash = word.find('/'); is_first && slash != std::string_view::npos) {
      if (!is_property(word.substr(0, slash))) return std::nullopt;
      part.host = std::string(word.substr(0, slash));
      continue;
    }
    if (!is_property(word)) return std::nullopt;
    if (part.gpus > 0 && is_gpu_mode(word)) continue;
    if (is_first) part.first_word = std::string(word);
    part.properties.emplace_back(word);
  }
  return part;
}

}  // namespace

std::optional<NodeSpec> parse_node_spec(std::string_view text) {
  NodeSpec spec;
  while (true) {
    const std::size_t sign = text.rfind('#');
    if (sign == std::string_view::npos) break;
    const std::string_view suffix = text.substr(sign + 1);
    if (suffix == "excl")
      spec.exclusive = true;
    else if (suffix != "shared")
      return std::nullopt;
    text = text.substr(0, sign);
  }
  for (const std::string_view piece : split(text, '+')) {
    auto part = parse_part(piece);
    if (!part || spec.parts.size() == k_parts_max) return std::nullopt;
    spec.parts.push_back(std::move(*part));
  }
  return spec;
}

}  // namespace tide::batch::torque
