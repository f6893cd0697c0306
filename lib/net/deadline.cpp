#include <tide/net/deadline.hpp>

#include <algorithm>

namespace tide::net {

std::optional<std::chrono::milliseconds> Deadline::left() const {
  if (!m_end) return std::nullopt;
  return std::max(std::chrono::milliseconds(0), *m_end - m_clock.monotonic());
}

std::vector<Result<Response>> DeadlineTransport::perform(std::span<const Request> requests) {
  const auto left = m_deadline.left();
  if (!left) return m_inner.perform(requests);
  if (left->count() == 0) {
    std::vector<Result<Response>> results;
    for (const Request& request : requests) results.push_back(not_asked(request));
    return results;
  }
  std::vector<Request> clipped(requests.begin(), requests.end());
  for (Request& request : clipped) {
    request.timeout = std::min(request.timeout, *left);
    request.all_within = *left;
  }
  return m_inner.perform(clipped);
}

}  // namespace tide::net
