#include <tide/cloud/openstack/discovery.hpp>

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tide::cloud::openstack {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A path segment such as "v2" or "v2.1".
bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' && segment[1] >= '0' && segment[1] <= '9';
}

std::string href_of(const Json& version) {
  const auto links = version.find("links");
  if (links == version.end() || !links->is_array()) return "";
  for (const Json& link : *links) {
    if (text_of(link, "rel") == "self") return text_of(link, "href");
  }
  return "";
}

}  // namespace

std::optional<Microversion> parse_microversion(const std::string& text) {
  const auto parts = split(text, '.');
  if (parts.size() != 2) return std::nullopt;
  const auto major = parse_integer(parts[0]);
  const auto minor = parse_integer(parts[1]);
  if (!major || !minor || *major < 1 || *major > 9 || *minor < 0 || *minor > 9999) return std::nullopt;
  return Microversion{static_cast<int>(*major), static_cast<int>(*minor)};
}

std::string versioned_root(const std::string& service, const std::string& url) {
  const auto parts = net::split_url(url);
  if (!parts) return url;
  const auto segments = split(parts->path, '/');
  const bool versioned = std::ranges::any_of(segments, is_version);
  if (versioned) return url;
  if (service == "image") return url + "/v2";
  if (service == "network") return url + "/v2.0";
  return "";
}

std::string version_document(const std::string& root) {
  const std::size_t scheme = root.find("://");
  std::size_t slash = scheme == std::string::npos ? std::string::npos : root.find('/', scheme + 3);
  while (slash != std::string::npos) {
    const std::size_t next = root.find('/', slash + 1);
    if (is_version(std::string_view(root).substr(slash + 1, next - slash - 1))) return root.substr(0, next) + "/";
    slash = next;
  }
  return root + "/";
}

Result<std::string> compute_root_in(const std::string& body, const std::string& url) {
  const Json root = Json::parse(body, nullptr, false);
  const auto versions = root.is_object() ? root.find("versions") : root.end();
  if (root.is_object() && versions != root.end() && versions->is_array()) {
    for (const char* wanted : {"v2.1", "v2.0"}) {
      for (const Json& version : *versions) {
        if (text_of(version, "id") != wanted) continue;
        const auto href = net::split_url(href_of(version));
        if (!href) continue;
        const auto segments = split(href->path, '/');
        const auto segment = std::ranges::find_if(segments, is_version);
        if (segment != segments.end()) return url + "/" + std::string(*segment);
      }
    }
  }
  return make_error(ErrorKind::protocol, "'{}' lists no version of compute that tide knows", net::redact_url(url))
      .with_hint("Check the endpoint in the catalogue, or set [clouds.x] endpoint with its /v2.1.");
}

Result<Microversion> newest_microversion(const std::string& body, Microversion ceiling) {
  const Json root = Json::parse(body, nullptr, false);
  const auto version = root.is_object() ? root.find("version") : root.end();
  if (!root.is_object() || version == root.end() || text_of(*version, "id").empty()) {
    return make_error(ErrorKind::protocol, "the version document of compute cannot be read")
        .with_hint("Check that the endpoint of compute in the catalogue is Nova's.");
  }
  const auto newest = parse_microversion(text_of(*version, "version"));
  const auto oldest = parse_microversion(text_of(*version, "min_version"));
  if (!newest || !oldest) return Microversion{};  // 2.0, and 2.1 before microversions
  if (*oldest > ceiling) {
    return make_error(ErrorKind::config, "compute speaks microversions from {} on, and {} is the newest allowed",
                      oldest->text(), ceiling.text())
        .with_hint("Raise compute_api_version in clouds.yaml, or use a newer tide.");
  }
  return std::min(*newest, ceiling);
}

}  // namespace tide::cloud::openstack
