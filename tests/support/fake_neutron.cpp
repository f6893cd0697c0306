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

std::string port_of(const std::string& server) { return server.empty() ? "" : "9" + server.substr(1); }

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

std::string FakeNova::server_of(const std::string& port) const {
  for (const auto& [id, server] : m_servers) {
    if (port_of(id) == port && !server.address.empty() && server.task != "deleting") return id;
  }
  return "";
}

net::Response FakeNova::network(const Asked& asked) {
  if (asked.path.starts_with("/networks")) return networks(asked);
  if (asked.path == "/ports") return ports(asked);
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
  std::vector<std::string> wanted;
  for (const auto& [key, value] : net::parse_query(net::split_url(asked.request.url)->query)) {
    if (key == "device_id") wanted.push_back(value);
  }
  Json ports = Json::array();
  for (const auto& [id, server] : m_servers) {
    const bool asked_for = wanted.empty() || std::ranges::find(wanted, id) != wanted.end();
    if (!asked_for || server.address.empty() || server.task == "deleting" || server.status == "DELETED") continue;
    ports.push_back({{"id", port_of(id)},
                     {"device_id", id},
                     {"device_owner", "compute:nova"},
                     {"fixed_ips", Json::array({{{"subnet_id", wire::uuid(1)}, {"ip_address", server.address}}})}});
  }
  return json(200, {{"ports", ports}});
}

net::Response FakeNova::floating_ips(const Asked& asked) {
  Json ips = Json::array();
  for (const auto& [id, ip] : m_floating) {
    const auto description = asked.query.find("description");
    if (description != asked.query.end() && description->second != ip.description) continue;
    ips.push_back(floating_document(ip, ip.server.empty() ? "" : m_servers.at(ip.server).address));
  }
  return json(200, {{"floatingips", ips}});
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
