#include <tide/util/text.hpp>

#include <doctest/doctest.h>

using namespace tide;
using Pieces = std::vector<std::string_view>;

TEST_SUITE_BEGIN("util/text");

TEST_CASE("split, trim, join, to_lower") {
  CHECK(split("", ',') == Pieces{""});
  CHECK(split(",a,,b,", ',') == Pieces{"", "a", "", "b", ""});
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \n ") == "");
  const std::vector<std::string> parts{"a", "", "b"};
  CHECK(join(parts, ", ") == "a, , b");
  CHECK(join({}, ",") == "");
  CHECK(to_lower("AZaz-\xc3\x84") == "azaz-\xc3\x84");
}

TEST_CASE("parse_integer: all of it, or nothing") {
  CHECK(parse_integer("-9223372036854775808") == std::int64_t{-9'223'372'036'854'775'807} - 1);
  CHECK(parse_integer("007") == 7);
  for (const char* text : {"", " 1", "1 ", "+1", "0x1", "1.0", "9223372036854775808", "-"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_integer(text).has_value());
  }
}

TEST_CASE("printable: no control character gets through, and it is never longer than asked") {
  CHECK(printable("a\x1b[31m\n\x7f", 100) == "a\\x1b[31m\\x0a\\x7f");
  CHECK(printable("0123456789", 10) == "0123456789");
  CHECK(printable("0123456789x", 10) == "0123456...");
  CHECK(printable("abcd", 2) == "..");
  CHECK(printable("", 0) == "");
  CHECK(printable("12345\xc3\xa4 and more", 9) == "12345...");  // not half a letter
  CHECK(printable("\xc3\xa4", 10) == "\xc3\xa4");
}

TEST_CASE("nearest: a slip is found, another word is not") {
  const std::vector<std::string> keys{"idle_time", "max_nodes", "min_nodes", "max_end_per_pass"};
  CHECK(nearest("idel_time", keys) == "idle_time");
  CHECK(nearest("Max_Node", keys) == "max_nodes");
  CHECK(nearest("min_node", keys) == "min_nodes");
  CHECK(nearest("boot_deadline", keys) == "");
  CHECK(nearest("x", keys) == "");
  CHECK(nearest("", keys) == "");
  const std::vector<std::string> equal{"ab", "ac"};
  CHECK(nearest("ad", equal) == "ab");  // the first of equals, always
}
