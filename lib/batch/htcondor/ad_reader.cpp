#include <tide/batch/htcondor/ad_reader.hpp>

#include <tide/util/text.hpp>

namespace tide::batch::htcondor {

namespace {

constexpr std::string_view k_expression_begin = "/Expr(";
constexpr std::string_view k_expression_end = ")/";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// \u00e9 as UTF-8; what is none stays as written.
void append_code(std::string& out, std::string_view digits) {
  int code = 0;
  for (const char c : digits) {
    if (digits.size() != 4 || hex_digit(c) < 0) {
      out += "\\u";
      out += digits;
      return;
    }
    code = code * 16 + hex_digit(c);
  }
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

}  // namespace

Result<void> AdReader::take_item(std::string_view line) {
  const bool closes = line == "  ]" || line == "  ]," || line == "  }" || line == "  },";
  if (closes) m_state = State::in_ad;
  return closes || line.starts_with("   ") ? Result<void>{} : stray(line);
}

Result<void> AdReader::take_between(std::string_view line) {
  if (m_state == State::start && line == "[") {
    m_state = State::before_ad;
    return {};
  }
  if (m_state == State::after_ad && line == ",") {
    m_state = State::before_ad;
    return {};
  }
  if (m_state == State::after_ad && line == "]") {
    m_state = State::done;
    return {};
  }
  if (m_state == State::done && line.empty()) return {};
  return stray(line);
}

Result<void> AdReader::finish() const {
  if (m_state == State::done && m_rest.empty()) return {};
  if (m_state == State::start && m_rest.empty()) return make_error(ErrorKind::unproven, "it printed nothing");
  return make_error(ErrorKind::unproven, "its output ends before the closing bracket");
}

Error AdReader::stray(std::string_view line) const {
  return make_error(ErrorKind::protocol, "'{}' in ad {} is not what -json prints there", printable(line, 80),
                    m_count + 1);
}

std::string unquote(std::string_view written) {
  if (written.size() < 2 || written.front() != '"') return std::string(written);
  written = written.substr(1, written.size() - 2);
  std::string out;
  out.reserve(written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] != '\\' || i + 1 == written.size()) {
      out += written[i];
      continue;
    }
    const char c = written[++i];
    constexpr std::string_view k_short = "nrtbf";
    constexpr std::string_view k_meant = "\n\r\t\b\f";
    if (const std::size_t which = k_short.find(c); which != std::string_view::npos) {
      out += k_meant[which];
    } else if (c == 'u') {
      append_code(out, written.substr(i + 1, 4));
      i += std::min<std::size_t>(4, written.size() - i - 1);
    } else {
      out += c;
    }
  }
  return out;
}

Result<Expression> expression_of(std::string_view written) {
  const std::string text = unquote(written);
  const bool quoted = !written.empty() && written.front() == '"';
  const std::string_view view = text;
  if (quoted && view.starts_with(k_expression_begin) && view.ends_with(k_expression_end)) {
    return parse_expression(
        view.substr(k_expression_begin.size(), view.size() - k_expression_begin.size() - k_expression_end.size()));
  }
  if (quoted) return Expression{.value = {.kind = Value::Kind::text, .text = text}};
  if (text == "null") return Expression{};
  return parse_expression(view);
}

Result<Value> value_of(std::string_view written, const Lookup& lookup) {
  TIDE_TRY_ASSIGN(const Expression expression, expression_of(written));
  return evaluate(expression, lookup);
}

}  // namespace tide::batch::htcondor
