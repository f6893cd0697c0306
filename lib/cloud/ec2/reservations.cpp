#include <tide/cloud/ec2/reservations.hpp>

#include <tide/cloud/aws/xml.hpp>
#include <tide/cloud/ec2/instances.hpp>
#include <tide/cloud/ec2/pages.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <map>

namespace tide::cloud::ec2 {
namespace {

using aws::child_text;
using Counts = std::map<std::pair<std::string, std::string>, int>;

constexpr const char* k_reserved_action = "DescribeReservedInstances";
constexpr const char* k_subnets_action = "DescribeSubnets";
constexpr std::int64_t k_reserved_max = 1'000'000;

std::vector<core::TypeCount> rows_of(const Counts& counts) {
  std::vector<core::TypeCount> rows;
  for (const auto& [key, count] : counts) rows.push_back({key.first, key.second, count});
  return rows;
}

// Another product's or a dedicated host's reservation pays for no machine of ours.
bool is_ours_to_use(const pugi::xml_node& item) {
  const std::string product = child_text(item, "productDescription");
  const std::string tenancy = child_text(item, "instanceTenancy");
  return child_text(item, "state") == "active" && product.starts_with("Linux/UNIX") &&
         (tenancy.empty() || tenancy == "default");
}

}  // namespace

Result<std::vector<core::TypeCount>> parse_reserved_instances(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeReservedInstancesResponse"));
  if (!aws::child(root, "reservedInstancesSet"))
    return make_error(ErrorKind::protocol, "the reply has no reservedInstancesSet");
  Counts counts;
  TIDE_TRY(aws::for_each_item(root, "reservedInstancesSet", [&](const pugi::xml_node& item) -> Result<void> {
    const std::string type = child_text(item, "instanceType");
    const auto count = parse_integer(child_text(item, "instanceCount"));
    if (type.empty() || !count || *count < 0 || *count > k_reserved_max)
      return make_error(ErrorKind::protocol, "a reservation in the reply has no type or no count");
    if (!is_ours_to_use(item)) return {};
    const bool whole_region = child_text(item, "scope") == "Region";
    counts[{type, whole_region ? "" : child_text(item, "availabilityZone")}] += static_cast<int>(*count);
    return {};
  }));
  return rows_of(counts);
}

Result<std::map<std::string, std::string>> parse_subnet_zones(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeSubnetsResponse"));
  if (!aws::child(root, "subnetSet")) return make_error(ErrorKind::protocol, "the reply has no subnetSet");
  std::map<std::string, std::string> zones;
  TIDE_TRY(aws::for_each_item(root, "subnetSet", [&](const pugi::xml_node& item) -> Result<void> {
    const std::string id = child_text(item, "subnetId");
    const std::string zone = child_text(item, "availabilityZone");
    if (id.empty() || zone.empty())
      return make_error(ErrorKind::protocol, "a subnet in the reply has no ID or no zone");
    zones[id] = zone;
    return {};
  }));
  return zones;
}

Result<core::Reservations> read_reservations(aws::QueryApi& api, const std::string& cluster,
                                             std::span<const std::string> subnets) {
  const std::string& cloud = api.service().cloud;
  const aws::Call call{.action = k_reserved_action,
                       .parameters = {{"Filter.1.Name", "state"}, {"Filter.1.Value.1", "active"}}};
  const aws::Answer answer = api.call({&call, 1}).front();
  TIDE_TRY_ASSIGN(const std::string body, answer.body);
  core::Reservations found;
  TIDE_TRY_ASSIGN(found.reserved, in_call(parse_reserved_instances(body), cloud, k_reserved_action, answer));
  if (found.reserved.empty()) return found;  // then it does not matter who else runs what
  Counts others;
  const auto take = [&](const std::string& page_body, const aws::Answer& of) -> Result<std::string> {
    TIDE_TRY_ASSIGN(auto page, in_call(parse_describe_instances(page_body), cloud, "DescribeInstances", of));
    for (const Listed& listed : page.listed) {
      const core::Instance& one = listed.instance;
      const bool uses = one.market == core::Market::on_demand && one.state == core::InstanceState::running;
      if (uses && tag_of(one, core::tag::k_cluster) != cluster) ++others[{one.type, one.zone}];
    }
    return std::move(page.next_token);
  };
  TIDE_TRY(each_page(api,
                     {.action = "DescribeInstances",
                      .parameters = {{"Filter.1.Name", "instance-state-name"},
                                     {"Filter.1.Value.1", "running"},
                                     {"MaxResults", "1000"}}},
                     take));
  found.others = rows_of(others);
  const bool zonal = std::ranges::any_of(found.reserved, [](const core::TypeCount& row) { return !row.zone.empty(); });
  if (!zonal || subnets.empty()) return found;
  aws::Call places{.action = k_subnets_action, .parameters = {}};
  int number = 0;
  for (const std::string& subnet : subnets)
    places.parameters.emplace_back("SubnetId." + std::to_string(++number), subnet);
  const aws::Answer placed = api.call({&places, 1}).front();
  TIDE_TRY_ASSIGN(const std::string text, placed.body);
  TIDE_TRY_ASSIGN(found.zones, in_call(parse_subnet_zones(text), cloud, k_subnets_action, placed));
  return found;
}

}  // namespace tide::cloud::ec2
