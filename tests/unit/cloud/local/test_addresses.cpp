#include <tide/cloud/local/addresses.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::local;

TEST_SUITE_BEGIN("cloud/local");

TEST_CASE("addresses: a range is its hosts") {
  CHECK(*parse_range("127.99.0.0/16") == AddressRange{.first = 0x7F630001, .last = 0x7F63FFFE});
  CHECK(*parse_range("10.0.0.7/30") == AddressRange{.first = 0x0A000005, .last = 0x0A000006});
  for (const char* text :
       {"", "127.99.0.0", "127.99.0/16", "127.99.0.256/16", "127.99.0.0/31", "127.99.0.0/7", "::1/64", "1.2.3.4/x"}) {
    CAPTURE(text);
    const auto range = parse_range(text);
    REQUIRE_FALSE(range);
    CHECK(range.error().kind == ErrorKind::config);
  }
}

TEST_CASE("addresses: each is given once, localhost never") {
  const AddressRange range = *parse_range("127.0.0.0/29");
  std::set<std::string> used;
  for (int count = 0; count < 5; ++count) used.insert(*choose_address(range, used, "token"));
  CHECK(used == std::set<std::string>{"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"});
  const auto none = choose_address(range, used, "token");
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::quota);
}

TEST_CASE("addresses: the same token gets the same one") {
  const AddressRange range = *parse_range("127.99.0.0/16");
  CHECK(*choose_address(range, {}, "one") == *choose_address(range, {}, "one"));
  CHECK(*choose_address(range, {}, "one") != *choose_address(range, {}, "two"));
}
