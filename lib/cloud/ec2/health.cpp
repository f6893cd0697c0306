#include <tide/cloud/ec2/health.hpp>

#include <tide/cloud/aws/xml.hpp>
#include <tide/cloud/ec2/pages.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace tide::cloud::ec2 {
namespace {

using aws::child;
using aws::child_text;

constexpr std::size_t k_words_max = 200;

// "system check 'reachability' fails since 2026-11-25T16:25:55.000Z"; "" if it does not say impaired.
std::string failing(const pugi::xml_node& status, const char* which) {
  if (child_text(status, "status") != "impaired") return "";
  std::string text = std::string(which) + " check is impaired";
  for (const pugi::xml_node detail : child(status, "details").children()) {
    if (child_text(detail, "status") != "failed") continue;
    text = std::string(which) + " check '" + child_text(detail, "name") + "' fails";
    if (const std::string since = child_text(detail, "impairedSince"); !since.empty()) text += " since " + since;
    break;
  }
  return printable(text, k_words_max);
}

// EC2 lists events for days after they were done or called off, and says so in the description alone.
bool is_over(const std::string& description) {
  return description.starts_with("[Completed]") || description.starts_with("[Canceled]");
}

// What ends a machine counts before what interrupts it.
int weight_of(const std::string& code) { return code == "instance-retirement" || code == "instance-stop" ? 2 : 1; }

Result<void> read_event(const pugi::xml_node& item, core::Health& health) {
  const std::string code = printable(child_text(item, "code"), k_words_max);
  if (code.empty()) return make_error(ErrorKind::protocol, "an event of '{}' has no code", health.id.value);
  const bool weaker = !health.event.empty() && weight_of(code) <= weight_of(health.event);
  if (is_over(child_text(item, "description")) || weaker) return {};
  health.event = code;
  health.event_at.reset();
  const std::string at = child_text(item, "notBefore");
  if (at.empty()) return {};
  const auto time = parse_time(at);
  if (!time) return make_error(ErrorKind::protocol, "an event of '{}' has no readable time", health.id.value);
  health.event_at = *time;
  return {};
}

Result<core::Health> read_status(const pugi::xml_node& item) {
  core::Health health{.id = {child_text(item, "instanceId")}};
  if (health.id.empty()) return make_error(ErrorKind::protocol, "a status in the reply has no instanceId");
  health.impaired = failing(child(item, "systemStatus"), "system");
  if (health.impaired.empty()) health.impaired = failing(child(item, "instanceStatus"), "instance");
  TIDE_TRY(
      aws::for_each_item(item, "eventsSet", [&](const pugi::xml_node& event) { return read_event(event, health); }));
  return health;
}

aws::Call filtered(const char* action, const char* filter, std::span<const char* const> values) {
  aws::Call call{.action = action, .parameters = {{"Filter.1.Name", filter}}};
  int number = 0;
  for (const char* value : values) call.parameters.emplace_back("Filter.1.Value." + std::to_string(++number), value);
  call.parameters.emplace_back("MaxResults", "1000");
  return call;
}

using Rows = std::map<core::InstanceId, core::Health>;

// A machine may come in several answers, each of which shows all of it: the fuller one counts.
Result<void> read_all(aws::QueryApi& api, aws::Call call, Result<HealthPage> (*parse)(std::string_view), Rows& rows) {
  const std::string action = call.action;
  return each_page(api, std::move(call),
                   [&](const std::string& body, const aws::Answer& answer) -> Result<std::string> {
                     TIDE_TRY_ASSIGN(auto page, in_call(parse(body), api.service().cloud, action, answer));
                     for (core::Health& row : page.rows) rows.insert_or_assign(row.id, std::move(row));
                     return std::move(page.next_token);
                   });
}

std::vector<core::Health> sorted(Rows rows) {
  std::vector<core::Health> list;
  for (auto& [id, row] : rows) list.push_back(std::move(row));
  return list;
}

}  // namespace

Result<HealthPage> parse_instance_status(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeInstanceStatusResponse"));
  if (!child(root, "instanceStatusSet")) return make_error(ErrorKind::protocol, "the reply has no instanceStatusSet");
  HealthPage page;
  TIDE_TRY(aws::for_each_item(root, "instanceStatusSet", [&](const pugi::xml_node& item) -> Result<void> {
    TIDE_TRY_ASSIGN(core::Health health, read_status(item));
    if (!health.impaired.empty() || !health.event.empty()) page.rows.push_back(std::move(health));
    return {};
  }));
  page.next_token = child_text(root, "nextToken");
  return page;
}

Result<HealthPage> parse_spot_requests(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeSpotInstanceRequestsResponse"));
  if (!child(root, "spotInstanceRequestSet"))
    return make_error(ErrorKind::protocol, "the reply has no spotInstanceRequestSet");
  HealthPage page;
  TIDE_TRY(aws::for_each_item(root, "spotInstanceRequestSet", [&](const pugi::xml_node& item) -> Result<void> {
    if (child_text(item, "spotInstanceRequestId").empty())
      return make_error(ErrorKind::protocol, "a spot request in the reply has no ID");
    const pugi::xml_node status = child(item, "status");
    const std::string code = child_text(status, "code");
    core::Health health{.id = {child_text(item, "instanceId")}};
    // A server that does not know the filter lists all requests.
    if (health.id.empty() || !code.starts_with("marked-for-")) return {};
    health.interrupted = printable(code + ": " + child_text(status, "message"), k_words_max);
    page.rows.push_back(std::move(health));
    return {};
  }));
  page.next_token = child_text(root, "nextToken");
  return page;
}

Result<std::vector<core::Health>> read_checks(aws::QueryApi& api) {
  constexpr std::array<const char*, 1> k_impaired{"impaired"};
  constexpr std::array<const char*, 5> k_events{"instance-reboot", "system-reboot", "system-maintenance",
                                                "instance-retirement", "instance-stop"};
  constexpr const char* k_action = "DescribeInstanceStatus";
  Rows rows;
  // Filters of one call must all match, so that each question is a call.
  TIDE_TRY(read_all(api, filtered(k_action, "system-status.status", k_impaired), parse_instance_status, rows));
  TIDE_TRY(read_all(api, filtered(k_action, "instance-status.status", k_impaired), parse_instance_status, rows));
  TIDE_TRY(read_all(api, filtered(k_action, "event.code", k_events), parse_instance_status, rows));
  return sorted(std::move(rows));
}

Result<std::vector<core::Health>> read_notices(aws::QueryApi& api) {
  constexpr std::array<const char*, 2> k_codes{"marked-for-termination", "marked-for-stop"};
  Rows rows;
  TIDE_TRY(read_all(api, filtered("DescribeSpotInstanceRequests", "status-code", k_codes), parse_spot_requests, rows));
  return sorted(std::move(rows));
}

}  // namespace tide::cloud::ec2
