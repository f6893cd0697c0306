#include <tide/batch/htcondor/expression.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::htcondor {

namespace {

using Kind = Expression::Kind;

bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_word_start(c) || is_digit(c); }

// Longest first.
constexpr std::array<std::string_view, 30> k_operators{"=?=", "=!=", ">>>", "==", "!=", "<=", ">=", "&&", "||", "<<",
                                                       ">>",  "<",   ">",   "+",  "-",  "*",  "/",  "%",  "!",  "~",
                                                       "&",   "|",   "^",   "?",  ":",  "(",  ")",  ",",  ".",  "="};

class Parser {
 public:
  explicit Parser(std::string_view text) : m_text(text) { next(); }

  std::optional<Expression> whole() {
    Expression result = either(0);
    if (m_failed || !m_token.empty() || m_at < m_text.size()) return std::nullopt;
    return result;
  }

 private:
  enum class Token { end, word, text, number, sign };

  void skip_blanks() {
    while (m_at < m_text.size() && std::string_view(" \t\r\n").find(m_text[m_at]) != std::string_view::npos) ++m_at;
  }

  void next() {
    m_last_end = m_at;
    skip_blanks();
    m_begin = m_at;
    m_token = {};
    m_type = Token::end;
    if (m_at == m_text.size()) return;
    const char c = m_text[m_at];
    if (is_word_start(c)) {
      while (m_at < m_text.size() && is_word(m_text[m_at])) ++m_at;
      m_type = Token::word;
    } else if (is_digit(c)) {
      while (m_at < m_text.size() && (is_word(m_text[m_at]) || m_text[m_at] == '.')) ++m_at;
      m_type = Token::number;
    } else if (c == '"' || c == '\'') {
      take_quoted(c);
    } else {
      take_sign();
    }
    m_token = m_text.substr(m_begin, m_at - m_begin);
  }

  void take_quoted(char quote) {
    m_type = quote == '"' ? Token::text : Token::word;
    m_quoted.clear();
    for (++m_at; m_at < m_text.size() && m_text[m_at] != quote; ++m_at) {
      if (m_text[m_at] == '\\' && m_at + 1 < m_text.size()) ++m_at;
      m_quoted += m_text[m_at];
    }
    if (m_at == m_text.size()) {
      m_failed = true;
      return;
    }
    ++m_at;
  }

  void take_sign() {
    m_type = Token::sign;
    for (const std::string_view sign : k_operators) {
      if (m_text.substr(m_at, sign.size()) != sign) continue;
      m_at += sign.size();
      return;
    }
    // Lists, nested ads and whatever else is not read.
    m_failed = true;
    m_at = m_text.size();
  }

  bool at(std::string_view sign) const { return m_type == Token::sign && m_token == sign; }

  Expression failed() {
    m_failed = true;
    return {};
  }

  std::string source_from(std::size_t begin) const {
    return std::string(m_text.substr(begin, m_last_end > begin ? m_last_end - begin : 0));
  }

  Expression chain(int depth, std::string_view sign, Kind kind, Expression (Parser::*lower)(int)) {
    const std::size_t begin = m_begin;
    Expression first = (this->*lower)(depth);
    if (!at(sign) || m_failed) return first;
    Expression whole{.kind = kind, .word = std::string(sign), .source = {}, .parts = {}};
    whole.parts.push_back(std::move(first));
    while (at(sign) && !m_failed) {
      next();
      whole.parts.push_back((this->*lower)(depth));
    }
    whole.source = source_from(begin);
    return whole;
  }

  // The ternary operator is not read, but passed over: its parts are `other`.
  Expression either(int depth) {
    if (depth > k_depth_max) return failed();
    const std::size_t begin = m_begin;
    Expression first = chain(depth, "||", Kind::either, &Parser::both);
    if (!at("?") || m_failed) return first;
    next();
    if (!at(":")) (void)either(depth + 1);
    if (!at(":")) return failed();
    next();
    (void)either(depth + 1);
    return {.kind = Kind::other, .word = "?", .source = source_from(begin), .parts = {}};
  }
  Expression both(int depth) { return chain(depth, "&&", Kind::both, &Parser::comparison); }

  static bool compares(std::string_view sign) {
    return std::ranges::find(k_operators.begin(), k_operators.begin() + 13, sign) != k_operators.begin() + 13 &&
           sign != "&&" && sign != "||" && sign != "<<" && sign != ">>" && sign != ">>>";
  }

  Expression comparison(int depth) {
    const std::size_t begin = m_begin;
    Expression left = arithmetic(depth);
    for (int links = 0; !m_failed && ((m_type == Token::sign && compares(m_token)) || is_named_operator()); ++links) {
      if (links > k_depth_max) return failed();
      std::string sign(m_token);
      if (m_type == Token::word) {
        next();
        const bool negated = to_lower(sign) == "isnt" || to_lower(m_token) == "isnt";
        sign = negated ? "=!=" : "=?=";
      } else {
        next();
      }
      Expression right = arithmetic(depth);
      Expression whole{.kind = Kind::compare, .word = std::move(sign), .source = source_from(begin), .parts = {}};
      whole.parts.push_back(std::move(left));
      whole.parts.push_back(std::move(right));
      left = std::move(whole);
    }
    return left;
  }

  bool is_named_operator() const {
    return m_type == Token::word && (to_lower(m_token) == "is" || to_lower(m_token) == "isnt");
  }

  bool at_arithmetic() const {
    static constexpr std::array<std::string_view, 11> k_signs{"+", "-", "*",  "/",  "%",  "&",
                                                              "|", "^", "<<", ">>", ">>>"};
    return m_type == Token::sign && std::ranges::find(k_signs, m_token) != k_signs.end();
  }

  Expression arithmetic(int depth) {
    const std::size_t begin = m_begin;
    Expression first = unary(depth);
    if (!at_arithmetic()) return first;
    while (at_arithmetic() && !m_failed) {
      next();
      (void)unary(depth);
    }
    return {.kind = Kind::other, .word = "arithmetic", .source = source_from(begin), .parts = {}};
  }

  Expression unary(int depth) {
    if (depth > k_depth_max) return failed();
    const std::size_t begin = m_begin;
    if (at("!")) {
      next();
      Expression whole{.kind = Kind::negation, .word = "!", .source = {}, .parts = {}};
      whole.parts.push_back(unary(depth + 1));
      whole.source = source_from(begin);
      return whole;
    }
    if (at("-") || at("+") || at("~")) {
      next();
      (void)unary(depth + 1);
      return {.kind = Kind::other, .word = "sign", .source = source_from(begin), .parts = {}};
    }
    return primary(depth);
  }

  Expression primary(int depth) {
    const std::size_t begin = m_begin;
    if (at("(")) {
      next();
      Expression inner = either(depth + 1);
      if (!at(")")) return failed();
      next();
      return inner;
    }
    Expression leaf;
    if (m_type == Token::text) {
      leaf.kind = Kind::text;
      leaf.word = m_quoted;
    } else if (m_type == Token::number) {
      leaf.kind = Kind::number;
      leaf.word = std::string(m_token);
    } else if (m_type == Token::word) {
      return named(depth);
    } else {
      return failed();
    }
    next();
    leaf.source = source_from(begin);
    return leaf;
  }

  Expression named(int depth) {
    const std::size_t begin = m_begin;
    Expression leaf{.kind = Kind::name, .word = std::string(m_token), .source = {}, .parts = {}};
    const std::string lower = to_lower(m_token);
    next();
    if ((lower == "my" || lower == "target") && at(".")) {
      next();
      if (m_type != Token::word) return failed();
      (lower == "my" ? leaf.mine : leaf.theirs) = true;
      leaf.word = std::string(m_token);
      next();
    } else if (lower == "true" || lower == "false") {
      leaf.kind = Kind::truth;
      leaf.word = lower;
    } else if (lower == "undefined" || lower == "error") {
      leaf.kind = Kind::other;
    } else if (at("(")) {
      return call(depth, std::move(leaf), begin);
    }
    leaf.source = source_from(begin);
    return leaf;
  }

  Expression call(int depth, Expression leaf, std::size_t begin) {
    leaf.kind = Kind::call;
    leaf.word = to_lower(leaf.word);
    next();
    while (!at(")") && !m_failed) {
      leaf.parts.push_back(either(depth + 1));
      if (at(","))
        next();
      else if (!at(")"))
        return failed();
    }
    if (m_failed) return failed();
    next();
    leaf.source = source_from(begin);
    return leaf;
  }

  std::string_view m_text;
  std::size_t m_at = 0;
  std::size_t m_begin = 0;     // of the token
  std::size_t m_last_end = 0;  // of the token before
  std::string_view m_token;
  std::string m_quoted;
  Token m_type = Token::end;
  bool m_failed = false;
};

}  // namespace

std::optional<Expression> parse_expression(std::string_view text) {
  if (text.size() > k_expression_max) return std::nullopt;
  return Parser(text).whole();
}

}  // namespace tide::batch::htcondor
