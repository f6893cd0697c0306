#pragma once

#include <tide/net/transport.hpp>
#include <tide/util/clock.hpp>

#include <functional>

namespace tide::net {

// One line for each request and what came of it: method, host, what was asked, status, the peer's own ID of the request
// and the time of all that went side by side. Never a header, a query, a body or a user's part of a URL; a path only
// where it names what OpenStack was asked, for a container's may be the key to its credentials.
class LoggingTransport final : public Transport {
 public:
  using Say = std::function<void(const std::string& line)>;

  LoggingTransport(Transport& inner, Clock& clock, Say say) : m_inner(inner), m_clock(clock), m_say(std::move(say)) {}

  std::vector<Result<Response>> perform(std::span<const Request> requests) override;

 private:
  Transport& m_inner;
  Clock& m_clock;
  Say m_say;
};

// "POST ec2.eu-central-1.amazonaws.com DescribeInstances"
std::string asked(const Request& request);

// "200, request 59dbff89-35bd-4eac-99ed-be587EXAMPLE", or why there is no answer.
std::string answered(const Result<Response>& response);

}  // namespace tide::net
