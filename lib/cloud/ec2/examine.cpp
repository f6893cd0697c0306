#include <tide/cloud/ec2/examine.hpp>

#include <tide/cloud/ec2/ec2_cloud.hpp>
#include <tide/cloud/ec2/launch_call.hpp>
#include <tide/cloud/ec2/leftovers.hpp>
#include <tide/cloud/ec2/pages.hpp>
#include <tide/cloud/ec2/replies.hpp>
#include <tide/net/retry.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::cloud::ec2 {
namespace {

using core::cloud_failed;
using core::doubtful;
using core::fine;

constexpr std::string_view k_would_be_done = "DryRunOperation";

aws::Call with_dry_run(aws::Call call) {
  call.parameters.emplace_back("DryRun", "true");
  return call;
}

aws::Call by_names(std::string action, const std::string& prefix, const std::vector<std::string>& names) {
  aws::Call call{.action = std::move(action), .parameters = {}};
  int number = 0;
  for (const std::string& name : names) call.parameters.emplace_back(prefix + std::to_string(++number), name);
  return call;
}

core::Finding examine_name(const aws::Answer& answer, const std::string& about, const std::string& what,
                           const std::vector<std::string>& names) {
  const std::string text = what + " " + join(names, ", ");
  if (answer.body) return fine(what, about, text);
  // Not among the least rights of ec2.md: tide itself never asks for these.
  if (is_denied(answer)) {
    return doubtful(what, about, text + ": may not be looked up with these credentials",
                    "Nothing, or allow the doctor ec2:Describe*: the dry run of the launch looks at it too.");
  }
  return cloud_failed(what, about, answer.body.error());
}

std::string own_machine(const std::vector<core::Instance>& listed) {
  const auto live =
      std::ranges::find_if(listed, [](const core::Instance& each) { return is_live(each.state) && !is_request(each); });
  return live == listed.end() ? "" : live->id.value;
}

// Rights to end may hang on tide's tags: without a machine that has them a refusal proves nothing.
core::Finding try_on_own(aws::QueryApi& api, const std::string& action, const std::string& machine,
                         const std::string& about) {
  const std::string id = machine.empty() ? "i-00000000000000000" : machine;
  core::Finding finding = try_dry(api, by_names(action, "InstanceId.", {id}), "rights", about);
  if (finding.level != core::Level::fail || !machine.empty()) return finding;
  return doubtful("rights", about, action + ": could not be tried, for no machine of this cluster runs",
                  "Run this again once one does: rights to end may hang on its tags.");
}

}  // namespace

Result<bool> obeys_dry_run(aws::QueryApi& api) {
  const aws::Call probe = with_dry_run({.action = "DescribeInstances", .parameters = {}});
  const aws::Answer answer = api.call({&probe, 1}).front();
  if (answer.code == k_would_be_done) return true;
  if (answer.body || !answer.code.empty()) return false;
  return answer.body.error();
}

core::Finding try_dry(aws::QueryApi& api, aws::Call call, const std::string& check, const std::string& about) {
  call = with_dry_run(std::move(call));
  const aws::Answer answer = api.call({&call, 1}).front();
  if (answer.code == k_would_be_done) return fine(check, about, call.action + " is allowed");
  if (answer.body) {
    return cloud_failed(check, about,
                        make_error(ErrorKind::protocol, "{} with DryRun was answered as if it were meant", call.action)
                            .with_hint("Look with 'tide info' for a machine that this may have started, and end it."));
  }
  // Rights come first: it may be done, to one that is there.
  if (answer.code.starts_with("InvalidInstanceID") || answer.code.starts_with("InvalidSpotInstanceRequestID"))
    return fine(check, about, call.action + " is allowed");
  return cloud_failed(check, about, answer.body.error());
}

core::Findings examine_names(aws::QueryApi& api, const core::LaunchRequest& request, const std::string& about) {
  struct Named {
    std::string what;
    std::vector<std::string> names;
    aws::Call call;
  };
  std::vector<Named> asked;
  const auto ask = [&](std::string what, const char* option, const char* action, const char* parameter) {
    const auto names = values_of(request, option);
    if (!names.empty()) asked.push_back({std::move(what), names, by_names(action, parameter, names)});
  };
  ask("key", key::k_key, "DescribeKeyPairs", "KeyName.");
  ask("subnets", key::k_subnets, "DescribeSubnets", "SubnetId.");
  ask("security_groups", key::k_security_groups, "DescribeSecurityGroups", "GroupId.");
  ask("placement_group", key::k_placement_group, "DescribePlacementGroups", "GroupName.");
  std::vector<aws::Call> calls;
  for (const Named& each : asked) calls.push_back(each.call);
  core::Findings findings;
  if (calls.empty()) return findings;
  const auto answers = api.call(calls);
  for (std::size_t i = 0; i < asked.size(); ++i)
    findings.push_back(examine_name(answers[i], about, asked[i].what, asked[i].names));
  return findings;
}

// The image's ID and, where the disk is to be sized, its root device are what the launch call needs.
core::Finding Ec2Cloud::examine_image(core::LaunchRequest& request, std::string& root_device) {
  const std::string about = "pool '" + request.pool.value + "'";
  const std::string named = request.image;
  if (named.empty()) return fine("image", about, "the launch template's");
  auto image = resolve_image(request);
  if (!image) return cloud_failed("image", about, image.error());
  request.image = *image;
  const aws::Call call = by_names("DescribeImages", "ImageId.", {request.image});
  const aws::Answer answer = m_api.call({&call, 1}).front();
  if (!answer.body) return cloud_failed("image", about, answer.body.error());
  const auto devices = in_call(parse_describe_images(*answer.body), m_name.value, call.action, answer);
  if (!devices) return cloud_failed("image", about, devices.error());
  if (devices->contains(request.image)) root_device = devices->at(request.image);
  return fine("image", about, named == request.image ? named : named + " (" + request.image + ")");
}

core::Findings Ec2Cloud::examine_launch(const core::LaunchRequest& wanted, bool dry) {
  const std::string about = "pool '" + wanted.pool.value + "'";
  core::LaunchRequest request = wanted;
  std::string root_device;
  core::Findings findings{examine_image(request, root_device)};
  if (findings.front().level == core::Level::fail) return findings;
  for (core::Finding& finding : examine_names(m_api, request, about)) findings.push_back(std::move(finding));
  auto call = call_for(request, root_device);
  if (!call) {
    findings.push_back(cloud_failed("user_data", about, call.error()));
    return findings;
  }
  if (!request.user_data.empty()) {
    findings.push_back(
        fine("user_data", about, fmt::format("{} of {} bytes", request.user_data.size(), k_user_data_max)));
  }
  if (dry) findings.push_back(try_dry(m_api, std::move(*call), "rights", about));
  return findings;
}

core::Findings Ec2Cloud::examine_types(std::span<const core::LaunchRequest> launches) {
  std::vector<std::string> all;
  for (const core::LaunchRequest& launch : launches) all.insert(all.end(), launch.types.begin(), launch.types.end());
  const auto known = types(all);
  core::Findings findings;
  for (const core::LaunchRequest& launch : launches) {
    const std::string about = "pool '" + launch.pool.value + "'";
    if (!known) {
      findings.push_back(cloud_failed("types", about, known.error()));
      continue;
    }
    std::vector<std::string> missing = launch.types;
    std::erase_if(missing, [&](const std::string& type) {
      return std::ranges::find(*known, type, &InstanceType::name) != known->end();
    });
    findings.push_back(missing.empty()
                           ? fine("types", about, join(launch.types, ", "))
                           : cloud_failed("types", about,
                                          make_error(ErrorKind::config, "not known to cloud '{}': {}", m_name.value,
                                                     join(missing, ", "))
                                              .with_hint("Take it out of [pools." + launch.pool.value + "] types.")));
  }
  return findings;
}

// What spot requests need beside the launch: the right to call them off, and to tag the machines that come of them.
core::Findings Ec2Cloud::examine_requests(const std::string& cluster, const std::vector<core::Instance>& listed) {
  const std::string about = "cloud '" + m_name.value + "'";
  const auto open = std::ranges::find_if(listed, [](const core::Instance& each) { return is_request(each); });
  const std::string request = open == listed.end() ? "sir-00000000" : open->id.value;
  const std::string machine = own_machine(listed);
  const auto tried = [&](aws::Call call, bool known) {
    const std::string action = call.action;
    core::Finding finding = try_dry(m_api, std::move(call), "rights", about);
    if (finding.level != core::Level::fail || known) return finding;
    return doubtful("rights", about, action + ": could not be tried, for nothing of this cluster is there",
                    "Run this again once it is: the right may hang on its tags.");
  };
  core::Findings findings{
      tried(by_names("CancelSpotInstanceRequests", "SpotInstanceRequestId.", {request}), open != listed.end())};
  aws::Call tag = by_names("CreateTags", "ResourceId.", {machine.empty() ? "i-00000000000000000" : machine});
  tag.parameters.emplace_back("Tag.1.Key", core::tag::k_cluster);
  tag.parameters.emplace_back("Tag.1.Value", cluster);
  tag.parameters.emplace_back("Tag.2.Key", k_tag_request);
  tag.parameters.emplace_back("Tag.2.Value", "sir-00000000");
  findings.push_back(tried(std::move(tag), !machine.empty()));
  return findings;
}

core::Findings Ec2Cloud::examine(std::span<const core::LaunchRequest> launches) {
  const std::string about = "cloud '" + m_name.value + "'";
  const auto credentials = m_credentials->get();
  if (!credentials) return {cloud_failed("credentials", about, credentials.error())};
  core::Findings findings{fine("credentials", about, described(*credentials))};
  const aws::Call look{.action = "DescribeInstances", .parameters = {{"MaxResults", "5"}}};
  const aws::Answer answer = m_api.call({&look, 1}).front();
  if (!answer.date.empty() || answer.body)
    findings.push_back(core::clock_finding(about, net::parse_http_date(answer.date), m_clock.now()));
  if (!answer.body) {
    findings.push_back(cloud_failed("rights", about, answer.body.error()));
    return findings;
  }
  const auto dry = obeys_dry_run(m_api);
  if (!dry) findings.push_back(cloud_failed("rights", about, dry.error()));
  if (dry && !*dry) {
    findings.push_back(doubtful("rights", about,
                                "this server does not know DryRun: launching and ending were not tried",
                                "Nothing: the first launch will show it."));
  }
  for (core::Finding& finding : examine_types(launches)) findings.push_back(std::move(finding));
  for (const core::LaunchRequest& launch : launches) {
    for (core::Finding& finding : examine_launch(launch, dry && *dry)) findings.push_back(std::move(finding));
  }
  if (launches.empty()) return findings;
  const auto tag = launches.front().tags.find(core::tag::k_cluster);
  const std::string cluster = tag == launches.front().tags.end() ? "" : tag->second;
  if (!cluster.empty()) findings.push_back(examine_volumes(m_api, cluster, about));
  if (dry && *dry) {
    const auto listed = list(cluster);
    std::vector<std::string> actions{"TerminateInstances"};
    if (m_keeps_stopped) actions.insert(actions.end(), {"StopInstances", "StartInstances"});
    for (const std::string& action : actions) {
      findings.push_back(listed ? try_on_own(m_api, action, own_machine(*listed), about)
                                : cloud_failed("rights", about, listed.error()));
    }
    if (listed && !m_traits.by_request.empty()) {
      for (core::Finding& finding : examine_requests(cluster, *listed)) findings.push_back(std::move(finding));
    }
  }
  return findings;
}

}  // namespace tide::cloud::ec2
