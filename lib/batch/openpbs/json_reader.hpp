#pragma once

#include <tide/util/line_ends.hpp>
#include <tide/util/result.hpp>

#include <array>
#include <string>
#include <string_view>

namespace tide::batch::openpbs {

constexpr std::size_t k_line_max = 8U << 20U;  // a job on 100 000 vnodes needs some 3 MB for exec_vnode

// Walks what `-F json` prints while it is still printed, line by line: each key has its own line in every version, and
// that is what stays true where the JSON is not (before 23, quotes, line ends and backslashes in values are not always
// escaped, and numbers are not always numbers). A value runs to the quote at the end of its line; what does not fit in
// after that belongs to the value, which is then told as damaged.
//
// A visitor of one section ("Jobs", "Queue", "Server", "nodes") has
//   Result<void> begin(std::string_view id);
//   bool may_want(char first, char second) const;       // an attribute that begins so; else it may be skipped
//   bool wants(std::string_view group) const;           // else the group's attributes are skipped
//   void attribute(std::string_view group, std::string_view key, std::string_view value);
//   void damage();                                     // the attribute told last is not to be believed
//   Result<void> end();
// Values come as written between the quotes: see unescape().
class JsonReader {
 public:
  explicit JsonReader(std::string_view section) : m_section(section) {}

  template <typename Visitor>
  Result<void> feed(std::string_view piece, Visitor& visitor) {
    while (!piece.empty()) {
      const std::string_view block = piece.substr(0, LineEnds::k_block);
      TIDE_TRY(feed_block(block, visitor));
      piece.remove_prefix(block.size());
    }
    return {};
  }

  // Once the command ended well. Unproven without the last closing brace.
  template <typename Visitor>
  Result<void> finish(Visitor& visitor) {
    const std::string line = std::move(m_rest);
    m_rest.clear();
    if (!line.empty()) TIDE_TRY(take_line(line, visitor));
    return check_whole();
  }

  const std::string& server() const { return m_server; }    // pbs_server
  const std::string& version() const { return m_version; }  // pbs_version

 private:
  enum class After { opened, comma, last, inside };  // what may come next: see take_line
  static constexpr std::size_t k_levels = 16;        // PBS uses four

  template <typename Visitor>
  Result<void> feed_block(std::string_view piece, Visitor& visitor) {
    if (!m_ends.find(piece)) return zero_byte();
    const std::uint16_t* end = m_ends.begin();
    std::size_t begin = 0;
    if (!m_rest.empty() && end != m_ends.end()) {
      m_rest.append(piece.substr(0, *end));
      const std::string line = std::move(m_rest);
      m_rest.clear();
      begin = std::size_t{*end++} + 1;
      TIDE_TRY(take_line(line, visitor));
    }
    while (end != m_ends.end()) {
      end = take_values(piece.data(), begin, end, visitor);
      if (end == m_ends.end()) break;
      const std::string_view line(piece.data() + begin, *end - begin);
      begin = std::size_t{*end++} + 1;
      TIDE_TRY(take_line(line, visitor));
    }
    m_rest.append(piece.substr(begin));
    if (m_rest.size() > k_line_max) return too_long();
    return {};
  }

  // Whole strings and numbers with a comma behind them, as most lines of a job are, are told or skipped here, where
  // nothing can fail and no level changes; all other lines are take_line's. From the line at `begin`, which ends at
  // *end; goes on with both.
  template <typename Visitor>
  const std::uint16_t* take_values(const char* data, std::size_t& begin, const std::uint16_t* end, Visitor& visitor) {
    const bool of_job = m_in_section && m_level == 3;
    const bool of_group = m_in_section && m_level > 3 && m_wanted;
    if (m_level < 3 || m_in_array || m_after != After::comma || (of_group && m_level > 4)) return end;
    const std::size_t indent = m_indents[m_level];
    const std::uint16_t* const first = end;
    const std::uint16_t* const last = m_ends.end();
    bool was_told = m_told;
    bool was_quoted = m_quoted;
    for (; end != last; ++end) {
      const std::string_view line(data + begin, *end - begin);
      if (!is_value(line, indent)) break;
      const bool quoted = line[line.size() - 2] == '"';
      const bool told = of_job ? visitor.may_want(line[indent + 1], line[indent + 2]) : of_group;
      if (told || !quoted) {
        const std::size_t quote = find_near(line, '"', indent + 1);
        if (quote + 1 >= line.size() || line[quote + 1] != ':') break;
        const std::string_view value = value_at(line, quote + 2);
        const std::size_t around = quoted ? 1 : 0;
        if (value.size() < 2 + around || (quoted ? value.front() != '"' : !is_number(value.front()))) break;
        if (told)
          visitor.attribute(of_job ? std::string_view{} : m_group, {line.data() + indent + 1, quote - indent - 1},
                            {value.data() + around, value.size() - 1 - 2 * around});
      }
      was_told = told;
      was_quoted = quoted;
      begin = std::size_t{*end} + 1;
    }
    m_told = was_told;
    m_quoted = was_quoted;
    m_line += end - first;
    return end;
  }

  static bool is_value(std::string_view line, std::size_t indent) {
    const std::size_t size = line.size();
    return size >= indent + 4 && line[indent] == '"' && line[size - 1] == ',' && is_blank(line[0]) &&
           is_blank(line[indent - 1]);
  }

  static bool is_number(char first) { return (first >= '0' && first <= '9') || first == '-'; }

  template <typename Visitor>
  Result<void> take_line(std::string_view line, Visitor& visitor) {
    ++m_line;
    if (m_level == 0) return take_outside(line);
    if (m_after == After::opened || m_after == After::comma) {
      if (m_in_array) {
        if (const std::string_view item = item_of(line); !item.empty()) return take_item(item, visitor);
      } else if (const std::size_t indent = indent_of_key(line); indent != 0) {
        const std::size_t end = find_near(line, '"', indent + 1);
        if (end != std::string_view::npos && end + 1 < line.size() && line[end + 1] == ':') {
          m_indents[m_level] = indent;
          return take_key({line.data() + indent + 1, end - indent - 1}, value_at(line, end + 2), visitor);
        }
      }
    }
    if ((m_after == After::opened || m_after == After::last) && closes(line)) return take_close(line, visitor);
    if (!m_quoted) return stray(line);
    if (m_told) visitor.damage();
    read_end(line);
    return {};
  }

  template <typename Visitor>
  Result<void> take_key(std::string_view key, std::string_view value, Visitor& visitor) {
    m_told = false;
    m_quoted = false;
    if (value.size() == 1 && (value[0] == '{' || value[0] == '[')) return take_open(key, value[0] == '[', visitor);
    value = strip(value);
    if (m_level == 1) {
      if (key == "pbs_server") m_server = value;
      if (key == "pbs_version") m_version = value;
      return {};
    }
    if (!m_in_section || (!m_quoted && (value == "{}" || value == "[]"))) return {};
    if (m_level == 2) return no_object(key);
    if (m_level == 3) tell("", key, value, visitor);
    if (m_level == 4 && m_wanted) tell(m_group, key, value, visitor);
    return {};
  }

  template <typename Visitor>
  Result<void> take_open(std::string_view key, bool array, Visitor& visitor) {
    if (m_level + 1 >= k_levels) return too_deep();
    if (m_level == 1) m_in_section = key == m_section;
    if (m_in_section && m_level == 2) TIDE_TRY(array ? no_object(key) : visitor.begin(key));
    if (m_in_section && m_level == 3) {
      m_wanted = visitor.wants(key);
      m_group = key;
    }
    ++m_level;
    m_indents[m_level] = 0;
    m_in_array = array;
    m_after = After::opened;
    return {};
  }

  template <typename Visitor>
  Result<void> take_item(std::string_view item, Visitor& visitor) {
    m_told = false;
    const std::string_view value = strip(item);
    if (m_in_section && m_level == 4 && m_wanted) tell("", m_group, value, visitor);
    return {};
  }

  template <typename Visitor>
  Result<void> take_close(std::string_view line, Visitor& visitor) {
    m_told = false;
    m_quoted = false;
    m_in_array = false;
    m_after = line.back() == ',' ? After::comma : After::last;
    --m_level;
    if (m_in_section && m_level == 2) return visitor.end();
    if (m_level == 1) m_in_section = false;
    return {};
  }

  template <typename Visitor>
  void tell(std::string_view group, std::string_view key, std::string_view value, Visitor& visitor) {
    m_told = true;
    visitor.attribute(group, key, value);
  }

  static bool is_blank(char c) { return c == ' ' || c == '\t'; }

  static std::string_view value_at(std::string_view line, std::size_t at) {
    if (at < line.size() && is_blank(line[at])) ++at;  // one, in every version
    while (at < line.size() && is_blank(line[at])) ++at;
    line.remove_prefix(at);
    return line;
  }

  // How far a line is indented that may be a key of this level; 0 if it cannot be one.
  std::size_t indent_of_key(std::string_view line) const {
    std::size_t indent = m_indents[m_level];
    if (indent == 0) {
      indent = std::min(find_near(line, '"', 0), line.size());
      if (indent <= m_indents[m_level - 1]) return 0;
    }
    if (line.size() < indent + 4 || line[indent] != '"' || !is_blank(line[0]) || !is_blank(line[indent - 1])) return 0;
    return indent;
  }

  // The value without its quotes and comma; notes what may follow.
  std::string_view strip(std::string_view value) {
    m_quoted = !value.empty() && value.front() == '"';
    if (!m_quoted) {
      m_after = !value.empty() && value.back() == ',' ? After::comma : After::last;
      if (m_after == After::comma) value.remove_suffix(1);
      return value;
    }
    value.remove_prefix(1);
    read_end(value);
    if (m_after == After::comma) value.remove_suffix(2);
    if (m_after == After::last) value.remove_suffix(1);
    return value;
  }

  void read_end(std::string_view text) {
    const std::size_t size = text.size();
    if (size >= 2 && text[size - 1] == ',' && text[size - 2] == '"')
      m_after = After::comma;
    else
      m_after = size >= 1 && text[size - 1] == '"' ? After::last : After::inside;
  }

  std::string_view item_of(std::string_view line) const;
  bool closes(std::string_view line) const;
  Result<void> take_outside(std::string_view line);
  Result<void> check_whole() const;
  Error stray(std::string_view line) const;
  Error no_object(std::string_view key) const;
  Error too_deep() const;
  Error too_long() const;
  Error zero_byte() const;

  LineEnds m_ends;
  std::string m_section;
  std::string m_rest;
  std::string m_group;
  std::string m_server;
  std::string m_version;
  std::array<std::size_t, k_levels> m_indents{};  // of the keys of each level; 0 until the first was seen
  std::size_t m_level = 0;
  std::int64_t m_line = 0;
  After m_after = After::opened;
  bool m_began = false;
  bool m_in_section = false;
  bool m_in_array = false;
  bool m_wanted = false;
  bool m_quoted = false;  // the last value is a string: what does not fit in goes on with it
  bool m_told = false;    // the last value went to the visitor
};

// A string's value: \" \\ \/ \n \t \r \b \f and \u00XX; before any other character the backslash is dropped, as PBS
// puts some where JSON has none.
std::string unescape(std::string_view text);

}  // namespace tide::batch::openpbs
