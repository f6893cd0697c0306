#include <tide/cloud/ec2/launch_call.hpp>
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

Result<void> check_types(const core::Pool& pool) {
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
  if (!is_id(pool.image, "ami-")) {
    return wrong(pool, "image", pool.image, "is no image's ID")
        .with_hint("Images are named by ID: ami-0abc, of the cloud's own region.");
  }
  TIDE_TRY(check_types(pool));
  TIDE_TRY(check_lists(pool));
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
