#pragma once

#include <tide/util/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::htcondor {

// What an expression comes to. Numbers are whole: a broken one is an error here, as tide decides nothing by fractions.
struct Value {
  enum class Kind { undefined, error, boolean, integer, text };

  Kind kind = Kind::undefined;
  bool truth = false;
  std::int64_t number = 0;
  std::string text;

  bool is_true() const { return kind == Kind::boolean && truth; }
  bool is_false() const { return kind == Kind::boolean && !truth; }
  bool operator==(const Value&) const = default;
};

enum class Scope { none, my, target };

// A parsed ClassAd expression: the language of HTCondor's manual, without records, subscripts and selections.
struct Expression {
  enum class Kind { literal, attribute, unary, binary, conditional, call, list };

  Kind kind = Kind::literal;
  Value value;  // of a literal
  Scope scope = Scope::none;
  std::string name;  // of an attribute or function, as written; the operator ("is" and "isnt" for =?= and =!=)
  std::vector<Expression> parts;

  bool operator==(const Expression&) const = default;
};

constexpr std::size_t k_expression_depth = 64;     // a hostile one ends here, not at the end of the stack
constexpr std::size_t k_expression_size = 65'536;  // bytes

// An error of kind protocol if it is none that this version reads.
Result<Expression> parse_expression(std::string_view text);

// Attribute's value by scope and name; names are compared without case. What it does not know is undefined.
using Lookup = std::function<Value(Scope scope, const std::string& name)>;

// ClassAd's three-valued logic. Functions: ifThenElse, isUndefined, int, ceiling, floor, round, max, min, quantize,
// isError, toLower; any other is an error.
Value evaluate(const Expression& expression, const Lookup& lookup);

// For messages, as HTCondor writes it.
std::string to_text(const Expression& expression);

}  // namespace tide::batch::htcondor
