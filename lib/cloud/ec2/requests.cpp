#include <tide/cloud/ec2/ec2_cloud.hpp>

#include <tide/cloud/ec2/launch_call.hpp>
#include <tide/cloud/ec2/pages.hpp>
#include <tide/cloud/ec2/replies.hpp>
#include <tide/cloud/ec2/terminate.hpp>
#include <tide/util/hostlist.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

// Launches by one-time spot requests. What is listed of such a launch is its request (ID "sir-...") until its machine
// shows, then the machine, with the request's tags. The machine gets them as its own in keep_up(), and the request then
// loses the cluster's: from there on it is a machine as any other, and may be disowned.
namespace tide::cloud::ec2 {
namespace {

constexpr const char* k_request_action = "RequestSpotInstances";
constexpr std::size_t k_filter_max = 200;  // values of a filter

// A machine that bears no tags of its own is known by its request's.
void inherit(Listed& listed, const SpotRequest& request) {
  core::Instance& instance = listed.instance;
  for (const auto& [key, value] : machine_tags(request)) instance.tags[key] = value;
  const auto names = expand_hostlist(tag_of(instance, core::tag::k_names));
  if (!names || names->size() != 1) return;
  std::erase(instance.names, names->front());
  instance.names.insert(instance.names.begin(), names->front());
}

std::string name_of(const core::Instance& machine) {
  return machine.names.empty() ? machine.id.value : machine.names.front();
}

// The kind of a request that the server took and refused at once.
Error refused_at_once(const core::Instance& ended, const std::string& cloud) {
  return make_error(ended.fault_kind, "cloud '{}' refused at {}", cloud, k_request_action).with_peer(ended.fault);
}

}  // namespace

Result<LaunchReply> Ec2Cloud::read_spot_request(const core::LaunchRequest& request, const aws::Answer& answer) {
  if (!answer.body) return launch_error(request, answer);
  TIDE_TRY_ASSIGN(const auto page, in_call(parse_spot_requests_of(*answer.body, k_request_action), m_name.value,
                                           k_request_action, answer));
  if (page.rows.empty())
    return in_call(Result<LaunchReply>(make_error(ErrorKind::protocol, "the reply names no spot request")),
                   m_name.value, k_request_action, answer);
  LaunchReply reply;
  std::vector<std::string> bare;
  for (const SpotRequest& row : page.rows) {
    core::Instance instance = waiting_instance(row);
    if (instance.state == core::InstanceState::gone) return refused_at_once(instance, m_name.value);
    if (tag_of(instance, core::tag::k_cluster).empty()) bare.push_back(row.id);
    instance.cloud = m_name;
    instance.state = core::InstanceState::pending;  // what it waits for, a listing tells
    instance.fault.clear();
    instance.fault_kind = ErrorKind::unknown;
    if (!request.types.empty()) instance.type = request.types.front();
    instance.names = request.names;
    instance.tags = launch_tags(request);
    reply.instances.push_back(std::move(instance));
  }
  if (!bare.empty()) TIDE_TRY(add_tags(bare, launch_tags(request)));
  return reply;
}

Result<void> Ec2Cloud::add_requests(const std::string& cluster, Found& found) {
  const std::vector<std::string> values{cluster};
  TIDE_TRY_ASSIGN(const auto requests, read_spot_requests(m_api, std::string("tag:") + core::tag::k_cluster, values));
  m_fulfilled.clear();
  std::vector<SpotRequest> unlisted;
  for (const SpotRequest& request : requests) {
    const auto tag = request.tags.find(core::tag::k_cluster);
    if (tag == request.tags.end() || tag->second != cluster) continue;  // a server that does not know the filter
    const auto machine = request.machine.empty() ? found.end() : found.find({request.machine});
    if (machine != found.end()) {
      machine->second.request = {request.id};
      m_fulfilled[machine->first] = {request, true};
    } else if (has_machine(request)) {
      unlisted.push_back(request);
    } else {
      core::Instance instance = waiting_instance(request);
      instance.cloud = m_name;
      found.insert_or_assign(instance.id, std::move(instance));
    }
  }
  return look_up_machines(unlisted, found);
}

// Machines without tags of their own are in no listing of the cluster's.
Result<void> Ec2Cloud::look_up_machines(const std::vector<SpotRequest>& requests, Found& found) {
  std::map<std::string, const SpotRequest*> by_machine;
  for (const SpotRequest& request : requests) by_machine.emplace(request.machine, &request);
  const auto take = [&](const std::string& body, const aws::Answer& answer) -> Result<std::string> {
    TIDE_TRY_ASSIGN(auto page, in_call(parse_describe_instances(body), m_name.value, "DescribeInstances", answer));
    for (Listed& listed : page.listed) {
      const auto request = by_machine.find(listed.instance.id.value);
      if (request == by_machine.end()) continue;  // a server that does not know the filter lists everybody's
      inherit(listed, *request->second);
      core::Instance instance = finished(std::move(listed));
      instance.request = {request->second->id};
      m_fulfilled[instance.id] = {*request->second, false};
      found.insert_or_assign(instance.id, std::move(instance));
    }
    return std::move(page.next_token);
  };
  std::vector<std::string> ids;
  for (const auto& [id, request] : by_machine) ids.push_back(id);
  for (std::size_t begin = 0; begin < ids.size(); begin += k_filter_max) {
    aws::Call call{.action = "DescribeInstances", .parameters = {{"Filter.1.Name", "instance-id"}}};
    for (std::size_t i = begin; i < std::min(ids.size(), begin + k_filter_max); ++i)
      call.parameters.emplace_back("Filter.1.Value." + std::to_string(i - begin + 1), ids[i]);
    TIDE_TRY(each_page(m_api, std::move(call), take));
  }
  for (const auto& [id, request] : by_machine) {
    if (found.contains({id})) continue;
    core::Instance instance = waiting_instance(*request);
    if (request->state == "active" || !request->code.empty())
      instance.state = core::InstanceState::pending;  // the listing is behind
    instance.cloud = m_name;
    found.insert_or_assign(instance.id, std::move(instance));
  }
  return {};
}

Result<void> Ec2Cloud::tag_machine(const SpotRequest& request) {
  const std::vector<std::string> ids{request.machine};
  return add_tags(ids, machine_tags(request));
}

// The right to end a machine may hang on its tags, so that it gets them first.
std::vector<Result<void>> Ec2Cloud::terminate(std::span<const core::InstanceId> ids) {
  std::vector<std::string> requests;
  std::vector<core::InstanceId> machines;
  for (const core::InstanceId& id : ids) {
    if (is_request_id(id.value)) {
      requests.push_back(id.value);
      continue;
    }
    machines.push_back(id);
    const auto fulfilled = m_fulfilled.find(id);
    // That it could not be tagged says nothing of the end, which the server judges by itself.
    if (fulfilled != m_fulfilled.end() && !fulfilled->second.tagged && tag_machine(fulfilled->second.request))
      fulfilled->second.tagged = true;
  }
  const auto cancelled = end_requests(requests);
  const auto ended = terminate_all(m_api, machines);
  std::vector<Result<void>> results;
  auto request = cancelled.begin();
  auto machine = ended.begin();
  for (const core::InstanceId& id : ids) results.push_back(is_request_id(id.value) ? *request++ : *machine++);
  return results;
}

// Called off first, so that no machine comes any more; then the machines of those that had theirs already.
std::vector<Result<void>> Ec2Cloud::end_requests(std::span<const std::string> ids) {
  if (ids.empty()) return {};
  std::vector<Result<void>> results = cancel_spot_requests(m_api, ids);
  const auto requests = read_spot_requests(m_api, "spot-instance-request-id", ids);
  std::vector<core::InstanceId> machines;
  std::vector<std::size_t> index;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!requests && results[i]) results[i] = requests.error();
    if (!requests || !results[i]) continue;
    const auto request = std::ranges::find(*requests, ids[i], &SpotRequest::id);
    if (request == requests->end() || request->machine.empty()) continue;
    if (has_machine(*request) || request->state == "cancelled") {
      if (const auto tagged = tag_machine(*request); !tagged) {
        results[i] = tagged.error();
        continue;
      }
    }
    machines.push_back({request->machine});
    index.push_back(i);
  }
  const auto ended = terminate_all(m_api, machines);
  for (std::size_t k = 0; k < index.size(); ++k) results[index[k]] = ended[k];
  return results;
}

std::vector<UpkeepStep> Ec2Cloud::keep_up(const Upkeep& of) {
  std::vector<UpkeepStep> steps;
  for (const core::Instance& machine : of.running) {
    const auto found = m_fulfilled.find(machine.id);
    if (found == m_fulfilled.end()) continue;
    Fulfilled& fulfilled = found->second;
    UpkeepStep step{.verb = "tag",
                    .subject = name_of(machine),
                    .text = fmt::format("machine '{}' of spot request '{}'", machine.id.value, fulfilled.request.id)};
    Result<void> done;
    if (!fulfilled.tagged) done = tag_machine(fulfilled.request);
    fulfilled.tagged = done.has_value();
    if (done) done = retag({fulfilled.request.id}, {.set = {}, .remove = {core::tag::k_cluster}});
    if (done) m_fulfilled.erase(found);
    if (!done) step.error = done.error();
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace tide::cloud::ec2
