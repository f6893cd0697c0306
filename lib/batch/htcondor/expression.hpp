#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::htcondor {

// A ClassAd expression as far as tide reads it: what is no usual operator is kept as text, and judged by nobody.
struct Expression {
  enum class Kind { name, text, number, truth, call, compare, both, either, negation, other };
  Kind kind = Kind::other;
  std::string word;     // a name without its scope, a string's text, a number, an operator, a function's name
  bool mine = false;    // a name with the scope MY.
  bool theirs = false;  // or TARGET.
  std::string source;   // as it is written
  std::vector<Expression> parts;
};

constexpr std::size_t k_expression_max = 64U << 10U;
constexpr int k_depth_max = 100;

// Nothing if it is too long, too deep or no expression.
std::optional<Expression> parse_expression(std::string_view text);

}  // namespace tide::batch::htcondor
