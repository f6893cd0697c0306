#pragma once

#include <tide/util/result.hpp>

#include <chrono>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tide::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds all_within{
      0};                             // what waits longer for its turn among those side by side is `unsent`; 0: none
  std::size_t body_max = 64U << 20U;  // a larger reply is an error (protocol)
  std::string ca_file;                // PEM; "": the system's
  std::string proxy;                  // URL; "": none
  bool insecure = false;              // certificates are not verified: only where the configuration says so by name
  bool allow_http = false;            // the configured endpoint says http; loopback and 169.254.169.254 may anyway
  bool once = false;                  // the transport itself never sends it twice (a kept connection that proves dead)
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;

  // Value of the header, names compared without case; "" if absent.
  std::string_view header(std::string_view name) const;
};

// `unsent`: the time of all requests together was over before this one's turn came.
Error not_asked(const Request& request);

// Carries requests side by side and gives one result each, in order. A status is no error here; `retry` is
// (refused, reset, cut short: the peer may have acted), as is `timeout`, `config` (a bad CA file or URL).
class Transport {
 public:
  virtual ~Transport() = default;

  virtual std::vector<Result<Response>> perform(std::span<const Request> requests) = 0;
};

}  // namespace tide::net
