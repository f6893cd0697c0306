#include <tide/cloud/openstack/errors.hpp>

#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tide::cloud::openstack {
namespace {

using Json = nlohmann::json;

bool has(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

// Tags out, blanks and line ends to one blank.
std::string plain(const std::string& text) {
  std::string words;
  bool in_tag = false;
  for (const char c : text) {
    if (c == '<') in_tag = true;
    if (!in_tag) {
      const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
      if (!blank) words += c;
      if (blank && !words.empty() && words.back() != ' ') words += ' ';
    }
    if (c == '>') in_tag = false;
  }
  return std::string(trim(words));
}

std::string message_in(const Json& object) {
  if (!object.is_object()) return "";
  const auto found = object.find("message");
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string message_of(const std::string& body) {
  const Json root = Json::parse(body, nullptr, false);
  if (!root.is_object()) return "";
  if (const std::string own = message_in(root); !own.empty()) return plain(own);
  if (root.size() != 1) return "";
  const Json& inner = *root.begin();
  if (inner.is_string()) return plain(inner.get<std::string>());
  // Schema errors repeat the whole request, user data included, before they come to the point.
  return message_in(inner);
}

bool says_unknown(const std::string& service, const std::string& body) {
  const Json root = Json::parse(body, nullptr, false);
  return root.is_object() && root.contains(service == "network" ? "NeutronError" : "itemNotFound");
}

bool is_keystones(const std::string& body) {
  const Json root = Json::parse(body, nullptr, false);
  return root.is_object() && root.contains("error") && root["error"].is_object();
}

ErrorKind kind_of(int status, const std::string& message) {
  // "Maximum number of ports exceeded" is Neutron's quota in Nova's words; that of metadata bounds one request.
  const bool metadata = message.starts_with("Maximum number of metadata");
  const bool quota = !metadata && has(message, {"uota exceeded", "Quota limit", "exceeds allowed", "TooManyInstances",
                                                "Maximum number of", "is over the limit"});
  switch (status) {
    case 401: return ErrorKind::auth;
    case 400: return ErrorKind::bad_request;
    case 403:
      if (quota) return ErrorKind::quota;
      return metadata ? ErrorKind::bad_request : ErrorKind::auth;
    case 404: return ErrorKind::eventual;
    case 405:
    case 406:
    case 409: return quota ? ErrorKind::quota : ErrorKind::bad_request;
    case 413: return quota ? ErrorKind::quota : ErrorKind::throttled;
    case 429: return ErrorKind::throttled;
    default: break;
  }
  if (status >= 500) return ErrorKind::retry;
  return status >= 400 ? ErrorKind::bad_request : ErrorKind::unknown;
}

ErrorKind kind_of_fault(const std::string& message) {
  if (has(message, {"No valid host", "NoValidHost", "Exceeded maximum number of retries", "MaxRetriesExceeded",
                    "nsufficient compute resources", "no available host", "Not enough", "No more IP addresses",
                    "No fixed IP addresses"}))
    return ErrorKind::capacity;
  if (has(message, {"uota", "LimitExceeded", "exceeds allowed", "Maximum number of", "is over the limit"}))
    return ErrorKind::quota;
  if (has(message, {"image", "Image", "flavor", "Flavor", "network", "Network", "security group", "Security group",
                    "Block Device", "block device", "could not be found", "Invalid", "too small"}))
    return ErrorKind::bad_request;
  return ErrorKind::unknown;
}

}  // namespace tide::cloud::openstack
