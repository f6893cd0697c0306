#include <tide/batch/htcondor/classad.hpp>

#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::htcondor {

namespace {

using Kind = Value::Kind;

constexpr std::int64_t k_number_max = std::int64_t{1} << 53U;  // beyond it nothing is a size of anything

Value boolean(bool truth) { return {.kind = Kind::boolean, .truth = truth}; }
Value error() { return {.kind = Kind::error}; }
Value integer(std::int64_t number) {
  if (number > k_number_max || number < -k_number_max) return error();
  return {.kind = Kind::integer, .number = number};
}

// Booleans count as 1 and 0 in arithmetic and comparisons.
Value as_number(const Value& value) { return value.kind == Kind::boolean ? integer(value.truth ? 1 : 0) : value; }
Value as_truth(const Value& value) { return value.kind == Kind::integer ? boolean(value.number != 0) : value; }

// && and ||: the value that decides (false, true) wins over undefined and error.
Value logic(const Expression& expression, const Lookup& lookup, bool decides) {
  Value result = boolean(!decides);
  for (const Expression& part : expression.parts) {
    const Value value = as_truth(evaluate(part, lookup));
    if (value.kind == Kind::boolean && value.truth == decides) return value;
    if (value.kind == Kind::error || value.kind == Kind::text) {
      result = error();
    } else if (value.kind == Kind::undefined && result.kind != Kind::error) {
      result = value;
    }
  }
  return result;
}

Value identical(const Value& a, const Value& b) {
  const bool same = a.kind == b.kind && a.truth == b.truth && a.number == b.number && a.text == b.text;
  return boolean(same);
}

Value compare(const std::string& name, const Value& left, const Value& right) {
  if (left.kind == Kind::error || right.kind == Kind::error) return error();
  if (left.kind == Kind::undefined || right.kind == Kind::undefined) return {};
  int order = 0;
  if (left.kind == Kind::text && right.kind == Kind::text) {
    order = to_lower(left.text).compare(to_lower(right.text));  // == of strings knows no case
  } else if (left.kind == Kind::text || right.kind == Kind::text) {
    return error();
  } else {
    const std::int64_t a = as_number(left).number;
    const std::int64_t b = as_number(right).number;
    order = a < b ? -1 : a > b ? 1 : 0;
  }
  if (name == "==") return boolean(order == 0);
  if (name == "!=") return boolean(order != 0);
  if (name == "<") return boolean(order < 0);
  if (name == "<=") return boolean(order <= 0);
  if (name == ">") return boolean(order > 0);
  return boolean(order >= 0);
}

Value arithmetic(const std::string& name, const Value& left, const Value& right) {
  const Value a = as_number(left);
  const Value b = as_number(right);
  if (a.kind == Kind::undefined || b.kind == Kind::undefined) return {};
  if (a.kind != Kind::integer || b.kind != Kind::integer) return error();
  if (name == "+") return integer(a.number + b.number);
  if (name == "-") return integer(a.number - b.number);
  if (name == "*") {
    const std::int64_t large = std::max(std::abs(a.number), std::abs(b.number));
    const std::int64_t small = std::min(std::abs(a.number), std::abs(b.number));
    return small != 0 && large > k_number_max / small ? error() : integer(a.number * b.number);
  }
  if (b.number == 0) return error();
  if (name == "/") return integer(a.number / b.number);
  if (name == "%") return integer(a.number % b.number);
  return error();
}

Value binary(const Expression& expression, const Lookup& lookup) {
  const std::string& name = expression.name;
  if (name == "&&") return logic(expression, lookup, false);
  if (name == "||") return logic(expression, lookup, true);
  const Value left = evaluate(expression.parts[0], lookup);
  const Value right = evaluate(expression.parts[1], lookup);
  if (name == "is") return identical(left, right);
  if (name == "isnt") return boolean(!identical(left, right).truth);
  if (name == "==" || name == "!=" || name == "<" || name == "<=" || name == ">" || name == ">=")
    return compare(name, left, right);
  return arithmetic(name, left, right);
}

Value unary(const Expression& expression, const Lookup& lookup) {
  const Value value = evaluate(expression.parts[0], lookup);
  if (expression.name == "!") {
    const Value truth = as_truth(value);
    if (truth.kind == Kind::undefined) return {};
    return truth.kind == Kind::boolean ? boolean(!truth.truth) : error();
  }
  if (value.kind == Kind::undefined) return {};
  const Value number = as_number(value);
  if (number.kind != Kind::integer) return error();
  if (expression.name == "-") return integer(-number.number);
  return expression.name == "+" ? number : error();
}

Value choose(const Expression& expression, const Lookup& lookup) {
  const Value first = as_truth(evaluate(expression.parts[0], lookup));
  if (first.kind == Kind::undefined) return {};
  if (first.kind != Kind::boolean) return error();
  return evaluate(expression.parts[first.truth ? 1 : 2], lookup);
}

Value extreme(const std::vector<Value>& values, bool largest) {
  Value best;
  for (const Value& value : values) {
    if (value.kind == Kind::undefined) return {};
    if (value.kind != Kind::integer) return error();
    const bool better = best.kind == Kind::undefined || (value.number > best.number) == largest;
    if (better) best = value;
  }
  return best;
}

// The next multiple of the second.
Value quantize(const Value& value, const Value& step) {
  if (value.kind == Kind::undefined || step.kind == Kind::undefined) return {};
  if (value.kind != Kind::integer || step.kind != Kind::integer || step.number <= 0) return error();
  return integer((value.number + step.number - 1) / step.number * step.number);
}

Value call(const Expression& expression, const Lookup& lookup) {
  const std::string name = to_lower(expression.name);
  const std::size_t count = expression.parts.size();
  if (name == "ifthenelse" && count == 3) return choose(expression, lookup);
  std::vector<Value> values;
  for (const Expression& part : expression.parts) values.push_back(evaluate(part, lookup));
  if (name == "isundefined" && count == 1) return boolean(values[0].kind == Kind::undefined);
  if (name == "iserror" && count == 1) return boolean(values[0].kind == Kind::error);
  const bool whole = name == "int" || name == "ceiling" || name == "floor" || name == "round";
  if (whole && count == 1) return values[0].kind == Kind::undefined ? Value{} : as_number(values[0]);
  if ((name == "max" || name == "min") && count > 1) return extreme(values, name == "max");
  if (name == "quantize" && count == 2) return quantize(values[0], values[1]);
  if (name == "tolower" && count == 1 && values[0].kind == Kind::text)
    return {.kind = Kind::text, .text = to_lower(values[0].text)};
  return error();
}

}  // namespace

Value evaluate(const Expression& expression, const Lookup& lookup) {
  switch (expression.kind) {
    case Expression::Kind::literal: return expression.value;
    case Expression::Kind::attribute: return lookup(expression.scope, expression.name);
    case Expression::Kind::unary: return unary(expression, lookup);
    case Expression::Kind::binary: return binary(expression, lookup);
    case Expression::Kind::conditional: return choose(expression, lookup);
    case Expression::Kind::call: return call(expression, lookup);
    case Expression::Kind::list: return error();
  }
  return error();
}

}  // namespace tide::batch::htcondor
