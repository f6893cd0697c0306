#include "fake_ec2.hpp"

#include "fake_ec2_wire.hpp"

#include <tide/util/text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

// Images by pattern, launch templates, fleets, SSM's parameters, and what is refused on order.
namespace tide::test {
namespace {

using Parameters = FakeEc2::Parameters;
using wire::list_of;
using wire::value_of;

// A '*' at the end or none: what the tests use.
bool fits(const std::string& pattern, const std::string& name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

std::string place_of(const Parameters& parameters, const std::string& prefix) {
  const std::string subnet = value_of(parameters, prefix + "SubnetId");
  return subnet.empty() ? value_of(parameters, prefix + "AvailabilityZone") : subnet;
}

}  // namespace

void FakeEc2::refuse(const std::string& what, const std::string& code) {
  const std::lock_guard lock(m_mutex);
  m_refusals[what] = code;
}

void FakeEc2::add_image(FakeImage image) {
  const std::lock_guard lock(m_mutex);
  m_images.push_back(std::move(image));
}

void FakeEc2::set_parameter(const std::string& name, const std::string& value) {
  const std::lock_guard lock(m_mutex);
  m_parameters[name] = value;
}

std::string FakeEc2::refusal_of(const std::string& type, const std::string& place) const {
  for (const std::string& what : {type + "@" + place, type, place}) {
    const auto at = m_refusals.find(what);
    if (!what.empty() && at != m_refusals.end() && !at->second.empty()) return at->second;
  }
  return "";
}

net::Response FakeEc2::describe_images(const Parameters& parameters) {
  const auto item = [](const std::string& id, const std::string& name, const std::string& created) {
    return "<item><imageId>" + wire::escape(id) + "</imageId><name>" + wire::escape(name) + "</name><creationDate>" +
           created +
           "</creationDate><imageState>available</imageState><rootDeviceName>/dev/xvda</rootDeviceName></item>";
  };
  std::string xml = "<imagesSet>";
  for (const std::string& id : list_of(parameters, "ImageId.")) {
    if (id == "ami-0missing")
      return wire::refuse(400, "InvalidAMIID.NotFound", "The image id '[" + id + "]' does not exist");
    xml += item(id, "image", "2026-01-01T00:00:00.000Z");
  }
  const auto owners = list_of(parameters, "Owner.");
  const std::string pattern =
      value_of(parameters, "Filter.1.Name") == "name" ? value_of(parameters, "Filter.1.Value.1") : "";
  for (const FakeImage& image : m_images) {
    const bool owned = owners.empty() || std::ranges::find(owners, image.owner) != owners.end();
    if (!pattern.empty() && owned && fits(pattern, image.name)) xml += item(image.id, image.name, image.created);
  }
  return wire::ok("DescribeImages", xml + "</imagesSet>");
}

// Keys, subnets and groups are there unless their name says otherwise.
net::Response FakeEc2::describe_names(const std::string& action, const Parameters& parameters) {
  for (const auto& [name, value] : parameters) {
    const bool asked = name.starts_with("KeyName.") || name.starts_with("SubnetId.") || name.starts_with("Group");
    if (!asked || value.find("missing") == std::string::npos) continue;
    const std::string code = action == "DescribeKeyPairs"  ? "InvalidKeyPair.NotFound"
                             : action == "DescribeSubnets" ? "InvalidSubnetID.NotFound"
                                                           : "InvalidGroup.NotFound";
    return wire::refuse(400, code, "'" + value + "' does not exist");
  }
  if (action != "DescribeSubnets") return wire::ok(action, "");
  std::string xml = "<subnetSet>";
  for (const std::string& id : list_of(parameters, "SubnetId."))
    xml += "<item><subnetId>" + wire::escape(id) + "</subnetId><availabilityZone>" + m_options.region +
           "a</availabilityZone></item>";
  return wire::ok(action, xml + "</subnetSet>");
}

net::Response FakeEc2::create_launch_template(const Parameters& parameters) {
  const std::string data = "LaunchTemplateData.";
  const std::string name = value_of(parameters, "LaunchTemplateName");
  if (m_templates.contains(name))
    return wire::refuse(400, "InvalidLaunchTemplateName.AlreadyExistsException",
                        "Launch template name already in use.");
  Parameters& kept = m_templates[name];
  for (const auto& [key, value] : parameters) {
    if (key.starts_with(data)) kept[key.substr(data.size())] = value;
  }
  return wire::ok("CreateLaunchTemplate",
                  "<launchTemplate><launchTemplateId>lt-0fake</launchTemplateId><launchTemplateName>" +
                      wire::escape(name) + "</launchTemplateName></launchTemplate>");
}

Result<Parameters> FakeEc2::merged(const Parameters& parameters) const {
  const std::string name = value_of(parameters, "LaunchTemplate.LaunchTemplateName");
  if (name.empty()) return parameters;
  const auto at = m_templates.find(name);
  if (at == m_templates.end())
    return make_error(ErrorKind::not_found, "The specified launch template, with template name {}, does not exist.",
                      name);
  Parameters all = parameters;
  all.insert(at->second.begin(), at->second.end());
  return all;
}

std::string FakeEc2::fleet_item(const Parameters& parameters, const std::string& prefix) const {
  const std::string subnet = value_of(parameters, prefix + "SubnetId");
  const std::string zone = value_of(parameters, prefix + "AvailabilityZone");
  std::string xml = "<launchTemplateAndOverrides><overrides><instanceType>" +
                    wire::escape(value_of(parameters, prefix + "InstanceType")) + "</instanceType>";
  if (!subnet.empty()) xml += "<subnetId>" + wire::escape(subnet) + "</subnetId>";
  if (!zone.empty()) xml += "<availabilityZone>" + wire::escape(zone) + "</availabilityZone>";
  return xml + "</overrides></launchTemplateAndOverrides><lifecycle>on-demand</lifecycle>";
}

net::Response FakeEc2::create_fleet(const Parameters& parameters) {
  const std::string token = value_of(parameters, "ClientToken");
  if (const auto known = m_fleets.find(token); !token.empty() && known != m_fleets.end())
    return wire::ok("CreateFleet", known->second);
  const std::string config = "LaunchTemplateConfigs.1.";
  const std::string name = value_of(parameters, config + "LaunchTemplateSpecification.LaunchTemplateName");
  const auto known = m_templates.find(name);
  if (value_of(parameters, "Type") != "instant" || known == m_templates.end()) {
    return wire::refuse(400, "InvalidLaunchTemplateName.NotFoundException",
                        "The specified launch template, with template name " + name + ", does not exist.");
  }
  const auto total = parse_integer(value_of(parameters, "TargetCapacitySpecification.TotalTargetCapacity"));
  std::string started;
  std::string errors;
  std::int64_t left = total.value_or(0);
  for (int i = 1; left > 0 && parameters.contains(config + "Overrides." + std::to_string(i) + ".InstanceType"); ++i) {
    const std::string prefix = config + "Overrides." + std::to_string(i) + ".";
    std::string code = refusal_of(value_of(parameters, prefix + "InstanceType"), place_of(parameters, prefix));
    if (code.empty() && m_capacity && *m_capacity < left) code = "InsufficientInstanceCapacity";
    if (!code.empty()) {
      errors += "<item>" + fleet_item(parameters, prefix) + "<errorCode>" + code +
                "</errorCode><errorMessage>as the test asked</errorMessage></item>";
      continue;
    }
    Parameters one = known->second;
    one["InstanceType"] = value_of(parameters, prefix + "InstanceType");
    one["SubnetId"] = value_of(parameters, prefix + "SubnetId");
    if (!value_of(parameters, prefix + "ImageId").empty()) one["ImageId"] = value_of(parameters, prefix + "ImageId");
    one["ClientToken"] = token;
    for (const auto& [key, value] : parameters) {
      if (key.starts_with("TagSpecification.")) one[key] = value;
    }
    const std::string reservation = fmt::format("r-{:017x}", m_next);
    started += "<item>" + fleet_item(parameters, prefix) + "<instanceType>" + one["InstanceType"] +
               "</instanceType><instanceIds>";
    for (int index = 0; left > 0; --left, ++index) {
      FakeInstance instance = start(one, index, reservation);
      started += "<item>" + instance.id + "</item>";
      m_instances.emplace(instance.id, instance);
      if (m_capacity) --*m_capacity;
    }
    started += "</instanceIds></item>";
  }
  const std::string xml = "<fleetId>fleet-0fake</fleetId><errorSet>" + errors + "</errorSet><fleetInstanceSet>" +
                          started + "</fleetInstanceSet>";
  if (!token.empty()) m_fleets[token] = xml;
  return wire::ok("CreateFleet", xml);
}

net::Response FakeEc2::get_parameter(const net::Request& request) const {
  const auto asked = nlohmann::json::parse(request.body, nullptr, false);
  const std::string name = asked.is_object() ? asked.value("Name", "") : "";
  const auto at = m_parameters.find(name);
  if (at == m_parameters.end()) return wire::json(400, R"({"__type":"ParameterNotFound"})");
  const nlohmann::json answer{
      {"Parameter", {{"Name", name}, {"Type", "String"}, {"Value", at->second}, {"Version", 1}}}};
  return wire::json(200, answer.dump());
}

}  // namespace tide::test
