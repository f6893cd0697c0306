#include <tide/cloud/ec2/images.hpp>
#include <tide/cloud/ec2/launch_call.hpp>
#include <tide/core/user_data.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <array>

namespace tide::cloud::ec2 {
namespace {

constexpr std::int64_t k_disk_max_mib = std::int64_t{64} * 1024 * 1024;  // EBS volumes end at 64 TiB

Error wrong(const core::Pool& pool, std::string_view key, std::string_view value, std::string_view why) {
  return make_error(ErrorKind::config, "[pools.{}] {} = '{}' {}", pool.name.value, key, printable(value, 80), why);
}

bool made_of(std::string_view text, std::string_view extra) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || extra.find(c) != std::string_view::npos;
  });
}

bool is_id(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) && made_of(text.substr(prefix.size()), "");
}

// "c7i.xlarge", "u-6tb1.metal"
bool is_type(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && made_of(text.substr(0, dot), "-") && made_of(text.substr(dot + 1), "-");
}

const std::vector<std::string>& option(const core::Pool& pool, const char* name) {
  static const std::vector<std::string> k_none;
  const auto at = pool.options.find(name);
  return at == pool.options.end() ? k_none : at->second;
}

bool has_template(const core::Pool& pool) { return !option(pool, key::k_launch_template).empty(); }

Result<void> check_image(const core::Pool& pool) {
  const auto& owners = option(pool, key::k_image_owners);
  const ImageKind kind = image_kind(pool.image);
  if (kind == ImageKind::bad || (kind == ImageKind::none && !has_template(pool))) {
    return wrong(pool, "image", pool.image, "is no image's ID")
        .with_hint(
            "Name it by ID (ami-0abc, of the cloud's own region), as \"name:debian-12-*\" or \"ssm:/PARAMETER\".");
  }
  if (kind == ImageKind::name && owners.empty()) {
    return wrong(pool, "image", pool.image, "would take anybody's image of that name")
        .with_hint("Set image_owners = [\"self\"], or the account that publishes it.");
  }
  if (kind != ImageKind::name && !owners.empty()) {
    return wrong(pool, key::k_image_owners, owners.front(), "has no meaning without image = \"name:PATTERN\"")
        .with_hint("Leave it out.");
  }
  return {};
}

// A fleet's call has room for a choice and a price; all else stands in the launch template.
Result<void> check_fleet(const core::Pool& pool) {
  const auto& fleet = option(pool, key::k_fleet);
  if (fleet.empty() || fleet.front() != "true") return {};
  if (!has_template(pool)) {
    return wrong(pool, key::k_fleet, "true", "needs a launch_template").with_hint("Name one, or leave fleet out.");
  }
  if (pool.types.empty()) {
    return wrong(pool, key::k_fleet, "true", "needs types").with_hint("Set types = [\"c7i.xlarge\", \"c6i.xlarge\"].");
  }
  for (const char* name :
       {key::k_key, key::k_security_groups, key::k_disk, key::k_instance_profile, key::k_placement_group}) {
    if (!option(pool, name).empty()) {
      return wrong(pool, name, option(pool, name).front(), "cannot be asked of a fleet")
          .with_hint("Put it into the launch template.");
    }
  }
  const auto& reservation = option(pool, key::k_capacity_reservation);
  if (!reservation.empty() && reservation.front() != "open") {
    return wrong(pool, key::k_capacity_reservation, reservation.front(), "cannot be asked of a fleet")
        .with_hint("Put it into the launch template.");
  }
  if (pool.user_data.empty()) return {};
  return make_error(ErrorKind::config, "[pools.{}] user_data cannot be asked of a fleet", pool.name.value)
      .with_hint("Put it into the launch template; the node reads its name in its metadata, as tide:names.");
}

// A request has no room for these, and waits: there is nothing to wait for on demand.
Result<void> check_spot(const core::Pool& pool) {
  const auto& spot = option(pool, key::k_spot);
  if (spot.empty()) return {};
  if (pool.market != core::Market::spot) {
    return wrong(pool, key::k_spot, spot.front(), "has no meaning on demand")
        .with_hint("Set market = \"spot\", or leave it out.");
  }
  if (spot.front() != "request") return {};
  for (const char* name : {key::k_launch_template, key::k_fleet, key::k_capacity_reservation}) {
    const auto& value = option(pool, name);
    if (value.empty() || value.front() == "false") continue;
    return wrong(pool, name, value.front(), "cannot be asked of a spot request")
        .with_hint("Leave it out, or spot = \"request\": market options know it.");
  }
  if (pool.user_data.empty() || pool.names == "dns" || core::wants_node_name(pool.user_data)) return {};
  return make_error(
             ErrorKind::config,
             "[pools.{}] user_data lacks @TIDE_NODE@: the machine of a spot request finds no name in its metadata",
             pool.name.value)
      .with_hint("Write index=0 names=@TIDE_NODE@ where the script asks for tags/instance/tide:names.");
}

Result<void> check_launching(const core::Pool& pool) {
  TIDE_TRY(check_spot(pool));
  for (const std::string& text : option(pool, key::k_launch_template)) {
    if (parse_template(text)) continue;
    return wrong(pool, key::k_launch_template, text, "is no launch template")
        .with_hint("Write NAME, lt-0abc, or one of them with a version: workers:7, workers:$Latest.");
  }
  for (const std::string& text : option(pool, key::k_capacity_reservation)) {
    if (text == "open" || text == "none" || is_id(text, "cr-")) continue;
    return wrong(pool, key::k_capacity_reservation, text, "is no capacity reservation")
        .with_hint("Write open, none, or its ID: cr-0abc.");
  }
  return check_fleet(pool);
}

Result<void> check_types(const core::Pool& pool) {
  if (pool.types.empty() && has_template(pool)) return {};
  if (pool.types.empty()) {
    return make_error(ErrorKind::config, "[pools.{}] has no types", pool.name.value)
        .with_hint("Set types = [\"c7i.xlarge\"], or what the pool's machines shall be.");
  }
  const auto bad = std::ranges::find_if_not(pool.types, is_type);
  if (bad == pool.types.end()) return {};
  return wrong(pool, "types", *bad, "is no instance type").with_hint("Write it as EC2 does: c7i.xlarge.");
}

Result<void> check_lists(const core::Pool& pool) {
  for (const auto& [name, values] : pool.options) {
    for (const std::string& value : values) {
      if (value.empty()) return wrong(pool, name, value, "is empty").with_hint("Leave the key out instead.");
      if (name == key::k_subnets && !is_id(value, "subnet-")) {
        return wrong(pool, name, value, "is no subnet's ID").with_hint("Subnets are named by ID: subnet-0abc.");
      }
    }
  }
  return {};
}

Result<void> check_disk(const core::Pool& pool) {
  const auto at = pool.options.find(key::k_disk);
  if (at == pool.options.end() || at->second.empty()) return {};
  const auto mib = parse_size_mib(at->second.front());
  if (mib && *mib >= 1024 && *mib <= k_disk_max_mib) return {};
  return wrong(pool, key::k_disk, at->second.front(), "is no size of a disk")
      .with_hint("Write it as \"20GiB\"; EC2 takes 1GiB to 64TiB.");
}

}  // namespace

Result<void> check_pool(const core::Pool& pool) {
  TIDE_TRY(check_image(pool));
  TIDE_TRY(check_types(pool));
  TIDE_TRY(check_lists(pool));
  TIDE_TRY(check_launching(pool));
  TIDE_TRY(check_disk(pool));
  constexpr std::array<std::string_view, 3> k_addresses{"private", "public", "ipv6"};
  if (std::ranges::find(k_addresses, pool.address) == k_addresses.end()) {
    return wrong(pool, "address", pool.address, "is not what EC2 has").with_hint("Write private, public or ipv6.");
  }
  if (!pool.max_price.empty() && pool.market != core::Market::spot) {
    return wrong(pool, "max_price", pool.max_price, "has no meaning on demand")
        .with_hint("Set market = \"spot\", or leave it out.");
  }
  if (pool.user_data.size() > k_user_data_max) {
    return make_error(ErrorKind::config, "[pools.{}] user_data has {} bytes, more than EC2's {}", pool.name.value,
                      pool.user_data.size(), k_user_data_max)
        .with_hint("Shorten it, or let it fetch the rest.");
  }
  return {};
}

}  // namespace tide::cloud::ec2
