#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tide {

std::vector<std::string_view> split(std::string_view text, char separator);  // "" gives one empty piece
std::string_view trim(std::string_view text);                                // blanks, tabs, line ends
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string to_lower(std::string_view text);                           // ASCII
std::optional<std::int64_t> parse_integer(std::string_view text);      // all of it, or nothing
std::string printable(std::string_view text, std::size_t length_max);  // control characters as \xNN, cut with "..."

// The candidate nearest to `word` by edit distance, if near enough to be what was meant; else "".
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace tide
