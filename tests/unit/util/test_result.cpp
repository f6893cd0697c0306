#include <tide/util/result.hpp>

#include <doctest/doctest.h>

using namespace tide;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return make_error(ErrorKind::usage, "'{}' is odd", number);
  return number / 2;
}

Result<int> quarter(int number) {
  TIDE_TRY_ASSIGN(const int first, half(number));
  return half(first);
}

Result<void> check(int number) {
  TIDE_TRY(quarter(number));
  return {};
}

}  // namespace

TEST_SUITE_BEGIN("util/result");

TEST_CASE("Result: values and errors travel up") {
  CHECK(quarter(8).value() == 2);
  CHECK(quarter(6).error() == make_error(ErrorKind::usage, "'3' is odd"));
  CHECK(check(8));
  CHECK(check(7).error().message == "'7' is odd");
}

TEST_CASE("Error: the outer frame comes first, the peer's words last; assigned to itself it loses nothing") {
  const std::string message = "a message that is longer than what a string keeps within itself";
  Error error{.kind = ErrorKind::batch, .message = message};
  error = std::move(error).with_context("inner");
  error = std::move(error).with_context("outer");
  error = std::move(error).with_peer("peer");
  error = std::move(error).with_hint("Do this.");
  CHECK(error.message == message);
  CHECK(error.context == std::vector<std::string>{"outer", "inner", "peer"});
  CHECK(error.hint == "Do this.");
}

TEST_CASE("ErrorKind: every kind has a word of its own, there and back") {
  for (int i = 0; i <= static_cast<int>(ErrorKind::unknown); ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    CHECK(error_kind_from(to_string(kind)) == kind);
  }
  CHECK_FALSE(error_kind_from("no such kind").has_value());
}
