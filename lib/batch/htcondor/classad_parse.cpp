#include <tide/batch/htcondor/classad.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::htcondor {

namespace {

struct Token {
  enum class Kind { end, number, text, word, symbol };

  Kind kind = Kind::end;
  std::string text;
};

bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<std::string_view, 23> k_symbols{
    "=?=", "=!=", ">>>", "||", "&&", "==", "!=", "<=", ">=", "<<", ">>", "(",
    ")",   "{",   "}",   ",",  "?",  ":",  "<",  ">",  "+",  "-",  "*"};
constexpr std::string_view k_single = "/%!|&^~.[];=";

class Lexer {
 public:
  explicit Lexer(std::string_view text) : m_text(text) {}

  Result<Token> next() {
    while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\t' || m_text[m_at] == '\n')) ++m_at;
    if (m_at == m_text.size()) return Token{};
    const char c = m_text[m_at];
    if (c == '"') return string();
    if (is_digit(c)) return number();
    if (is_word_start(c) || c == '\'') return word();
    for (const std::string_view symbol : k_symbols) {
      if (!m_text.substr(m_at).starts_with(symbol)) continue;
      m_at += symbol.size();
      return Token{Token::Kind::symbol, std::string(symbol)};
    }
    if (k_single.find(c) == std::string_view::npos)
      return make_error(ErrorKind::protocol, "'{}' has no place in an expression",
                        printable(m_text.substr(m_at, 1), 8));
    ++m_at;
    return Token{Token::Kind::symbol, std::string(1, c)};
  }

 private:
  Result<Token> string() {
    Token token{Token::Kind::text, ""};
    for (++m_at; m_at < m_text.size(); ++m_at) {
      const char c = m_text[m_at];
      if (c == '"') {
        ++m_at;
        return token;
      }
      if (c != '\\' || m_at + 1 == m_text.size()) {
        token.text += c;
        continue;
      }
      const char escaped = m_text[++m_at];
      token.text += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
    }
    return make_error(ErrorKind::protocol, "a string does not end");
  }

  Token number() {
    const std::size_t begin = m_at;
    const auto goes_on = [&](char c) {
      const bool sign = (c == '+' || c == '-') && (m_text[m_at - 1] == 'e' || m_text[m_at - 1] == 'E');
      return is_digit(c) || c == '.' || c == 'e' || c == 'E' || sign;
    };
    while (m_at < m_text.size() && goes_on(m_text[m_at])) ++m_at;
    return {Token::Kind::number, std::string(m_text.substr(begin, m_at - begin))};
  }

  Result<Token> word() {
    if (m_text[m_at] == '\'') {  // 'an attribute with blanks'
      const std::size_t end = m_text.find('\'', m_at + 1);
      if (end == std::string_view::npos) return make_error(ErrorKind::protocol, "a quoted name does not end");
      Token token{Token::Kind::word, std::string(m_text.substr(m_at + 1, end - m_at - 1))};
      m_at = end + 1;
      return token;
    }
    const std::size_t begin = m_at;
    while (m_at < m_text.size() && (is_word_start(m_text[m_at]) || is_digit(m_text[m_at]))) ++m_at;
    return Token{Token::Kind::word, std::string(m_text.substr(begin, m_at - begin))};
  }

  std::string_view m_text;
  std::size_t m_at = 0;
};

// Loosest first. "is" and "isnt" are words for =?= and =!=.
constexpr std::array<std::array<std::string_view, 6>, 10> k_levels{{{"||"},
                                                                    {"&&"},
                                                                    {"|"},
                                                                    {"^"},
                                                                    {"&"},
                                                                    {"==", "!=", "is", "isnt"},
                                                                    {"<", "<=", ">", ">="},
                                                                    {"<<", ">>", ">>>"},
                                                                    {"+", "-"},
                                                                    {"*", "/", "%"}}};

class Parser {
 public:
  explicit Parser(std::string_view text) : m_lexer(text) {}

  Result<Expression> whole() {
    TIDE_TRY(advance());
    TIDE_TRY_ASSIGN(Expression expression, conditional(0));
    if (m_token.kind != Token::Kind::end)
      return make_error(ErrorKind::protocol, "'{}' is not expected there", printable(m_token.text, 40));
    return expression;
  }

 private:
  Result<void> advance() {
    TIDE_TRY_ASSIGN(m_token, m_lexer.next());
    return {};
  }
  bool is_symbol(std::string_view text) const { return m_token.kind == Token::Kind::symbol && m_token.text == text; }
  Result<void> expect(std::string_view text) {
    if (!is_symbol(text))
      return make_error(ErrorKind::protocol, "'{}' is missing before '{}'", text, printable(m_token.text, 40));
    return advance();
  }

  Result<Expression> conditional(std::size_t depth) {
    if (depth > k_expression_depth) return make_error(ErrorKind::protocol, "it is nested too deep");
    TIDE_TRY_ASSIGN(Expression first, binary(0, depth));
    if (!is_symbol("?")) return first;
    TIDE_TRY(advance());
    TIDE_TRY_ASSIGN(Expression second, conditional(depth + 1));
    TIDE_TRY(expect(":"));
    TIDE_TRY_ASSIGN(Expression third, conditional(depth + 1));
    Expression all{.kind = Expression::Kind::conditional, .name = "?"};
    all.parts = {std::move(first), std::move(second), std::move(third)};
    return all;
  }

  std::string operator_at(std::size_t level) const {
    std::string name = m_token.kind == Token::Kind::word ? to_lower(m_token.text) : m_token.text;
    if (m_token.kind == Token::Kind::word && name != "is" && name != "isnt") return "";
    if (m_token.kind != Token::Kind::word && m_token.kind != Token::Kind::symbol) return "";
    if (name == "=?=") name = "is";
    if (name == "=!=") name = "isnt";
    return std::ranges::find(k_levels[level], name) != k_levels[level].end() ? name : "";
  }

  Result<Expression> binary(std::size_t level, std::size_t depth) {
    if (level == k_levels.size()) return unary(depth);
    TIDE_TRY_ASSIGN(Expression left, binary(level + 1, depth));
    for (std::string name = operator_at(level); !name.empty(); name = operator_at(level)) {
      TIDE_TRY(advance());
      TIDE_TRY_ASSIGN(Expression right, binary(level + 1, depth));
      const bool chain = (name == "&&" || name == "||") && left.kind == Expression::Kind::binary && left.name == name;
      if (chain) {  // a && b && c is one node: its depth does not grow with its length
        left.parts.push_back(std::move(right));
        continue;
      }
      Expression both{.kind = Expression::Kind::binary, .name = std::move(name)};
      both.parts.push_back(std::move(left));
      both.parts.push_back(std::move(right));
      left = std::move(both);
    }
    return left;
  }

  Result<Expression> unary(std::size_t depth) {
    if (depth > k_expression_depth) return make_error(ErrorKind::protocol, "it is nested too deep");
    if (is_symbol("!") || is_symbol("-") || is_symbol("+") || is_symbol("~")) {
      Expression one{.kind = Expression::Kind::unary, .name = m_token.text};
      TIDE_TRY(advance());
      TIDE_TRY_ASSIGN(Expression operand, unary(depth + 1));
      one.parts.push_back(std::move(operand));
      return one;
    }
    return primary(depth);
  }

  Result<Expression> primary(std::size_t depth) {
    if (is_symbol("(")) {
      TIDE_TRY(advance());
      TIDE_TRY_ASSIGN(Expression inner, conditional(depth + 1));
      TIDE_TRY(expect(")"));
      return inner;
    }
    if (is_symbol("{")) return items(Expression{.kind = Expression::Kind::list}, "}", depth);
    if (m_token.kind == Token::Kind::number) return number();
    if (m_token.kind == Token::Kind::text) {
      Expression literal{.value = {.kind = Value::Kind::text, .text = m_token.text}};
      TIDE_TRY(advance());
      return literal;
    }
    if (m_token.kind == Token::Kind::word) return word(depth);
    return make_error(ErrorKind::protocol, "'{}' begins no expression", printable(m_token.text, 40));
  }

  Result<Expression> number() {
    std::string digits = m_token.text;
    // "4.0" is 4; a fraction is beyond what tide decides by.
    if (const std::size_t point = digits.find('.');
        point != std::string::npos && digits.find_first_not_of('0', point + 1) == std::string::npos)
      digits.resize(point);
    const auto whole = parse_integer(digits);
    Expression literal{.value = {.kind = Value::Kind::error, .text = m_token.text}};
    if (whole) literal.value = {.kind = Value::Kind::integer, .number = *whole};
    TIDE_TRY(advance());
    return literal;
  }

  // After the opening bracket, which is the token.
  Result<Expression> items(Expression holder, std::string_view close, std::size_t depth) {
    TIDE_TRY(advance());
    while (!is_symbol(close)) {
      TIDE_TRY_ASSIGN(Expression item, conditional(depth + 1));
      holder.parts.push_back(std::move(item));
      if (!is_symbol(",")) break;
      TIDE_TRY(advance());
    }
    TIDE_TRY(expect(close));
    return holder;
  }

  Result<Expression> word(std::size_t depth) {
    const std::string name = m_token.text;
    const std::string lower = to_lower(name);
    TIDE_TRY(advance());
    if (is_symbol("(")) return items(Expression{.kind = Expression::Kind::call, .name = name}, ")", depth);
    if (lower == "true" || lower == "false")
      return Expression{.value = {.kind = Value::Kind::boolean, .truth = lower == "true"}};
    if (lower == "undefined") return Expression{};
    if (lower == "error") return Expression{.value = {.kind = Value::Kind::error}};
    if (!is_symbol(".")) return Expression{.kind = Expression::Kind::attribute, .name = name};
    if (lower != "my" && lower != "target")
      return make_error(ErrorKind::protocol, "'{}.' is a record, which tide does not read", printable(name, 40));
    TIDE_TRY(advance());
    if (m_token.kind != Token::Kind::word)
      return make_error(ErrorKind::protocol, "'{}' is no attribute", printable(m_token.text, 40));
    Expression attribute{
        .kind = Expression::Kind::attribute, .scope = lower == "my" ? Scope::my : Scope::target, .name = m_token.text};
    TIDE_TRY(advance());
    return attribute;
  }

  Lexer m_lexer;
  Token m_token;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string literal_text(const Value& value) {
  switch (value.kind) {
    case Value::Kind::undefined: return "undefined";
    case Value::Kind::error: return value.text.empty() ? "error" : value.text;
    case Value::Kind::boolean: return value.truth ? "true" : "false";
    case Value::Kind::integer: return std::to_string(value.number);
    case Value::Kind::text: return quoted(value.text);
  }
  return "";
}

}  // namespace

Result<Expression> parse_expression(std::string_view text) {
  if (text.size() > k_expression_size)
    return make_error(ErrorKind::protocol, "an expression of {} bytes is too long", text.size());
  return Parser(text).whole();
}

std::string to_text(const Expression& expression) {
  std::vector<std::string> parts;
  for (const Expression& part : expression.parts) {
    const bool bracketed = part.kind == Expression::Kind::binary || part.kind == Expression::Kind::conditional;
    const bool inside = expression.kind == Expression::Kind::call || expression.kind == Expression::Kind::list;
    parts.push_back(bracketed && !inside ? "(" + to_text(part) + ")" : to_text(part));
  }
  switch (expression.kind) {
    case Expression::Kind::literal: return literal_text(expression.value);
    case Expression::Kind::attribute:
      return (expression.scope == Scope::my       ? "MY."
              : expression.scope == Scope::target ? "TARGET."
                                                  : "") +
             expression.name;
    case Expression::Kind::unary: return expression.name + parts[0];
    case Expression::Kind::binary: return join(parts, " " + expression.name + " ");
    case Expression::Kind::conditional: return parts[0] + " ? " + parts[1] + " : " + parts[2];
    case Expression::Kind::call: return expression.name + "(" + join(parts, ",") + ")";
    case Expression::Kind::list: return "{" + join(parts, ",") + "}";
  }
  return "";
}

}  // namespace tide::batch::htcondor
