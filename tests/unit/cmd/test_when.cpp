#include "cmd/when.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>

using namespace tide;
using namespace tide::cmd;
TEST_SUITE_BEGIN("cmd/when");

namespace {

const TimePoint k_now{Seconds(1'800'000'000)};

struct Zone {
  explicit Zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

}  // namespace

TEST_CASE("when: a moment that no form can tell is refused, whatever the zone") {
  const Zone zone("EST5");
  CHECK(parse_when("--until", "2027-01-15 09:00", k_now, When::future));
  const auto late = parse_when("--until", "9999-12-31 23:59", k_now, When::future);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::usage);
  CHECK_FALSE(parse_when("--since", "1969-12-31 12:00", k_now, When::past));
}

TEST_CASE("when: a span is told with its option, and has a least") {
  CHECK(parse_span("--for", "1h30m").value() == Seconds(5400));
  CHECK(parse_span("--timeout", "0s", Seconds(0)).value() == Seconds(0));
  const auto word = parse_span("--for", "soon");
  REQUIRE_FALSE(word);
  CHECK(word.error().kind == ErrorKind::usage);
  CHECK(word.error().message == "--for 'soon' is no duration");
  const auto none = parse_span("--for", "0s");
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "--for '0s' is too short");
  CHECK(none.error().hint == "At least 1s.");
  CHECK_FALSE(parse_span("--for", "99999999d"));
}
