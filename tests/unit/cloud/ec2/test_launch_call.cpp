#include "support_ec2.hpp"

#include <tide/cloud/ec2/launch_call.hpp>
#include <tide/util/digest.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::ec2;

TEST_SUITE_BEGIN("cloud/ec2/launch_call");

namespace {

using Map = std::map<std::string, std::string>;

core::LaunchRequest request(int count = 2) { return test::Ec2World().request(count); }

Map sent(const core::LaunchRequest& wanted, const std::string& device = "") {
  const auto call = launch_call(wanted, device);
  REQUIRE(call);
  CHECK(call->action == "RunInstances");
  Map map(call->parameters.begin(), call->parameters.end());
  CHECK(map.size() == call->parameters.size());
  return map;
}

}  // namespace

TEST_CASE("launch_call: the token, the counts, the guards of design section 6") {
  auto wanted = request();
  const Map map = sent(wanted);
  CHECK(map.at("ClientToken") == "0123456789abcdef0123456789abcdef");
  CHECK(map.at("MinCount") == "1");
  CHECK(map.at("MaxCount") == "2");
  CHECK(map.at("ImageId") == "ami-0abc");
  CHECK(map.at("InstanceType") == "c5.large");
  CHECK(map.at("MetadataOptions.HttpTokens") == "required");
  CHECK(map.at("MetadataOptions.HttpPutResponseHopLimit") == "1");
  CHECK(map.at("MetadataOptions.InstanceMetadataTags") == "enabled");
  CHECK(map.at("InstanceInitiatedShutdownBehavior") == "terminate");
  CHECK(base64_decode(map.at("UserData")) == wanted.user_data);
  for (const char* absent :
       {"KeyName", "SubnetId", "Placement.AvailabilityZone", "IamInstanceProfile.Name", "IamInstanceProfile.Arn",
        "InstanceMarketOptions.MarketType", "SecurityGroupId.1", "BlockDeviceMapping.1.DeviceName"}) {
    CAPTURE(absent);
    CHECK_FALSE(map.contains(absent));
  }
  CHECK(sent(wanted) == map);
}

TEST_CASE("launch_call: placement group and capacity reservation") {
  auto wanted = request();
  wanted.options = {{"placement_group", {"mpi"}}, {"capacity_reservation", {"none"}}};
  Map map = sent(wanted);
  CHECK(map.at("Placement.GroupName") == "mpi");
  CHECK(map.at("CapacityReservationSpecification.CapacityReservationPreference") == "none");
  wanted.options["capacity_reservation"] = {"cr-0abc"};
  map = sent(wanted);
  CHECK(map.at("CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId") == "cr-0abc");
}

TEST_CASE("launch_call: tags and names go along, on the disks too") {
  const Map map = sent(request(40));
  CHECK(map.at("TagSpecification.1.ResourceType") == "instance");
  CHECK(map.at("TagSpecification.2.ResourceType") == "volume");
  Map tags;
  for (int i = 1; i <= 6; ++i) {
    const std::string tag = "TagSpecification.1.Tag." + std::to_string(i) + ".";
    tags[map.at(tag + "Key")] = map.at(tag + "Value");
  }
  CHECK(tags.at("tide:names") == "physics-small-[1001-1040]");
  CHECK(tags.at("tide:cluster") == "physics");
  CHECK(tags.at("tide:owner") == "head-1");
  CHECK(tags.at("tide:intent") == "0123456789abcdef0123456789abcdef");
}

TEST_CASE("launch_call: without names (names = \"dns\") there is no such tag") {
  auto wanted = request();
  wanted.names.clear();
  for (const auto& [name, value] : sent(wanted)) CHECK(value != "tide:names");
}

TEST_CASE("launch_call: the pool's own keys") {
  auto wanted = request();
  wanted.options = {{"key", {"ssh"}},
                    {"subnets", {"subnet-1", "subnet-2"}},
                    {"security_groups", {"sg-1", "byname"}},
                    {"disk", {"20500MiB"}},
                    {"instance_profile", {"worker"}}};
  Map map = sent(wanted, "/dev/xvda");
  CHECK(map.at("KeyName") == "ssh");
  CHECK(map.at("SubnetId") == "subnet-1");
  CHECK(map.at("SecurityGroupId.1") == "sg-1");
  CHECK(map.at("SecurityGroup.2") == "byname");
  CHECK(map.at("BlockDeviceMapping.1.DeviceName") == "/dev/xvda");
  CHECK(map.at("BlockDeviceMapping.1.Ebs.VolumeSize") == "21");
  CHECK(map.at("BlockDeviceMapping.1.Ebs.DeleteOnTermination") == "true");
  CHECK(map.at("IamInstanceProfile.Name") == "worker");

  wanted.zone = "subnet-2";
  wanted.options["instance_profile"] = {"arn:aws:iam::1:instance-profile/w"};
  map = sent(wanted, "/dev/xvda");
  CHECK(map.at("SubnetId") == "subnet-2");
  CHECK(map.at("IamInstanceProfile.Arn") == "arn:aws:iam::1:instance-profile/w");
  wanted.zone = "eu-central-1b";
  map = sent(wanted, "/dev/xvda");
  CHECK(map.at("Placement.AvailabilityZone") == "eu-central-1b");
  CHECK_FALSE(map.contains("SubnetId"));

  const auto no_device = launch_call(wanted, "");
  REQUIRE_FALSE(no_device);
  CHECK(no_device.error().kind == ErrorKind::bad_request);
}

TEST_CASE("launch_call: spot is one-time, ended by interruption, priced if asked") {
  auto wanted = request();
  wanted.market = core::Market::spot;
  Map map = sent(wanted);
  CHECK(map.at("InstanceMarketOptions.MarketType") == "spot");
  CHECK(map.at("InstanceMarketOptions.SpotOptions.SpotInstanceType") == "one-time");
  CHECK(map.at("InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior") == "terminate");
  CHECK_FALSE(map.contains("InstanceMarketOptions.SpotOptions.MaxPrice"));
  wanted.max_price = "0.05";
  CHECK(sent(wanted).at("InstanceMarketOptions.SpotOptions.MaxPrice") == "0.05");
}

TEST_CASE("launch_call: what EC2 would refuse for its size is refused here") {
  auto exact = request();
  exact.user_data = std::string(16384, 'x');
  CHECK(launch_call(exact, ""));
  exact.user_data += 'x';
  CHECK(launch_call(exact, "").error().kind == ErrorKind::bad_request);

  auto many = request(500);
  CHECK(launch_call(many, ""));
  many = request(501);
  CHECK(launch_call(many, "").error().kind == ErrorKind::bad_request);
  auto none = request(1);
  none.min_count = 2;
  CHECK(launch_call(none, "").error().kind == ErrorKind::bad_request);
  none = request(1);
  none.types.clear();
  CHECK(launch_call(none, "").error().kind == ErrorKind::bad_request);

  auto scattered = request(60);
  for (std::size_t i = 0; i < scattered.names.size(); ++i)
    scattered.names[i] = std::string(i % 7 + 1, 'n') + std::to_string(i * 3) + "-x";
  const auto long_tag = launch_call(scattered, "");
  REQUIRE_FALSE(long_tag);
  CHECK(long_tag.error().message.find("tide:names") != std::string::npos);
}
