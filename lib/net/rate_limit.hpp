#pragma once

#include <tide/net/deadline.hpp>
#include <tide/util/clock.hpp>
#include <tide/util/result.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tide::net {

// A token bucket as clouds keep them: so many at once, then so many a second. per_second 0: no limit.
struct Rate {
  std::int64_t burst = 0;
  std::int64_t per_second = 0;

  bool operator==(const Rate&) const = default;
};

// "100/20", or "none" for no limit.
Result<Rate> parse_rate(std::string_view text);

// Sets the rates that lines name: "read 100/20". The example is of such a line.
struct NamedRate {
  std::string_view name;
  Rate& rate;
};
Result<void> set_rates(const std::vector<std::string>& lines, std::span<const NamedRate> known,
                       std::string_view example);

struct Draw {
  std::string bucket;  // whose and what for: no blanks, no secret
  Rate rate;
  std::int64_t amount = 1;

  bool operator==(const Draw&) const = default;
};

// Whose buckets: "SERVICE/HOST/DIGEST" of a URL and of who asks there, for the name is written to a file.
std::string account_of(const std::string& service, const std::string& url, const std::string& asker);

// The port for politeness: who wants to send asks first.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;

  // The moment (Clock::monotonic) from which all of these may be sent; they are taken then. Kind unsent: not before the
  // pass's deadline; nothing was taken and nothing may be sent; retry_after_seconds says when it could be.
  virtual Result<std::chrono::milliseconds> reserve(std::span<const Draw> draws) = 0;
};

// When each bucket will be full again, in microseconds of the machine's monotonic clock; one that is full has no row.
using Buckets = std::map<std::string, std::int64_t>;

// Pure: takes the draws if they can be had by `latest`. The moment, or how many microseconds later than `now` it would
// be.
struct Reservation {
  bool taken = false;
  std::int64_t at = 0;
};
Reservation take(Buckets& buckets, std::span<const Draw> draws, std::int64_t now, std::int64_t latest);

// Buckets that all tide processes of one user and host share, in the first of these files that is ours alone to write:
// a plain file of this user's, without links, mode 0600. Where there is none, this process has its own. The clock is
// the machine's, so a file from before the last boot counts for nothing.
class SharedRateLimiter final : public RateLimiter {
 public:
  // `deadline` may be null: none.
  SharedRateLimiter(std::vector<std::string> paths, Clock& clock, const Deadline* deadline)
      : m_paths(std::move(paths)), m_clock(clock), m_deadline(deadline) {}

  Result<std::chrono::milliseconds> reserve(std::span<const Draw> draws) override;

 private:
  Reservation take_now(Buckets& buckets, std::span<const Draw> draws);

  std::vector<std::string> m_paths;
  Clock& m_clock;
  const Deadline* m_deadline;
  Buckets m_own;
};

}  // namespace tide::net
