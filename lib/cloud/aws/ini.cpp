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

class Reader {
 public:
  bool take(std::string_view raw) {
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') return true;
    const std::size_t indent = raw.find_first_not_of(" \t");
    // Deeper than the setting before it: part of that one's value.
    if (!m_key.empty() && indent > m_indent) {
      take_nested(line);
      return true;
    }
    m_indent = indent;
    if (const std::size_t end = line.rfind(']'); line.front() == '[' && end != std::string_view::npos) {
      m_section = &ini[section_name(line.substr(1, end - 1))];
      m_key.clear();
      return true;
    }
    const std::size_t mark = line.find_first_of("=:");
    if (mark == std::string_view::npos || mark == 0 || m_section == nullptr) return false;
    m_key = to_lower(trim(line.substr(0, mark)));
    const std::string_view value = trim(line.substr(mark + 1));
    m_nests = value.empty();
    (*m_section)[m_key] = std::string(value);
    return true;
  }

  Ini ini;

 private:
  void take_nested(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (!m_nests || equals == std::string_view::npos || equals == 0) return;
    (*m_section)[m_key + "." + to_lower(trim(line.substr(0, equals)))] = std::string(trim(line.substr(equals + 1)));
  }

  std::map<std::string, std::string>* m_section = nullptr;
  std::string m_key;
  std::size_t m_indent = 0;
  bool m_nests = false;
};

}  // namespace

Result<Ini> parse_ini(std::string_view text) {
  Reader reader;
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    // The line itself may be a secret: only its number is told.
    if (!reader.take(line)) {
      return make_error(ErrorKind::config, "line {} is neither a section, a setting nor a comment", number);
    }
  }
  return std::move(reader.ini);
}

}  // namespace tide::cloud::aws
