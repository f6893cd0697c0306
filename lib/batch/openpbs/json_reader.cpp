#include <tide/batch/openpbs/json_reader.hpp>
#include <tide/util/text.hpp>

namespace tide::batch::openpbs {

std::string_view JsonReader::item_of(std::string_view line) const {
  const std::size_t at = line.find_first_not_of(" \t");
  if (at == std::string_view::npos || at <= m_indents[m_level - 1] || line[at] == ']' || line[at] == '}') return {};
  return line.substr(at);
}

// "}" or "},", as far in as the key that opened it.
bool JsonReader::closes(std::string_view line) const {
  const std::size_t indent = m_indents[m_level - 1];
  if (line.size() <= indent || line.size() > indent + 2 || line[indent] != (m_in_array ? ']' : '}')) return false;
  if (line.size() == indent + 2 && (line.back() != ',' || m_level == 1)) return false;
  for (std::size_t i = 0; i < indent; ++i) {
    if (!is_blank(line[i])) return false;
  }
  return true;
}

Result<void> JsonReader::take_outside(std::string_view line) {
  if (trim(line).empty()) return {};
  if (m_began) return make_error(ErrorKind::protocol, "'{}' comes after the end", printable(line, 80));
  if (line != "{")
    return make_error(ErrorKind::protocol, "its first line is '{}', not an opening brace", printable(line, 80));
  m_began = true;
  m_level = 1;
  return {};
}

Result<void> JsonReader::check_whole() const {
  if (!m_began) return make_error(ErrorKind::unproven, "it printed nothing, not even an opening brace");
  if (m_level != 0) return make_error(ErrorKind::unproven, "its output ends before the closing brace");
  if (m_server.empty()) return make_error(ErrorKind::protocol, "it names no pbs_server");
  return {};
}

Error JsonReader::stray(std::string_view line) const {
  return make_error(ErrorKind::protocol, "line {}, '{}', has no place where it is", m_line, printable(line, 80))
      .with_hint("Set form = \"text\" in [batch], which does without JSON.");
}

Error JsonReader::no_object(std::string_view key) const {
  return make_error(ErrorKind::protocol, "line {}: '{}' is no object", m_line, printable(key, 80));
}

Error JsonReader::too_deep() const {
  return make_error(ErrorKind::protocol, "line {} is nested more than {} deep", m_line, k_levels);
}

Error JsonReader::zero_byte() const {
  return make_error(ErrorKind::protocol, "there is a zero byte after line {}", m_line);
}

Error JsonReader::too_long() const {
  return make_error(ErrorKind::protocol, "line {} is longer than {} bytes", m_line + 1, k_line_max);
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    constexpr std::string_view k_short = "nrtbf";
    constexpr std::string_view k_meant = "\n\r\t\b\f";
    if (const std::size_t which = k_short.find(c); which != std::string_view::npos) {
      out += k_meant[which];
    } else if (c == 'u' && i + 4 < text.size() && text.substr(i + 1, 2) == "00") {
      constexpr std::string_view k_digits = "0123456789abcdef";
      const std::string digits = to_lower(text.substr(i + 3, 2));
      const std::size_t high = k_digits.find(digits[0]);
      const std::size_t low = k_digits.find(digits[1]);
      if (high != std::string_view::npos && low != std::string_view::npos) {
        out += static_cast<char>(high * 16 + low);
        i += 4;
      } else {
        out += c;
      }
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace tide::batch::openpbs
