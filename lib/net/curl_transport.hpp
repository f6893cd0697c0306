#pragma once

#include <tide/net/transport.hpp>

#include <memory>

namespace tide::net {

struct CurlOptions {
  int parallel_max = 16;
  std::chrono::milliseconds connect_timeout{10'000};
};

// Real HTTP(S) over libcurl's multi interface, on the calling thread. Certificates are verified, redirects come back as
// they are, connections are kept for the next call. A request's time begins when it is sent, not while it waits for one
// of the `parallel_max` places. The environment's http_proxy is not read: cron and shell do the same.
class CurlTransport final : public Transport {
 public:
  static std::unique_ptr<Transport> make(const CurlOptions& options = {});
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  std::vector<Result<Response>> perform(std::span<const Request> requests) override;

 private:
  CurlTransport(const CurlOptions& options, void* multi) : m_options(options), m_multi(multi) {}

  CurlOptions m_options;
  void* m_multi;  // CURLM: curl.h stays out of headers
};

}  // namespace tide::net
