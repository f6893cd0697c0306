#include <tide/net/retry.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace tide;
using net::parse_http_date;
using net::parse_retry_after;
using net::retry_delay;
using std::chrono::milliseconds;

namespace {
const TimePoint k_1994(Seconds(784'111'777));  // Sun, 06 Nov 1994 08:49:37 GMT, the RFC's own example
}

TEST_SUITE_BEGIN("net/retry");

TEST_CASE("retry_delay: full jitter doubles up to the cap") {
  const net::RetryPolicy policy;
  // The largest draw below a multiple of limit + 1 gives the limit itself.
  const auto longest = [&](int attempt, std::uint64_t limit) {
    return retry_delay(attempt, policy, std::nullopt, limit);
  };
  CHECK(longest(0, 1'000) == milliseconds(1'000));
  CHECK(longest(0, 1'001) == milliseconds(0));
  CHECK(longest(1, 2'000) == milliseconds(2'000));
  CHECK(longest(4, 16'000) == milliseconds(16'000));
  CHECK(longest(5, 20'000) == milliseconds(20'000));
  CHECK(longest(5, 20'001) == milliseconds(0));
  CHECK(longest(1'000'000, 20'000) == milliseconds(20'000));
  for (std::uint64_t random :
       {std::uint64_t{0}, std::uint64_t{12'345'678'901}, std::numeric_limits<std::uint64_t>::max()}) {
    for (int attempt = 0; attempt < 70; ++attempt) {
      const auto delay = retry_delay(attempt, policy, std::nullopt, random);
      CHECK(delay >= milliseconds(0));
      CHECK(delay <= policy.cap);
    }
  }
  CHECK(retry_delay(3, {.base = milliseconds(0)}, std::nullopt, 99) == milliseconds(0));
}

TEST_CASE("retry_delay: Retry-After is a floor, bounded, and spread") {
  const net::RetryPolicy policy;
  CHECK(retry_delay(0, policy, Seconds(7), 0) == milliseconds(7'000));
  CHECK(retry_delay(0, policy, Seconds(7), 1'000) == milliseconds(8'000));
  CHECK(retry_delay(9, policy, Seconds(7), 20'000) <= milliseconds(8'000));
  CHECK(retry_delay(0, policy, Seconds(86'400), 0) == policy.retry_after_max);
  CHECK(retry_delay(0, policy, Seconds(-5), 0) == milliseconds(0));
}

TEST_CASE("RetryBudget: a dead peer empties it, success fills it up to its size") {
  net::RetryBudget budget;
  int retries = 0;
  while (budget.take(ErrorKind::retry)) ++retries;
  CHECK(retries == 100);
  CHECK(budget.tokens() == 0);
  budget.succeeded(5);
  CHECK(budget.tokens() == 5);
  CHECK_FALSE(budget.take(ErrorKind::timeout));
  budget.succeeded(0);
  CHECK(budget.tokens() == 6);
  CHECK(budget.take(ErrorKind::throttled) == 5);
  for (int i = 0; i < 1'000; ++i) budget.succeeded(0);
  CHECK(budget.tokens() == net::RetryBudget::k_capacity);
  CHECK(budget.take(ErrorKind::timeout) == 10);
}

TEST_CASE("may_retry: what may be gone next time, and nothing that is a decision") {
  for (const ErrorKind kind : {ErrorKind::retry, ErrorKind::throttled, ErrorKind::timeout}) CHECK(net::may_retry(kind));
  for (const ErrorKind kind : {ErrorKind::capacity, ErrorKind::quota, ErrorKind::auth, ErrorKind::bad_request,
                               ErrorKind::config, ErrorKind::unknown, ErrorKind::protocol, ErrorKind::eventual}) {
    CHECK_FALSE(net::may_retry(kind));
  }
}

TEST_CASE("parse_http_date: all three forms of the RFC") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == k_1994);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == k_1994);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == k_1994);
  CHECK(parse_http_date("Thu, 01 Jan 2026 00:00:00 GMT") == TimePoint(Seconds(1'767'225'600)));
  for (const char* text : {"", "now", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Non 1994 08:49:37 GMT",
                           "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "1994-11-06T08:49:37Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text).has_value());
  }
}

TEST_CASE("parse_retry_after: seconds or a date, never negative, never endless") {
  CHECK(parse_retry_after("120", k_1994) == Seconds(120));
  CHECK(parse_retry_after(" 0 ", k_1994) == Seconds(0));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", k_1994) == Seconds(60));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", k_1994) == Seconds(0));
  CHECK(parse_retry_after("99999999999", k_1994) == Seconds(86'400));
  for (const char* text : {"", "-1", "soon", "1.5", "99999999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_retry_after(text, k_1994).has_value());
  }
}
