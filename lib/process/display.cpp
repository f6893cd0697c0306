#include <tide/process/command_runner.hpp>

#include <tide/util/text.hpp>

namespace tide::process {

namespace {

constexpr std::size_t k_display_max = 400;  // a list of a thousand nodes helps nobody in a message

bool is_plain(std::string_view text) {
  constexpr std::string_view k_special = " \t\r\n\"'\\$`|&;<>()*?[]{}!#~";
  return !text.empty() && text.find_first_of(k_special) == std::string_view::npos;
}

// As one would type it into a shell.
std::string quote(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string display(const Command& command) {
  std::string line;
  for (std::size_t i = 0; i < command.argv.size(); ++i) {
    std::string_view word = command.argv[i];
    if (i == 0) word.remove_prefix(word.find_last_of('/') + 1);
    if (i > 0) line += ' ';
    line += quote(word);
  }
  return printable(line, k_display_max);
}

}  // namespace tide::process
