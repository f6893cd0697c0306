#pragma once

#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace tide::net {

// botocore's "standard" mode, with Retry-After obeyed.
struct RetryPolicy {
  int attempts_max = 3;  // calls in all, the first included
  std::chrono::milliseconds base{1'000};
  std::chrono::milliseconds cap{20'000};
  std::chrono::milliseconds retry_after_max{60'000};  // a peer that asks for more is heard in a later pass
};

// Pure. How long to wait after the failure of call number `attempt` (from 0): any length up to base * 2^attempt, at
// most `cap` (full jitter); at least what the peer asked for, at most `retry_after_max` of it. `random` is one draw.
std::chrono::milliseconds retry_delay(int attempt, const RetryPolicy& policy, std::optional<Seconds> retry_after,
                                      std::uint64_t random);

// Whether such a failure may be gone next time. Capacity and quota are the planner's to repeat, not the transport's.
bool may_retry(ErrorKind kind);

// Keeps a dead cloud from being hammered by retries: 500 tokens, 5 for a retry, 10 after a time-out.
class RetryBudget {
 public:
  static constexpr int k_capacity = 500;

  std::optional<int> take(ErrorKind kind);  // what it cost; nothing: fail at once
  void succeeded(int taken);                // after retries that took so much; 0: without retry, gives back 1
  int tokens() const { return m_tokens; }

 private:
  int m_tokens = k_capacity;
};

// Retry-After: seconds, or an HTTP date seen from `now`; one that lies in the past is 0.
std::optional<Seconds> parse_retry_after(std::string_view text, TimePoint now);

// RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT" and its two elder forms.
std::optional<TimePoint> parse_http_date(std::string_view text);

}  // namespace tide::net
