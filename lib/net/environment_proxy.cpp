#include <tide/net/environment_proxy.hpp>

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::net {
namespace {

using Environment = std::map<std::string, std::string>;

// The variable in small letters, even if it is empty; else in any others.
std::string variable(const Environment& environment, const std::string& name) {
  if (const auto small = environment.find(name); small != environment.end()) return small->second;
  std::string value;
  for (const auto& [other, text] : environment) {
    if (!text.empty() && to_lower(other) == name) value = text;
  }
  return value;
}

bool names_host(std::string_view entry, const std::string& host, const std::string& authority) {
  const std::size_t begin = entry.find_first_not_of('.');
  if (begin == std::string_view::npos) return false;
  const std::string name = to_lower(std::string(entry.substr(begin)));
  const std::string end = "." + name;
  return host == name || authority == name || host.ends_with(end) || authority.ends_with(end);
}

bool is_excepted(const std::string& list, const Url& url) {
  if (list == "*") return true;
  const std::string authority = to_lower(url.authority());
  const std::string host = to_lower(url.host);
  return std::ranges::any_of(split(list, ','), [&](std::string_view entry) {
    const std::string_view name = trim(entry);
    return !name.empty() && names_host(name, host, authority);
  });
}

// Of this host or its own link: a proxy would ask for another machine's.
bool is_near(const std::string& host) {
  return is_loopback(host) || host.starts_with("169.254.") || host.starts_with("fd00:ec2:") ||
         host.starts_with("[fd00:ec2:");
}

}  // namespace

std::string environment_proxy(const Environment& environment, const std::string& url) {
  const auto parts = split_url(url);
  if (!parts) return "";
  // A web server would put a client's "Proxy:" header into HTTP_PROXY.
  if (parts->scheme == "http" && environment.contains("REQUEST_METHOD")) return "";
  const std::string proxy = variable(environment, parts->scheme + "_proxy");
  if (proxy.empty() || is_excepted(variable(environment, "no_proxy"), *parts)) return "";
  if (proxy.starts_with("//")) return "http:" + proxy;
  return proxy.starts_with("http:") || proxy.starts_with("https:") ? proxy : "http://" + proxy;
}

std::vector<Result<Response>> EnvironmentProxyTransport::perform(std::span<const Request> requests) {
  std::vector<Request> changed(requests.begin(), requests.end());
  for (Request& request : changed) {
    const auto url = split_url(request.url);
    if (request.proxy.empty() && url && !is_near(url->host))
      request.proxy = environment_proxy(m_environment, request.url);
  }
  return m_inner.perform(changed);
}

}  // namespace tide::net
