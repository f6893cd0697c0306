#include <tide/cloud/ec2/spot_requests.hpp>

#include <tide/cloud/aws/xml.hpp>
#include <tide/cloud/ec2/pages.hpp>
#include <tide/util/hostlist.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <array>

namespace tide::cloud::ec2 {
namespace {

using aws::child;
using aws::child_text;

constexpr std::size_t k_words_of_status = 300;

struct CodeOfStatus {
  std::string_view code;
  ErrorKind kind;
};

// What a request that is open waits for: it may wait for hours, and another type or zone may have it now.
constexpr std::array k_holding{CodeOfStatus{"capacity-not-available", ErrorKind::capacity},
                               CodeOfStatus{"price-too-low", ErrorKind::capacity},
                               CodeOfStatus{"placement-group-constraint", ErrorKind::capacity},
                               CodeOfStatus{"constraint-not-fulfillable", ErrorKind::bad_request},
                               CodeOfStatus{"limit-exceeded", ErrorKind::quota}};

// How one ended that brought no machine, or whose machine was taken back before any listing showed it.
ErrorKind kind_of_end(const SpotRequest& request) {
  const std::string_view code = request.code;
  if (code == "bad-parameters" || request.state == "failed") return ErrorKind::bad_request;
  if (code == "limit-exceeded") return ErrorKind::quota;
  if (code.find("by-user") != std::string_view::npos) return ErrorKind::unknown;
  return ErrorKind::capacity;  // expired, called off, a system error, no capacity, price
}

Result<SpotRequest> read_request(const pugi::xml_node& item) {
  SpotRequest request{.id = child_text(item, "spotInstanceRequestId"), .state = child_text(item, "state")};
  if (request.id.empty() || request.state.empty())
    return make_error(ErrorKind::protocol, "a spot request in the reply has no ID or no state");
  const auto created = parse_time(child_text(item, "createTime"));
  if (!created) return make_error(ErrorKind::protocol, "spot request '{}' in the reply has no time", request.id);
  request.created = *created;
  const pugi::xml_node status = child(item, "status");
  request.code = child_text(status, "code");
  request.message = child_text(status, "message");
  const pugi::xml_node fault = child(item, "fault");
  if (request.message.empty()) request.message = child_text(fault, "message");
  if (request.code.empty()) request.code = child_text(fault, "code");
  request.machine = child_text(item, "instanceId");
  const pugi::xml_node asked = child(item, "launchSpecification");
  request.type = child_text(asked, "instanceType");
  request.zone = child_text(item, "launchedAvailabilityZone");
  if (request.zone.empty()) request.zone = child_text(child(asked, "placement"), "availabilityZone");
  for (const pugi::xml_node tag : child(item, "tagSet").children()) {
    if (tag.type() == pugi::node_element) request.tags[child_text(tag, "key")] = aws::text_of(child(tag, "value"));
  }
  return request;
}

std::string words_of(const SpotRequest& request) {
  const std::string code = request.code.empty() ? request.state : request.code;
  return printable("spot request: " + code + (request.message.empty() ? "" : ": " + request.message),
                   k_words_of_status);
}

}  // namespace

Result<SpotRequestsPage> parse_spot_requests_of(std::string_view xml, const std::string& action) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, (action + "Response").c_str()));
  if (!child(root, "spotInstanceRequestSet"))
    return make_error(ErrorKind::protocol, "the reply has no spotInstanceRequestSet");
  SpotRequestsPage page;
  TIDE_TRY(aws::for_each_item(root, "spotInstanceRequestSet", [&](const pugi::xml_node& item) -> Result<void> {
    TIDE_TRY_ASSIGN(auto request, read_request(item));
    page.rows.push_back(std::move(request));
    return {};
  }));
  page.next_token = child_text(root, "nextToken");
  return page;
}

bool is_request_id(std::string_view id) { return id.starts_with("sir-"); }

bool has_machine(const SpotRequest& request) {
  if (request.machine.empty()) return false;
  const bool untold = request.state == "cancelled" && request.code.empty();  // a server that gives no codes
  return request.state == "active" || untold || request.code == "request-canceled-and-instance-running";
}

core::Instance waiting_instance(const SpotRequest& request) {
  core::Instance instance{.cloud = {}, .id = {request.id}, .request = {request.id}};
  instance.type = request.type;
  instance.zone = request.zone;
  instance.market = core::Market::spot;
  instance.launched_at = request.created;
  instance.tags = request.tags;
  if (const auto names = expand_hostlist(tag_of(instance, core::tag::k_names)); names && names->size() == 1)
    instance.names = *names;
  if (request.state == "active") {  // its machine is not listed yet
    instance.state = core::InstanceState::pending;
  } else if (request.state == "open") {
    const auto holding = std::ranges::find(k_holding, std::string_view(request.code), &CodeOfStatus::code);
    const bool held = holding != k_holding.end();
    instance.state = held ? core::InstanceState::failed : core::InstanceState::pending;
    if (held) instance.fault = words_of(request);
    if (held) instance.fault_kind = holding->kind;
  } else if (request.state == "closed" || request.state == "cancelled" || request.state == "failed") {
    instance.state = core::InstanceState::gone;
    instance.fault = words_of(request);
    instance.fault_kind = kind_of_end(request);
  }
  return instance;
}

Result<std::vector<SpotRequest>> read_spot_requests(aws::QueryApi& api, const std::string& filter,
                                                    std::span<const std::string> values) {
  aws::Call call{.action = "DescribeSpotInstanceRequests", .parameters = {{"Filter.1.Name", filter}}};
  int number = 0;
  for (const std::string& value : values)
    call.parameters.emplace_back("Filter.1.Value." + std::to_string(++number), literal(value));
  call.parameters.emplace_back("MaxResults", "1000");
  const std::string action = call.action;
  std::vector<SpotRequest> all;
  TIDE_TRY(
      each_page(api, std::move(call), [&](const std::string& body, const aws::Answer& answer) -> Result<std::string> {
        TIDE_TRY_ASSIGN(auto page, in_call(parse_spot_requests_of(body, action), api.service().cloud, action, answer));
        for (SpotRequest& row : page.rows) all.push_back(std::move(row));
        return std::move(page.next_token);
      }));
  return all;
}

std::vector<Result<void>> cancel_spot_requests(aws::QueryApi& api, std::span<const std::string> ids) {
  std::vector<aws::Call> calls;
  for (const std::string& id : ids)
    calls.push_back({.action = "CancelSpotInstanceRequests", .parameters = {{"SpotInstanceRequestId.1", id}}});
  std::vector<Result<void>> results;
  for (const aws::Answer& answer : api.call(calls)) {
    if (answer.body || answer.code == "InvalidSpotInstanceRequestID.NotFound") {
      results.emplace_back();
    } else {
      results.emplace_back(answer.body.error());
    }
  }
  return results;
}

std::map<std::string, std::string> machine_tags(const SpotRequest& request) {
  auto tags = request.tags;
  std::erase_if(tags, [](const auto& tag) { return !tag.first.starts_with(core::tag::k_prefix); });
  tags[k_tag_request] = request.id;
  return tags;
}

}  // namespace tide::cloud::ec2
