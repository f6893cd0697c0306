#include <tide/cloud/ec2/instances.hpp>

#include <tide/cloud/aws/xml.hpp>
#include <tide/util/hostlist.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::cloud::ec2 {
namespace {

using aws::child;
using aws::child_text;

constexpr std::size_t k_names_max = 1000;  // RunInstances starts no more in one call

core::InstanceState state_of(std::string_view word) {
  if (word == "pending") return core::InstanceState::pending;
  if (word == "running") return core::InstanceState::running;
  if (word == "shutting-down" || word == "stopping") return core::InstanceState::stopping;
  if (word == "stopped") return core::InstanceState::stopped;  // for later: it keeps its disk and can come back
  if (word == "terminated") return core::InstanceState::gone;
  return core::InstanceState::unknown;
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && std::ranges::find(list, text) == list.end()) list.push_back(text);
}

std::map<std::string, std::string> tags_of(const pugi::xml_node& item) {
  std::map<std::string, std::string> tags;
  for (const pugi::xml_node tag : child(item, "tagSet").children()) {
    // A value is taken as it is: "None" may be what someone wrote there.
    if (tag.type() == pugi::node_element) tags[child_text(tag, "key")] = aws::text_of(child(tag, "value"));
  }
  return tags;
}

// The name that this machine took from the call's list: number k+1 for launch index k.
std::string own_name(const core::Instance& instance, bool has_index) {
  const std::string_view list = tag_of(instance, core::tag::k_names);
  const auto names = expand_hostlist(list, k_names_max);
  // One that was adopted bears its one name, whichever its place was in a launch of others.
  const bool adopted = tag_of(instance, core::tag::k_intent).empty();
  if (names && names->size() == 1 && adopted) return names->front();
  // A list that someone changed by hand names nobody; correlation then goes by ID and DNS name. Nor does a list of many
  // without an index: the first name belongs to one machine only.
  if (!names || (!has_index && names->size() > 1)) return "";
  const auto index = static_cast<std::size_t>(instance.launch_index);
  return index < names->size() ? (*names)[index] : "";
}

void read_addresses(const pugi::xml_node& item, Listed& listed) {
  listed.private_address = child_text(item, "privateIpAddress");
  listed.public_address = child_text(item, "ipAddress");
  listed.ipv6_address = child_text(item, "ipv6Address");
  auto& all = listed.instance.addresses;
  add_once(all, listed.private_address);
  add_once(all, listed.public_address);
  for (const pugi::xml_node card : child(item, "networkInterfaceSet").children()) {
    add_once(all, child_text(card, "privateIpAddress"));
    for (const pugi::xml_node six : child(card, "ipv6AddressesSet").children()) {
      const std::string address = child_text(six, "ipv6Address");
      if (listed.ipv6_address.empty()) listed.ipv6_address = address;
      add_once(all, address);
    }
  }
  add_once(all, listed.ipv6_address);
}

std::string fault_of(const pugi::xml_node& item) {
  const pugi::xml_node reason = child(item, "stateReason");
  for (const std::string& text :
       {child_text(reason, "message"), child_text(reason, "code"), child_text(item, "reason")}) {
    if (!text.empty()) return printable(text, 300);
  }
  return "";
}

Result<Listed> read_instance(const pugi::xml_node& item) {
  Listed listed;
  core::Instance& instance = listed.instance;
  instance.id.value = child_text(item, "instanceId");
  if (instance.id.empty()) return make_error(ErrorKind::protocol, "an instance in the reply has no instanceId");
  const std::string state = child_text(child(item, "instanceState"), "name");
  if (state.empty())
    return make_error(ErrorKind::protocol, "instance '{}' in the reply has no state", instance.id.value);
  instance.state = state_of(state);
  const auto launched = parse_time(child_text(item, "launchTime"));
  if (!launched)
    return make_error(ErrorKind::protocol, "instance '{}' in the reply has no launch time", instance.id.value);
  instance.launched_at = *launched;
  instance.type = child_text(item, "instanceType");
  instance.zone = child_text(child(item, "placement"), "availabilityZone");
  if (child_text(item, "instanceLifecycle") == "spot") instance.market = core::Market::spot;
  const auto index = parse_integer(child_text(item, "amiLaunchIndex"));
  const bool has_index = index && *index >= 0 && *index < static_cast<std::int64_t>(k_names_max);
  if (has_index) instance.launch_index = static_cast<int>(*index);
  instance.tags = tags_of(item);
  add_once(instance.names, own_name(instance, has_index));
  add_once(instance.names, child_text(item, "privateDnsName"));
  add_once(instance.names, child_text(item, "dnsName"));
  read_addresses(item, listed);
  const bool ended = instance.state == core::InstanceState::gone || instance.state == core::InstanceState::stopped ||
                     instance.state == core::InstanceState::stopping;
  if (ended) instance.fault = fault_of(item);
  // EC2's own words for a spot machine that it took back: Server.SpotInstanceTermination, Server.SpotInstanceShutdown.
  if (child_text(child(item, "stateReason"), "code").starts_with("Server.SpotInstance"))
    instance.interrupted = fault_of(item);
  return listed;
}

Result<void> read_reservation(const pugi::xml_node& reservation, std::vector<Listed>& into) {
  return aws::for_each_item(reservation, "instancesSet", [&](const pugi::xml_node& item) -> Result<void> {
    TIDE_TRY_ASSIGN(auto listed, read_instance(item));
    into.push_back(std::move(listed));
    return {};
  });
}

}  // namespace

Result<InstancesPage> parse_describe_instances(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeInstancesResponse"));
  if (!child(root, "reservationSet")) return make_error(ErrorKind::protocol, "the reply has no reservationSet");
  InstancesPage page;
  TIDE_TRY(aws::for_each_item(root, "reservationSet", [&](const pugi::xml_node& reservation) {
    return read_reservation(reservation, page.listed);
  }));
  page.next_token = child_text(root, "nextToken");
  return page;
}

Result<std::vector<Listed>> parse_run_instances(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "RunInstancesResponse"));
  std::vector<Listed> started;
  TIDE_TRY(read_reservation(root, started));
  if (started.empty()) return make_error(ErrorKind::protocol, "the reply names no instance");
  return started;
}

}  // namespace tide::cloud::ec2
