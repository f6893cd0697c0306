#pragma once

#include <tide/net/transport.hpp>
#include <tide/util/clock.hpp>

#include <optional>

namespace tide::net {

// The time that all requests of one pass have together.
class Deadline {
 public:
  explicit Deadline(Clock& clock) : m_clock(clock) {}

  void begin(std::chrono::milliseconds span) { m_end = m_clock.monotonic() + span; }
  // Never negative; nothing before begin(): then there is no deadline.
  std::optional<std::chrono::milliseconds> left() const;

 private:
  Clock& m_clock;
  std::optional<std::chrono::milliseconds> m_end;
};

// Gives no request more time than is left of the pass; once none is left, each is `unsent`.
class DeadlineTransport final : public Transport {
 public:
  DeadlineTransport(Transport& inner, const Deadline& deadline) : m_inner(inner), m_deadline(deadline) {}

  std::vector<Result<Response>> perform(std::span<const Request> requests) override;

 private:
  Transport& m_inner;
  const Deadline& m_deadline;
};

}  // namespace tide::net
