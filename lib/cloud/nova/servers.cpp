#include <tide/cloud/nova/servers.hpp>

#include <tide/cloud/openstack/errors.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace tide::cloud::nova {
namespace {

using core::InstanceState;
using Json = nlohmann::json;

const Json* part(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const Json& object, const char* key) {
  const Json* found = part(object, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

Error odd(std::string_view why) { return make_error(ErrorKind::protocol, "{}", why); }

Result<Json> list_in(const std::string& body, const char* key) {
  Json root = Json::parse(body, nullptr, false);
  const Json* list = part(root, key);
  if (list == nullptr || !list->is_array()) return odd(fmt::format("the reply has no list '{}'", key));
  return root;
}

void read_addresses(const Json& server, Listed& listed) {
  const Json* networks = part(server, "addresses");
  if (networks == nullptr || !networks->is_object()) return;
  for (const auto& [network, list] : networks->items()) {
    if (!list.is_array()) continue;
    for (const Json& each : list) {
      const Json* version = part(each, "version");
      listed.addresses.push_back({.network = network,
                                  .address = text_of(each, "addr"),
                                  .floating = text_of(each, "OS-EXT-IPS:type") == "floating",
                                  .v6 = version != nullptr && *version == 6});
    }
  }
  std::erase_if(listed.addresses, [](const NetworkAddress& each) { return each.address.empty(); });
  for (const NetworkAddress& each : listed.addresses) listed.instance.addresses.push_back(each.address);
}

void read_volumes(const Json& server, Listed& listed) {
  const Json* volumes = part(server, "os-extended-volumes:volumes_attached");
  if (volumes == nullptr || !volumes->is_array()) return;
  for (const Json& each : *volumes) {
    const Json* ends = part(each, "delete_on_termination");
    const std::string id = text_of(each, "id");
    if (ends != nullptr && *ends == true && !id.empty()) listed.volumes.push_back(id);
  }
}

void read_fault(const Json& server, core::Instance& instance) {
  const Json* fault = part(server, "fault");
  if (fault != nullptr) instance.fault = std::string(trim(text_of(*fault, "message")));
  if (instance.state != InstanceState::failed) return;
  instance.fault_kind = openstack::kind_of_fault(instance.fault);
  if (instance.fault.empty()) instance.fault = k_no_fault;
}

Result<Listed> read_server(const Json& server) {
  Listed listed;
  core::Instance& instance = listed.instance;
  instance.id.value = text_of(server, "id");
  if (instance.id.empty()) return odd("a server in the reply has no ID");
  const std::string status = text_of(server, "status");
  if (status.empty()) return odd("server '" + instance.id.value + "' in the reply has no status");
  instance.state = state_of(status, text_of(server, "OS-EXT-STS:task_state"));
  if (status == "UNKNOWN") return listed;  // its cell does not answer: nothing else is known
  const auto created = parse_time(text_of(server, "created"));
  if (!created) return odd("server '" + instance.id.value + "' in the reply has no readable 'created'");
  instance.launched_at = *created;
  if (const std::string name = text_of(server, "name"); !name.empty()) instance.names.push_back(name);
  const std::string hostname = text_of(server, "OS-EXT-SRV-ATTR:hostname");
  if (!hostname.empty() && std::ranges::find(instance.names, hostname) == instance.names.end())
    instance.names.push_back(hostname);
  if (const Json* flavor = part(server, "flavor"); flavor != nullptr) {
    instance.type = text_of(*flavor, "original_name");
    if (instance.type.empty()) instance.type = text_of(*flavor, "id");
  }
  instance.zone = text_of(server, "OS-EXT-AZ:availability_zone");
  if (const Json* metadata = part(server, "metadata"); metadata != nullptr && metadata->is_object()) {
    for (const auto& [key, value] : metadata->items()) {
      if (value.is_string()) instance.tags[key] = value.get<std::string>();
    }
  }
  read_addresses(server, listed);
  read_volumes(server, listed);
  read_fault(server, instance);
  return listed;
}

bool has_next(const Json& root) {
  const Json* links = part(root, "servers_links");
  return links != nullptr && links->is_array() &&
         std::ranges::any_of(*links, [](const Json& link) { return text_of(link, "rel") == "next"; });
}

// -1 is no limit; use above it, after a quota was lowered, leaves nothing.
std::optional<std::int64_t> left_of(const Json& absolute, const char* most, const char* used) {
  const Json* limit = part(absolute, most);
  const Json* use = part(absolute, used);
  if (limit == nullptr || use == nullptr || !limit->is_number_integer() || !use->is_number_integer())
    return std::nullopt;
  const auto all = limit->get<std::int64_t>();
  if (all < 0) return std::nullopt;
  return std::max<std::int64_t>(0, all - use->get<std::int64_t>());
}

}  // namespace

InstanceState state_of(const std::string& status, const std::string& task) {
  constexpr std::array<std::string_view, 9> k_stopped{"SHUTOFF",           "STOPPED", "PAUSED",  "SUSPENDED", "SHELVED",
                                                      "SHELVED_OFFLOADED", "RESCUE",  "RESCUED", "SUSPEND"};
  constexpr std::array<std::string_view, 8> k_running{"REBOOT",  "HARD_REBOOT",   "PASSWORD",      "RESIZE",
                                                      "RESIZED", "VERIFY_RESIZE", "REVERT_RESIZE", "MIGRATING"};
  if (task == "deleting" || task == "soft-deleting") return InstanceState::stopping;
  if (status == "ACTIVE") return task.empty() ? InstanceState::running : InstanceState::pending;
  if (status == "BUILD" || status == "REBUILD") return InstanceState::pending;
  if (status == "ERROR") return InstanceState::failed;
  if (status == "DELETED" || status == "SOFT_DELETED") return InstanceState::gone;
  if (std::ranges::find(k_stopped, status) != k_stopped.end()) return InstanceState::stopped;
  if (std::ranges::find(k_running, status) != k_running.end()) return InstanceState::running;
  return InstanceState::unknown;
}

std::string choose_address(const std::vector<NetworkAddress>& addresses, const std::string& wanted) {
  const auto found = std::ranges::find_if(addresses, [&](const NetworkAddress& each) {
    if (wanted == "public") return each.floating;
    return !each.floating && each.v6 == (wanted == "ipv6");
  });
  return found == addresses.end() ? std::string() : found->address;
}

Result<ServersPage> parse_servers(const std::string& body) {
  TIDE_TRY_ASSIGN(const Json root, list_in(body, "servers"));
  ServersPage page;
  for (const Json& server : root["servers"]) {
    TIDE_TRY_ASSIGN(Listed listed, read_server(server));
    page.servers.push_back(std::move(listed));
  }
  if (has_next(root) && !page.servers.empty()) page.next_marker = page.servers.back().instance.id.value;
  return page;
}

Result<Listed> parse_server(const std::string& body) {
  const Json root = Json::parse(body, nullptr, false);
  const Json* server = part(root, "server");
  if (server == nullptr) return odd("the reply has no 'server'");
  return read_server(*server);
}

Result<int> count_unknown(const std::string& body) {
  TIDE_TRY_ASSIGN(const Json root, list_in(body, "servers"));
  return static_cast<int>(std::ranges::count_if(
      root["servers"], [](const Json& server) { return text_of(server, "status") == "UNKNOWN"; }));
}

Result<std::string> parse_created(const std::string& body) {
  const Json root = Json::parse(body, nullptr, false);
  const Json* server = part(root, "server");
  std::string id = server == nullptr ? std::string() : text_of(*server, "id");
  if (id.empty()) return odd("the reply names no server");
  return id;
}

Result<std::string> parse_console(const std::string& body) {
  const Json root = Json::parse(body, nullptr, false);
  const Json* output = part(root, "output");
  if (output == nullptr) return odd("the reply has no 'output'");
  return output->is_string() ? output->get<std::string>() : std::string();
}

Result<Left> parse_limits(const std::string& body) {
  const Json root = Json::parse(body, nullptr, false);
  const Json* limits = part(root, "limits");
  const Json* absolute = limits == nullptr ? nullptr : part(*limits, "absolute");
  if (absolute == nullptr || !absolute->is_object()) return odd("the reply has no 'absolute' limits");
  return Left{.machines = left_of(*absolute, "maxTotalInstances", "totalInstancesUsed"),
              .cores = left_of(*absolute, "maxTotalCores", "totalCoresUsed"),
              .memory_mib = left_of(*absolute, "maxTotalRAMSize", "totalRAMUsed")};
}

}  // namespace tide::cloud::nova
