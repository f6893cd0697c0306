#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tide {

std::vector<std::string_view> split(std::string_view text, char separator);  // "" gives one empty piece
template <std::same_as<std::string> Text>
std::vector<std::string_view> split(Text&& text, char separator) = delete;  // of a string that ends before its pieces
std::string_view trim(std::string_view text);                               // blanks, tabs, line ends
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string to_lower(std::string_view text);                           // ASCII
std::optional<std::int64_t> parse_integer(std::string_view text);      // all of it, or nothing
std::string for_shell(const std::string& word);                        // as a shell takes it as one word
std::string counted(std::int64_t count, std::string_view thing);       // "1 job", "2 jobs"
std::string printable(std::string_view text, std::size_t length_max);  // control characters as \xNN, cut with "..."

// The candidate nearest to `word` by edit distance, if near enough to be what was meant; else "".
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace tide
