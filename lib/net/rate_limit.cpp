#include <tide/net/rate_limit.hpp>

#include <tide/net/rate_file.hpp>
#include <tide/net/url.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::net {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr std::int64_t k_second = 1'000'000;
constexpr std::int64_t k_most = 1'000'000;  // of a burst or an amount, so that nothing overflows
constexpr std::int64_t k_ahead_max =
    std::int64_t{3600} * k_second;  // a bucket in debt for longer was not written by us

// How long the bucket needs to fill up by so much.
std::int64_t time_of(std::int64_t amount, const Rate& rate) {
  return std::min(amount, k_most) * k_second / rate.per_second;
}

}  // namespace

Result<Rate> parse_rate(std::string_view text) {
  if (text == "none") return Rate{};
  const auto parts = split(text, '/');
  const auto burst = parts.size() == 2 ? parse_integer(parts[0]) : std::nullopt;
  const auto per_second = parts.size() == 2 ? parse_integer(parts[1]) : std::nullopt;
  const bool good = burst && per_second && *burst >= 1 && *burst <= k_most && *per_second >= 1 && *per_second <= k_most;
  if (good) return Rate{.burst = *burst, .per_second = *per_second};
  return make_error(ErrorKind::config, "'{}' is no rate", printable(text, 60))
      .with_hint("Write so many at once, and so many a second then: \"100/20\"; or \"none\".");
}

Result<void> set_rates(const std::vector<std::string>& lines, std::span<const NamedRate> known,
                       std::string_view example) {
  for (const std::string& line : lines) {
    const auto words = split(line, ' ');
    const auto found =
        std::ranges::find_if(known, [&](const NamedRate& each) { return words.size() == 2 && each.name == words[0]; });
    if (found != known.end()) {
      TIDE_TRY_ASSIGN(found->rate, parse_rate(words[1]));
      continue;
    }
    std::string names;
    for (const NamedRate& each : known)
      names.append(names.empty() ? "" : &each == &known.back() ? " or " : ", ").append(each.name);
    return make_error(ErrorKind::config, "'{}' is no kind of call and its rate", printable(line, 60))
        .with_hint(fmt::format("Write {}, and a rate: \"{}\".", names, example));
  }
  return {};
}

std::string account_of(const std::string& service, const std::string& url, const std::string& asker) {
  const auto parts = split_url(url);
  return service + "/" + (parts ? parts->authority() : "-") + "/" + to_hex(sha256(asker)).substr(0, 16);
}

Reservation take(Buckets& buckets, std::span<const Draw> draws, std::int64_t now, std::int64_t latest) {
  std::erase_if(buckets, [&](const auto& each) { return each.second <= now || each.second > now + k_ahead_max; });
  Reservation reservation{.taken = true, .at = now};
  Buckets after;
  for (const Draw& draw : draws) {
    if (draw.rate.per_second == 0) continue;
    const Buckets& known = after.contains(draw.bucket) ? after : buckets;
    const auto row = known.find(draw.bucket);
    const std::int64_t filled = (row == known.end() ? now : row->second) + time_of(draw.amount, draw.rate);
    after[draw.bucket] = filled;
    reservation.at = std::max(reservation.at, filled - time_of(draw.rate.burst, draw.rate));
  }
  if (reservation.at > latest) return {.taken = false, .at = reservation.at};
  for (const auto& [name, full_at] : after) buckets[name] = full_at;
  return reservation;
}

Reservation SharedRateLimiter::take_now(Buckets& buckets, std::span<const Draw> draws) {
  const std::int64_t now = std::chrono::microseconds(m_clock.monotonic()).count();
  const auto left = m_deadline == nullptr ? std::nullopt : m_deadline->left();
  const std::int64_t latest = left ? now + std::chrono::microseconds(*left).count() : now + k_ahead_max;
  return take(buckets, draws, now, latest);
}

Result<Milliseconds> SharedRateLimiter::reserve(std::span<const Draw> draws) {
  Reservation reservation;
  bool shared = false;
  for (const std::string& path : m_paths) {
    TIDE_TRY_ASSIGN(auto file, RateFile::open(path, m_clock));
    if (!file) continue;
    Buckets buckets = file->read();
    reservation = take_now(buckets, draws);
    if (reservation.taken) TIDE_TRY(file->write(buckets));
    shared = true;
    break;
  }
  if (!shared) reservation = take_now(m_own, draws);
  const Milliseconds at((reservation.at + 999) / 1000);
  if (reservation.taken) return at;
  const auto wait = std::max<std::int64_t>(1, std::chrono::ceil<Seconds>(at - m_clock.monotonic()).count());
  Error error = make_error(ErrorKind::unsent,
                           "throttled by tide itself: its rate lets this be sent in {} s, and the pass does not last "
                           "that long",
                           wait);
  error.retry_after_seconds = wait;
  return error;
}

}  // namespace tide::net
