#include "fake_ec2.hpp"
#include "fake_ec2_wire.hpp"

#include <tide/util/text.hpp>

#include <fmt/format.h>

#include <algorithm>

// Health, notices to spot machines, volumes, and spot prices. Filters work as EC2's do: all must match, by any of their
// values.
namespace tide::test {
namespace {

using Parameters = FakeEc2::Parameters;
using wire::list_of;
using wire::value_of;

template <typename ValueOf>
bool passes(const Parameters& parameters, ValueOf value) {
  for (int i = 1; parameters.contains("Filter." + std::to_string(i) + ".Name"); ++i) {
    const std::string prefix = "Filter." + std::to_string(i) + ".";
    const auto wanted = list_of(parameters, prefix + "Value.");
    if (std::ranges::find(wanted, value(parameters.at(prefix + "Name"))) == wanted.end()) return false;
  }
  return true;
}

// `rows` from the one that NextToken numbers, MaxResults at most.
std::string page_of(const std::vector<std::string>& rows, const Parameters& parameters, std::size_t page_max) {
  const auto first = static_cast<std::size_t>(parse_integer(value_of(parameters, "NextToken")).value_or(0));
  const auto asked = static_cast<std::size_t>(parse_integer(value_of(parameters, "MaxResults")).value_or(1000));
  const std::size_t end = std::min(rows.size(), first + std::min(asked, page_max));
  std::string xml;
  for (std::size_t i = first; i < end; ++i) xml += "<item>" + rows[i] + "</item>";
  return xml;
}

std::string token_of(std::size_t rows, const Parameters& parameters, std::size_t page_max) {
  const auto first = static_cast<std::size_t>(parse_integer(value_of(parameters, "NextToken")).value_or(0));
  const auto asked = static_cast<std::size_t>(parse_integer(value_of(parameters, "MaxResults")).value_or(1000));
  const std::size_t end = first + std::min(asked, page_max);
  return end < rows ? "<nextToken>" + std::to_string(end) + "</nextToken>" : "";
}

net::Response paged(const char* action, const char* set, const std::vector<std::string>& rows,
                    const Parameters& parameters, std::size_t page_max) {
  return wire::ok(action, fmt::format("<{0}>{1}</{0}>{2}", set, page_of(rows, parameters, page_max),
                                      token_of(rows.size(), parameters, page_max)));
}

std::string check_xml(const char* name, bool impaired) {
  return fmt::format(
      "<{0}><status>{1}</status><details><item><name>reachability</name><status>{2}</status>{3}</item></details></{0}>",
      name, impaired ? "impaired" : "ok", impaired ? "failed" : "passed",
      impaired ? "<impairedSince>2026-11-25T11:00:00.000Z</impairedSince>" : "");
}

}  // namespace

net::Response FakeEc2::describe_status(const Parameters& parameters) {
  std::vector<std::string> rows;
  for (const auto& [id, instance] : m_instances) {
    if (instance.state != "running" && value_of(parameters, "IncludeAllInstances") != "true") continue;
    const bool wanted = passes(parameters, [&](const std::string& filter) -> std::string {
      if (filter == "system-status.status") return instance.impaired == "system" ? "impaired" : "ok";
      if (filter == "instance-status.status") return instance.impaired == "instance" ? "impaired" : "ok";
      return filter == "event.code" ? instance.event : "";
    });
    const auto ids = list_of(parameters, "InstanceId.");
    if (!wanted || (!ids.empty() && std::ranges::find(ids, id) == ids.end())) continue;
    std::string events;
    if (!instance.event.empty()) {
      events = "<eventsSet><item><instanceEventId>instance-event-0d59937288b749b32</instanceEventId><code>" +
               instance.event + "</code><description>The instance is running on degraded hardware</description>" +
               "<notBefore>" + wire::iso_time(m_options.now() + std::chrono::hours(24)) +
               "</notBefore></item></eventsSet>";
    }
    rows.push_back("<instanceId>" + id + "</instanceId><availabilityZone>" + wire::escape(instance.zone) +
                   "</availabilityZone>" + events + "<instanceState><code>16</code><name>" + instance.state +
                   "</name></instanceState>" + check_xml("systemStatus", instance.impaired == "system") +
                   check_xml("instanceStatus", instance.impaired == "instance"));
  }
  return paged("DescribeInstanceStatus", "instanceStatusSet", rows, parameters, m_options.page_max);
}

net::Response FakeEc2::describe_spot_requests(const Parameters& parameters) {
  std::vector<std::string> rows = spot_request_rows(parameters);
  for (const auto& [id, instance] : m_instances) {  // those that RunInstances made by itself
    if (!instance.spot || instance.by_request || parameters.contains("SpotInstanceRequestId.1")) continue;
    const std::string code = instance.notice.empty() ? "fulfilled" : instance.notice;
    const bool wanted = passes(parameters, [&](const std::string& filter) -> std::string {
      return filter == "status-code" ? code : filter == "instance-id" ? id : "";
    });
    if (!wanted) continue;
    rows.push_back(
        "<spotInstanceRequestId>sir-" + id.substr(id.size() - 8) +
        "</spotInstanceRequestId><type>one-time</type><state>active</state><status><code>" + code +
        "</code><updateTime>2026-11-25T12:00:00.000Z</updateTime><message>as the test asked</message></status>" +
        "<createTime>" + wire::iso_time(instance.launched_at) + "</createTime>" + "<instanceId>" + id +
        "</instanceId>");
  }
  return paged("DescribeSpotInstanceRequests", "spotInstanceRequestSet", rows, parameters, m_options.page_max);
}

// One a machine; without it once that is gone, where images say that volumes are kept.
net::Response FakeEc2::describe_volumes(const Parameters& parameters) {
  std::vector<std::string> rows;
  for (const auto& [id, instance] : m_instances) {
    const bool used = instance.state != "terminated";
    if (!used && !m_options.keeps_volumes) continue;
    const std::string status = used ? "in-use" : "available";
    const bool wanted = passes(parameters, [&](const std::string& filter) -> std::string {
      if (filter == "status") return status;
      const auto tag =
          filter.starts_with("tag:") ? instance.volume_tags.find(filter.substr(4)) : instance.volume_tags.end();
      return tag == instance.volume_tags.end() ? "" : tag->second;
    });
    if (!wanted) continue;
    std::string tags;
    for (const auto& [key, value] : instance.volume_tags)
      tags += "<item><key>" + wire::escape(key) + "</key><value>" + wire::escape(value) + "</value></item>";
    rows.push_back("<volumeId>vol-" + id.substr(2) + "</volumeId><size>8</size><status>" + status +
                   "</status><availabilityZone>" + wire::escape(instance.zone) + "</availabilityZone>" +
                   (used ? "<attachmentSet><item><instanceId>" + id + "</instanceId></item></attachmentSet>" : "") +
                   "<tagSet>" + tags + "</tagSet><volumeType>gp3</volumeType>");
  }
  return paged("DescribeVolumes", "volumeSet", rows, parameters, m_options.page_max);
}

net::Response FakeEc2::describe_spot_prices(const Parameters& parameters) {
  const auto types = list_of(parameters, "InstanceType.");
  std::vector<std::string> rows;
  for (const auto& [key, price] : m_spot_prices) {
    const auto& [type, zone] = key;
    if (!types.empty() && std::ranges::find(types, type) == types.end()) continue;
    rows.push_back("<instanceType>" + type +
                   "</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>" + price +
                   "</spotPrice><timestamp>" + wire::iso_time(m_options.now() - std::chrono::hours(1)) +
                   "</timestamp><availabilityZone>" + zone + "</availabilityZone>");
  }
  return paged("DescribeSpotPriceHistory", "spotPriceHistorySet", rows, parameters, m_options.page_max);
}

net::Response FakeEc2::modify_attribute(const Parameters& parameters) {
  const auto found = m_instances.find(value_of(parameters, "InstanceId"));
  if (found == m_instances.end())
    return wire::refuse(400, "InvalidInstanceID.NotFound", "The instance ID does not exist");
  const std::string wanted = value_of(parameters, "DisableApiTermination.Value");
  if (wanted.empty()) return wire::refuse(400, "InvalidParameterCombination", "No attributes specified.");
  found->second.is_protected = wanted == "true";
  return wire::ok("ModifyInstanceAttribute", "<return>true</return>");
}

void FakeEc2::set_spot_price(const std::string& type, const std::string& zone, const std::string& price) {
  const std::lock_guard lock(m_mutex);
  m_spot_prices[{type, zone}] = price;
}

bool FakeEc2::change(const std::string& id, const std::function<void(FakeInstance&)>& how) {
  const std::lock_guard lock(m_mutex);
  const auto found = m_instances.find(id);
  if (found != m_instances.end()) how(found->second);
  return found != m_instances.end();
}

}  // namespace tide::test
