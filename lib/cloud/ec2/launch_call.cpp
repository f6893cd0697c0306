#include <tide/cloud/ec2/launch_call.hpp>

#include <tide/util/digest.hpp>
#include <tide/util/hostlist.hpp>
#include <tide/util/units.hpp>

namespace tide::cloud::ec2 {
namespace {

using Options = std::map<std::string, std::vector<std::string>>;

constexpr std::int64_t k_mib_per_gib = 1024;

std::vector<std::string> values_of(const Options& options, const char* name) {
  const auto at = options.find(name);
  return at == options.end() ? std::vector<std::string>() : at->second;
}

std::string value_of(const Options& options, const char* name) {
  const auto values = values_of(options, name);
  return values.empty() ? std::string() : values.front();
}

// Whole GiB, rounded up: EC2 knows no smaller unit.
Result<std::int64_t> disk_gib(const Options& options) {
  TIDE_TRY_ASSIGN(const auto mib, parse_size_mib(value_of(options, key::k_disk)));
  return (mib + k_mib_per_gib - 1) / k_mib_per_gib;
}

class Parameters {
 public:
  void add(std::string name, std::string value) { m_list.emplace_back(std::move(name), std::move(value)); }
  void add_unless_empty(const std::string& name, const std::string& value) {
    if (!value.empty()) add(name, value);
  }
  std::vector<std::pair<std::string, std::string>> take() { return std::move(m_list); }

 private:
  std::vector<std::pair<std::string, std::string>> m_list;
};

void add_place(Parameters& parameters, const core::LaunchRequest& request) {
  std::string place = request.zone;
  const auto subnets = values_of(request.options, key::k_subnets);
  if (place.empty() && !subnets.empty()) place = subnets.front();
  parameters.add_unless_empty(place.starts_with("subnet-") ? "SubnetId" : "Placement.AvailabilityZone", place);
  int number = 0;
  for (const std::string& group : values_of(request.options, key::k_security_groups)) {
    const std::string name = group.starts_with("sg-") ? "SecurityGroupId." : "SecurityGroup.";
    parameters.add(name + std::to_string(++number), group);
  }
}

void add_market(Parameters& parameters, const core::LaunchRequest& request) {
  if (request.market != core::Market::spot) return;
  parameters.add("InstanceMarketOptions.MarketType", "spot");
  parameters.add("InstanceMarketOptions.SpotOptions.SpotInstanceType", "one-time");
  parameters.add("InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior", "terminate");
  parameters.add_unless_empty("InstanceMarketOptions.SpotOptions.MaxPrice", request.max_price);
}

// Tokens only, one hop (no container or guest of the node reaches it), and the node reads its own names there.
void add_metadata(Parameters& parameters) {
  parameters.add("MetadataOptions.HttpEndpoint", "enabled");
  parameters.add("MetadataOptions.HttpTokens", "required");
  parameters.add("MetadataOptions.HttpPutResponseHopLimit", "1");
  parameters.add("MetadataOptions.InstanceMetadataTags", "enabled");
}

Result<void> add_disk(Parameters& parameters, const core::LaunchRequest& request, const std::string& root_device) {
  if (!wants_disk(request)) return {};
  if (root_device.empty()) {
    return make_error(ErrorKind::bad_request, "image '{}' names no root device, so its disk cannot be sized",
                      request.image)
        .with_hint("Leave [pools." + request.pool.value + "] disk out.");
  }
  TIDE_TRY_ASSIGN(const auto gib, disk_gib(request.options));
  parameters.add("BlockDeviceMapping.1.DeviceName", root_device);
  parameters.add("BlockDeviceMapping.1.Ebs.VolumeSize", std::to_string(gib));
  parameters.add("BlockDeviceMapping.1.Ebs.DeleteOnTermination", "true");
  return {};
}

Result<void> add_tags(Parameters& parameters, const core::LaunchRequest& request) {
  const auto tags = launch_tags(request);
  for (const auto& [name, value] : tags) {
    if (value.size() <= k_tag_value_max) continue;
    return make_error(ErrorKind::bad_request, "tag '{}' would have {} characters, more than EC2's {}", name,
                      value.size(), k_tag_value_max)
        .with_hint("Use shorter [pools." + request.pool.value + "] names.");
  }
  int specification = 0;
  for (const char* resource : {"instance", "volume"}) {
    const std::string prefix = "TagSpecification." + std::to_string(++specification) + ".";
    parameters.add(prefix + "ResourceType", resource);
    int number = 0;
    for (const auto& [name, value] : tags) {
      const std::string tag = prefix + "Tag." + std::to_string(++number) + ".";
      parameters.add(tag + "Key", name);
      parameters.add(tag + "Value", value);
    }
  }
  return {};
}

Result<void> check_sizes(const core::LaunchRequest& request) {
  if (request.types.empty()) return make_error(ErrorKind::bad_request, "pool '{}' names no type", request.pool.value);
  if (request.count < 1 || request.count > k_launch_max || request.min_count < 1 || request.min_count > request.count) {
    return make_error(ErrorKind::bad_request, "one call starts 1 to {} machines, not {} (at least {})", k_launch_max,
                      request.count, request.min_count);
  }
  if (request.user_data.size() > k_user_data_max) {
    return make_error(ErrorKind::bad_request, "the user data of pool '{}' has {} bytes, more than EC2's {}",
                      request.pool.value, request.user_data.size(), k_user_data_max)
        .with_hint("Shorten [pools." + request.pool.value + "] user_data, or let it fetch the rest.");
  }
  return {};
}

}  // namespace

std::map<std::string, std::string> launch_tags(const core::LaunchRequest& request) {
  auto tags = request.tags;
  if (!request.names.empty()) tags[core::tag::k_names] = compress_hostlist(request.names);
  return tags;
}

bool wants_disk(const core::LaunchRequest& request) { return !value_of(request.options, key::k_disk).empty(); }

Result<aws::Call> launch_call(const core::LaunchRequest& request, const std::string& root_device) {
  TIDE_TRY(check_sizes(request));
  Parameters parameters;
  parameters.add("ImageId", request.image);
  parameters.add("InstanceType", request.types.front());
  parameters.add("MinCount", std::to_string(request.min_count));
  parameters.add("MaxCount", std::to_string(request.count));
  parameters.add("ClientToken", request.intent.value);
  parameters.add_unless_empty("KeyName", value_of(request.options, key::k_key));
  add_place(parameters, request);
  add_market(parameters, request);
  add_metadata(parameters);
  parameters.add("InstanceInitiatedShutdownBehavior", "terminate");
  const std::string profile = value_of(request.options, key::k_instance_profile);
  parameters.add_unless_empty(profile.starts_with("arn:") ? "IamInstanceProfile.Arn" : "IamInstanceProfile.Name",
                              profile);
  TIDE_TRY(add_disk(parameters, request, root_device));
  TIDE_TRY(add_tags(parameters, request));
  parameters.add_unless_empty("UserData", base64_encode(request.user_data));
  return aws::Call{.action = "RunInstances", .parameters = parameters.take()};
}

}  // namespace tide::cloud::ec2
