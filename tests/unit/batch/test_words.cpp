#include <tide/batch/words.hpp>

#include <doctest/doctest.h>

using namespace tide;
TEST_SUITE_BEGIN("batch/words");

TEST_CASE("node names: what a host may be called") {
  for (const char* name : {"w1", "0node", "demo-small-0001", "10-0-0-5.local",
                           "ip-10-0-0-5.eu-central-1.compute.internal", "node_7", "A", "all-nodes", "allnodes"}) {
    CAPTURE(std::string(name));
    CHECK(batch::check_node_name({name}));
  }
  CHECK(batch::check_node_name({std::string(253, 'a')}));
}

TEST_CASE("node names: what a command would take for something else is refused, with where to change it") {
  for (const char* name : {"",     "-a",   ".a",  "_a",   "a b",  "a\tb", "a\nb", "a,b",      "a;b", "a[1-3]", "a=b",
                           "@all", "$(a)", "a'b", "a\"b", "a\\b", "a/b",  "a:b",  "\xc3\xa9", "ALL", "all",    "All"}) {
    CAPTURE(std::string(name));
    const auto checked = batch::check_node_name({name});
    REQUIRE_FALSE(checked);
    CHECK(checked.error().kind == ErrorKind::config);
    CHECK(checked.error().hint.find("[pools.NAME] names") != std::string::npos);
  }
  CHECK_FALSE(batch::check_node_name({std::string(254, 'a')}));
  CHECK_FALSE(batch::check_node_name({std::string("a\0b", 3)}));
}
