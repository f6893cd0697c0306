#include <tide/cloud/ec2/ec2_cloud.hpp>

#include <tide/cloud/aws/errors.hpp>
#include <tide/cloud/aws/parameter_store.hpp>
#include <tide/cloud/ec2/health.hpp>
#include <tide/cloud/ec2/images.hpp>
#include <tide/cloud/ec2/launch_call.hpp>
#include <tide/cloud/ec2/pages.hpp>
#include <tide/cloud/ec2/prices.hpp>
#include <tide/cloud/ec2/quotas.hpp>
#include <tide/cloud/ec2/replies.hpp>
#include <tide/cloud/ec2/reservations.hpp>
#include <tide/cloud/ec2/terminate.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <set>

namespace tide::cloud::ec2 {
namespace {

constexpr std::size_t k_types_max = 100;  // DescribeInstanceTypes takes no more names

aws::Call list_call(const std::string& cluster) {
  return {.action = "DescribeInstances",
          .parameters = {{"Filter.1.Name", std::string("tag:") + core::tag::k_cluster},
                         {"Filter.1.Value.1", literal(cluster)},
                         {"MaxResults", "1000"}}};
}

}  // namespace

Ec2Cloud::Ec2Cloud(Options options, std::shared_ptr<aws::CredentialSource> credentials, net::Transport& transport,
                   Clock& clock)
    : m_name{options.service.cloud},
      m_traits{.has_launch_tokens = true,
               .launch_max = k_launch_max,
               .terminate_max = static_cast<int>(k_terminate_max),
               .can_stop = true,
               .tells_types = true,
               .families = std::move(options.families),
               .one_a_call = std::move(options.fleets),
               .by_request = options.spot_requests,
               .has_health = true,
               .has_notices = true,
               .has_spot_prices = true,
               .has_reservations = options.reservations},
      m_ssm_endpoint(std::move(options.ssm_endpoint)),
      m_keeps_stopped(options.keeps_stopped),
      m_credentials(std::move(credentials)),
      m_transport(transport),
      m_clock(clock),
      m_address_of_pool(std::move(options.address_of_pool)),
      m_subnets(std::move(options.subnets)),
      m_api(std::move(options.service), m_credentials, transport, clock, options.pace),
      m_lists_requests(!options.spot_requests.empty()) {
  m_traits.one_a_call.insert(m_traits.one_a_call.end(), options.spot_requests.begin(), options.spot_requests.end());
}

core::CloudTraits Ec2Cloud::limits() const { return m_traits; }

core::Instance Ec2Cloud::finished(Listed listed) const {
  core::Instance instance = std::move(listed.instance);
  instance.cloud = m_name;
  instance.request = {std::string(tag_of(instance, k_tag_request))};
  const auto at = m_address_of_pool.find(std::string(tag_of(instance, core::tag::k_pool)));
  const std::string_view wanted = at == m_address_of_pool.end() ? "private" : std::string_view(at->second);
  if (wanted == "public") {
    instance.address = listed.public_address;
  } else if (wanted == "ipv6") {
    instance.address = listed.ipv6_address;
  } else {
    instance.address = listed.private_address;
  }
  return instance;
}

Result<std::vector<core::Instance>> Ec2Cloud::list(const std::string& cluster) {
  std::map<core::InstanceId, core::Instance> found;
  const auto take = [&](const std::string& body, const aws::Answer& answer) -> Result<std::string> {
    TIDE_TRY_ASSIGN(auto page, in_call(parse_describe_instances(body), m_name.value, "DescribeInstances", answer));
    for (Listed& listed : page.listed) {
      // A server that does not know the filter lists everybody's.
      if (tag_of(listed.instance, core::tag::k_cluster) != cluster) continue;
      core::Instance instance = finished(std::move(listed));
      found.insert_or_assign(instance.id, std::move(instance));
    }
    return std::move(page.next_token);
  };
  TIDE_TRY(each_page(m_api, list_call(cluster), take));
  // Machines before requests: one whose machine comes in between shows as that in the second.
  if (m_lists_requests) TIDE_TRY(add_requests(cluster, found));
  std::vector<core::Instance> sorted;
  sorted.reserve(found.size());
  for (auto& [id, instance] : found) sorted.push_back(std::move(instance));
  return sorted;
}

// One call an image, side by side; only for those whose disk is to be sized.
std::map<std::string, Result<std::string>> Ec2Cloud::root_devices(std::span<const core::LaunchRequest> requests) {
  std::set<std::string> images;
  for (const core::LaunchRequest& request : requests) {
    if (wants_disk(request)) images.insert(request.image);
  }
  std::vector<aws::Call> calls;
  for (const std::string& image : images)
    calls.push_back({.action = "DescribeImages", .parameters = {{"ImageId.1", image}}});
  std::map<std::string, Result<std::string>> devices;
  if (calls.empty()) return devices;
  const auto answers = m_api.call(calls);
  auto answer = answers.begin();
  for (const std::string& image : images) {
    Result<std::string> device = answer->body;
    if (device) {
      const auto read = in_call(parse_describe_images(*device), m_name.value, "DescribeImages", *answer);
      device = read ? Result<std::string>(read->contains(image) ? read->at(image) : std::string())
                    : Result<std::string>(read.error());
    }
    devices.emplace(image, std::move(device));
    ++answer;
  }
  return devices;
}

Result<aws::Call> Ec2Cloud::call_for(const core::LaunchRequest& request, const std::string& root_device) const {
  if (is_fleet(request)) return fleet_call(request);
  return is_spot_request(request) ? spot_request_call(request, root_device) : launch_call(request, root_device);
}

std::vector<Result<LaunchReply>> Ec2Cloud::launch(std::span<const core::LaunchRequest> requests) {
  const auto devices = root_devices(requests);
  std::vector<Result<LaunchReply>> replies(requests.size(), Result<LaunchReply>(LaunchReply{}));
  std::vector<aws::Call> calls;
  std::vector<std::size_t> index;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].restart.empty()) {
      calls.push_back(start_call(requests[i]));
      index.push_back(i);
      continue;
    }
    const auto device = devices.find(requests[i].image);
    const bool known = device != devices.end() && wants_disk(requests[i]);
    if (known && !device->second) {
      replies[i] = device->second.error();
      continue;
    }
    auto call = call_for(requests[i], known ? *device->second : std::string());
    if (!call) {
      replies[i] = std::move(call).error();
      continue;
    }
    calls.push_back(std::move(*call));
    index.push_back(i);
  }
  if (calls.empty()) return replies;
  const auto answers = m_api.call(calls);
  for (std::size_t i = 0; i < index.size(); ++i) {
    const core::LaunchRequest& request = requests[index[i]];
    if (!request.restart.empty()) {
      replies[index[i]] = read_start(request, answers[i]);
    } else {
      replies[index[i]] = is_fleet(request)          ? read_fleet(request, answers[i])
                          : is_spot_request(request) ? read_spot_request(request, answers[i])
                                                     : read_launch(request, answers[i]);
    }
  }
  return replies;
}

// All of them, or none: what runs already is named too.
Result<LaunchReply> Ec2Cloud::read_start(const core::LaunchRequest& request, const aws::Answer& answer) const {
  if (!answer.body) return launch_error(request, answer);
  TIDE_TRY_ASSIGN(const auto ids,
                  in_call(parse_state_changes(*answer.body, "StartInstances"), m_name.value, "StartInstances", answer));
  LaunchReply reply;
  for (const core::InstanceId& id : request.restart) {
    if (std::ranges::find(ids, id.value) == ids.end())
      return in_call(Result<LaunchReply>(make_error(ErrorKind::protocol, "the reply does not name '{}'", id.value)),
                     m_name.value, "StartInstances", answer);
    reply.instances.push_back({.cloud = m_name, .id = id, .state = core::InstanceState::pending});
  }
  return reply;
}

// A fleet's answer names IDs and refusals, each of the latter with its own class; the listing tells the rest.
Result<LaunchReply> Ec2Cloud::read_fleet(const core::LaunchRequest& request, const aws::Answer& answer) {
  if (!answer.body) return launch_error(request, answer);
  TIDE_TRY_ASSIGN(const FleetReply fleet,
                  in_call(parse_create_fleet(*answer.body), m_name.value, "CreateFleet", answer));
  LaunchReply reply;
  for (const FleetInstance& each : fleet.instances) {
    core::Instance instance{.cloud = m_name, .id = {each.id}, .state = core::InstanceState::pending, .type = each.type};
    instance.market = request.market;
    instance.launched_at = m_clock.now() + m_api.skew();
    if (reply.instances.size() < request.names.size()) instance.names = {request.names[reply.instances.size()]};
    instance.tags = launch_tags(request);
    reply.instances.push_back(std::move(instance));
  }
  for (const FleetError& each : fleet.errors) {
    Error error = make_error(aws::kind_of(each.code, 400), "cloud '{}' failed at CreateFleet: {}", m_name.value,
                             printable(each.code, 80))
                      .with_peer("the cloud said: " + printable(each.message, 200));
    error.reach = aws::reach_of(each.code);
    core::LaunchRequest asked = request;
    asked.types = {each.choice.type};
    if (error.kind == ErrorKind::quota) error.hint = quota_hint(each.code, asked, m_api.service().region);
    reply.refused.push_back({each.choice, std::move(error)});
  }
  if (!reply.instances.empty() || !reply.refused.empty()) return reply;
  return make_error(ErrorKind::capacity, "cloud '{}' started nothing and gave no reason at CreateFleet", m_name.value)
      .with_hint("Add another type or subnet to the pool, or wait: tide tries again by itself.");
}

Result<std::string> Ec2Cloud::resolve_image(const core::LaunchRequest& request) {
  switch (image_kind(request.image)) {
    case ImageKind::name: return newest_image(request);
    case ImageKind::parameter: {
      aws::Service ssm = m_api.service();
      ssm.endpoint = m_ssm_endpoint;
      const std::string name = image_word(request.image);
      TIDE_TRY_ASSIGN(const std::string value,
                      aws::get_parameter({std::move(ssm), name, m_api.skew()}, *m_credentials, m_transport, m_clock));
      return image_of_parameter(name, value);
    }
    case ImageKind::id:
    case ImageKind::none:
    case ImageKind::bad: break;
  }
  return request.image;
}

Result<std::string> Ec2Cloud::newest_image(const core::LaunchRequest& request) {
  const std::string pattern = image_word(request.image);
  aws::Call call{.action = "DescribeImages",
                 .parameters = {{"Filter.1.Name", "name"},
                                {"Filter.1.Value.1", pattern},
                                {"Filter.2.Name", "state"},
                                {"Filter.2.Value.1", "available"}}};
  int number = 0;
  for (const std::string& owner : values_of(request, key::k_image_owners))
    call.parameters.emplace_back("Owner." + std::to_string(++number), owner);
  const aws::Answer answer = m_api.call({&call, 1}).front();
  TIDE_TRY_ASSIGN(const std::string body, answer.body);
  TIDE_TRY_ASSIGN(const auto images, in_call(parse_images_newest_first(body), m_name.value, call.action, answer));
  if (!images.empty()) return images.front().id;
  return make_error(ErrorKind::bad_request, "image '{}': cloud '{}' has none of that name from {}",
                    printable(request.image, 120), m_name.value, join(values_of(request, key::k_image_owners), ", "))
      .with_hint("Check [pools." + request.pool.value +
                 "] image and image_owners; 'aws ec2 describe-images' lists them.");
}

// What only the request makes plain.
Error Ec2Cloud::launch_error(const core::LaunchRequest& request, const aws::Answer& answer) const {
  Error error = answer.body.error();
  if (error.kind == ErrorKind::quota) error.hint = quota_hint(answer.code, request, m_api.service().region);
  // A profile that was made seconds ago is not known everywhere yet.
  const bool profile =
      answer.code == "InvalidParameterValue" && answer.peer_message.find("iamInstanceProfile") != std::string::npos;
  if (profile) error.kind = ErrorKind::eventual;
  return error;
}

Result<LaunchReply> Ec2Cloud::read_launch(const core::LaunchRequest& request, const aws::Answer& answer) {
  if (!answer.body) return launch_error(request, answer);
  const std::string& body = *answer.body;
  TIDE_TRY_ASSIGN(auto started, in_call(parse_run_instances(body), m_name.value, "RunInstances", answer));
  // Older servers that speak EC2 take no tags at launch; a machine without them would be nobody's.
  std::vector<std::string> bare;
  for (const Listed& listed : started) {
    if (tag_of(listed.instance, core::tag::k_cluster).empty()) bare.push_back(listed.instance.id.value);
  }
  if (!bare.empty()) TIDE_TRY(add_tags(bare, launch_tags(request)));
  LaunchReply reply;
  for (Listed& listed : started) reply.instances.push_back(finished(std::move(listed)));
  std::ranges::sort(reply.instances, {}, &core::Instance::id);
  return reply;
}

Result<void> Ec2Cloud::add_tags(std::span<const std::string> ids, const std::map<std::string, std::string>& tags) {
  aws::Call call{.action = "CreateTags", .parameters = {}};
  int number = 0;
  for (const std::string& id : ids) call.parameters.emplace_back("ResourceId." + std::to_string(++number), id);
  number = 0;
  for (const auto& [name, value] : tags) {
    const std::string prefix = "Tag." + std::to_string(++number) + ".";
    call.parameters.emplace_back(prefix + "Key", name);
    call.parameters.emplace_back(prefix + "Value", value);
  }
  const aws::Answer answer = m_api.call({&call, 1}).front();
  Result<void> done;
  if (answer.body) {
    done = in_call(parse_create_tags(*answer.body), m_name.value, call.action, answer);
  } else {
    done = answer.body.error();
  }
  if (done) return {};
  // The machines run: whatever the refusal was, the launch may not count as "was not done".
  Error error = std::move(done).error();
  error.kind = ErrorKind::retry;
  return std::move(error).with_context("while tagging " + join(ids, ", "));
}

std::vector<Result<void>> Ec2Cloud::stop(std::span<const core::InstanceId> ids) { return stop_all(m_api, ids); }

Result<std::string> Ec2Cloud::console(const core::InstanceId& id) {
  if (is_request_id(id.value)) return std::string();  // there is no machine that could have written anything
  const aws::Call call{.action = "GetConsoleOutput", .parameters = {{"InstanceId", id.value}}};
  const aws::Answer answer = m_api.call({&call, 1}).front();
  TIDE_TRY_ASSIGN(const std::string body, answer.body);
  return in_call(parse_console_output(body), m_name.value, call.action, answer);
}

Result<std::vector<core::Health>> Ec2Cloud::health(core::HealthQuestion question) {
  return question == core::HealthQuestion::checks ? read_checks(m_api) : read_notices(m_api);
}

Result<std::vector<core::SpotPrice>> Ec2Cloud::spot_prices(std::span<const std::string> types) {
  return read_spot_prices(m_api, types, m_clock.now());
}

Result<core::Reservations> Ec2Cloud::reservations(const std::string& cluster) {
  return read_reservations(m_api, cluster, m_subnets);
}

Result<std::vector<InstanceType>> Ec2Cloud::types(std::span<const std::string> names) {
  std::map<std::string, InstanceType> found;
  for (std::size_t begin = 0; begin < names.size(); begin += k_types_max) {
    // As a filter: by name one unknown type would fail them all.
    aws::Call call{.action = "DescribeInstanceTypes", .parameters = {{"Filter.1.Name", "instance-type"}}};
    const auto part = names.subspan(begin, std::min(k_types_max, names.size() - begin));
    int number = 0;
    for (const std::string& name : part)
      call.parameters.emplace_back("Filter.1.Value." + std::to_string(++number), name);
    const auto take = [&](const std::string& body, const aws::Answer& answer) -> Result<std::string> {
      TIDE_TRY_ASSIGN(auto page,
                      in_call(parse_describe_instance_types(body), m_name.value, "DescribeInstanceTypes", answer));
      for (InstanceType& type : page.types) {
        if (std::ranges::find(part, type.name) != part.end()) found.insert_or_assign(type.name, std::move(type));
      }
      return std::move(page.next_token);
    };
    TIDE_TRY(each_page(m_api, std::move(call), take));
  }
  std::vector<InstanceType> sorted;
  for (auto& [name, type] : found) sorted.push_back(std::move(type));
  return sorted;
}

Result<void> Ec2Cloud::check(const core::Pool& pool) const { return check_pool(pool); }

}  // namespace tide::cloud::ec2
