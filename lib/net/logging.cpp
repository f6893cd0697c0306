#include <tide/net/logging.hpp>

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::net {

namespace {

constexpr std::size_t k_word_max = 80;

std::string_view header_of(const Request& request, std::string_view name) {
  const auto found = std::ranges::find_if(
      request.headers, [&](const auto& header) { return to_lower(header.first) == to_lower(std::string(name)); });
  return found == request.headers.end() ? std::string_view() : std::string_view(found->second);
}

// AWS's Query API says so in a field of the form, its JSON APIs in a header, OpenStack by the path.
std::string action_of(const Request& request, const std::string& path) {
  constexpr std::string_view k_action = "Action=";
  for (const std::string_view field : split(request.body, '&')) {
    if (field.starts_with(k_action)) return std::string(field.substr(k_action.size()));
  }
  if (const auto target = header_of(request, "X-Amz-Target"); !target.empty())
    return std::string(target.substr(target.rfind('.') + 1));
  const bool openstack = !header_of(request, "X-Auth-Token").empty() || path.ends_with("/auth/tokens");
  return openstack ? path : "";
}

std::string id_of(const Response& response) {
  for (const char* name : {"x-amzn-requestid", "x-openstack-request-id", "x-compute-request-id"}) {
    if (const auto id = response.header(name); !id.empty()) return printable(id, k_word_max);
  }
  for (const std::string_view mark : {"<requestId>", "<RequestID>", "<RequestId>"}) {
    const std::size_t at = response.body.find(mark);
    if (at == std::string::npos) continue;
    const std::string_view rest = std::string_view(response.body).substr(at + mark.size(), k_word_max);
    return printable(rest.substr(0, rest.find('<')), k_word_max);
  }
  return "";
}

}  // namespace

std::string asked(const Request& request) {
  const auto url = split_url(request.url);
  const std::string host = url ? url->authority() : "(no URL)";
  const std::string action = action_of(request, url ? url->path : "");
  return printable(request.method + " " + host + (action.empty() ? "" : " " + action), 2 * k_word_max);
}

std::string answered(const Result<Response>& response) {
  if (!response) return "no answer, " + printable(response.error().message, 2 * k_word_max);
  const std::string id = id_of(*response);
  return fmt::format("{}{}{}", response->status, id.empty() ? "" : ", request ", id);
}

std::vector<Result<Response>> LoggingTransport::perform(std::span<const Request> requests) {
  const auto began = m_clock.monotonic();
  auto responses = m_inner.perform(requests);
  const auto span = m_clock.monotonic() - began;
  for (std::size_t i = 0; i < requests.size(); ++i)
    m_say(fmt::format("request: {}: {}, {} ms", asked(requests[i]), answered(responses[i]), span.count()));
  return responses;
}

}  // namespace tide::net
