#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/cloud/openstack/discovery.hpp>
#include <tide/core/settings.hpp>
#include <tide/util/result.hpp>

#include <string>
#include <vector>

namespace tide::cloud::nova {

constexpr std::size_t k_user_data_max = 65'535;  // bytes, in base64
constexpr std::size_t k_metadata_max = 255;      // bytes of a key or a value
constexpr std::size_t k_tag_max = 60;            // bytes of a server's tag

// Pool keys of this cloud, in [pools.x] and LaunchRequest::options.
namespace key {
constexpr const char* k_key = "key";
constexpr const char* k_networks = "networks";
constexpr const char* k_security_groups = "security_groups";
constexpr const char* k_zones = "zones";
constexpr const char* k_disk = "disk";
constexpr const char* k_server_group = "server_group";
constexpr const char* k_config_drive = "config_drive";
constexpr const char* k_floating_network = "floating_network";
}  // namespace key

// What the names of a request stand for.
struct Resolved {
  std::string flavor;
  std::string image;
  std::vector<std::string> networks;
  bool no_network = false;   // the project sees none
  bool automatic = false;    // the cloud has no network service of its own
  std::string server_group;  // ID, or ""
  openstack::Microversion microversion;
};

// The body of POST /servers: a pure function, so a repeat sends the same bytes. What Nova would refuse for its size is
// an error of kind bad_request.
Result<std::string> launch_body(const core::LaunchRequest& request, const std::string& name, const Resolved& resolved);

// What is wrong with a pool's keys, found without any call (kind config).
Result<void> check_pool(const core::Pool& pool);

}  // namespace tide::cloud::nova
