#include "support_ec2.hpp"

#include <tide/cloud/ec2/launch_call.hpp>
#include <tide/cloud/ec2/replies.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::ec2;
using test::Ec2World;

TEST_SUITE_BEGIN("cloud/ec2/fleet");

namespace {

core::LaunchRequest fleet_request(const Ec2World& world) {
  auto request = world.request(1);
  request.types = {"c7i.xlarge"};
  request.zone = "subnet-1";
  request.alternatives = {{"c6i.xlarge", "subnet-1"}, {"c6i.xlarge", "subnet-2"}};
  request.options = {{"fleet", {"true"}}, {"launch_template", {"worker:3"}}};
  request.user_data.clear();
  return request;
}

// With the template "worker", as tests/real/fake_ec2 makes it with the AWS command line.
void make_template(Ec2World& world) {
  core::LaunchRequest request = world.request(1);
  cloud::aws::QueryApi api(Ec2World::options().service,
                           std::make_shared<cloud::aws::FixedCredentials>(Ec2World::credentials("secret/of+the=test")),
                           world, world.clock);
  const cloud::aws::Call call{.action = "CreateLaunchTemplate",
                              .parameters = {{"LaunchTemplateName", "worker"},
                                             {"LaunchTemplateData.ImageId", "ami-0tmpl"},
                                             {"LaunchTemplateData.InstanceType", "c5.large"}}};
  REQUIRE(api.call({&call, 1}).front().body);
}

}  // namespace

TEST_CASE("fleet_call: every choice in order, over the template's version") {
  const auto call = fleet_call(fleet_request(Ec2World())).value();
  CHECK(call.action == "CreateFleet");
  const std::map<std::string, std::string> map(call.parameters.begin(), call.parameters.end());
  CHECK(map.at("Type") == "instant");
  CHECK(map.at("ClientToken") == "0123456789abcdef0123456789abcdef");
  CHECK(map.at("TargetCapacitySpecification.TotalTargetCapacity") == "1");
  CHECK(map.at("OnDemandOptions.AllocationStrategy") == "prioritized");
  CHECK(map.at("LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName") == "worker");
  CHECK(map.at("LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version") == "3");
  CHECK(map.at("LaunchTemplateConfigs.1.Overrides.1.InstanceType") == "c7i.xlarge");
  CHECK(map.at("LaunchTemplateConfigs.1.Overrides.3.SubnetId") == "subnet-2");
  CHECK(map.at("LaunchTemplateConfigs.1.Overrides.3.Priority") == "2");
  CHECK(map.at("TagSpecification.1.ResourceType") == "instance");
  CHECK_FALSE(map.contains("UserData"));
}

TEST_CASE("fleet: what one choice refuses, the next one gives; each refusal has its own class and choice") {
  Ec2World world;
  make_template(world);
  world.fake.refuse("c7i.xlarge@subnet-1", "Unsupported");
  world.fake.refuse("c6i.xlarge@subnet-1", "InsufficientInstanceCapacity");
  const auto reply = world.launch(fleet_request(world));
  REQUIRE(reply);
  REQUIRE(reply->instances.size() == 1);
  CHECK(reply->instances[0].type == "c6i.xlarge");
  CHECK(reply->instances[0].names == std::vector<std::string>{"physics-small-1001"});
  REQUIRE(reply->refused.size() == 2);
  CHECK(reply->refused[0].choice == core::Choice{"c7i.xlarge", "subnet-1"});
  CHECK(reply->refused[0].error.reach == Reach::offer);
  CHECK(reply->refused[1].error.kind == ErrorKind::capacity);
  const auto again = world.launch(fleet_request(world));
  REQUIRE(again);
  CHECK(again->instances[0].id == reply->instances[0].id);
  CHECK(world.cloud.list("physics").value().size() == 1);
}

TEST_CASE("fleet: nothing started is no success, whatever the status says") {
  Ec2World world;
  make_template(world);
  world.fake.set_capacity(0);
  const auto reply = world.launch(fleet_request(world));
  REQUIRE(reply);
  CHECK(reply->instances.empty());
  CHECK(reply->refused.size() == 3);
  world.spoil = [](net::Response& response) {
    response.body = "<CreateFleetResponse><fleetId>f</fleetId><errorSet/><fleetInstanceSet/></CreateFleetResponse>";
  };
  CHECK(world.launch(fleet_request(world)).error().kind == ErrorKind::capacity);
}

TEST_CASE("fleet: a template that is not there is waited for") {
  Ec2World world;
  CHECK(world.launch(fleet_request(world)).error().kind == ErrorKind::eventual);
}

TEST_CASE("parse_create_fleet: moto's recording, and what is no reply") {
  const auto reply = parse_create_fleet(test::recording("CreateFleet-instant.xml")).value();
  CHECK(reply.instances == std::vector<FleetInstance>{{"i-904315590cbb8a002", "c5.xlarge", ""}});
  CHECK(reply.errors.empty());
  CHECK_FALSE(parse_create_fleet("<html/>"));
  CHECK_FALSE(parse_create_fleet("<CreateFleetResponse><fleetInstanceSet>"));
}

TEST_CASE("launch template: ours wins over it, and what we do not say is its own") {
  Ec2World world;
  make_template(world);
  auto request = world.request(1);
  request.options["launch_template"] = {"worker"};
  request.image.clear();
  request.types.clear();
  REQUIRE(world.launch(request));
  CHECK(world.fake.instances().front().image == "ami-0tmpl");
  CHECK(world.fake.instances().front().type == "c5.large");
  CHECK(world.fake.last_parameters("RunInstances").at("LaunchTemplate.Version") == "$Default");
  auto other = world.request(1, "another-token");
  other.options["launch_template"] = {"worker"};
  REQUIRE(world.launch(other));
  CHECK(world.fake.instances().back().image == "ami-0abc");
}

TEST_CASE("parse_template: a name or an ID, with a version or EC2's own default") {
  CHECK(parse_template("worker").value() == Template{"", "worker", "$Default"});
  CHECK(parse_template("lt-0abc:7").value() == Template{"lt-0abc", "", "7"});
  CHECK(parse_template("worker:$Latest").value().version == "$Latest");
  for (const char* bad : {"", ":", "worker:", "worker:new", ":3"}) CHECK_FALSE(parse_template(bad));
}
