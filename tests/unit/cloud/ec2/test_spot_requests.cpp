#include "support_ec2.hpp"

#include <tide/cloud/ec2/launch_call.hpp>
#include <tide/cloud/ec2/spot_requests.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::ec2;
using core::InstanceState;
using test::Ec2World;

TEST_SUITE_BEGIN("cloud/ec2/spot_requests");

namespace {

core::LaunchRequest asked(const Ec2World& world) {
  auto request = world.request(1);
  request.market = core::Market::spot;
  request.max_price = "0.05";
  request.options = {{"spot", {"request"}}, {"key", {"ssh"}}, {"security_groups", {"sg-1"}}, {"disk", {"20GiB"}}};
  request.zone = "subnet-1";
  request.valid_until = parse_time("2026-11-25T12:15:00Z").value();
  return request;
}

SpotRequest with(const std::string& state, const std::string& code) {
  SpotRequest request;
  request.id = "sir-1";
  request.state = state;
  request.code = code;
  request.message = "why it is so";
  return request;
}

}  // namespace

TEST_CASE("spot_request_call: one machine, its cap, its end, and the tags on the request") {
  const auto call = spot_request_call(asked(Ec2World()), "/dev/xvda").value();
  CHECK(call.action == "RequestSpotInstances");
  const std::map<std::string, std::string> map(call.parameters.begin(), call.parameters.end());
  CHECK(map.at("Type") == "one-time");
  CHECK(map.at("InstanceCount") == "1");
  CHECK(map.at("ClientToken") == "0123456789abcdef0123456789abcdef");
  CHECK(map.at("SpotPrice") == "0.05");
  CHECK(map.at("ValidUntil") == "2026-11-25T12:15:00Z");
  CHECK(map.at("LaunchSpecification.ImageId") == "ami-0abc");
  CHECK(map.at("LaunchSpecification.InstanceType") == "c5.large");
  CHECK(map.at("LaunchSpecification.KeyName") == "ssh");
  CHECK(map.at("LaunchSpecification.SubnetId") == "subnet-1");
  CHECK(map.at("LaunchSpecification.SecurityGroupId.1") == "sg-1");
  CHECK(map.at("LaunchSpecification.BlockDeviceMapping.1.Ebs.VolumeSize") == "20");
  CHECK(map.contains("LaunchSpecification.UserData"));
  CHECK(map.at("TagSpecification.1.ResourceType") == "spot-instances-request");
  CHECK_FALSE(map.contains("TagSpecification.2.ResourceType"));
}

TEST_CASE("spot_request_call: several machines would all take the first name: refused") {
  auto request = asked(Ec2World());
  request.count = 2;
  const auto call = spot_request_call(request, "/dev/xvda");
  REQUIRE_FALSE(call);
  CHECK(call.error().kind == ErrorKind::bad_request);
}

TEST_CASE("spot requests: moto's recording is read, its words 'None' are nothing") {
  const auto page =
      parse_spot_requests_of(test::recording("DescribeSpotInstanceRequests.xml"), "DescribeSpotInstanceRequests");
  REQUIRE(page);
  REQUIRE(page->rows.size() == 2);
  CHECK(page->rows[0].state == "active");
  CHECK(page->rows[0].code == "fulfilled");
  CHECK(page->rows[0].machine.starts_with("i-"));
  CHECK(page->rows[0].type == "c5.large");
  CHECK(has_machine(page->rows[0]));
}

TEST_CASE("spot requests: one without an ID, a state or a time makes the page unreadable") {
  const std::string whole = test::recording("DescribeSpotInstanceRequests.xml");
  for (const char* field : {"spotInstanceRequestId", "state", "createTime"}) {
    CAPTURE(field);
    std::string cut = whole;
    const std::string open = std::string("<") + field + ">";
    const std::size_t begin = cut.find(open) + open.size();
    cut.erase(begin, cut.find("</", begin) - begin);
    const auto page = parse_spot_requests_of(cut, "DescribeSpotInstanceRequests");
    REQUIRE_FALSE(page);
    CHECK(page.error().kind == ErrorKind::protocol);
  }
  CHECK_FALSE(parse_spot_requests_of("<html/>", "DescribeSpotInstanceRequests"));
}

TEST_CASE("spot requests: what one waits for is a failure of that kind, in the server's words") {
  struct Row {
    const char* state;
    const char* code;
    InstanceState as;
    ErrorKind kind;
  };
  constexpr Row k_rows[]{
      {"open", "pending-evaluation", InstanceState::pending, ErrorKind::unknown},
      {"open", "pending-fulfillment", InstanceState::pending, ErrorKind::unknown},
      {"active", "fulfilled", InstanceState::pending, ErrorKind::unknown},
      {"open", "capacity-not-available", InstanceState::failed, ErrorKind::capacity},
      {"open", "price-too-low", InstanceState::failed, ErrorKind::capacity},
      {"open", "constraint-not-fulfillable", InstanceState::failed, ErrorKind::bad_request},
      {"cancelled", "schedule-expired", InstanceState::gone, ErrorKind::capacity},
      {"cancelled", "canceled-before-fulfillment", InstanceState::gone, ErrorKind::capacity},
      {"closed", "system-error", InstanceState::gone, ErrorKind::capacity},
      {"closed", "instance-terminated-no-capacity", InstanceState::gone, ErrorKind::capacity},
      {"closed", "instance-terminated-by-user", InstanceState::gone, ErrorKind::unknown},
      {"failed", "bad-parameters", InstanceState::gone, ErrorKind::bad_request},
      {"disabled", "", InstanceState::unknown, ErrorKind::unknown},
  };
  for (const Row& row : k_rows) {
    CAPTURE(row.code);
    const core::Instance instance = waiting_instance(with(row.state, row.code));
    CHECK(instance.state == row.as);
    CHECK(instance.fault_kind == row.kind);
    CHECK(is_request(instance));
    const bool told = row.as == InstanceState::failed || row.as == InstanceState::gone;
    CHECK(instance.fault == (told ? std::string("spot request: ") + row.code + ": why it is so" : ""));
  }
}

TEST_CASE("spot requests: a machine is there while the request is active, or was called off too late") {
  auto request = with("active", "fulfilled");
  CHECK_FALSE(has_machine(request));
  request.machine = "i-1";
  CHECK(has_machine(request));
  request.state = "cancelled";
  request.code = "request-canceled-and-instance-running";
  CHECK(has_machine(request));
  request.code = "canceled-before-fulfillment";
  CHECK_FALSE(has_machine(request));
  request.state = "closed";
  CHECK_FALSE(has_machine(request));
}

TEST_CASE("spot requests: a machine is tagged with tide's own tags of its request, and with whose it is") {
  auto request = with("active", "fulfilled");
  request.tags = {{"tide:pool", "small"}, {"CostCentre", "physics"}};
  CHECK(machine_tags(request) == std::map<std::string, std::string>{{"tide:pool", "small"}, {"tide:request", "sir-1"}});
}
