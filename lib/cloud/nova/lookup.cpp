#include <tide/cloud/nova/lookup.hpp>

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace tide::cloud::nova {
namespace {

using openstack::Microversion;
using Json = nlohmann::json;

constexpr Microversion k_newest{2, 93};       // Zed's: the window that is tested
constexpr Microversion k_extra_specs{2, 61};  // flavors list their extra_specs
constexpr int k_pages_max = 100;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// "12345678-1234-...", or the same without dashes.
bool is_uuid(const std::string& text) {
  const auto dashes = std::ranges::count(text, '-');
  return (text.size() == 36 && dashes == 4) || (text.size() == 32 && dashes == 0)
             ? std::ranges::all_of(text,
                                   [](char c) { return c == '-' || std::isxdigit(static_cast<unsigned char>(c)); })
             : false;
}

// "pci_passthrough:alias" = "a100:2,t4:1"; "resources:VGPU" = "1".
core::Gpus gpus_of(const Json& flavor) {
  core::Gpus gpus;
  const auto specs = flavor.find("extra_specs");
  if (specs == flavor.end() || !specs->is_object()) return gpus;
  const std::string aliases = text_of(*specs, "pci_passthrough:alias");
  for (const std::string_view each : split(aliases, ',')) {
    const auto parts = split(trim(each), ':');
    const auto count = parts.size() == 2 ? parse_integer(parts[1]) : std::nullopt;
    if (count && *count > 0 && *count < 1000) gpus[to_lower(parts[0])] += static_cast<int>(*count);
  }
  const auto virtual_gpus = parse_integer(text_of(*specs, "resources:VGPU"));
  if (virtual_gpus && *virtual_gpus > 0 && *virtual_gpus < 1000) gpus["vgpu"] += static_cast<int>(*virtual_gpus);
  return gpus;
}

Error unreadable(const std::string& cloud, const std::string& what) {
  return make_error(ErrorKind::protocol, "cloud '{}' answered with what tide cannot read: {}", cloud, what)
      .with_hint("Check that [clouds." + cloud + "] leads to an OpenStack API, not a proxy's page.");
}

}  // namespace

Result<std::vector<Flavor>> parse_flavors(const std::string& body, std::string& next_marker) {
  const Json root = Json::parse(body, nullptr, false);
  const auto list = root.is_object() ? root.find("flavors") : root.end();
  if (!root.is_object() || list == root.end() || !list->is_array())
    return make_error(ErrorKind::protocol, "the reply has no list 'flavors'");
  std::vector<Flavor> flavors;
  for (const Json& each : *list) {
    Flavor flavor{.id = text_of(each, "id"), .type = {.name = text_of(each, "name")}};
    const std::int64_t slots = number_of(each, "vcpus");
    flavor.type.memory_mib = number_of(each, "ram");
    if (flavor.id.empty() || slots <= 0 || slots > 100'000 || flavor.type.memory_mib <= 0)
      return make_error(ErrorKind::protocol, "a flavor in the reply has no ID, CPUs or memory");
    flavor.type.slots = static_cast<int>(slots);
    flavor.type.gpus = gpus_of(each);
    flavors.push_back(std::move(flavor));
  }
  next_marker = root.contains("flavors_links") && !flavors.empty() ? flavors.back().id : std::string();
  return flavors;
}

Result<Microversion> Lookup::microversion() {
  if (m_microversion) return *m_microversion;
  const openstack::Answer answer = m_session.call({.path = "/"});
  if (!answer.reply) return answer.reply.error();
  TIDE_TRY_ASSIGN(const std::string ceiling, m_session.compute_ceiling());
  const auto wanted = ceiling.empty() ? std::optional(k_newest) : openstack::parse_microversion(ceiling);
  auto found = openstack::newest_microversion(answer.reply->body, std::min(wanted.value_or(k_newest), k_newest));
  if (!found) return std::move(found).error().with_context("while asking cloud '" + m_cloud + "' for its version");
  m_microversion = *found;
  return *found;
}

Result<std::vector<Flavor>> Lookup::flavors() {
  if (m_flavors) return *m_flavors;
  TIDE_TRY_ASSIGN(const Microversion version, microversion());
  std::vector<Flavor> all;
  std::set<std::string> markers;
  std::string marker;
  do {
    const std::string query = marker.empty() ? "" : "?marker=" + net::percent_encode(marker);
    const openstack::Answer answer =
        m_session.call({.path = "/flavors/detail" + query, .microversion = std::min(version, k_extra_specs).text()});
    if (!answer.reply) return answer.reply.error();
    auto page = parse_flavors(answer.reply->body, marker);
    if (!page) return unreadable(m_cloud, page.error().message);
    all.insert(all.end(), page->begin(), page->end());
    if (!marker.empty() && (!markers.insert(marker).second || std::ssize(markers) > k_pages_max))
      return unreadable(m_cloud, "it pages its flavors in a circle");
  } while (!marker.empty());
  m_flavors = all;
  return all;
}

Result<std::string> Lookup::flavor(const std::string& name, const std::string& pool) {
  TIDE_TRY_ASSIGN(const auto all, flavors());
  std::vector<Item> items;
  for (const Flavor& each : all) {
    if (each.id == name) return each.id;
    items.push_back({each.id, each.type.name});
  }
  if (is_uuid(name)) return name;  // one that is not in the list: Nova knows whether it may be used
  return only(items, "flavor", name, "[pools." + pool + "] types");
}

Result<std::vector<Lookup::Item>> Lookup::items(const openstack::Call& call, const char* key) {
  const openstack::Answer answer = m_session.call(call);
  if (!answer.reply) return answer.reply.error();
  const Json root = Json::parse(answer.reply->body, nullptr, false);
  const auto list = root.is_object() ? root.find(key) : root.end();
  if (!root.is_object() || list == root.end() || !list->is_array())
    return unreadable(m_cloud, fmt::format("the reply has no list '{}'", key));
  std::vector<Item> found;
  for (const Json& each : *list) {
    Item item{.id = text_of(each, "id"), .name = text_of(each, "name")};
    const auto external = each.is_object() ? each.find("router:external") : each.end();
    item.external = each.is_object() && external != each.end() && *external == true;
    if (item.id.empty()) return unreadable(m_cloud, fmt::format("one of '{}' has no ID", key));
    found.push_back(std::move(item));
  }
  return found;
}

Result<std::string> Lookup::only(const std::vector<Item>& items, const std::string& what, const std::string& name,
                                 const std::string& where) const {
  std::vector<std::string> ids;
  std::vector<std::string> names;
  for (const Item& each : items) {
    if (each.name == name || each.id == name) ids.push_back(each.id);
    names.push_back(each.name);
  }
  if (ids.size() == 1) return ids.front();
  if (ids.size() > 1) {
    return make_error(ErrorKind::config, "{} = '{}': cloud '{}' has {} of that name", where, printable(name, 80),
                      m_cloud, ids.size())
        .with_hint("Name it by ID, one of: " + join(ids, ", ") + ".");
  }
  const std::string near = nearest(name, names);
  return make_error(ErrorKind::config, "{} = '{}': cloud '{}' has no such {}", where, printable(name, 80), m_cloud,
                    what)
      .with_hint(near.empty() ? "Run 'openstack " + what + " list'." : "Did you mean '" + near + "'?");
}

Result<std::string> Lookup::image(const std::string& name, const std::string& pool) {
  if (is_uuid(name)) return name;
  const std::string key = "image/" + name;
  if (const auto known = m_known.find(key); known != m_known.end()) return known->second;
  TIDE_TRY_ASSIGN(
      const auto found,
      items({.service = "image", .path = "/images?status=active&name=" + net::percent_encode(name)}, "images"));
  TIDE_TRY_ASSIGN(const std::string id, only(found, "image", name, "[pools." + pool + "] image"));
  return m_known[key] = id;
}

Result<std::string> Lookup::network(const std::string& name, const std::string& pool, const char* key) {
  if (is_uuid(name)) return name;
  const std::string row = "network/" + name;
  if (const auto known = m_known.find(row); known != m_known.end()) return known->second;
  TIDE_TRY_ASSIGN(const auto found,
                  items({.service = "network", .path = "/networks?name=" + net::percent_encode(name)}, "networks"));
  TIDE_TRY_ASSIGN(const std::string id, only(found, "network", name, "[pools." + pool + "] " + key));
  return m_known[row] = id;
}

Result<std::string> Lookup::floating_network(const std::string& name, const std::string& pool) {
  if (name.empty()) return std::string();
  return network(name, pool, key::k_floating_network);
}

// None named: the project's only one, none if it sees none; of several a person must choose.
Result<void> Lookup::networks(const core::LaunchRequest& request, Resolved& resolved) {
  const auto named = values_of(request, key::k_networks);
  for (const std::string& name : named) {
    TIDE_TRY_ASSIGN(std::string id, network(name, request.pool.value, key::k_networks));
    resolved.networks.push_back(std::move(id));
  }
  if (!named.empty()) return {};
  TIDE_TRY_ASSIGN(const bool has_networks, m_session.has("network"));
  resolved.automatic = !has_networks;
  if (!has_networks) return {};
  if (!m_own_networks) {
    TIDE_TRY_ASSIGN(auto all, items({.service = "network", .path = "/networks"}, "networks"));
    std::erase_if(all, [](const Item& each) { return each.external; });
    m_own_networks = std::move(all);
  }
  if (m_own_networks->size() == 1) resolved.networks = {m_own_networks->front().id};
  resolved.no_network = m_own_networks->empty();
  if (m_own_networks->size() <= 1) return {};
  std::vector<std::string> names;
  for (const Item& each : *m_own_networks) names.push_back(each.name.empty() ? each.id : each.name);
  std::ranges::sort(names);
  return make_error(ErrorKind::config, "[pools.{}] names no network, and cloud '{}' has {}", request.pool.value,
                    m_cloud, names.size())
      .with_hint("Set networks = [\"" + names.front() + "\"], or another of: " + join(names, ", ") + ".");
}

Result<std::string> Lookup::server_group(const std::string& name, const std::string& pool) {
  if (name.empty() || is_uuid(name)) return name;
  const std::string key = "server group/" + name;
  if (const auto known = m_known.find(key); known != m_known.end()) return known->second;
  TIDE_TRY_ASSIGN(const auto found, items({.path = "/os-server-groups"}, "server_groups"));
  TIDE_TRY_ASSIGN(const std::string id, only(found, "server group", name, "[pools." + pool + "] server_group"));
  return m_known[key] = id;
}

void Lookup::forget() {
  if (m_session.take_version_refusal()) m_microversion.reset();
  m_flavors.reset();
  m_own_networks.reset();
  m_known.clear();
}

Result<Resolved> Lookup::resolve(const core::LaunchRequest& request) {
  Resolved resolved;
  TIDE_TRY_ASSIGN(resolved.microversion, microversion());
  if (request.types.empty()) return make_error(ErrorKind::bad_request, "pool '{}' names no flavor", request.pool.value);
  TIDE_TRY_ASSIGN(resolved.flavor, flavor(request.types.front(), request.pool.value));
  TIDE_TRY_ASSIGN(resolved.image, image(request.image, request.pool.value));
  TIDE_TRY(networks(request, resolved));
  TIDE_TRY_ASSIGN(resolved.server_group, server_group(value_of(request, key::k_server_group), request.pool.value));
  // A misspelt one is found before the machine is paid for that would wait for its address.
  TIDE_TRY(floating_network(value_of(request, key::k_floating_network), request.pool.value));
  return resolved;
}

}  // namespace tide::cloud::nova
