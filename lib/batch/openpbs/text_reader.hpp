#pragma once

#include <tide/batch/openpbs/json_reader.hpp>

namespace tide::batch::openpbs {

// Walks what `-f` prints: a heading ("Job Id: ", "Queue: ", "Server: "; for pbsnodes "", the name itself), attributes
// "    key = value", long ones folded by a line end and a tab, and a blank line behind each object. The visitor is that
// of JsonReader; "Resource_List.mem" comes as group and key. It ends with no proof but its last blank line.
class TextReader {
 public:
  explicit TextReader(std::string_view heading) : m_heading(heading) {}

  template <typename Visitor>
  Result<void> feed(std::string_view piece, Visitor& visitor) {
    if (piece.find('\0') != std::string_view::npos) return zero_byte();
    while (true) {
      const std::size_t end = piece.find('\n');
      if (end == std::string_view::npos) break;
      m_rest.append(piece.substr(0, end));
      TIDE_TRY(take_line(m_rest, visitor));
      m_rest.clear();
      piece.remove_prefix(end + 1);
    }
    m_rest.append(piece);
    if (m_rest.size() + m_value.size() > k_line_max) return too_long();
    return {};
  }

  // Once the command ended well. Unproven without the blank line behind the last object.
  template <typename Visitor>
  Result<void> finish(Visitor& visitor) {
    TIDE_TRY(check_whole());
    return m_in_object ? end_object(visitor) : Result<void>{};
  }

  std::int64_t objects() const { return m_objects; }

 private:
  template <typename Visitor>
  Result<void> take_line(std::string_view line, Visitor& visitor) {
    ++m_line;
    if (line.empty()) {
      m_blank = m_in_object;
      return {};
    }
    if (!m_in_object || m_blank) {
      if (is_heading(line)) return take_heading(line, visitor);
      if (!m_in_object || m_key.empty()) return stray(line);
      m_blank = false;  // it was part of a value
      m_damaged = true;
    }
    if (line.front() == '\t') {
      if (m_key.empty()) return stray(line);
      m_value.append(line.substr(1));
      if (m_value.size() > k_line_max) return too_long();
      return {};
    }
    const std::size_t at = line.find_first_not_of(' ');
    const std::size_t equals = at >= 4 && at != std::string_view::npos ? line.find(" = ", at) : std::string_view::npos;
    if (equals != std::string_view::npos && line.find(' ', at) == equals) {
      TIDE_TRY(flush(visitor));
      m_key = line.substr(at, equals - at);
      m_value = line.substr(equals + 3);
      return {};
    }
    // A value with a line end of its own: who can say what was meant?
    if (m_key.empty()) return stray(line);
    m_damaged = true;
    return {};
  }

  template <typename Visitor>
  Result<void> take_heading(std::string_view line, Visitor& visitor) {
    if (m_in_object) TIDE_TRY(end_object(visitor));
    m_in_object = true;
    ++m_objects;
    return visitor.begin(line.substr(m_heading.size()));
  }

  template <typename Visitor>
  Result<void> end_object(Visitor& visitor) {
    TIDE_TRY(flush(visitor));
    m_in_object = false;
    m_blank = false;
    return visitor.end();
  }

  bool is_heading(std::string_view line) const {
    return line.starts_with(m_heading) && line.size() > m_heading.size() && line.front() != ' ' && line.front() != '\t';
  }

  template <typename Visitor>
  Result<void> flush(Visitor& visitor) {
    if (m_key.empty()) return {};
    const std::string_view key = m_key;
    const std::size_t dot = key.find('.');
    const std::string_view group = dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot);
    if (group.empty()) {
      visitor.attribute("", key, m_value);
    } else if (visitor.wants(group)) {
      visitor.attribute(group, key.substr(dot + 1), m_value);
    }
    if (m_damaged) visitor.damage();
    m_damaged = false;
    m_key.clear();
    m_value.clear();
    return {};
  }

  Result<void> check_whole() const;
  Error stray(std::string_view line) const;
  Error too_long() const;
  Error zero_byte() const;

  std::string m_heading;
  std::string m_rest;
  std::string m_key;
  std::string m_value;
  std::int64_t m_line = 0;
  std::int64_t m_objects = 0;
  bool m_in_object = false;
  bool m_blank = false;    // the last line was blank: the object's end, if a heading or nothing follows
  bool m_damaged = false;  // the value has a line end of its own
};

}  // namespace tide::batch::openpbs
