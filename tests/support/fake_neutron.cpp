#include "fake_nova.hpp"
#include "fake_nova_asked.hpp"
#include "fake_nova_wire.hpp"

#include <tide/net/url.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

// Networks, ports and floating IPs, in the words of Neutron 21.
namespace tide::test {

using wire::Json;
using wire::json;

namespace {

net::Response neutron_error(int status, const std::string& type, const std::string& message) {
  return json(status, {{"NeutronError", {{"type", type}, {"message", message}, {"detail", ""}}}});
}

// A page of a list, as Neutron with pagination_max_limit: in the order of IDs, from behind the marker on.
template <typename Asked>
net::Response page_of(const Asked& asked, const char* key, std::vector<Json> all, const FakeNovaOptions& options) {
  const auto id_of = [](const Json& item) { return item["id"].template get<std::string>(); };
  std::ranges::sort(all, {}, id_of);
  if (const auto marker = asked.query.find("marker"); marker != asked.query.end() && !options.network_ignores_marker)
    std::erase_if(all, [&](const Json& item) { return id_of(item) <= marker->second; });
  const std::size_t most = options.network_page_max;
  if (all.size() <= most) return json(200, {{key, all}});
  all.resize(most);
  const std::string& url = asked.request.url;
  const std::string next =
      url + (url.find('?') == std::string::npos ? "?" : "&") + "marker=" + (all.empty() ? "" : id_of(all.back()));
  Json reply{{key, all}};
  reply[std::string(key) + "_links"] = Json::array({{{"rel", "next"}, {"href", next}}});
  return json(200, reply);
}

std::string port_of(const std::string& server) { return server.empty() ? "" : "9" + server.substr(1); }

Json port_document(const FakeServer& server) {
  return {{"id", port_of(server.id)},
          {"name", ""},
          {"network_id", wire::network_id(0)},
          {"device_id", server.id},
          {"device_owner", "compute:nova"},
          {"status", "ACTIVE"},
          {"description", server.port_description},
          {"revision_number", server.port_revision},
          {"updated_at", format_time(server.port_changed)},
          {"fixed_ips", Json::array({{{"subnet_id", wire::uuid(1)}, {"ip_address", server.address}}})}};
}

Json floating_document(const FakeFloatingIp& ip, const std::string& fixed) {
  const std::string port = port_of(ip.server);
  return {{"id", ip.id},
          {"floating_ip_address", ip.address},
          {"floating_network_id", ip.network},
          {"port_id", port.empty() ? Json() : Json(port)},
          {"fixed_ip_address", fixed.empty() ? Json() : Json(fixed)},
          {"port_details", port.empty() ? Json() : Json{{"device_id", ip.server}, {"status", "ACTIVE"}}},
          {"description", ip.description},
          {"status", port.empty() ? "DOWN" : "ACTIVE"},
          {"revision_number", ip.revision},
          {"updated_at", format_time(ip.changed)}};
}

}  // namespace

bool FakeNova::has_port(const FakeServer& server) const {
  return !server.address.empty() && (server.left || (server.task != "deleting" && server.status != "DELETED"));
}

std::string FakeNova::server_of(const std::string& port) const {
  for (const auto& [id, server] : m_servers) {
    if (port_of(id) == port && !server.address.empty() && server.task != "deleting") return id;
  }
  return "";
}

net::Response FakeNova::network(const Asked& asked) {
  if (asked.path.starts_with("/networks")) return networks(asked);
  if (asked.path == "/ports") return ports(asked);
  if (asked.path.starts_with("/ports/")) return one_port(asked, asked.path.substr(7));
  if (asked.path == "/floatingips") return asked.request.method == "POST" ? make_floating(asked) : floating_ips(asked);
  if (asked.path.starts_with("/floatingips/")) return one_floating(asked, asked.path.substr(13));
  return neutron_error(404, "HTTPNotFound", "The resource could not be found.");
}

net::Response FakeNova::networks(const Asked& asked) const {
  Json networks = Json::array();
  for (std::size_t i = 0; i < m_options.networks.size(); ++i) {
    const Json document = wire::network_document(m_options.networks[i], i);
    if (asked.path == "/networks/" + wire::network_id(i)) return json(200, {{"network", document}});
    const auto name = asked.query.find("name");
    const auto id = asked.query.find("id");
    if (name != asked.query.end() && name->second != m_options.networks[i]) continue;
    if (id == asked.query.end() || id->second == wire::network_id(i)) networks.push_back(document);
  }
  if (asked.path == "/networks") return json(200, {{"networks", networks}});
  return neutron_error(404, "HTTPNotFound", "The resource could not be found.");
}

net::Response FakeNova::ports(const Asked& asked) const {
  std::map<std::string, std::vector<std::string>> wanted;  // one of each key
  for (const auto& [key, value] : net::parse_query(net::split_url(asked.request.url)->query)) {
    if (key == "device_id" || key == "description") wanted[key].push_back(value);
  }
  const auto is_asked_for = [&](const char* key, const std::string& value) {
    return !wanted.contains(key) || std::ranges::find(wanted[key], value) != wanted[key].end();
  };
  std::vector<Json> ports;
  for (const auto& [id, server] : m_servers) {
    const bool asked_for = is_asked_for("device_id", id) && is_asked_for("description", server.port_description);
    if (asked_for && has_port(server)) ports.push_back(port_document(server));
  }
  return page_of(asked, "ports", std::move(ports), m_options);
}

net::Response FakeNova::one_port(const Asked& asked, const std::string& id) {
  const auto found = std::ranges::find_if(
      m_servers, [&](const auto& entry) { return port_of(entry.first) == id && has_port(entry.second); });
  if (found == m_servers.end()) return neutron_error(404, "PortNotFound", "Port " + id + " could not be found.");
  FakeServer& server = found->second;
  const std::string match = asked.header("If-Match");
  if (!match.empty() && match != fmt::format("revision_number={}", server.port_revision)) {
    return neutron_error(412, "RevisionNumberConstraintFailed",
                         fmt::format("Constrained to {}, but current revision is {}", match, server.port_revision));
  }
  if (asked.request.method == "DELETE") {
    server.left = false;
    server.address.clear();
    return {.status = 204, .headers = {}, .body = ""};
  }
  if (asked.request.method == "PUT") {
    const Json body = Json::parse(asked.request.body, nullptr, false);
    if (!body.is_object() || !body.contains("port")) return neutron_error(400, "HTTPBadRequest", "Malformed body");
    server.port_description = body["port"].value("description", server.port_description);
    ++server.port_revision;
    server.port_changed = m_options.now();
  }
  return json(200, {{"port", port_document(server)}});
}

std::vector<FakeServer> FakeNova::with_port() const {
  const std::lock_guard lock(m_mutex);
  std::vector<FakeServer> found;
  for (const std::string& id : m_order) {
    if (has_port(m_servers.at(id))) found.push_back(m_servers.at(id));
  }
  return found;
}

net::Response FakeNova::floating_ips(const Asked& asked) {
  std::vector<Json> ips;
  for (const auto& [id, ip] : m_floating) {
    const auto description = asked.query.find("description");
    if (description != asked.query.end() && description->second != ip.description) continue;
    ips.push_back(floating_document(ip, ip.server.empty() ? "" : m_servers.at(ip.server).address));
  }
  return page_of(asked, "floatingips", std::move(ips), m_options);
}

net::Response FakeNova::make_floating(const Asked& asked) {
  const Json body = Json::parse(asked.request.body, nullptr, false);
  if (!body.is_object() || !body.contains("floatingip")) return neutron_error(400, "HTTPBadRequest", "Malformed body");
  const Json& wanted = body["floatingip"];
  if (m_options.quota_floating >= 0 && std::ssize(m_floating) >= m_options.quota_floating)
    return neutron_error(409, "OverQuota", "Quota exceeded for resources: ['floatingip'].");
  FakeFloatingIp ip{.id = wire::uuid(m_next++), .network = wanted.value("floating_network_id", "")};
  ip.address = fmt::format("203.0.{}.{}", m_next / 250, m_next % 250 + 1);
  ip.description = wanted.value("description", "");
  ip.changed = m_options.now();
  if (const std::string port = wanted.value("port_id", ""); !port.empty()) {
    ip.server = server_of(port);
    if (ip.server.empty()) return neutron_error(404, "PortNotFound", "Port " + port + " could not be found.");
    const bool taken =
        std::ranges::any_of(m_floating, [&](const auto& each) { return each.second.server == ip.server; });
    if (taken) {
      return neutron_error(409, "FloatingIPPortAlreadyAssociated",
                           "Cannot associate floating IP " + ip.address + " with port " + port +
                               ", as that fixed IP already has a floating IP on external network " + ip.network + ".");
    }
  }
  const Json made{{"floatingip", floating_document(ip, ip.server.empty() ? "" : m_servers.at(ip.server).address)}};
  m_floating.emplace(ip.id, ip);
  return json(201, made);
}

net::Response FakeNova::one_floating(const Asked& asked, const std::string& id) {
  const auto found = m_floating.find(id);
  if (found == m_floating.end())
    return neutron_error(404, "FloatingIPNotFound", "Floating IP " + id + " could not be found");
  FakeFloatingIp& ip = found->second;
  const std::string match = asked.header("If-Match");
  if (!match.empty() && match != fmt::format("revision_number={}", ip.revision)) {
    return neutron_error(412, "RevisionNumberConstraintFailed",
                         fmt::format("Constrained to {}, but current revision is {}", match, ip.revision));
  }
  if (asked.request.method == "DELETE") {
    m_floating.erase(found);
    return {.status = 204, .headers = {}, .body = ""};
  }
  if (asked.request.method == "PUT") {
    const Json body = Json::parse(asked.request.body, nullptr, false);
    const std::string server = server_of(body["floatingip"].value("port_id", ""));
    if (server.empty()) return neutron_error(404, "PortNotFound", "Port could not be found.");
    ip.server = server;
    ++ip.revision;
    ip.changed = m_options.now();
  }
  return json(200, {{"floatingip", floating_document(ip, ip.server.empty() ? "" : m_servers.at(ip.server).address)}});
}

std::vector<FakeFloatingIp> FakeNova::floating() const {
  const std::lock_guard lock(m_mutex);
  std::vector<FakeFloatingIp> found;
  for (const auto& [id, ip] : m_floating) found.push_back(ip);
  return found;
}

FakeFloatingIp& FakeNova::add_floating(FakeFloatingIp ip) {
  const std::lock_guard lock(m_mutex);
  ip.id = wire::uuid(m_next++);
  ip.address = fmt::format("203.0.{}.{}", m_next / 250, m_next % 250 + 1);
  return m_floating.emplace(ip.id, ip).first->second;
}

}  // namespace tide::test
