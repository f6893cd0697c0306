#include "fake_ec2.hpp"

#include "fake_ec2_wire.hpp"

#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>

namespace tide::test {
namespace {

using Parameters = FakeEc2::Parameters;
using wire::list_of;
using wire::value_of;

int number_of(const Parameters& parameters, const std::string& name, int fallback) {
  const auto value = parse_integer(value_of(parameters, name));
  return value ? static_cast<int>(*value) : fallback;
}

// PREFIX.1, PREFIX.2, ...
std::map<std::string, std::string> tags_of(const Parameters& parameters, const std::string& prefix) {
  std::map<std::string, std::string> tags;
  for (int i = 1; parameters.contains(prefix + std::to_string(i) + ".Key"); ++i) {
    const std::string tag = prefix + std::to_string(i) + ".";
    tags[parameters.at(tag + "Key")] = value_of(parameters, tag + "Value");
  }
  return tags;
}

// '*' matches anything, '\' takes what follows as it is.
bool glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (glob(pattern.substr(1), text.substr(i))) return true;
    }
    return false;
  }
  if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return !text.empty() && pattern.front() == text.front() && glob(pattern.substr(1), text.substr(1));
}

bool passes(const FakeInstance& instance, const std::string& name, const std::vector<std::string>& values) {
  std::string actual;
  if (name.starts_with("tag:")) {
    const auto at = instance.tags.find(name.substr(4));
    if (at == instance.tags.end()) return false;
    actual = at->second;
  } else if (name == "instance-state-name") {
    actual = instance.state;
  } else if (name == "instance-id") {
    actual = instance.id;
  } else if (name == "private-ip-address") {
    actual = instance.address;
  }
  return std::ranges::any_of(values, [&](const std::string& value) { return glob(value, actual); });
}

bool passes_all(const FakeInstance& instance, const Parameters& parameters) {
  for (int i = 1; parameters.contains("Filter." + std::to_string(i) + ".Name"); ++i) {
    const std::string prefix = "Filter." + std::to_string(i) + ".";
    if (!passes(instance, parameters.at(prefix + "Name"), list_of(parameters, prefix + "Value."))) return false;
  }
  return true;
}

struct KnownType {
  const char* name;
  int slots;
  int memory_mib;
};
constexpr std::array<KnownType, 4> k_types{
    {{"c5.large", 2, 4096}, {"c6i.xlarge", 4, 8192}, {"c7i.xlarge", 4, 8192}, {"g5.xlarge", 4, 16384}}};

}  // namespace

Result<net::Response> FakeEc2::handle(const net::Request& request) {
  const std::lock_guard lock(m_mutex);
  const Parameters parameters = wire::parse_form(request.body);
  const bool json = wire::is_json(request);
  const std::string action = json ? "GetParameter" : value_of(parameters, "Action");
  m_calls.emplace_back(action, parameters);
  auto response = answer(request, parameters, action);
  if (response) {
    static constexpr std::array<const char*, 7> k_days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> k_months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const TimePoint now = m_options.now();
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{now - day};
    response->headers.emplace_back(
        "Date", fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                            k_days.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                            k_months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                            clock.hours().count(), clock.minutes().count(), clock.seconds().count()));
  }
  return response;
}

Result<net::Response> FakeEc2::answer(const net::Request& request, const Parameters& parameters,
                                      const std::string& action) {
  if (auto refused = wire::check_signature(request, m_options)) return *refused;
  FakeFaults* due = due_fault(action);
  if (due == nullptr && wire::is_json(request)) return get_parameter(request);
  if (due == nullptr) return act(action, parameters);
  --due->times;
  const Error lost = make_error(ErrorKind::retry, "the connection was closed");
  switch (due->fault) {
    case FakeFault::code_after: act(action, parameters); [[fallthrough]];
    case FakeFault::code: {
      auto refused = wire::refuse(due->status, due->code, "as the test asked");
      if (due->retry_after > 0) refused.headers.emplace_back("Retry-After", std::to_string(due->retry_after));
      return refused;
    }
    case FakeFault::lost: return lost;
    case FakeFault::lost_after: act(action, parameters); return lost;
    case FakeFault::cut_after: {
      auto response = act(action, parameters);
      response.body.resize(response.body.size() / 2);
      return response;
    }
    case FakeFault::html:
      return net::Response{
          .status = 502, .headers = {{"Content-Type", "text/html"}}, .body = "<html><h1>502 Bad Gateway</h1></html>"};
    case FakeFault::html_ok:
      return net::Response{.status = 200,
                           .headers = {{"Content-Type", "text/html"}},
                           .body = "<!doctype html><html lang=en><p>Log in</html>"};
  }
  return lost;
}

FakeFaults* FakeEc2::due_fault(const std::string& action) {
  for (FakeFaults& each : m_faults) {
    if (each.times > 0 && (each.action.empty() || each.action == action)) return &each;
  }
  return nullptr;
}

net::Response FakeEc2::act(const std::string& action, const Parameters& parameters) {
  if (value_of(parameters, "DryRun") == "true" && !m_options.ignores_dry_run)
    return wire::refuse(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
  if (action == "DescribeKeyPairs" || action == "DescribeSubnets" || action == "DescribeSecurityGroups" ||
      action == "DescribePlacementGroups")
    return describe_names(action, parameters);
  if (action == "RunInstances") return run_instances(parameters);
  if (action == "DescribeInstances") return describe_instances(parameters);
  if (action == "TerminateInstances" || action == "StopInstances" || action == "StartInstances")
    return change_states(action, parameters);
  if (action == "CreateTags" || action == "DeleteTags") return change_tags(action, parameters);
  if (action == "GetConsoleOutput") return console_output(parameters);
  if (action == "DescribeInstanceTypes") return describe_types(parameters);
  if (action == "DescribeImages") return describe_images(parameters);
  if (action == "CreateLaunchTemplate") return create_launch_template(parameters);
  if (action == "CreateFleet") return create_fleet(parameters);
  if (action == "DescribeInstanceStatus") return describe_status(parameters);
  if (action == "DescribeSpotInstanceRequests") return describe_spot_requests(parameters);
  if (action == "RequestSpotInstances") return request_spot_instances(parameters);
  if (action == "CancelSpotInstanceRequests") return cancel_spot_requests(parameters);
  if (action == "DescribeReservedInstances") return describe_reserved(parameters);
  if (action == "DescribeSpotPriceHistory") return describe_spot_prices(parameters);
  if (action == "DescribeVolumes") return describe_volumes(parameters);
  if (action == "ModifyInstanceAttribute") return modify_attribute(parameters);
  return wire::refuse(400, "InvalidAction", "The action " + action + " is not valid for this web service.");
}

FakeInstance FakeEc2::start(const Parameters& parameters, int index, const std::string& reservation) {
  FakeInstance instance;
  const std::uint64_t number = m_next++;
  instance.id = fmt::format("i-{:017x}", number);
  instance.reservation = reservation;
  instance.token = value_of(parameters, "ClientToken");
  instance.image = value_of(parameters, "ImageId");
  instance.type = value_of(parameters, "InstanceType");
  instance.subnet = value_of(parameters, "SubnetId");
  instance.zone = value_of(parameters, "Placement.AvailabilityZone", m_options.region + "a");
  instance.address = fmt::format("10.{}.{}.{}", number >> 16U & 255U, number >> 8U & 255U, number & 255U);
  instance.user_data = value_of(parameters, "UserData");
  instance.spot = value_of(parameters, "InstanceMarketOptions.MarketType") == "spot";
  instance.index = index;
  instance.launched_at = m_options.now();
  for (int i = 1; parameters.contains("TagSpecification." + std::to_string(i) + ".ResourceType"); ++i) {
    const std::string prefix = "TagSpecification." + std::to_string(i) + ".";
    const std::string& resource = parameters.at(prefix + "ResourceType");
    if (resource == "instance") instance.tags = tags_of(parameters, prefix + "Tag.");
    if (resource == "volume") instance.volume_tags = tags_of(parameters, prefix + "Tag.");
  }
  return instance;
}

std::string FakeEc2::reservation_xml(const std::string& reservation) const {
  std::string xml =
      "<reservationId>" + reservation + "</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet>";
  for (const auto& [id, instance] : m_instances) {
    if (instance.reservation == reservation) xml += wire::instance_xml(instance, m_options.region);
  }
  return xml + "</instancesSet>";
}

net::Response FakeEc2::run_instances(const Parameters& sent) {
  const auto whole = merged(sent);
  if (!whole) return wire::refuse(400, "InvalidLaunchTemplateName.NotFoundException", whole.error().message);
  const Parameters& parameters = *whole;
  const std::string token = value_of(parameters, "ClientToken");
  if (const auto known = m_tokens.find(token); !token.empty() && known != m_tokens.end()) {
    if (known->second.parameters != sent) {
      return wire::refuse(
          400, "IdempotentParameterMismatch",
          "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).");
    }
    return wire::ok("RunInstances", reservation_xml(known->second.reservation));
  }
  if (!value_of(parameters, "ImageId").starts_with("ami-"))
    return wire::refuse(400, "InvalidAMIID.Malformed", "Invalid image ID");
  if (base64_decode(value_of(parameters, "UserData")).size() > 16384) {
    return wire::refuse(400, "InvalidParameterValue", "User data is limited to 16384 bytes");
  }
  const int least = number_of(parameters, "MinCount", 0);
  const int most = number_of(parameters, "MaxCount", 0);
  if (least < 1 || most < least) return wire::refuse(400, "InvalidParameterValue", "MinCount and MaxCount do not fit");
  if (value_of(parameters, "Placement.GroupName") == "missing")
    return wire::refuse(400, "InvalidPlacementGroup.Unknown", "The placement group 'missing' is unknown");
  const std::string place = value_of(parameters, "SubnetId", value_of(parameters, "Placement.AvailabilityZone"));
  if (const auto code = refusal_of(value_of(parameters, "InstanceType"), place); !code.empty())
    return wire::refuse(code == "InsufficientInstanceCapacity" ? 500 : 400, code, "as the test asked");
  const int count = std::min(most, m_capacity.value_or(most));
  if (count < least) {
    return wire::refuse(500, "InsufficientInstanceCapacity",
                        "We currently do not have sufficient " + value_of(parameters, "InstanceType") + " capacity.");
  }
  if (m_capacity) *m_capacity -= count;
  const std::string reservation = fmt::format("r-{:017x}", m_next);
  for (int i = 0; i < count; ++i) {
    FakeInstance instance = start(parameters, i, reservation);
    m_instances.emplace(instance.id, instance);
  }
  if (!token.empty()) m_tokens[token] = {.parameters = sent, .reservation = reservation};
  return wire::ok("RunInstances", reservation_xml(reservation));
}

void FakeEc2::age() {
  for (auto& [id, instance] : m_instances) {
    ++instance.lists;
    const bool runs = instance.state == "pending" && instance.lists > m_options.lists_until_running;
    const bool down = instance.lists > m_options.lists_until_terminated;
    const bool ended = instance.state == "shutting-down" && down;
    const bool stopped = instance.state == "stopping" && down;
    if (!runs && !ended && !stopped) continue;
    instance.state = runs ? "running" : ended ? "terminated" : "stopped";
    instance.lists = 0;
  }
  std::erase_if(m_instances, [&](const auto& each) {
    return m_options.lists_until_forgotten > 0 && each.second.state == "terminated" &&
           each.second.lists > m_options.lists_until_forgotten;
  });
}

net::Response FakeEc2::describe_instances(const Parameters& parameters) {
  const std::string token = value_of(parameters, "NextToken");
  if (token.empty()) age();
  const auto ids = list_of(parameters, "InstanceId.");
  for (const std::string& id : ids) {
    if (!m_instances.contains(id)) {
      return wire::refuse(400, "InvalidInstanceID.NotFound", "The instance ID '" + id + "' does not exist");
    }
  }
  if (!token.empty() && !m_instances.contains(token))
    return wire::refuse(400, "InvalidParameterValue", "Invalid value for nextToken");
  const std::size_t page =
      std::min(static_cast<std::size_t>(number_of(parameters, "MaxResults", 1000)), m_options.page_max);
  std::string xml = "<reservationSet>";
  std::size_t shown = 0;
  std::string next;
  for (auto at = m_instances.lower_bound(token); at != m_instances.end(); ++at) {
    const FakeInstance& instance = at->second;
    const bool wanted = ids.empty() || std::ranges::find(ids, instance.id) != ids.end();
    if (!wanted || !passes_all(instance, parameters)) continue;
    if (shown == page) {
      next = "<nextToken>" + instance.id + "</nextToken>";
      break;
    }
    ++shown;
    xml += "<item><reservationId>" + instance.reservation +
           "</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet>" +
           wire::instance_xml(instance, m_options.region) + "</instancesSet></item>";
  }
  return wire::ok("DescribeInstances", xml + "</reservationSet>" + next);
}

net::Response FakeEc2::change_tags(const std::string& action, const Parameters& parameters) {
  const auto ids = list_of(parameters, "ResourceId.");
  for (const std::string& id : ids) {
    if (id.starts_with("sir-") && !m_spot_requests.contains(id))
      return wire::refuse(400, "InvalidSpotInstanceRequestID.NotFound", "The ID '" + id + "' does not exist");
    if (!id.starts_with("sir-") && !m_instances.contains(id))
      return wire::refuse(400, "InvalidInstanceID.NotFound", "The instance ID '" + id + "' does not exist");
  }
  for (const std::string& id : ids) {
    auto& tags = id.starts_with("sir-") ? m_spot_requests.at(id).tags : m_instances.at(id).tags;
    for (const auto& [key, value] : tags_of(parameters, "Tag.")) {
      if (action == "CreateTags") {
        tags[key] = value;
      } else {
        tags.erase(key);
      }
    }
  }
  return wire::ok(action, "<return>true</return>");
}

net::Response FakeEc2::console_output(const Parameters& parameters) {
  const std::string id = value_of(parameters, "InstanceId");
  if (!m_instances.contains(id))
    return wire::refuse(400, "InvalidInstanceID.NotFound", "The instance ID '" + id + "' does not exist");
  const bool wrote = m_instances.at(id).state != "pending";
  return wire::ok("GetConsoleOutput",
                  "<instanceId>" + id + "</instanceId><timestamp>" + wire::iso_time(m_options.now()) + "</timestamp>" +
                      (wrote ? "<output>" + base64_encode("console of " + id + "\n") + "</output>" : ""));
}

net::Response FakeEc2::describe_types(const Parameters& parameters) {
  std::vector<std::string> wanted = list_of(parameters, "InstanceType.");
  for (const std::string& name : wanted) {
    if (std::ranges::none_of(k_types, [&](const KnownType& type) { return type.name == name; })) {
      return wire::refuse(400, "InvalidInstanceType",
                          "The following supplied instance types do not exist: [" + name + "]");
    }
  }
  if (value_of(parameters, "Filter.1.Name") == "instance-type") wanted = list_of(parameters, "Filter.1.Value.");
  std::string xml = "<instanceTypeSet>";
  for (const KnownType& type : k_types) {
    if (!wanted.empty() && std::ranges::find(wanted, type.name) == wanted.end()) continue;
    xml += fmt::format(
        "<item><instanceType>{}</instanceType><vCpuInfo><defaultVCpus>{}</defaultVCpus></vCpuInfo>"
        "<memoryInfo><sizeInMiB>{}</sizeInMiB></memoryInfo>",
        type.name, type.slots, type.memory_mib);
    if (std::string_view(type.name).starts_with("g5"))
      xml += "<gpuInfo><gpus><item><name>A10G</name><count>1</count></item></gpus></gpuInfo>";
    xml += "</item>";
  }
  return wire::ok("DescribeInstanceTypes", xml + "</instanceTypeSet>");
}

void FakeEc2::fail(FakeFaults faults) {
  const std::lock_guard lock(m_mutex);
  m_faults.push_back(std::move(faults));
}

void FakeEc2::forget_faults() {
  const std::lock_guard lock(m_mutex);
  m_faults.clear();
  m_capacity.reset();
}

void FakeEc2::set_capacity(std::optional<int> machines) {
  const std::lock_guard lock(m_mutex);
  m_capacity = machines;
}

void FakeEc2::set_options(const std::function<void(FakeEc2Options&)>& change) {
  const std::lock_guard lock(m_mutex);
  change(m_options);
}

void FakeEc2::add_running(int count, const std::map<std::string, std::string>& tags) {
  const std::lock_guard lock(m_mutex);
  const std::string reservation = fmt::format("r-{:017x}", m_next);
  for (int i = 0; i < count; ++i) {
    FakeInstance instance = start({{"ImageId", "ami-0abc"}, {"InstanceType", "c5.large"}}, i, reservation);
    instance.state = "running";
    instance.tags = tags;
    m_instances.emplace(instance.id, instance);
  }
}

FakeInstance& FakeEc2::instance(const std::string& id) {
  const std::lock_guard lock(m_mutex);
  return m_instances.at(id);
}

std::vector<FakeInstance> FakeEc2::instances() const {
  const std::lock_guard lock(m_mutex);
  std::vector<FakeInstance> all;
  for (const auto& [id, instance] : m_instances) all.push_back(instance);
  return all;
}

std::vector<FakeInstance> FakeEc2::live() const {
  auto all = instances();
  std::erase_if(all,
                [](const FakeInstance& each) { return each.state == "terminated" || each.state == "shutting-down"; });
  return all;
}

std::vector<std::string> FakeEc2::calls() const {
  const std::lock_guard lock(m_mutex);
  std::vector<std::string> actions;
  for (const auto& [action, parameters] : m_calls) actions.push_back(action);
  return actions;
}

int FakeEc2::count_calls(const std::string& action) const {
  const auto all = calls();
  return static_cast<int>(std::ranges::count(all, action));
}

FakeEc2::Parameters FakeEc2::last_parameters(const std::string& action) const {
  const std::lock_guard lock(m_mutex);
  for (auto at = m_calls.rbegin(); at != m_calls.rend(); ++at) {
    if (at->first == action) return at->second;
  }
  return {};
}

std::vector<Result<net::Response>> FakeEc2Transport::perform(std::span<const net::Request> requests) {
  std::vector<Result<net::Response>> responses;
  for (const net::Request& request : requests) responses.push_back(m_fake.handle(request));
  return responses;
}

}  // namespace tide::test
