#pragma once

#include <tide/net/transport.hpp>

#include <map>
#include <string>

namespace tide::net {

// The proxy that the environment names for this URL, or "": https_proxy or HTTPS_PROXY (http_ for http URLs; the small
// ones win), unless no_proxy or NO_PROXY names the host. As Python's urllib, and so botocore, reads them.
std::string environment_proxy(const std::map<std::string, std::string>& environment, const std::string& url);

// Fills in the environment's proxy for requests that name none. Never for this host and its metadata services.
class EnvironmentProxyTransport final : public Transport {
 public:
  EnvironmentProxyTransport(Transport& inner, const std::map<std::string, std::string>& environment)
      : m_inner(inner), m_environment(environment) {}

  std::vector<Result<Response>> perform(std::span<const Request> requests) override;

 private:
  Transport& m_inner;
  const std::map<std::string, std::string>& m_environment;
};

}  // namespace tide::net
