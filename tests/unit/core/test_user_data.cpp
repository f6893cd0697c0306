#include <tide/core/user_data.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::core;
TEST_SUITE_BEGIN("core/user_data");

namespace {
const UserDataValues k_values{
    .head = "head.physics.example", .cluster = "physics", .pool = "small", .node = "physics-small-0001"};
}

TEST_CASE("render_user_data: puts each value in, any number of times") {
  const auto text = render_user_data("@TIDE_HEAD@ @TIDE_CLUSTER@/@TIDE_POOL@ @TIDE_NODE@@TIDE_NODE@\n", k_values);
  REQUIRE(text);
  CHECK(*text == "head.physics.example physics/small physics-small-0001physics-small-0001\n");
}

TEST_CASE("render_user_data: text without placeholders keeps its bytes") {
  const std::string bytes("#!/bin/sh\n@TIDE_ user@host @TIDE_HEAD @@ \0\xff\n", 42);
  const auto text = render_user_data(bytes, k_values);
  REQUIRE(text);
  CHECK(*text == bytes);
}

TEST_CASE("render_user_data: an unknown word is an error that names it and its line") {
  const auto text = render_user_data("#!/bin/sh\n\necho @TIDE_SECRET@\n", k_values);
  REQUIRE_FALSE(text);
  CHECK(text.error().kind == ErrorKind::config);
  CHECK(text.error().message == "'@TIDE_SECRET@' in line 3 of the user data is not known");
}

TEST_CASE("render_user_data: @TIDE_NODE@ needs a call that makes one machine") {
  auto values = k_values;
  values.node.reset();
  CHECK_FALSE(render_user_data("@TIDE_NODE@", values));
  CHECK(render_user_data("@TIDE_HEAD@", values));
  CHECK(wants_node_name("x @TIDE_NODE@"));
  CHECK_FALSE(wants_node_name("x @TIDE_HEAD@"));
}

TEST_CASE("render_user_data: a value that a shell could read as more than a word is refused") {
  for (const char* head : {"", "a b", "$(reboot)", "`x`", "a;b", "a\nb", "h\xc3\xa9"}) {
    CAPTURE(head);
    auto values = k_values;
    values.head = head;
    const auto text = render_user_data("@TIDE_HEAD@", values);
    REQUIRE_FALSE(text);
    CHECK(text.error().kind == ErrorKind::config);
  }
  auto values = k_values;
  values.head = "[no]";  // not used: not checked
  CHECK(render_user_data("@TIDE_POOL@", values));
  values.head = "fe80::1/64_x.y-z";
  CHECK(render_user_data("@TIDE_HEAD@", values));
}

TEST_SUITE_END();
