#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/cloud/cloud.hpp>
#include <tide/core/settings.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tide::cloud::ec2 {

constexpr int k_launch_max = 500;  // machines a call; EC2's bucket holds 1000 and refills by 2 a second
constexpr std::size_t k_user_data_max = 16U * 1024U;  // bytes before base64
constexpr std::size_t k_tag_value_max = 256;          // characters

// Pool keys of this cloud, in [pools.x] and LaunchRequest::options.
namespace key {
constexpr const char* k_key = "key";
constexpr const char* k_subnets = "subnets";
constexpr const char* k_security_groups = "security_groups";
constexpr const char* k_disk = "disk";
constexpr const char* k_instance_profile = "instance_profile";
constexpr const char* k_image_owners = "image_owners";
constexpr const char* k_launch_template = "launch_template";
constexpr const char* k_placement_group = "placement_group";
constexpr const char* k_capacity_reservation = "capacity_reservation";
constexpr const char* k_fleet = "fleet";
constexpr const char* k_spot = "spot";
}  // namespace key

// [pools.x] launch_template = "NAME-or-ID[:VERSION]"
struct Template {
  std::string id;  // "lt-..."; else a name
  std::string name;
  std::string version;  // "$Default" where none is said, as EC2 does

  bool operator==(const Template&) const = default;
};
std::optional<Template> parse_template(std::string_view text);

// RunInstances as it is sent: a pure function, so a repeat sends the same bytes. `root_device` is the image's, and only
// needed if the request has a disk size. What EC2 would refuse for its size is an error of kind bad_request.
Result<aws::Call> launch_call(const core::LaunchRequest& request, const std::string& root_device);

// StartInstances for the stopped machines that the request names.
aws::Call start_call(const core::LaunchRequest& request);

// CreateFleet of type instant, likewise: the request's choice and all its alternatives, in order, over a launch
// template (which holds what is not here: key, groups, user data).
Result<aws::Call> fleet_call(const core::LaunchRequest& request);
bool is_fleet(const core::LaunchRequest& request);

// RequestSpotInstances of one machine, likewise, for pools with spot = "request". There is room in it for neither the
// tags of the machine nor its metadata options.
Result<aws::Call> spot_request_call(const core::LaunchRequest& request, const std::string& root_device);
bool is_spot_request(const core::LaunchRequest& request);

// What its machines are tagged with: the request's tags and the list of names.
std::map<std::string, std::string> launch_tags(const core::LaunchRequest& request);

// Does this request need its image's root device?
bool wants_disk(const core::LaunchRequest& request);

// What is wrong with a pool's keys, found without any call (kind config).
Result<void> check_pool(const core::Pool& pool);

}  // namespace tide::cloud::ec2
