#include <tide/util/hostlist.hpp>

#include <doctest/doctest.h>

using namespace tide;
using Names = std::vector<std::string>;

TEST_SUITE_BEGIN("util/hostlist");

TEST_CASE("expand_hostlist: ranges keep their width and the order as written") {
  CHECK(expand_hostlist("a[001-003,7],b2").value() == Names{"a001", "a002", "a003", "a7", "b2"});
  CHECK(expand_hostlist("c3,c1").value() == Names{"c3", "c1"});
  CHECK(expand_hostlist("n[9-11]").value() == Names{"n9", "n10", "n11"});
  CHECK(expand_hostlist("r[1-2]n[0-1]-ib").value() == Names{"r1n0-ib", "r1n1-ib", "r2n0-ib", "r2n1-ib"});
  CHECK(expand_hostlist("").value().empty());
  CHECK(expand_hostlist("head.example.org").value() == Names{"head.example.org"});
}

TEST_CASE("expand_hostlist: what is no list is an error") {
  for (const char* text : {"a[1-2", "a]1", "a[1[2]]", "a[]", "a[x]", "a[3-1]", "a[1-]", "a[-1]", ",", "a,,b", "a,",
                           "a[1-99999999]", "a[1-99999999999999999999]", "a[1-256]b[1-256]c[1-256]", "a[1,]"}) {
    CAPTURE(text);
    const auto names = expand_hostlist(text);
    REQUIRE_FALSE(names);
    CHECK(names.error().kind == ErrorKind::protocol);
  }
  CHECK_FALSE(expand_hostlist(std::string(300, 'x')));
}

TEST_CASE("expand_hostlist: the bound is exact") {
  CHECK(expand_hostlist("a[1-4]", 4).value().size() == 4);
  CHECK(expand_hostlist("a[1-2],b[1-2]", 4).value().size() == 4);
  CHECK_FALSE(expand_hostlist("a[1-5]", 4));
  CHECK_FALSE(expand_hostlist("a[1-2],b[1-3]", 4));
  CHECK_FALSE(expand_hostlist("a[1-4],b", 4));
}

TEST_CASE("compress_hostlist: joins neighbours only, and comes back in the same order") {
  const std::vector<std::pair<Names, std::string>> cases{
      {{"physics-small-0101", "physics-small-0102", "physics-small-0103"}, "physics-small-[0101-0103]"},
      {{"a1"}, "a1"},
      {{}, ""},
      {{"a1", "a3", "a4"}, "a[1,3-4]"},
      {{"a2", "a1"}, "a[2,1]"},
      {{"n9", "n10", "n11"}, "n[9-11]"},
      {{"n09", "n10"}, "n[09-10]"},
      {{"n99", "n100"}, "n[99-100]"},
      {{"n9", "n010"}, "n[9,010]"},
      {{"a1", "b1", "a2"}, "a1,b1,a2"},
      {{"head", "a1", "a2"}, "head,a[1-2]"},
      {{"5", "6"}, "[5-6]"},
      {{"x12345678901234567890123", "x12345678901234567890124"}, "x12345[678901234567890123-678901234567890124]"},
  };
  for (const auto& [names, text] : cases) {
    CAPTURE(text);
    CHECK(compress_hostlist(names) == text);
    CHECK(expand_hostlist(text).value() == names);
  }
}
