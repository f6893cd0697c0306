#include "support_ec2.hpp"

#include <tide/cloud/ec2/reservations.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::ec2;
using Rows = std::vector<core::TypeCount>;
using test::Ec2World;

TEST_SUITE_BEGIN("cloud/ec2/reservations");

namespace {

std::string reply_of(const std::string& items) {
  return "<DescribeReservedInstancesResponse><reservedInstancesSet>" + items +
         "</reservedInstancesSet></DescribeReservedInstancesResponse>";
}

}  // namespace

TEST_CASE(
    "reservations: of the region or of a zone, added up; of another system or a host of its own not ours to use") {
  Ec2World world;
  world.fake.reserve({.type = "c5.large", .zone = "", .count = 2});
  world.fake.reserve({.type = "c5.large", .zone = "", .count = 1, .product = "Linux/UNIX (Amazon VPC)"});
  world.fake.reserve({.type = "c5.large", .zone = "eu-central-1b", .count = 4});
  world.fake.reserve({.type = "c6i.xlarge", .zone = "", .count = 8, .product = "Windows"});
  world.fake.reserve({.type = "c6i.xlarge", .zone = "", .count = 8, .product = "Linux/UNIX", .state = "retired"});
  const auto read = world.cloud.reservations("physics");
  REQUIRE(read);
  CHECK(read->reserved == Rows{{"c5.large", "", 3}, {"c5.large", "eu-central-1b", 4}});
  CHECK(read->others.empty());
  const auto dedicated = parse_reserved_instances(reply_of(
      "<item><instanceType>c5.large</instanceType><instanceCount>1</instanceCount><state>active</state>"
      "<productDescription>Linux/UNIX</productDescription><instanceTenancy>dedicated</instanceTenancy></item>"));
  CHECK(dedicated->empty());
}

TEST_CASE("reservations: who else runs on demand is counted, by type and zone; ours and spot machines are not") {
  Ec2World world;
  world.fake.reserve({.type = "c5.large", .zone = "", .count = 2});
  world.fake.add_running(2, {{"tide:cluster", "physics"}});
  world.fake.add_running(3, {{"tide:cluster", "other"}});
  world.fake.add_running(1, {});
  world.fake.add_running(1, {{"Name", "spot"}});
  const std::string spot = world.fake.instances().back().id;
  world.fake.change(spot, [](test::FakeInstance& one) { one.spot = true; });
  CHECK(world.cloud.reservations("physics")->others == Rows{{"c5.large", "eu-central-1a", 4}});
}

TEST_CASE("reservations: the zones of the pools' subnets are asked for where a reservation is of one zone") {
  auto options = Ec2World::options();
  options.subnets = {"subnet-1", "subnet-2"};
  Ec2World world("secret/of+the=test", options);
  world.fake.reserve({.type = "c5.large", .zone = "", .count = 2});
  CHECK(world.cloud.reservations("physics")->zones.empty());
  CHECK(world.fake.count_calls("DescribeSubnets") == 0);
  world.fake.reserve({.type = "c5.large", .zone = "eu-central-1a", .count = 2});
  CHECK(world.cloud.reservations("physics")->zones ==
        std::map<std::string, std::string>{{"subnet-1", "eu-central-1a"}, {"subnet-2", "eu-central-1a"}});
  CHECK_FALSE(parse_subnet_zones("<DescribeSubnetsResponse/>"));
}

TEST_CASE("reservations: where nothing is reserved the account is not listed") {
  Ec2World world;
  CHECK(world.cloud.reservations("physics") == Result<core::Reservations>(core::Reservations{}));
  CHECK(world.fake.calls() == std::vector<std::string>{"DescribeReservedInstances"});
}

TEST_CASE("reservations: a reply that cannot be read is no empty one") {
  CHECK_FALSE(parse_reserved_instances("<DescribeReservedInstancesResponse/>"));
  CHECK_FALSE(parse_reserved_instances("<html/>"));
  CHECK_FALSE(parse_reserved_instances(reply_of("<item><instanceType>c5.large</instanceType></item>")));
  Ec2World world;
  world.fake.reserve({.type = "c5.large", .zone = "", .count = 2});
  world.fake.fail({.times = 1, .action = "DescribeInstances", .code = "UnauthorizedOperation", .status = 403});
  const auto denied = world.cloud.reservations("physics");
  REQUIRE_FALSE(denied);
  CHECK(denied.error().kind == ErrorKind::auth);
}
