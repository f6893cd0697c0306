#include <tide/cloud/aws/ini.hpp>

#include <tide/util/text.hpp>

namespace tide::cloud::aws {
namespace {

// `profile "my own"` and `profile my-own` name the same kind of section.
std::string section_name(std::string_view inside) {
  std::string name;
  for (const char c : trim(inside)) {
    if (c == '"' || c == '\'') continue;
    const bool blank = c == ' ' || c == '\t';
    if (!blank || (!name.empty() && name.back() != ' ')) name += blank ? ' ' : c;
  }
  return name;
}

}  // namespace

Result<Ini> parse_ini(std::string_view text) {
  Ini ini;
  std::map<std::string, std::string>* section = nullptr;
  int number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    const bool indented = raw.front() == ' ' || raw.front() == '\t';
    if (line.front() == '[' && line.back() == ']') {
      section = &ini[section_name(line.substr(1, line.size() - 2))];
      continue;
    }
    if (indented && section != nullptr) continue;
    const std::size_t equals = line.find('=');
    // The line itself may be a secret: only its number is told.
    if (equals == std::string_view::npos || equals == 0 || section == nullptr) {
      return make_error(ErrorKind::config, "line {} is neither a section, a setting nor a comment", number);
    }
    (*section)[to_lower(trim(line.substr(0, equals)))] = std::string(trim(line.substr(equals + 1)));
  }
  return ini;
}

}  // namespace tide::cloud::aws
