#pragma once

#include <tide/batch/htcondor/classad.hpp>

#include <string>
#include <string_view>

namespace tide::batch::htcondor {

constexpr std::size_t k_ad_line_max = 8U << 20U;  // a job that runs on 100 000 slots names them in some 4 MB

// Walks what `-json` prints while it is printed: "[", ads of one line an attribute, "]". Line ends and quotes in values
// are escaped by every version, so no value can forge a line. Lists and records are skipped. Not even a bracket is
// printed for no ad at all: see is_empty().
//
// A visitor has
//   void begin();                                                  // of an ad
//   Result<void> attribute(std::string_view key, std::string_view value);  // as written: see value_of()
//   Result<void> end();
class AdReader {
 public:
  template <typename Visitor>
  Result<void> feed(std::string_view piece, Visitor& visitor) {
    if (piece.find('\0') != std::string_view::npos)
      return make_error(ErrorKind::protocol, "it has a byte 0 in it: that is no text");
    while (true) {
      const std::size_t end = piece.find('\n');
      if (end == std::string_view::npos) break;
      if (m_rest.empty()) {
        TIDE_TRY(take_line(piece.substr(0, end), visitor));
      } else {
        m_rest.append(piece.substr(0, end));
        const std::string line = std::move(m_rest);
        m_rest.clear();
        TIDE_TRY(take_line(line, visitor));
      }
      piece.remove_prefix(end + 1);
    }
    m_rest.append(piece);
    if (m_rest.size() > k_ad_line_max)
      return make_error(ErrorKind::protocol, "a line is longer than {} bytes", k_ad_line_max);
    return {};
  }

  // Once the command ended well: unproven without the closing bracket.
  Result<void> finish() const;
  // It printed nothing: another command has to say that there is none.
  bool is_empty() const { return m_state == State::start && m_rest.empty(); }
  std::int64_t count() const { return m_count; }

 private:
  enum class State { start, before_ad, in_ad, in_list, after_ad, done };

  template <typename Visitor>
  Result<void> take_line(std::string_view line, Visitor& visitor) {
    switch (m_state) {
      case State::in_ad: return take_attribute(line, visitor);
      case State::in_list: return take_item(line);
      case State::before_ad:
        if (line != "{") return stray(line);
        visitor.begin();
        m_state = State::in_ad;
        return {};
      case State::start:
      case State::after_ad:
      case State::done: return take_between(line);
    }
    return {};
  }

  template <typename Visitor>
  Result<void> take_attribute(std::string_view line, Visitor& visitor) {
    if (line == "}") {
      m_state = State::after_ad;
      ++m_count;
      return visitor.end();
    }
    if (!line.starts_with("  \"")) return stray(line);
    const std::size_t end = line.find('"', 3);
    if (end == std::string_view::npos || line.substr(end + 1, 2) != ": ") return stray(line);
    std::string_view value = line.substr(end + 3);
    if (value == "[" || value == "{") {
      m_state = State::in_list;
      return {};
    }
    if (value.ends_with(',')) value.remove_suffix(1);
    if (value.empty()) return stray(line);
    if (value.front() == '"' && (value.size() < 2 || value.back() != '"')) return stray(line);
    return visitor.attribute(line.substr(3, end - 3), value);
  }

  Result<void> take_item(std::string_view line);
  Result<void> take_between(std::string_view line);
  Error stray(std::string_view line) const;

  State m_state = State::start;
  std::string m_rest;
  std::int64_t m_count = 0;
};

// The text of a JSON string as written, with its quotes; what is no string stays as it is.
std::string unquote(std::string_view written);

// What an attribute says: a number, a truth, a text; "/Expr(...)/" is evaluated by `lookup`.
Result<Value> value_of(std::string_view written, const Lookup& lookup);

// The expression of an attribute: that of "/Expr(...)/", else a literal.
Result<Expression> expression_of(std::string_view written);

}  // namespace tide::batch::htcondor
