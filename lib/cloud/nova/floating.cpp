#include <tide/cloud/nova/floating.hpp>
#include <tide/cloud/nova/pages.hpp>

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tide::cloud::nova {
namespace {

using openstack::Answer;
using openstack::Call;
using Json = nlohmann::json;

constexpr Seconds k_release_after{60};        // what lost its machine just now may be on its way to another one
constexpr std::size_t k_devices_a_call = 50;  // of 36 characters each: a URL of 8 KiB is what proxies take
constexpr const char* k_attach = "attach";
constexpr const char* k_release = "release";

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Json> list_in(const std::string& body, const char* key) {
  Json root = Json::parse(body, nullptr, false);
  const auto list = root.is_object() ? root.find(key) : root.end();
  if (!root.is_object() || list == root.end() || !list->is_array())
    return make_error(ErrorKind::protocol, "the reply has no list '{}'", key);
  return Json(*list);
}

bool has(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

// Neutron says by words what Nova says by status: a full network is a 400 or 409, a missing router a 404.
Error explained(const Answer& answer) {
  Error error = answer.reply.error();
  if (has(answer.peer_message, {"No more IP addresses", "Unable to find any IP address"})) {
    error.kind = ErrorKind::capacity;
    error.hint = "Ask the cloud's operator for more addresses of that network, or name another floating_network.";
  } else if (has(answer.peer_message, {"is not reachable from subnet"})) {
    error.kind = ErrorKind::config;
    error.hint = "Join the pool's network to the floating_network with a router: openstack router add subnet.";
  } else if (error.kind == ErrorKind::quota) {
    error.hint = "Ask for more floating IPs in the project's quota, or lower [pools.x] max.";
  }
  return error;
}

std::string if_match(const FloatingIp& ip) {
  return ip.revision < 0 ? std::string() : fmt::format("revision_number={}", ip.revision);
}

std::string name_of(const core::Instance& machine) {
  return machine.names.empty() ? machine.id.value : machine.names.front();
}

}  // namespace

Result<std::vector<FloatingIp>> parse_floating_ips(const std::string& body) {
  TIDE_TRY_ASSIGN(const Json list, list_in(body, "floatingips"));
  std::vector<FloatingIp> ips;
  for (const Json& each : list) {
    FloatingIp ip{.id = text_of(each, "id"),
                  .address = text_of(each, "floating_ip_address"),
                  .network = text_of(each, "floating_network_id"),
                  .port = text_of(each, "port_id"),
                  .device = {},
                  .description = text_of(each, "description"),
                  .changed = {}};
    if (ip.id.empty()) return make_error(ErrorKind::protocol, "a floating IP in the reply has no ID");
    // Without the key it is not known whether a machine has it: no null.
    if (!each.contains("port_id"))
      return make_error(ErrorKind::protocol, "floating IP '{}' in the reply has no 'port_id'", ip.id);
    if (const auto details = each.find("port_details"); details != each.end())
      ip.device = text_of(*details, "device_id");
    if (const auto revision = each.find("revision_number"); revision != each.end() && revision->is_number_integer())
      ip.revision = revision->get<std::int64_t>();
    if (const auto changed = parse_time(text_of(each, "updated_at"))) ip.changed = *changed;
    ips.push_back(std::move(ip));
  }
  return ips;
}

Result<std::vector<Port>> parse_ports(const std::string& body) {
  TIDE_TRY_ASSIGN(const Json list, list_in(body, "ports"));
  std::vector<Port> ports;
  for (const Json& each : list) {
    Port port{.id = text_of(each, "id"), .device = text_of(each, "device_id"), .address = {}};
    if (port.id.empty()) return make_error(ErrorKind::protocol, "a port in the reply has no ID");
    port.owner = text_of(each, "device_owner");
    port.name = text_of(each, "name");
    port.description = text_of(each, "description");
    if (const auto revision = each.find("revision_number"); revision != each.end() && revision->is_number_integer())
      port.revision = revision->get<std::int64_t>();
    if (const auto changed = parse_time(text_of(each, "updated_at"))) port.changed = *changed;
    const auto fixed = each.find("fixed_ips");
    if (fixed != each.end() && fixed->is_array()) {
      for (const Json& ip : *fixed) {
        const std::string address = text_of(ip, "ip_address");
        if (port.address.empty() && address.find(':') == std::string::npos) port.address = address;
      }
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

Result<std::vector<Port>> read_ports(openstack::Session& session, std::vector<Call> calls) {
  TIDE_TRY_ASSIGN(const auto pages, all_pages(session, std::move(calls), "ports"));
  std::vector<Port> ports;
  for (const std::string& page : pages) {
    TIDE_TRY_ASSIGN(const auto some, parse_ports(page));
    ports.insert(ports.end(), some.begin(), some.end());
  }
  return ports;
}

std::string floating_description(const std::string& cluster, const std::string& owner) {
  return fmt::format("{}={} {}={}", core::tag::k_cluster, cluster, core::tag::k_owner, owner);
}

// What is sent, and what each call is about.
struct FloatingIps::Work {
  std::vector<UpkeepStep> steps = {};
  std::vector<Call> calls = {};
  std::vector<UpkeepStep> of_calls = {};
};

Error FloatingIps::unreadable(const std::string& what, Error error) const {
  error.message = "cloud '" + m_cloud + "' answered " + what + " with what tide cannot read: " + error.message;
  error.hint = "Check that [clouds." + m_cloud + "] leads to an OpenStack API, not a proxy's page.";
  return error;
}

Result<std::vector<FloatingIp>> FloatingIps::owned(const std::string& description) {
  TIDE_TRY_ASSIGN(
      const auto pages,
      all_pages(m_session,
                {{.service = "network", .path = "/floatingips?description=" + net::percent_encode(description)}},
                "floatingips"));
  std::vector<FloatingIp> all;
  for (const std::string& page : pages) {
    auto some = parse_floating_ips(page);
    if (!some) return unreadable("GET /floatingips", std::move(some).error());
    all.insert(all.end(), some->begin(), some->end());
  }
  std::erase_if(all, [&](const FloatingIp& ip) { return ip.description != description; });
  std::ranges::sort(all, {}, &FloatingIp::id);
  return all;
}

Result<std::vector<Port>> FloatingIps::ports_of(const Machines& machines) {
  std::vector<Call> calls;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    if (i % k_devices_a_call == 0) calls.push_back({.service = "network", .path = "/ports?"});
    calls.back().path += (calls.back().path.ends_with('?') ? "" : "&");
    calls.back().path += "device_id=" + net::percent_encode(machines[i]->id.value);
  }
  auto ports = read_ports(m_session, std::move(calls));
  if (!ports && ports.error().kind == ErrorKind::protocol) return unreadable("GET /ports", std::move(ports).error());
  return ports;
}

// The port of the machine's first IPv4 address; of ours that are free one of the same network, else a new one.
void FloatingIps::plan_attach(const core::Instance& machine, const std::vector<Port>& ports,
                              std::vector<FloatingIp>& free, const std::string& description, Work& work) {
  const std::string pool(tag_of(machine, core::tag::k_pool));
  const std::string& wanted = m_network_of_pool.at(pool);
  UpkeepStep step{.verb = k_attach, .subject = name_of(machine), .text = "a floating IP of '" + wanted + "'"};
  const auto network = m_lookup.floating_network(wanted, pool);
  if (!network) {
    step.error = network.error();
    work.steps.push_back(std::move(step));
    return;
  }
  const auto rank = [&](const Port& port) {
    return std::ranges::find(machine.addresses, port.address) - machine.addresses.begin();
  };
  const Port* chosen = nullptr;
  for (const Port& port : ports) {
    if (port.device != machine.id.value || port.address.empty()) continue;
    if (chosen == nullptr || rank(port) < rank(*chosen)) chosen = &port;
  }
  if (chosen == nullptr) {
    step.error = make_error(ErrorKind::config, "'{}' has no port with an IPv4 address", step.subject)
                     .with_hint("Set [pools." + pool + "] networks to one that a router joins to '" + wanted + "'.");
    work.steps.push_back(std::move(step));
    return;
  }
  Json body{{"port_id", chosen->id}, {"fixed_ip_address", chosen->address}};
  const auto reused = std::ranges::find(free, *network, &FloatingIp::network);
  Call call{.service = "network"};
  if (reused != free.end()) {
    call.method = "PUT";
    call.path = "/floatingips/" + net::percent_encode(reused->id);
    call.if_match = if_match(*reused);
    step.text = "floating IP " + reused->address + ", which was free";
    free.erase(reused);
  } else {
    call.method = "POST";
    call.path = "/floatingips";
    call.once = true;
    body["floating_network_id"] = *network;
    body["description"] = description;
  }
  call.body = Json{{"floatingip", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  work.calls.push_back(std::move(call));
  work.of_calls.push_back(std::move(step));
}

// A 409 says that the machine got one meanwhile; 404 and 412 that a person or a quicker machine took the one that was
// free: the next pass looks again.
void FloatingIps::read(const std::vector<Answer>& answers, Work& work) const {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    UpkeepStep& step = work.of_calls[i];
    const Answer& answer = answers[i];
    const bool attached = answer.status == 409 && has(answer.peer_message, {"already has a floating IP"});
    const bool named = answer.peer_message.starts_with("Port ") || answer.peer_message.starts_with("Floating IP ");
    const bool missing = answer.unknown && named && has(answer.peer_message, {"could not be found"});
    const bool moved = missing || (answer.status == 412 && !answer.peer_message.empty());
    if (attached || moved) continue;
    if (!answer.reply) {
      step.error = explained(answer);
    } else if (work.calls[i].method == "POST") {
      const Json root = Json::parse(answer.reply->body, nullptr, false);
      const auto ip = root.is_object() ? root.find("floatingip") : root.end();
      const std::string address = root.is_object() && ip != root.end() ? text_of(*ip, "floating_ip_address") : "";
      if (address.empty()) {
        step.error = unreadable("POST /floatingips", make_error(ErrorKind::protocol, "it names no address"));
      } else {
        step.text = "floating IP " + address + ", made for it";
      }
    }
    work.steps.push_back(std::move(step));
  }
}

std::vector<UpkeepStep> FloatingIps::keep_up(const Upkeep& of, const std::set<core::InstanceId>& reached,
                                             TimePoint now) {
  if (m_network_of_pool.empty()) return {};
  const std::string description = floating_description(of.cluster, of.owner);
  auto ips = owned(description);
  if (!ips) return {{.verb = k_attach, .subject = m_cloud, .text = "floating IPs", .error = ips.error()}};
  std::set<std::string> devices;
  for (const FloatingIp& ip : *ips) devices.insert(ip.device);
  std::set<std::string> taken;  // ports
  for (const FloatingIp& ip : *ips) taken.insert(ip.port);
  std::erase_if(*ips, [](const FloatingIp& ip) { return !ip.port.empty(); });

  Machines wanting;
  for (const core::Instance& machine : of.running) {
    const bool floats = m_network_of_pool.contains(std::string(tag_of(machine, core::tag::k_pool)));
    if (floats && !reached.contains(machine.id) && !devices.contains(machine.id.value)) wanting.push_back(&machine);
  }
  Work work;
  if (!wanting.empty()) {
    const auto ports = ports_of(wanting);
    if (!ports) return {{.verb = k_attach, .subject = m_cloud, .text = "floating IPs", .error = ports.error()}};
    std::erase_if(wanting, [&](const core::Instance* machine) {  // a Neutron that does not tell whose port it is
      return std::ranges::any_of(
          *ports, [&](const Port& port) { return port.device == machine->id.value && taken.contains(port.id); });
    });
    for (const core::Instance* machine : wanting) plan_attach(*machine, *ports, *ips, description, work);
  }
  for (const FloatingIp& ip : *ips) {
    if (ip.changed && now - *ip.changed < k_release_after) continue;
    work.calls.push_back({.service = "network",
                          .method = "DELETE",
                          .path = "/floatingips/" + net::percent_encode(ip.id),
                          .if_match = if_match(ip)});
    work.of_calls.push_back(
        {.verb = k_release, .subject = ip.address, .text = "floating IP " + ip.address + ", which no machine has"});
  }
  if (!work.calls.empty()) read(m_session.call(work.calls), work);
  return std::move(work.steps);
}

}  // namespace tide::cloud::nova
