#include "fake_ec2.hpp"
#include "fake_ec2_wire.hpp"

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>

// One-time spot requests, that wait, are fulfilled, called off and expire; and reserved instances. States and codes are
// those of AWS's page "spot request status".
namespace tide::test {
namespace {

using Parameters = FakeEc2::Parameters;
using wire::list_of;
using wire::value_of;

constexpr const char* k_specification = "LaunchSpecification.";

// What the machine is asked with, as RunInstances would have it.
Parameters machine_of(const Parameters& parameters) {
  Parameters machine;
  for (const auto& [key, value] : parameters) {
    if (key.starts_with(k_specification)) machine[key.substr(std::string_view(k_specification).size())] = value;
  }
  machine["InstanceMarketOptions.MarketType"] = "spot";
  return machine;
}

// A status code of a request that waits ("capacity-not-available"), not an error code ("Unsupported").
bool is_status(const std::string& code) { return code.find('-') != std::string::npos; }

bool is_taken(const FakeSpotRequest& request, const Parameters& parameters) {
  for (int i = 1; parameters.contains("Filter." + std::to_string(i) + ".Name"); ++i) {
    const std::string prefix = "Filter." + std::to_string(i) + ".";
    const std::string& name = parameters.at(prefix + "Name");
    std::string actual;
    if (name == "state") actual = request.state;
    if (name == "status-code") actual = request.code;
    if (name == "instance-id") actual = request.machine;
    if (name == "spot-instance-request-id") actual = request.id;
    if (name.starts_with("tag:")) {
      const auto tag = request.tags.find(name.substr(4));
      if (tag == request.tags.end()) return false;
      actual = tag->second;
    }
    const auto wanted = list_of(parameters, prefix + "Value.");
    if (std::ranges::find(wanted, actual) == wanted.end()) return false;
  }
  return true;
}

}  // namespace

std::string FakeEc2::spot_request_xml(const FakeSpotRequest& request) const {
  std::string tags;
  for (const auto& [key, value] : request.tags)
    tags += "<item><key>" + wire::escape(key) + "</key><value>" + wire::escape(value) + "</value></item>";
  const Parameters machine = machine_of(request.parameters);
  std::string xml = fmt::format(
      "<spotInstanceRequestId>{}</spotInstanceRequestId><spotPrice>{}</spotPrice><type>one-time</type><state>{}</state>"
      "<status><code>{}</code><updateTime>{}</updateTime><message>as the test asked</message></status>"
      "<launchSpecification><imageId>{}</imageId><instanceType>{}</instanceType></launchSpecification>"
      "<createTime>{}</createTime><productDescription>Linux/UNIX</productDescription><tagSet>{}</tagSet>",
      request.id, wire::escape(value_of(request.parameters, "SpotPrice")), request.state, request.code,
      wire::iso_time(m_options.now()), wire::escape(value_of(machine, "ImageId")),
      wire::escape(value_of(machine, "InstanceType")), wire::iso_time(request.created), tags);
  if (!request.machine.empty()) xml += "<instanceId>" + request.machine + "</instanceId>";
  if (request.valid_until) xml += "<validUntil>" + wire::iso_time(*request.valid_until) + "</validUntil>";
  return xml;
}

net::Response FakeEc2::request_spot_instances(const Parameters& parameters) {
  const auto answer = [&](const std::string& token) {
    std::string xml = "<spotInstanceRequestSet>";
    for (const auto& [id, request] : m_spot_requests) {
      if (request.token == token) xml += "<item>" + spot_request_xml(request) + "</item>";
    }
    return wire::ok("RequestSpotInstances", xml + "</spotInstanceRequestSet>");
  };
  std::string token = value_of(parameters, "ClientToken");
  if (const auto known = m_tokens.find(token); !token.empty() && known != m_tokens.end()) {
    if (known->second.parameters != parameters)
      return wire::refuse(400, "IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent");
    return answer(token);
  }
  const Parameters machine = machine_of(parameters);
  if (!value_of(machine, "ImageId").starts_with("ami-"))
    return wire::refuse(400, "InvalidAMIID.Malformed", "Invalid image ID");
  const std::string code = refusal_of(
      value_of(machine, "InstanceType"),
      machine.contains("SubnetId") ? machine.at("SubnetId") : value_of(machine, "Placement.AvailabilityZone"));
  if (!code.empty() && !is_status(code)) return wire::refuse(400, code, "as the test asked");
  const auto count = parse_integer(value_of(parameters, "InstanceCount"));
  if (token.empty()) token = fmt::format("no-token-{}", m_next);
  for (int i = 0; i < count.value_or(1); ++i) {
    FakeSpotRequest request{.id = fmt::format("sir-{:08x}", m_next++), .token = token, .parameters = parameters};
    request.created = m_options.now();
    if (const auto until = parse_time(value_of(parameters, "ValidUntil"))) request.valid_until = *until;
    if (!m_options.ignores_request_tags &&
        value_of(parameters, "TagSpecification.1.ResourceType") == "spot-instances-request") {
      for (int k = 1; parameters.contains(fmt::format("TagSpecification.1.Tag.{}.Key", k)); ++k)
        request.tags[parameters.at(fmt::format("TagSpecification.1.Tag.{}.Key", k))] =
            value_of(parameters, fmt::format("TagSpecification.1.Tag.{}.Value", k));
    }
    m_spot_requests.emplace(request.id, request);
  }
  m_tokens[token] = {.parameters = parameters, .reservation = {}};
  return answer(token);
}

// A request that waits looks again each time that somebody looks at it.
void FakeEc2::age_requests() {
  for (auto& [id, request] : m_spot_requests) {
    const auto machine = m_instances.find(request.machine);
    const bool ended = machine != m_instances.end() &&
                       (machine->second.state == "terminated" || machine->second.state == "shutting-down");
    if (!request.machine.empty() && (ended || machine == m_instances.end())) {
      const bool taken = machine != m_instances.end() && !machine->second.reason.empty();
      request.state = "closed";
      request.code = taken ? "instance-terminated-no-capacity" : "instance-terminated-by-user";
    } else if (request.state == "active" && machine != m_instances.end()) {
      request.code = machine->second.notice.empty() ? "fulfilled" : machine->second.notice;
    }
    if (request.state != "open") continue;
    Parameters asked = machine_of(request.parameters);
    const std::string place =
        asked.contains("SubnetId") ? asked.at("SubnetId") : value_of(asked, "Placement.AvailabilityZone");
    const std::string holding = refusal_of(value_of(asked, "InstanceType"), place);
    if (request.valid_until && m_options.now() > *request.valid_until) {
      request.state = "cancelled";
      request.code = "schedule-expired";
    } else if (is_status(holding)) {
      request.code = holding;
    } else if (m_capacity && *m_capacity <= 0) {
      request.code = "capacity-not-available";
    } else if (request.looks++ >= m_options.looks_until_fulfilled) {
      if (m_capacity) --*m_capacity;
      FakeInstance started = start(asked, 0, fmt::format("r-{:017x}", m_next));
      started.by_request = true;
      request.machine = started.id;
      request.state = "active";
      request.code = "fulfilled";
      m_instances.emplace(started.id, std::move(started));
    }
  }
}

net::Response FakeEc2::cancel_spot_requests(const Parameters& parameters) {
  const auto ids = list_of(parameters, "SpotInstanceRequestId.");
  for (const std::string& id : ids) {
    if (!m_spot_requests.contains(id))
      return wire::refuse(400, "InvalidSpotInstanceRequestID.NotFound",
                          "The spot instance request ID '" + id + "' does not exist");
  }
  std::string xml = "<spotInstanceRequestSet>";
  for (const std::string& id : ids) {
    FakeSpotRequest& request = m_spot_requests.at(id);
    if (request.state == "open" || request.state == "active") {
      request.code = request.state == "open" ? "canceled-before-fulfillment" : "request-canceled-and-instance-running";
      request.state = "cancelled";
    }
    xml += "<item><spotInstanceRequestId>" + id + "</spotInstanceRequestId><state>" + request.state + "</state></item>";
  }
  return wire::ok("CancelSpotInstanceRequests", xml + "</spotInstanceRequestSet>");
}

std::vector<std::string> FakeEc2::spot_request_rows(const Parameters& parameters) {
  if (value_of(parameters, "NextToken").empty()) age_requests();
  const auto ids = list_of(parameters, "SpotInstanceRequestId.");
  std::vector<std::string> rows;
  for (const auto& [id, request] : m_spot_requests) {
    const bool named = ids.empty() || std::ranges::find(ids, id) != ids.end();
    if (named && is_taken(request, parameters)) rows.push_back(spot_request_xml(request));
  }
  return rows;
}

net::Response FakeEc2::describe_reserved(const Parameters& parameters) const {
  std::string xml = "<reservedInstancesSet>";
  for (std::size_t i = 0; i < m_reserved.size(); ++i) {
    const FakeReserved& row = m_reserved[i];
    bool taken = true;
    for (int k = 1; parameters.contains("Filter." + std::to_string(k) + ".Name"); ++k) {
      const std::string prefix = "Filter." + std::to_string(k) + ".";
      const std::string& name = parameters.at(prefix + "Name");
      const std::string actual = name == "state" ? row.state : name == "instance-type" ? row.type : row.zone;
      const auto wanted = list_of(parameters, prefix + "Value.");
      taken = taken && std::ranges::find(wanted, actual) != wanted.end();
    }
    if (!taken) continue;
    xml += fmt::format(
        "<item><reservedInstancesId>f127bd27-edb7-44c9-a0eb-0d7e09259a{:02d}</reservedInstancesId><instanceType>{}"
        "</instanceType>{}<start>2026-01-01T00:00:00.000Z</start><duration>31536000</duration>"
        "<instanceCount>{}</instanceCount><productDescription>{}</productDescription><state>{}</state>"
        "<instanceTenancy>default</instanceTenancy><currencyCode>USD</currencyCode><scope>{}</scope></item>",
        i, wire::escape(row.type),
        row.zone.empty() ? "" : "<availabilityZone>" + wire::escape(row.zone) + "</availabilityZone>", row.count,
        wire::escape(row.product), row.state, row.zone.empty() ? "Region" : "Availability Zone");
  }
  return wire::ok("DescribeReservedInstances", xml + "</reservedInstancesSet>");
}

void FakeEc2::reserve(FakeReserved reserved) {
  const std::lock_guard lock(m_mutex);
  m_reserved.push_back(std::move(reserved));
}

std::vector<FakeSpotRequest> FakeEc2::spot_requests() const {
  const std::lock_guard lock(m_mutex);
  std::vector<FakeSpotRequest> all;
  for (const auto& [id, request] : m_spot_requests) all.push_back(request);
  return all;
}

}  // namespace tide::test
