#include "fake_nova.hpp"

#include "fake_nova_asked.hpp"
#include "fake_nova_wire.hpp"

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <regex>

namespace tide::test {

using wire::Json;
using wire::json;
using wire::keystone_error;
using wire::nova_error;

namespace {

bool is_gone(const FakeServer& server) { return server.status == "DELETED"; }
bool is_counted(const FakeServer& server) { return !is_gone(server) && server.task != "deleting"; }

// "OpenStack-API-Version: compute 2.37", or the elder header; -1: not one.
int minor_of(const std::string& header) {
  std::string_view text = header;
  if (text.starts_with("compute ")) text.remove_prefix(8);
  if (text.empty()) return 1;
  const auto parts = split(text, '.');
  const auto minor = parts.size() == 2 && parts[0] == "2" ? parse_integer(parts[1]) : std::nullopt;
  return minor && *minor > 0 ? static_cast<int>(*minor) : -1;
}

std::string below(const std::string& path, std::initializer_list<const char*> roots) {
  for (const char* root : roots) {
    if (path.starts_with(root)) return path.substr(std::string(root).size());
  }
  return path;
}

Result<net::Response> broken() { return make_error(ErrorKind::retry, "the connection broke without an answer"); }

}  // namespace

Result<net::Response> FakeNova::handle(const net::Request& request) {
  const std::lock_guard lock(m_mutex);
  const auto url = net::split_url(request.url);
  if (!url) return url.error();
  Asked asked{.request = request};
  for (const char* service : {"identity", "compute", "image", "network", "volume"}) {
    if (url->path.starts_with(std::string("/") + service)) asked.service = service;
  }
  asked.path =
      below(url->path.substr(std::min(url->path.size(), asked.service.size() + 1)), {"/v2.1", "/v2.0", "/v2", "/v3"});
  for (const auto& [key, value] : net::parse_query(url->query)) asked.query[key] = value;
  m_calls.emplace_back(asked.call(), request);
  return answer(asked);
}

FakeNovaFaults* FakeNova::due_fault(const std::string& call) {
  for (FakeNovaFaults& each : m_faults) {
    if (each.times > 0 &&
        (each.call.empty() || each.call == call || (each.call.ends_with("/") && call.starts_with(each.call))))
      return &each;
  }
  return nullptr;
}

Result<net::Response> FakeNova::answer(const Asked& asked) {
  FakeNovaFaults* fault = due_fault(asked.call());
  if (fault == nullptr) return act(asked);
  --fault->times;
  switch (fault->fault) {
    case FakeNovaFault::status: {
      Reply reply = nova_error(fault->status, fault->message);
      if (fault->retry_after > 0) reply.headers.emplace_back("Retry-After", std::to_string(fault->retry_after));
      return reply;
    }
    case FakeNovaFault::done_500: static_cast<void>(act(asked)); return nova_error(500, "Unexpected API Error.");
    case FakeNovaFault::lost: return broken();
    case FakeNovaFault::lost_after: static_cast<void>(act(asked)); return broken();
    case FakeNovaFault::late: m_late.push_back(asked.request); return broken();
    case FakeNovaFault::cut_after: {
      Reply reply = act(asked);
      reply.body.resize(reply.body.size() / 2);
      return reply;
    }
    case FakeNovaFault::gateway: return json(fault->status, {{"message", "no Route matched with those values"}});
    case FakeNovaFault::html_ok:
      return Reply{.status = 200, .headers = {{"Content-Type", "text/html"}}, .body = "<html>Welcome</html>"};
    case FakeNovaFault::html:
      return Reply{
          .status = 502, .headers = {{"Content-Type", "text/html"}}, .body = "<html><h1>502 Bad Gateway</h1></html>"};
  }
  return broken();
}

net::Response FakeNova::act(const Asked& asked) {
  if (asked.service == "identity") return identity(asked);
  const bool document = asked.path.empty() || asked.path == "/";
  if (document && asked.request.method == "GET") return version_document(asked);
  const auto token = m_tokens.find(asked.header("X-Auth-Token"));
  if (token == m_tokens.end() || token->second <= m_options.now())
    return keystone_error(401, "The request you have made requires authentication.");
  if (asked.service == "image") return image(asked);
  if (asked.service == "network") return network(asked);
  if (asked.service == "volume") return volume(asked);
  if (asked.service == "compute") return compute(asked);
  return {.status = 404, .headers = {}, .body = "no such service"};
}

net::Response FakeNova::version_document(const Asked& asked) const {
  const auto url = net::split_url(asked.request.url);
  const bool versioned = url->path.find("/v") != std::string::npos;
  if (asked.service == "compute" && versioned)
    return json(200, {{"version", wire::compute_version(m_options, "v2.1")}});
  if (asked.service == "compute") {
    return json(200,
                {{"versions", {wire::compute_version(m_options, "v2.0"), wire::compute_version(m_options, "v2.1")}}});
  }
  if (asked.service == "volume") {
    const Json links = Json::array({{{"rel", "self"}, {"href", m_options.base + "/volume/v3/"}}});
    return json(200, {{"versions", Json::array({{{"id", "v3.0"},
                                                 {"status", "CURRENT"},
                                                 {"version", "3.70"},
                                                 {"min_version", "3.0"},
                                                 {"links", links}}})}});
  }
  const std::string id = asked.service == "image" ? "v2.15" : "v2.0";
  const std::string path = asked.service == "image" ? "/image/v2/" : "/network/v2.0/";
  const Json version{
      {"id", id}, {"status", "CURRENT"}, {"links", Json::array({{{"rel", "self"}, {"href", m_options.base + path}}})}};
  return json(200, {{"versions", Json::array({version})}});
}

net::Response FakeNova::identity(const Asked& asked) {
  const Json version = wire::identity_version(m_options.base);
  if (asked.request.method == "GET" && (asked.path.empty() || asked.path == "/")) {
    const bool versioned = asked.request.url.find("/v3") != std::string::npos;
    if (versioned) return json(200, {{"version", version}});
    return json(300, {{"versions", {{"values", Json::array({version})}}}});
  }
  if (asked.call() != "POST /auth/tokens") return keystone_error(404, "The resource could not be found.");
  const Json body = Json::parse(asked.request.body, nullptr, false);
  if (body.is_discarded()) return keystone_error(400, "Expecting to find valid JSON in request body.");
  const Json& identity = body["auth"]["identity"];
  const std::string method = identity["methods"][0];
  bool good = false;
  if (method == "password") {
    const Json& user = identity["password"]["user"];
    good = user["name"] == m_options.user && user["password"] == m_options.password;
    good = good && body["auth"].contains("scope") && body["auth"]["scope"]["project"]["name"] == m_options.project;
  } else if (method == "application_credential") {
    const Json& credential = identity["application_credential"];
    if (credential["id"] != m_options.credential)
      return keystone_error(404, "Could not find Application Credential: " + credential["id"].get<std::string>() + ".");
    good = credential["secret"] == m_options.credential_secret;
  }
  if (!good) return keystone_error(401, "The request you have made requires authentication.");
  const std::string token = "gAAAAAB" + std::to_string(m_next++) + "secret-token";
  m_tokens[token] = m_options.now() + m_options.token_life;
  Reply reply = json(201, wire::token_document(m_options, m_options.now()));
  reply.headers.emplace_back("X-Subject-Token", token);
  return reply;
}

net::Response FakeNova::compute(const Asked& asked) {
  std::string header = asked.header("OpenStack-API-Version");
  if (header.empty()) header = asked.header("X-OpenStack-Nova-API-Version");
  Asked own = asked;
  own.minor = minor_of(header);
  if (own.minor < 0)
    return nova_error(400,
                      "API Version String " + header + " is of invalid format. Must be of format MajorNum.MinorNum.");
  const int newest = minor_of(m_options.newest);
  if (own.minor > newest) {
    return nova_error(406, "Version 2." + std::to_string(own.minor) +
                               " is not supported by the API. Minimum is 2.1 and maximum is " + m_options.newest + ".");
  }
  return asked.path.starts_with("/servers") ? servers(own) : other_compute(own);
}

// Each list is a tick of this world's clock.
void FakeNova::age() {
  for (auto& [id, server] : m_servers) {
    ++server.lists;
    if (server.task == "deleting") {
      if (server.lists > m_options.lists_until_gone) server.status = "DELETED";
    } else if (server.status == "BUILD" && server.lists > m_options.lists_until_active) {
      server.status = "ACTIVE";
      server.task.clear();
    }
  }
}

// What was late lands once a list did not show it.
void FakeNova::land_late() {
  const auto late = std::exchange(m_late, {});
  for (const net::Request& request : late) {
    Asked asked{.request = request, .service = "compute", .path = "/servers", .query = {}};
    asked.minor = minor_of(asked.header("OpenStack-API-Version"));
    static_cast<void>(create(asked));
  }
}

net::Response FakeNova::servers(const Asked& asked) {
  const std::string& method = asked.request.method;
  if (asked.path == "/servers" && method == "POST") return create(asked);
  if (method == "GET" && (asked.path == "/servers" || asked.path == "/servers/detail"))
    return list(asked, asked.path == "/servers/detail");
  if (asked.path.size() > 9) return one_server(asked, asked.path.substr(9));
  return nova_error(404, "The resource could not be found.");
}

net::Response FakeNova::list(const Asked& asked, bool detail) {
  const auto marker = asked.query.find("marker");
  const auto wanted = asked.query.find("metadata");
  const auto name = asked.query.find("name");  // regular expressions, as in Nova's own database
  const auto address = asked.query.find("ip");
  if (detail && marker == asked.query.end()) age();
  std::vector<const FakeServer*> all;
  for (auto id = m_order.rbegin(); id != m_order.rend(); ++id) all.push_back(&m_servers.at(*id));
  std::erase_if(all, [&](const FakeServer* each) {
    if (is_gone(*each)) return true;
    if (name != asked.query.end() && !std::regex_search(each->name, std::regex(name->second))) return true;
    if (address != asked.query.end() && !std::regex_search(each->address, std::regex(address->second))) return true;
    if (wanted == asked.query.end()) return false;
    const Json filter = Json::parse(wanted->second, nullptr, false);
    return std::ranges::any_of(filter.items(), [&](const auto& pair) {
      const auto own = each->metadata.find(pair.key());
      return own == each->metadata.end() || own->second != pair.value();
    });
  });
  if (marker != asked.query.end()) {
    const auto at = std::ranges::find(all, marker->second, &FakeServer::id);
    if (at == all.end()) return nova_error(400, "marker [" + marker->second + "] not found");
    all.erase(all.begin(), at + 1);
  }
  std::size_t limit = m_options.page_max;
  if (const auto own = asked.query.find("limit"); own != asked.query.end()) {
    const auto number = parse_integer(own->second);
    if (!number || *number < 0) return nova_error(400, "Invalid input for query parameters limit.");
    limit = std::min(limit, static_cast<std::size_t>(*number));
  }
  Json body{{"servers", Json::array()}};
  const bool more = all.size() > limit;
  for (const FakeServer* each : all) {
    if (body["servers"].size() == limit) break;
    FakeServer shown = *each;
    for (const auto& [id, ip] : m_floating) {
      if (ip.server == each->id) shown.floating = ip.address;
    }
    body["servers"].push_back(wire::server_document(shown, asked.minor, detail));
  }
  if (more) {
    body["servers_links"] = Json::array(
        {{{"rel", "next"},
          {"href", "http://inner.example/v2.1/servers?marker=" + body["servers"].back()["id"].get<std::string>()}}});
  }
  // Machines of silent cells: only without filters and pages, and for those who know what UNKNOWN means.
  const bool plain = asked.query.empty() && asked.minor >= 69;
  for (int i = 0; plain && i < m_options.cells_down; ++i) {
    body["servers"].push_back(wire::server_document(
        {.id = wire::uuid(900'000 + static_cast<std::uint64_t>(i)), .name = {}, .status = "UNKNOWN"}, asked.minor,
        detail));
  }
  if (detail && !more) land_late();
  return json(200, body);
}

net::Response FakeNova::create(const Asked& asked) {
  const Json body = Json::parse(asked.request.body, nullptr, false);
  if (!body.is_object() || !body.contains("server")) return nova_error(400, "Malformed request body");
  const Json& wanted = body["server"];
  if (asked.minor >= 37 && !wanted.contains("networks"))
    return nova_error(400, "Invalid input for field/attribute server. 'networks' is a required property");
  if (asked.minor < 37 && wanted.contains("networks") && !wanted["networks"].is_array())
    return nova_error(400, "Invalid input for field/attribute networks. 'none' is not of type 'array'");
  if (asked.minor < 52 && wanted.contains("tags"))
    return nova_error(400, "Additional properties are not allowed ('tags' was unexpected)");
  const wire::FakeFlavor* flavor = wire::find_flavor(wanted.value("flavorRef", ""));
  if (flavor == nullptr) return nova_error(400, "Flavor could not be found.");
  const bool from_volume = wanted.contains("block_device_mapping_v2");  // openstackclient names no image then: ""
  if (wanted.contains("imageRef") && wanted["imageRef"] != wire::k_image && !(from_volume && wanted["imageRef"] == ""))
    return nova_error(400, "Can not find requested image");
  const std::string zone = wanted.value("availability_zone", "nova");
  if (zone != "nova" && zone != "gpu") return nova_error(400, "The requested availability zone is not available");
  const auto used = std::ranges::count_if(m_servers, [](const auto& entry) { return !is_gone(entry.second); });
  if (m_options.quota_machines >= 0 && used >= m_options.quota_machines) {
    return nova_error(403, fmt::format("Quota exceeded for instances: Requested 1, but already used {} of {} instances",
                                       used, m_options.quota_machines));
  }
  FakeServer server{.id = wire::uuid(m_next++), .name = wanted.value("name", "")};
  server.flavor = flavor->id;
  server.zone = zone;
  server.body = asked.request.body;
  server.created = m_options.now();
  if (wanted.contains("metadata")) server.metadata = wanted["metadata"].get<std::map<std::string, std::string>>();
  if (wanted.contains("networks") && wanted["networks"].is_array() && !wanted["networks"].empty())
    server.address = fmt::format("10.0.{}.{}", m_next / 250, m_next % 250 + 1);
  server.port_changed = m_options.now();
  if (m_options.has_volume_service && from_volume) {
    server.volume = wire::uuid(m_next++);
    m_volumes.emplace(server.volume, FakeVolume{.id = server.volume,
                                                .server = server.id,
                                                .size = wanted["block_device_mapping_v2"][0].value("volume_size", 1),
                                                .metadata = {}});
  }
  if (m_capacity && *m_capacity == 0) {
    server.status = "ERROR";
    server.fault = "No valid host was found. ";
  } else if (m_capacity) {
    --*m_capacity;
  }
  const Json made{{"server", {{"id", server.id}, {"links", Json::array()}, {"adminPass", "x"}}}};
  m_order.push_back(server.id);
  m_servers.emplace(server.id, std::move(server));
  return json(202, made);
}

net::Response FakeNova::one_server(const Asked& asked, const std::string& rest) {
  const std::string id = rest.substr(0, rest.find('/'));
  const auto found = m_servers.find(id);
  if (found == m_servers.end() || is_gone(found->second))
    return nova_error(404, "Instance " + id + " could not be found.");
  FakeServer& server = found->second;
  if (rest.starts_with(id + "/metadata")) return metadata(asked, server, rest.substr(id.size() + 9));
  if (asked.request.method == "GET")
    return json(200, {{"server", wire::server_document(server, asked.minor, true, true)}});
  if (asked.request.method == "DELETE") {
    if (server.locked) return nova_error(409, "Instance " + id + " is locked");
    end(server);
    return {.status = 204, .headers = {}, .body = ""};
  }
  const Json body = Json::parse(asked.request.body, nullptr, false);
  if (!body.is_object() || !body.contains("os-getConsoleOutput")) return nova_error(400, "There is no such action");
  if (server.status != "ACTIVE") return nova_error(409, "Instance " + id + " is not ready");
  return json(200, {{"output", "FAKE CONSOLE OUTPUT\nANOTHER\nLAST LINE"}});
}

// Its port and its volume go with it, unless this end fails half-way.
void FakeNova::end(FakeServer& server) {
  server.left = m_options.ends_that_leave > 0;
  if (server.left) --m_options.ends_that_leave;
  for (auto& [key, ip] : m_floating) {
    if (ip.server != server.id) continue;
    ip.server.clear();
    ++ip.revision;
    ip.changed = m_options.now();
  }
  if (const auto own = m_volumes.find(server.volume); own != m_volumes.end()) {
    own->second.server.clear();
    if (!server.left) m_volumes.erase(own);
  }
  server.task = "deleting";
  server.lists = 0;
}

net::Response FakeNova::metadata(const Asked& asked, FakeServer& server, const std::string& rest) {
  if (asked.request.method == "POST" && rest.empty()) {
    const Json body = Json::parse(asked.request.body, nullptr, false);
    if (!body.is_object() || !body.contains("metadata")) return nova_error(400, "Invalid input for field metadata");
    for (const auto& [key, value] : body["metadata"].items()) server.metadata[key] = value.get<std::string>();
    return json(200, {{"metadata", server.metadata}});
  }
  if (asked.request.method != "DELETE" || rest.size() < 2) return nova_error(404, "The resource could not be found.");
  if (server.metadata.erase(net::percent_decode(rest.substr(1))) == 0)
    return nova_error(404, "Metadata item was not found");
  return {.status = 204, .headers = {}, .body = ""};
}

net::Response FakeNova::other_compute(const Asked& asked) {
  if (asked.path == "/flavors/detail" || asked.path == "/flavors") {
    Json flavors = Json::array();
    if (!asked.query.contains("marker")) {
      for (const wire::FakeFlavor& flavor : wire::k_flavors) flavors.push_back(wire::flavor_document(flavor));
    }
    return json(200, {{"flavors", flavors}});
  }
  if (asked.path.starts_with("/flavors/")) {
    const std::string rest = asked.path.substr(9);
    const std::string id = rest.substr(0, rest.find('/'));
    const wire::FakeFlavor* flavor = wire::find_flavor(id);
    if (flavor == nullptr || id == flavor->name) return nova_error(404, "Flavor " + id + " could not be found.");
    if (rest == id + "/os-extra_specs") return json(200, {{"extra_specs", Json::object()}});
    if (rest == id) return json(200, {{"flavor", wire::flavor_document(*flavor)}});
  }
  if (asked.path == "/limits") {
    const auto used = std::ranges::count_if(m_servers, [](const auto& entry) { return !is_gone(entry.second); });
    return json(200, wire::limits_document(m_options, static_cast<int>(used)));
  }
  if (asked.path == "/os-server-groups")
    return json(200,
                {{"server_groups", Json::array({{{"id", wire::uuid(777)}, {"name", "mpi"}, {"policy", "affinity"}}})}});
  return nova_error(404, "The resource could not be found.");
}

net::Response FakeNova::image(const Asked& asked) {
  const bool found = !asked.query.contains("name") || asked.query.at("name") == "debian-12";
  if (asked.path == "/images") {
    Json images = Json::array();
    if (found && !asked.query.contains("marker")) images.push_back(wire::image_document());
    return json(200, {{"images", images}, {"first", "/v2/images"}, {"schema", "/v2/schemas/images"}});
  }
  if (asked.path == std::string("/images/") + wire::k_image) return json(200, wire::image_document());
  return json(404,
              {{"message", "No image found<br /><br />\n\n\n"}, {"code", "404 Not Found"}, {"title", "Not Found"}});
}

void FakeNova::fail(FakeNovaFaults faults) {
  const std::lock_guard lock(m_mutex);
  m_faults.push_back(std::move(faults));
}

void FakeNova::forget_faults() {
  const std::lock_guard lock(m_mutex);
  m_faults.clear();
}

void FakeNova::set_capacity(std::optional<int> machines) {
  const std::lock_guard lock(m_mutex);
  m_capacity = machines;
}

void FakeNova::set_options(const std::function<void(FakeNovaOptions&)>& change) {
  const std::lock_guard lock(m_mutex);
  change(m_options);
}

void FakeNova::revoke_tokens() {
  const std::lock_guard lock(m_mutex);
  m_tokens.clear();
}

void FakeNova::add_running(int count, const std::map<std::string, std::string>& metadata) {
  const std::lock_guard lock(m_mutex);
  for (int i = 0; i < count; ++i) {
    FakeServer server{.id = wire::uuid(m_next++), .name = fmt::format("filled-{}", i + 1), .status = "ACTIVE"};
    server.flavor = wire::k_flavors[0].id;
    server.zone = "nova";
    server.created = m_options.now();
    server.metadata = metadata;
    m_order.push_back(server.id);
    m_servers.emplace(server.id, std::move(server));
  }
}

FakeServer& FakeNova::server(const std::string& id) {
  const std::lock_guard lock(m_mutex);
  return m_servers.at(id);
}

std::vector<FakeServer> FakeNova::live() const {
  const std::lock_guard lock(m_mutex);
  std::vector<FakeServer> found;
  for (const std::string& id : m_order) {
    if (is_counted(m_servers.at(id))) found.push_back(m_servers.at(id));
  }
  return found;
}

std::vector<std::string> FakeNova::calls() const {
  const std::lock_guard lock(m_mutex);
  std::vector<std::string> found;
  for (const auto& [call, request] : m_calls) found.push_back(call);
  return found;
}

int FakeNova::count_calls(const std::string& call) const {
  const auto all = calls();
  return static_cast<int>(std::ranges::count(all, call));
}

std::vector<net::Request> FakeNova::requests(const std::string& call) const {
  const std::lock_guard lock(m_mutex);
  std::vector<net::Request> found;
  for (const auto& [name, request] : m_calls) {
    if (name == call) found.push_back(request);
  }
  return found;
}

}  // namespace tide::test
