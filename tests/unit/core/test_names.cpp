#include <tide/core/names.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tide;
using namespace tide::core;
TEST_SUITE_BEGIN("core/names");

namespace {

std::vector<std::string> texts(const std::vector<NodeName>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(name.value);
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("names: a counted template gives the lowest free names") {
  const auto names = parse_names("{cluster}-{pool}-{n:04}", "physics", "small");
  REQUIRE(names);
  CHECK(texts(next_names(*names, 3, {})) == Texts{"physics-small-0001", "physics-small-0002", "physics-small-0003"});
  const std::set<NodeName> taken{{"physics-small-0001"}, {"physics-small-0003"}, {"other"}};
  CHECK(texts(next_names(*names, 3, taken)) == Texts{"physics-small-0002", "physics-small-0004", "physics-small-0005"});
  CHECK(next_names(*names, 0, {}).empty());
  CHECK(next_names(*names, -1, {}).empty());
}

TEST_CASE("names: numbers grow beyond their width") {
  const auto names = parse_names("n{n:02}x", "c", "p");
  REQUIRE(names);
  std::set<NodeName> taken;
  for (const auto& name : next_names(*names, 99, {})) taken.insert(name);
  CHECK(texts(next_names(*names, 1, taken)) == Texts{"n100x"});
  CHECK(matches(*names, {"n100x"}));
}

TEST_CASE("names: a range is used as written and ends") {
  const auto names = parse_names("cloud[003-004,001]", "c", "p");
  REQUIRE(names);
  CHECK(names->kind == NamesKind::range);
  CHECK(texts(next_names(*names, 9, {{"cloud004"}})) == Texts{"cloud003", "cloud001"});
  CHECK(matches(*names, {"cloud001"}));
  CHECK_FALSE(matches(*names, {"cloud002"}));
}

TEST_CASE("names: a range may hold the cluster's and the pool's name") {
  const auto names = parse_names("{cluster}-{pool}[1-2]", "c", "p");
  REQUIRE(names);
  CHECK(texts(next_names(*names, 2, {})) == Texts{"c-p1", "c-p2"});
}

TEST_CASE("names: dns picks none and matches none") {
  const auto names = parse_names("dns", "c", "p");
  REQUIRE(names);
  CHECK(names->kind == NamesKind::dns);
  CHECK(next_names(*names, 3, {}).empty());
  CHECK_FALSE(matches(*names, {"ip-10-0-0-1"}));
}

TEST_CASE("matches: only what the template can give") {
  const auto names = parse_names("{cluster}-{pool}-{n:04}", "physics", "small");
  REQUIRE(names);
  for (const char* name : {"physics-small-0001", "physics-small-9999", "physics-small-10000"})
    CHECK_MESSAGE(matches(*names, {name}), name);
  for (const char* name :
       {"physics-small-0000", "physics-small-1", "physics-small-", "physics-small-00001", "physics-large-0001",
        "physics-small-000x", "", "physics-small-0001a", "physics-small-99999999999999999999"}) {
    CHECK_FALSE_MESSAGE(matches(*names, {name}), name);
  }
}

TEST_CASE("parse_names: what is no set of names is an error of kind config that quotes it") {
  for (const char* text : {"", "{cluster}-{pool}", "{n}{n}", "{node}-{n}", "a.b-{n}", "a_b{n}", "{n", "a b{n}", "-{n}",
                           "{n}-", "{n:4}", "{n:00}", "{n:099}", "x[3-1]", "x[1-2", "x[1,1]", "x[1-9999999]",
                           "a123456789b123456789c123456789d123456789e123456789f123456789-{n}"}) {
    CAPTURE(text);
    const auto names = parse_names(text, "physics", "small");
    REQUIRE_FALSE(names);
    CHECK(names.error().kind == ErrorKind::config);
    CHECK_FALSE(names.error().hint.empty());
  }
}

TEST_SUITE_END();
