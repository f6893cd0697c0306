#include <tide/cloud/openstack/keystone.hpp>

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace tide::cloud::openstack {
namespace {

using Json = nlohmann::json;

Json domain_of(const std::string& id, const std::string& name) {
  return id.empty() ? Json{{"name", name}} : Json{{"id", id}};
}

Json by_id_or_name(const Named& named) {
  if (!named.id.empty()) return {{"id", named.id}};
  return {{"name", named.name}, {"domain", domain_of(named.domain_id, named.domain_name)}};
}

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json part(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

std::vector<Endpoint> endpoints_in(const Json& catalogue) {
  std::vector<Endpoint> endpoints;
  if (!catalogue.is_array()) return endpoints;
  for (const Json& service : catalogue) {
    const Json list = part(service, "endpoints");
    if (!list.is_array()) continue;
    for (const Json& each : list) {
      std::string region = text_of(each, "region_id");
      if (region.empty()) region = text_of(each, "region");
      endpoints.push_back({text_of(service, "type"), text_of(each, "interface"), region, text_of(each, "url")});
    }
  }
  return endpoints;
}

bool fits(const Endpoint& endpoint, const AuthSettings& settings, const std::string& service) {
  return endpoint.service == service && endpoint.interface == settings.interface && !endpoint.url.empty() &&
         (settings.region.empty() || endpoint.region == settings.region);
}

}  // namespace

Secret auth_body(const AuthSettings& settings) {
  Json identity;
  switch (settings.method) {
    case AuthMethod::password: {
      Json user = by_id_or_name(settings.user);
      user["password"] = settings.secret.reveal();
      identity = {{"methods", {"password"}}, {"password", {{"user", user}}}};
      break;
    }
    case AuthMethod::application_credential: {
      Json credential{{"secret", settings.secret.reveal()}};
      if (!settings.credential.id.empty()) {
        credential["id"] = settings.credential.id;
      } else {
        credential["name"] = settings.credential.name;
        credential["user"] = by_id_or_name(settings.user);
      }
      identity = {{"methods", {"application_credential"}}, {"application_credential", credential}};
      break;
    }
    case AuthMethod::token: identity = {{"methods", {"token"}}, {"token", {{"id", settings.secret.reveal()}}}}; break;
  }
  Json auth{{"identity", identity}};
  if (!settings.project.empty()) {
    auth["scope"] = {{"project", by_id_or_name(settings.project)}};
  } else if (!settings.domain_id.empty() || !settings.domain_name.empty()) {
    auth["scope"] = {{"domain", domain_of(settings.domain_id, settings.domain_name)}};
  }
  return Secret(Json{{"auth", auth}}.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<Token> parse_token(const net::Response& response) {
  const auto odd = [](const char* why) { return make_error(ErrorKind::protocol, "the answer is no token: {}", why); };
  const Json root = Json::parse(response.body, nullptr, false);
  const Json body = part(root, "token");
  Token token;
  token.id = Secret(std::string(response.header("X-Subject-Token")));
  if (token.id.empty()) return odd("it has no X-Subject-Token");
  if (!body.is_object()) return odd("its body has no 'token'");
  const auto expires = parse_time(text_of(body, "expires_at"));
  if (!expires) return odd("it has no readable 'expires_at'");
  token.expires = *expires;
  token.user = text_of(part(body, "user"), "name");
  token.project = text_of(part(body, "project"), "name");
  token.project_id = text_of(part(body, "project"), "id");
  const Json roles = part(body, "roles");
  for (std::size_t i = 0; roles.is_array() && i < roles.size(); ++i) token.roles.push_back(text_of(roles[i], "name"));
  token.catalogue = endpoints_in(part(body, "catalog"));
  return token;
}

std::string token_text(const Token& token, const std::string& digest) {
  Json catalogue = Json::array();
  for (const Endpoint& each : token.catalogue)
    catalogue.push_back({each.service, each.interface, each.region, each.url});
  return Json{{"digest", digest},      {"token", token.id.reveal()}, {"expires", format_time(token.expires)},
              {"user", token.user},    {"project", token.project},   {"project_id", token.project_id},
              {"catalogue", catalogue}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Token> token_from(const std::string& text, const std::string& digest) {
  const Json kept = Json::parse(text, nullptr, false);
  const auto expires = parse_time(text_of(kept, "expires"));
  if (text_of(kept, "digest") != digest || !expires) return std::nullopt;
  Token token{.id = Secret(text_of(kept, "token")),
              .expires = *expires,
              .user = text_of(kept, "user"),
              .project_id = text_of(kept, "project_id"),
              .project = text_of(kept, "project")};
  const Json catalogue = part(kept, "catalogue");
  if (token.id.empty() || !catalogue.is_array()) return std::nullopt;
  for (const Json& each : catalogue) {
    const bool whole = each.is_array() && each.size() == 4 &&
                       std::ranges::all_of(each, [](const Json& value) { return value.is_string(); });
    if (!whole) return std::nullopt;
    token.catalogue.push_back({each[0], each[1], each[2], each[3]});
  }
  return token;
}

bool has_service(const Token& token, const AuthSettings& settings, const std::string& service) {
  return settings.endpoint_override.contains(service) ||
         std::ranges::any_of(token.catalogue, [&](const Endpoint& each) { return fits(each, settings, service); });
}

Result<std::string> endpoint_of(const Token& token, const AuthSettings& settings, const std::string& service) {
  if (const auto own = settings.endpoint_override.find(service); own != settings.endpoint_override.end())
    return own->second;
  std::set<std::string> regions;
  std::set<std::string> fitting;
  std::string url;
  for (const Endpoint& each : token.catalogue) {
    if (each.service == service) regions.insert(each.region + " (" + each.interface + ")");
    if (!fits(each, settings, service)) continue;
    if (url.empty()) url = each.url;
    fitting.insert(each.region);
  }
  if (fitting.size() > 1) {
    return make_error(ErrorKind::config, "the service '{}' is in several regions, and none is named", service)
        .with_hint("Set region to one of: " + join(std::vector<std::string>(fitting.begin(), fitting.end()), ", ") +
                   ".");
  }
  if (!url.empty()) return url;
  const std::vector<std::string> there(regions.begin(), regions.end());
  return make_error(ErrorKind::config, "the catalogue has no '{}' service for region '{}' and interface '{}'", service,
                    settings.region, settings.interface)
      .with_hint(there.empty() ? "Ask the cloud's operator whether this project may use it."
                               : "It is in: " + join(there, ", ") + "; set region or interface.");
}

}  // namespace tide::cloud::openstack
