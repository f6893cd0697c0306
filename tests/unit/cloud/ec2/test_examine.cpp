#include "support_ec2.hpp"

#include <tide/cloud/ec2/leftovers.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using core::Level;
using test::Ec2World;

TEST_SUITE_BEGIN("cloud/ec2/examine");

namespace {

core::Findings examine(Ec2World& world, const core::LaunchRequest& request) {
  return world.cloud.examine({&request, 1});
}

core::Finding finding(const core::Findings& findings, const std::string& check, const std::string& about) {
  const auto found = std::ranges::find_if(
      findings, [&](const core::Finding& each) { return each.check == check && each.about == about; });
  REQUIRE(found != findings.end());
  return *found;
}

}  // namespace

TEST_CASE("examine: launching and ending are asked by DryRun, and nothing starts") {
  Ec2World world;
  auto request = world.request(1);
  request.types = {"c5.large"};
  request.options["key"] = {"admin"};
  request.options["security_groups"] = {"sg-1"};
  const auto findings = examine(world, request);
  for (const core::Finding& each : findings) {
    CAPTURE(each.check + " " + each.about + ": " + each.text);
    CHECK(each.level != Level::fail);
  }
  CHECK(finding(findings, "rights", "pool 'small'").text == "RunInstances is allowed");
  CHECK(finding(findings, "rights", "cloud 'aws'").text == "TerminateInstances is allowed");
  CHECK(finding(findings, "key", "pool 'small'").level == Level::ok);
  CHECK(finding(findings, "security_groups", "pool 'small'").level == Level::ok);
  CHECK(world.fake.instances().empty());
  CHECK(world.fake.last_parameters("RunInstances").at("DryRun") == "true");
}

TEST_CASE("examine: spot requests are asked for by DryRun, with what they need beside the launch") {
  auto options = Ec2World::options();
  options.spot_requests = {{"small"}};
  Ec2World world("secret/of+the=test", options);
  world.fake.add_running(1, {{"tide:cluster", "physics"}});
  auto request = world.request(1);
  request.types = {"c5.large"};
  request.market = core::Market::spot;
  request.options["spot"] = {"request"};
  std::vector<std::string> rights;
  for (const core::Finding& each : examine(world, request)) {
    if (each.check == "rights") rights.push_back(each.text);
  }
  CHECK(rights == std::vector<std::string>{"RequestSpotInstances is allowed", "TerminateInstances is allowed",
                                           "CancelSpotInstanceRequests is allowed", "CreateTags is allowed"});
  CHECK(world.fake.spot_requests().empty());
  CHECK(world.fake.last_parameters("CreateTags").at("DryRun") == "true");
  world.fake.fail({.times = 1, .action = "CancelSpotInstanceRequests", .code = "UnauthorizedOperation", .status = 403});
  world.fake.fail({.times = 1, .action = "CreateTags", .code = "UnauthorizedOperation", .status = 403});
  const auto refused = examine(world, request);
  const auto level = [&](const std::string& action) {
    const auto found = std::ranges::find_if(
        refused, [&](const core::Finding& each) { return each.text.find(action) != std::string::npos; });
    return found == refused.end() ? Level::ok : found->level;
  };
  CHECK(level("CancelSpotInstanceRequests") == Level::warn);  // no request is open: the right may hang on its tags
  CHECK(level("CreateTags") == Level::fail);                  // a machine is there
}

TEST_CASE("examine: a server that ignores DryRun is never asked to launch") {
  Ec2World world;
  world.fake.set_options([](test::FakeEc2Options& options) { options.ignores_dry_run = true; });
  const auto findings = examine(world, world.request(1));
  CHECK(finding(findings, "rights", "cloud 'aws'").level == Level::warn);
  CHECK(world.fake.count_calls("RunInstances") == 0);
  CHECK(world.fake.count_calls("TerminateInstances") == 0);
  CHECK(world.fake.instances().empty());
}

TEST_CASE("examine: what a pool names and is not there fails, by name") {
  Ec2World world;
  auto request = world.request(1);
  request.types = {"c5.large", "x99.huge"};
  request.options["key"] = {"missing-key"};
  const auto findings = examine(world, request);
  CHECK(finding(findings, "key", "pool 'small'").level == Level::fail);
  CHECK(finding(findings, "types", "pool 'small'").text.find("x99.huge") != std::string::npos);
  request.image = "ami-0missing";
  const auto image = finding(examine(world, request), "image", "pool 'small'");
  CHECK(image.level == Level::fail);
  CHECK(image.exit == core::ExitCode::cloud);
}

TEST_CASE("examine: a refused launch is exit 7; a refused end proves nothing while no machine has tide's tags") {
  Ec2World world;
  world.fake.fail({.times = 9, .action = "RunInstances", .code = "UnauthorizedOperation", .status = 403});
  world.fake.fail({.times = 9, .action = "TerminateInstances", .code = "UnauthorizedOperation", .status = 403});
  const auto before = examine(world, world.request(1));
  CHECK(finding(before, "rights", "pool 'small'").exit == core::ExitCode::not_allowed);
  CHECK(finding(before, "rights", "cloud 'aws'").level == Level::warn);
  CHECK(core::exit_code(before) == core::ExitCode::not_allowed);
  world.fake.add_running(1, {{core::tag::k_cluster, "physics"}});
  CHECK(finding(examine(world, world.request(1)), "rights", "cloud 'aws'").exit == core::ExitCode::not_allowed);
}

TEST_CASE("examine: keys that are wrong are told once, and nothing more is asked") {
  Ec2World world("another secret");
  const auto findings = examine(world, world.request(1));
  CHECK(core::exit_code(findings) == core::ExitCode::not_allowed);
  CHECK(finding(findings, "rights", "cloud 'aws'").level == Level::fail);
  CHECK(world.fake.count_calls("RunInstances") == 0);
}

TEST_SUITE_END();

TEST_CASE("examine: volumes that outlived their machines are told with what to do, and left") {
  Ec2World world;
  world.fake.set_options([](test::FakeEc2Options& options) { options.keeps_volumes = true; });
  const auto none = finding(examine(world, world.request(1)), "leftovers", "cloud 'aws'");
  CHECK(none.level == Level::ok);
  const auto launched = world.cloud.launch(std::vector{world.request(2)}).front();
  REQUIRE(launched);
  CHECK(finding(examine(world, world.request(1)), "leftovers", "cloud 'aws'").level == Level::ok);
  std::vector<core::InstanceId> ids;
  for (const core::Instance& one : launched->instances) ids.push_back(one.id);
  world.cloud.terminate(ids);
  for (int i = 0; i < 4; ++i) REQUIRE(world.cloud.list("physics"));
  const auto left = finding(examine(world, world.request(1)), "leftovers", "cloud 'aws'");
  CHECK(left.level == Level::warn);
  CHECK(left.text.starts_with("2 volumes of this cluster have no machine: vol-"));
  CHECK(left.hint.find("aws ec2 delete-volume") != std::string::npos);
  world.fake.set_options([](test::FakeEc2Options& options) { options.page_max = 1; });
  CHECK(finding(examine(world, world.request(1)), "leftovers", "cloud 'aws'").text.starts_with("2 volumes"));
}

TEST_CASE("volumes: a reply that is none is no empty list") {
  CHECK_FALSE(cloud::ec2::parse_volumes("<DescribeVolumesResponse><other/></DescribeVolumesResponse>"));
  CHECK_FALSE(cloud::ec2::parse_volumes(
      "<DescribeVolumesResponse><volumeSet><item><size>1</size></item></volumeSet></DescribeVolumesResponse>"));
  const auto page = cloud::ec2::parse_volumes(
      "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><size>8</size><status>available</status>"
      "</item><item><volumeId>vol-2</volumeId><size>8</size><status>in-use</status></item></volumeSet>"
      "<nextToken>x</nextToken></DescribeVolumesResponse>");
  REQUIRE(page);
  CHECK(page->volumes == std::vector<std::string>{"vol-1 (8 GiB)"});
  CHECK(page->next_token == "x");
}
