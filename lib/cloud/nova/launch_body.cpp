#include <tide/cloud/nova/launch_body.hpp>

#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tide::cloud::nova {
namespace {

using openstack::Microversion;
using Json = nlohmann::ordered_json;

constexpr Microversion k_networks_required{2,
                                           37};  // from then on "networks" must be there, and may be "none" or "auto"
constexpr Microversion k_tags{2, 52};
constexpr std::int64_t k_mib_per_gib = 1024;
constexpr std::int64_t k_disk_max_mib = std::int64_t{64} * 1024 * 1024;

Error wrong(const core::Pool& pool, std::string_view key, std::string_view value, std::string_view why) {
  return make_error(ErrorKind::config, "[pools.{}] {} = '{}' {}", pool.name.value, key, printable(value, 80), why);
}

Result<Json> metadata_of(const core::LaunchRequest& request) {
  Json metadata = Json::object();
  for (const auto& [key, value] : request.tags) {
    if (value.size() > k_metadata_max) {
      return make_error(ErrorKind::bad_request, "metadata '{}' would have {} bytes, more than Nova's {}", key,
                        value.size(), k_metadata_max)
          .with_hint("Use shorter names.");
    }
    metadata[key] = value;
  }
  return metadata;
}

void add_networks(Json& server, const Resolved& resolved) {
  const bool words = resolved.microversion >= k_networks_required;
  if (resolved.no_network || resolved.automatic) {
    if (words) server["networks"] = resolved.no_network ? "none" : "auto";
    return;
  }
  Json networks = Json::array();
  for (const std::string& id : resolved.networks) networks.push_back({{"uuid", id}});
  server["networks"] = networks;
}

// The root disk as a volume that goes with its machine.
Result<void> add_disk(Json& server, const core::LaunchRequest& request, const Resolved& resolved) {
  const std::string size = value_of(request, key::k_disk);
  if (size.empty()) {
    server["imageRef"] = resolved.image;
    return {};
  }
  TIDE_TRY_ASSIGN(const auto mib, parse_size_mib(size));
  server["block_device_mapping_v2"] = Json::array({{{"boot_index", 0},
                                                    {"uuid", resolved.image},
                                                    {"source_type", "image"},
                                                    {"destination_type", "volume"},
                                                    {"volume_size", (mib + k_mib_per_gib - 1) / k_mib_per_gib},
                                                    {"delete_on_termination", true}}});
  return {};
}

}  // namespace

Result<std::string> launch_body(const core::LaunchRequest& request, const std::string& name, const Resolved& resolved) {
  const std::string user_data = base64_encode(request.user_data);
  if (user_data.size() > k_user_data_max) {
    return make_error(ErrorKind::bad_request, "the user data of pool '{}' has {} bytes in base64, more than Nova's {}",
                      request.pool.value, user_data.size(), k_user_data_max)
        .with_hint("Shorten [pools." + request.pool.value + "] user_data, or let it fetch the rest.");
  }
  Json server{{"name", name}, {"flavorRef", resolved.flavor}};
  TIDE_TRY(add_disk(server, request, resolved));
  add_networks(server, resolved);
  TIDE_TRY_ASSIGN(server["metadata"], metadata_of(request));
  if (const auto cluster = request.tags.find(core::tag::k_cluster);
      cluster != request.tags.end() && resolved.microversion >= k_tags) {
    const std::string tag = "tide:" + cluster->second;  // for people who filter by tag; tide itself reads metadata
    if (tag.size() <= k_tag_max && tag.find_first_of(",/") == std::string::npos) server["tags"] = {tag};
  }
  if (!user_data.empty()) server["user_data"] = user_data;
  if (const std::string pair = value_of(request, key::k_key); !pair.empty()) server["key_name"] = pair;
  if (!request.zone.empty()) server["availability_zone"] = request.zone;
  if (value_of(request, key::k_config_drive) == "true") server["config_drive"] = true;
  Json groups = Json::array();
  for (const std::string& group : values_of(request, key::k_security_groups)) groups.push_back({{"name", group}});
  if (!groups.empty()) server["security_groups"] = groups;
  Json body{{"server", server}};
  if (!resolved.server_group.empty()) body["os:scheduler_hints"] = {{"group", resolved.server_group}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<void> check_pool(const core::Pool& pool) {
  if (pool.image.empty())
    return wrong(pool, "image", "", "is missing").with_hint("Name an image as 'openstack image list' does.");
  if (pool.types.empty()) {
    return make_error(ErrorKind::config, "[pools.{}] has no types", pool.name.value)
        .with_hint("Set types = [\"m1.large\"]: flavors as 'openstack flavor list' names them.");
  }
  for (const auto& [name, values] : pool.options) {
    if (std::ranges::find(values, "") != values.end())
      return wrong(pool, name, "", "is empty").with_hint("Leave the key out instead.");
  }
  if (const auto disk = pool.options.find(key::k_disk); disk != pool.options.end() && !disk->second.empty()) {
    const auto mib = parse_size_mib(disk->second.front());
    if (!mib || *mib < k_mib_per_gib || *mib > k_disk_max_mib)
      return wrong(pool, "disk", disk->second.front(), "is no size of a disk").with_hint("Write it as \"20GiB\".");
  }
  if (pool.market == core::Market::spot)
    return wrong(pool, "market", "spot", "is not what Nova has").with_hint("Leave it out.");
  if (!pool.max_price.empty())
    return wrong(pool, "max_price", pool.max_price, "has no meaning on Nova").with_hint("Leave it out.");
  if (pool.names == "dns")
    return wrong(pool, "names", "dns", "is not what Nova has").with_hint("A server's own name is its node's.");
  const std::size_t encoded = (pool.user_data.size() + 2) / 3 * 4;
  if (encoded <= k_user_data_max) return {};
  return make_error(ErrorKind::config, "[pools.{}] user_data has {} bytes in base64, more than Nova's {}",
                    pool.name.value, encoded, k_user_data_max)
      .with_hint("Shorten it, or let it fetch the rest.");
}

}  // namespace tide::cloud::nova
