#include <tide/cloud/ec2/launch_call.hpp>

#include <tide/util/digest.hpp>
#include <tide/util/hostlist.hpp>
#include <tide/util/units.hpp>

namespace tide::cloud::ec2 {
namespace {

constexpr std::int64_t k_mib_per_gib = 1024;

// Whole GiB, rounded up: EC2 knows no smaller unit.
Result<std::int64_t> disk_gib(const core::LaunchRequest& request) {
  TIDE_TRY_ASSIGN(const auto mib, parse_size_mib(value_of(request, key::k_disk)));
  return (mib + k_mib_per_gib - 1) / k_mib_per_gib;
}

class Parameters {
 public:
  void add(std::string name, std::string value) { m_list.emplace_back(std::move(name), std::move(value)); }
  void add_unless_empty(const std::string& name, const std::string& value) {
    if (!value.empty()) add(name, value);
  }
  void add_all(const std::string& prefix, Parameters others) {
    for (auto& [name, value] : others.m_list) add(prefix + name, std::move(value));
  }
  std::vector<std::pair<std::string, std::string>> take() { return std::move(m_list); }

 private:
  std::vector<std::pair<std::string, std::string>> m_list;
};

std::string place_name(const std::string& place, const std::string& zone_name) {
  return place.starts_with("subnet-") ? "SubnetId" : zone_name;
}

void add_place(Parameters& parameters, const core::LaunchRequest& request) {
  std::string place = request.zone;
  const auto subnets = values_of(request, key::k_subnets);
  if (place.empty() && !subnets.empty()) place = subnets.front();
  parameters.add_unless_empty(place_name(place, "Placement.AvailabilityZone"), place);
  parameters.add_unless_empty("Placement.GroupName", value_of(request, key::k_placement_group));
  int number = 0;
  for (const std::string& group : values_of(request, key::k_security_groups)) {
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

void add_template(Parameters& parameters, const std::string& prefix, const core::LaunchRequest& request) {
  const auto found = parse_template(value_of(request, key::k_launch_template));
  if (!found) return;
  parameters.add_unless_empty(prefix + "LaunchTemplateId", found->id);
  parameters.add_unless_empty(prefix + "LaunchTemplateName", found->name);
  parameters.add(prefix + "Version", found->version);
}

void add_reservation(Parameters& parameters, const core::LaunchRequest& request) {
  const std::string value = value_of(request, key::k_capacity_reservation);
  const bool target = value.starts_with("cr-");
  parameters.add_unless_empty(target
                                  ? "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId"
                                  : "CapacityReservationSpecification.CapacityReservationPreference",
                              value);
}

void add_profile(Parameters& parameters, const core::LaunchRequest& request) {
  const std::string profile = value_of(request, key::k_instance_profile);
  parameters.add_unless_empty(profile.starts_with("arn:") ? "IamInstanceProfile.Arn" : "IamInstanceProfile.Name",
                              profile);
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
  TIDE_TRY_ASSIGN(const auto gib, disk_gib(request));
  parameters.add("BlockDeviceMapping.1.DeviceName", root_device);
  parameters.add("BlockDeviceMapping.1.Ebs.VolumeSize", std::to_string(gib));
  parameters.add("BlockDeviceMapping.1.Ebs.DeleteOnTermination", "true");
  return {};
}

Result<void> add_tags(Parameters& parameters, const core::LaunchRequest& request,
                      std::initializer_list<const char*> resources) {
  const auto tags = launch_tags(request);
  for (const auto& [name, value] : tags) {
    if (value.size() <= k_tag_value_max) continue;
    return make_error(ErrorKind::bad_request, "tag '{}' would have {} characters, more than EC2's {}", name,
                      value.size(), k_tag_value_max)
        .with_hint("Use shorter [pools." + request.pool.value + "] names.");
  }
  int specification = 0;
  for (const char* resource : resources) {
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
  const bool from_template = !value_of(request, key::k_launch_template).empty();
  if (request.types.empty() && (is_fleet(request) || !from_template))
    return make_error(ErrorKind::bad_request, "pool '{}' names no type", request.pool.value);
  if (is_fleet(request) && !from_template)
    return make_error(ErrorKind::bad_request, "pool '{}' is a fleet and has no launch_template", request.pool.value);
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

std::optional<Template> parse_template(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view name = text.substr(0, colon);
  const std::string_view version = colon == std::string_view::npos ? "$Default" : text.substr(colon + 1);
  const bool number = !version.empty() && version.find_first_not_of("0123456789") == std::string_view::npos;
  if (name.empty() || !(number || version == "$Default" || version == "$Latest")) return std::nullopt;
  Template found{.id = {}, .name = {}, .version = std::string(version)};
  (name.starts_with("lt-") ? found.id : found.name) = name;
  return found;
}

aws::Call start_call(const core::LaunchRequest& request) {
  aws::Call call{.action = "StartInstances", .parameters = {}};
  int number = 0;
  for (const core::InstanceId& id : request.restart)
    call.parameters.emplace_back("InstanceId." + std::to_string(++number), id.value);
  return call;
}

bool is_fleet(const core::LaunchRequest& request) { return value_of(request, key::k_fleet) == "true"; }

bool is_spot_request(const core::LaunchRequest& request) { return value_of(request, key::k_spot) == "request"; }

std::map<std::string, std::string> launch_tags(const core::LaunchRequest& request) {
  auto tags = request.tags;
  if (!request.names.empty()) tags[core::tag::k_names] = compress_hostlist(request.names);
  return tags;
}

bool wants_disk(const core::LaunchRequest& request) { return !value_of(request, key::k_disk).empty(); }

Result<aws::Call> launch_call(const core::LaunchRequest& request, const std::string& root_device) {
  TIDE_TRY(check_sizes(request));
  Parameters parameters;
  add_template(parameters, "LaunchTemplate.", request);
  parameters.add_unless_empty("ImageId", request.image);
  parameters.add_unless_empty("InstanceType", request.types.empty() ? "" : request.types.front());
  parameters.add("MinCount", std::to_string(request.min_count));
  parameters.add("MaxCount", std::to_string(request.count));
  parameters.add("ClientToken", request.intent.value);
  parameters.add_unless_empty("KeyName", value_of(request, key::k_key));
  add_place(parameters, request);
  add_market(parameters, request);
  add_reservation(parameters, request);
  add_metadata(parameters);
  parameters.add("InstanceInitiatedShutdownBehavior", "terminate");
  add_profile(parameters, request);
  TIDE_TRY(add_disk(parameters, request, root_device));
  TIDE_TRY(add_tags(parameters, request, {"instance", "volume"}));
  parameters.add_unless_empty("UserData", base64_encode(request.user_data));
  return aws::Call{.action = "RunInstances", .parameters = parameters.take()};
}

Result<aws::Call> spot_request_call(const core::LaunchRequest& request, const std::string& root_device) {
  TIDE_TRY(check_sizes(request));
  // Each would be the first of its own launch, and take the first name.
  if (request.count != 1)
    return make_error(ErrorKind::bad_request, "one spot request is for one machine, not {}", request.count);
  Parameters machine;
  machine.add_unless_empty("ImageId", request.image);
  machine.add_unless_empty("InstanceType", request.types.empty() ? "" : request.types.front());
  machine.add_unless_empty("KeyName", value_of(request, key::k_key));
  add_place(machine, request);
  add_profile(machine, request);
  TIDE_TRY(add_disk(machine, request, root_device));
  machine.add_unless_empty("UserData", base64_encode(request.user_data));
  Parameters parameters;
  parameters.add("Type", "one-time");
  parameters.add("InstanceCount", "1");
  parameters.add("ClientToken", request.intent.value);
  parameters.add_unless_empty("SpotPrice", request.max_price);
  if (request.valid_until) parameters.add("ValidUntil", format_time(*request.valid_until));
  parameters.add_all("LaunchSpecification.", std::move(machine));
  TIDE_TRY(add_tags(parameters, request, {"spot-instances-request"}));
  return aws::Call{.action = "RequestSpotInstances", .parameters = parameters.take()};
}

Result<aws::Call> fleet_call(const core::LaunchRequest& request) {
  TIDE_TRY(check_sizes(request));
  const bool spot = request.market == core::Market::spot;
  Parameters parameters;
  parameters.add("Type", "instant");
  parameters.add("ClientToken", request.intent.value);
  parameters.add("TargetCapacitySpecification.TotalTargetCapacity", std::to_string(request.count));
  parameters.add("TargetCapacitySpecification.DefaultTargetCapacityType", spot ? "spot" : "on-demand");
  const std::string options = spot ? "SpotOptions." : "OnDemandOptions.";
  parameters.add(options + "AllocationStrategy", spot ? "capacity-optimized-prioritized" : "prioritized");
  if (request.min_count > 1) {
    parameters.add(options + "MinTargetCapacity", std::to_string(request.min_count));
    parameters.add(options + "SingleAvailabilityZone", "true");
  }
  if (!spot && value_of(request, key::k_capacity_reservation) == "open")
    parameters.add(options + "CapacityReservationOptions.UsageStrategy", "use-capacity-reservations-first");
  const std::string config = "LaunchTemplateConfigs.1.";
  add_template(parameters, config + "LaunchTemplateSpecification.", request);
  std::vector<core::Choice> choices = request.alternatives;
  choices.insert(choices.begin(), {.type = request.types.front(), .zone = request.zone});
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const std::string prefix = config + "Overrides." + std::to_string(i + 1) + ".";
    parameters.add(prefix + "InstanceType", choices[i].type);
    parameters.add_unless_empty(prefix + place_name(choices[i].zone, "AvailabilityZone"), choices[i].zone);
    parameters.add_unless_empty(prefix + "ImageId", request.image);
    const std::string& own = choices[i].max_price;
    if (spot) parameters.add_unless_empty(prefix + "MaxPrice", own.empty() ? request.max_price : own);
    parameters.add(prefix + "Priority", std::to_string(i));
  }
  TIDE_TRY(add_tags(parameters, request, {"instance"}));
  return aws::Call{.action = "CreateFleet", .parameters = parameters.take()};
}

}  // namespace tide::cloud::ec2
