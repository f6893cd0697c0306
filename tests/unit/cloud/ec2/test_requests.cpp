#include "support_ec2.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using core::InstanceState;
using test::Ec2World;

TEST_SUITE_BEGIN("cloud/ec2/requests");

namespace {

cloud::ec2::Ec2Cloud::Options by_request() {
  auto options = Ec2World::options();
  options.spot_requests = {{"small"}};
  return options;
}

struct Waiting : Ec2World {
  Waiting() : Ec2World("secret/of+the=test", by_request()) {
    fake.set_options([](test::FakeEc2Options& options) { options.looks_until_fulfilled = 1; });
  }

  core::LaunchRequest asked(const std::string& token = "0123456789abcdef0123456789abcdef") const {
    auto wanted = request(1, token);
    wanted.market = core::Market::spot;
    wanted.options = {{"spot", {"request"}}};
    wanted.valid_until = parse_time("2026-11-25T12:15:00Z").value();
    return wanted;
  }
  std::vector<core::Instance> listed() { return cloud.list("physics").value(); }
  std::vector<cloud::UpkeepStep> keep_up() {
    const auto all = listed();
    return cloud.keep_up({.cluster = "physics", .owner = "head-1", .running = all});
  }
};

void is_the_machine(const core::Instance& one, const std::string& request) {
  CHECK(one.id.value.starts_with("i-"));
  CHECK(one.request.value == request);
  CHECK_FALSE(is_request(one));
  CHECK(one.names.front() == "physics-small-1001");
  CHECK(tag_of(one, core::tag::k_intent) == "0123456789abcdef0123456789abcdef");
  CHECK(one.market == core::Market::spot);
}

}  // namespace

TEST_CASE("a spot request: it pends by its own ID, then it is its machine, that has all its tags") {
  Waiting world;
  const auto reply = world.launch(world.asked());
  REQUIRE(reply);
  REQUIRE(reply->instances.size() == 1);
  const core::Instance& asked = reply->instances.front();
  CHECK(is_request(asked));
  CHECK(asked.state == InstanceState::pending);
  CHECK(asked.names == std::vector<std::string>{"physics-small-1001"});
  CHECK(asked.type == "c5.large");

  auto listed = world.listed();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].id == asked.id);
  CHECK(listed[0].names == asked.names);
  CHECK(tag_of(listed[0], core::tag::k_intent) == "0123456789abcdef0123456789abcdef");
  CHECK(world.fake.instances().empty());

  listed = world.listed();
  REQUIRE(listed.size() == 1);
  is_the_machine(listed[0], asked.id.value);
  CHECK(world.fake.instances().front().tags.empty());  // a listing changes nothing
}

TEST_CASE("a spot request: keep_up tags its machine and takes the cluster's tag off the request, once") {
  Waiting world;
  const auto request = world.launch(world.asked())->instances.front().id;
  world.listed();
  const auto steps = world.keep_up();
  REQUIRE(steps.size() == 1);
  CHECK_FALSE(steps[0].error);
  CHECK(steps[0].subject == "physics-small-1001");
  CHECK(world.fake.instances().front().tags.at("tide:request") == request.value);
  CHECK(world.fake.instances().front().tags.at("tide:cluster") == "physics");
  CHECK_FALSE(world.fake.spot_requests().front().tags.contains("tide:cluster"));
  CHECK(world.keep_up().empty());
  is_the_machine(world.listed().front(), request.value);  // by its own tags now
}

TEST_CASE("a spot request: tagging that fails is told, and done by the next pass; the machine is listed all the same") {
  for (const char* action : {"CreateTags", "DeleteTags"}) {
    CAPTURE(action);
    Waiting world;
    const auto request = world.launch(world.asked())->instances.front().id;
    world.listed();
    world.fake.fail({.times = 1, .action = action, .code = "UnauthorizedOperation", .status = 403});
    const auto steps = world.keep_up();
    REQUIRE(steps.size() == 1);
    REQUIRE(steps[0].error);
    CHECK(world.listed().size() == 1);
    REQUIRE(world.keep_up().size() == 1);
    CHECK(world.keep_up().empty());
    is_the_machine(world.listed().front(), request.value);
  }
}

TEST_CASE("a spot request: the same token twice, and an answer that was lost, are one request") {
  Waiting world;
  const auto first = world.launch(world.asked());
  CHECK(world.launch(world.asked())->instances.front().id == first->instances.front().id);
  world.fake.fail({.fault = test::FakeFault::lost_after, .action = "RequestSpotInstances"});
  const std::string token = "00000000000000000000000000000002";
  CHECK_FALSE(world.launch(world.asked(token)));
  CHECK(world.launch(world.asked(token)));
  CHECK(world.fake.spot_requests().size() == 2);
  CHECK(world.listed().size() == 2);
}

TEST_CASE("a spot request: a server that takes no tags with it gets them at once; if that fails, the token tells") {
  Waiting world;
  world.fake.set_options([](test::FakeEc2Options& options) { options.ignores_request_tags = true; });
  world.fake.fail({.fault = test::FakeFault::lost, .action = "CreateTags"});
  const auto lost = world.launch(world.asked());
  REQUIRE_FALSE(lost);
  CHECK(cloud::may_have_been_done(lost.error().kind));
  CHECK(world.listed().empty());
  REQUIRE(world.launch(world.asked()));
  CHECK(world.fake.spot_requests().size() == 1);
  CHECK(world.listed().size() == 1);
}

TEST_CASE("a spot request: what it waits for is told with its kind, and it is not there any more once called off") {
  Waiting world;
  world.fake.refuse("c5.large", "price-too-low");
  const auto id = world.launch(world.asked())->instances.front().id;
  auto listed = world.listed();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].state == InstanceState::failed);
  CHECK(listed[0].fault_kind == ErrorKind::capacity);
  CHECK(listed[0].fault == "spot request: price-too-low: as the test asked");
  REQUIRE(world.cloud.terminate({&id, 1}).front());
  world.fake.refuse("c5.large", "");
  listed = world.listed();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].state == InstanceState::gone);
  CHECK(world.fake.instances().empty());
  REQUIRE(world.cloud.terminate({&id, 1}).front());  // done twice is done once
}

TEST_CASE("a spot request: one that is refused at once started nothing") {
  Waiting world;
  world.fake.refuse("c5.large", "MaxSpotInstanceCountExceeded");
  const auto reply = world.launch(world.asked());
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == ErrorKind::quota);
  CHECK(world.fake.spot_requests().empty());
}

TEST_CASE("a spot request: that ends while its machine comes takes the machine with it") {
  Waiting world;
  const auto id = world.launch(world.asked())->instances.front().id;
  world.listed();
  cloud::ec2::Ec2Cloud other(
      by_request(), std::make_shared<cloud::aws::FixedCredentials>(Ec2World::credentials("secret/of+the=test")), world,
      world.clock);
  REQUIRE(other.list("physics"));  // it comes, and whoever ends the request has not seen it
  REQUIRE(world.fake.live().size() == 1);
  REQUIRE(world.cloud.terminate({&id, 1}).front());
  CHECK(world.fake.live().empty());
  CHECK(world.fake.instances().front().tags.at("tide:request") ==
        id.value);  // so that it is known though the end was lost
}

TEST_CASE("a spot request: its machine is tagged before it ends, for the right to end it may hang on that") {
  Waiting world;
  REQUIRE(world.launch(world.asked()));
  world.listed();
  const auto machine = world.listed().front().id;
  REQUIRE(world.cloud.terminate({&machine, 1}).front());
  CHECK(world.fake.live().empty());
  CHECK(world.fake.instances().front().tags.at("tide:cluster") == "physics");
  const auto calls = world.fake.calls();
  CHECK(std::ranges::find(calls, "CreateTags") < std::ranges::find(calls, "TerminateInstances"));
}

TEST_CASE("a spot request: machines and requests end in one call, in order") {
  Waiting world;
  const auto first = world.launch(world.asked())->instances.front().id;
  world.fake.add_running(1, {{"tide:cluster", "physics"}});
  const std::vector<core::InstanceId> ids{{"i-0123456789abcdef0"}, first, {world.fake.instances().front().id}};
  const auto results = world.cloud.terminate(ids);
  REQUIRE(results.size() == 3);
  for (const auto& result : results) CHECK(result);
  CHECK(world.fake.live().empty());
  CHECK(world.fake.spot_requests().front().state == "cancelled");
}

TEST_CASE("a spot request: its machine is disowned though it still goes by the request's tags") {
  Waiting world;
  REQUIRE(world.launch(world.asked()));
  world.listed();
  const auto machine = world.listed().front().id;
  REQUIRE(world.cloud.retag(machine, {.set = {}, .remove = {core::tag::k_cluster}}));
  CHECK(world.listed().empty());
  CHECK(world.fake.live().size() == 1);
}

TEST_CASE("a spot request: a request that nobody's pool makes any more is shown once memory says that there are some") {
  Waiting world;
  REQUIRE(world.launch(world.asked()));
  cloud::ec2::Ec2Cloud other(
      Ec2World::options(), std::make_shared<cloud::aws::FixedCredentials>(Ec2World::credentials("secret/of+the=test")),
      world, world.clock);
  CHECK(other.list("physics")->empty());
  other.look_for_requests();
  CHECK(other.list("physics")->size() == 1);
}

TEST_CASE("a spot request: a listing of requests that cannot be read makes the cloud unreadable") {
  Waiting world;
  REQUIRE(world.launch(world.asked()));
  world.fake.fail({.times = 1, .action = "DescribeSpotInstanceRequests", .code = "InternalError", .status = 500});
  CHECK_FALSE(world.cloud.list("physics"));
}

TEST_CASE("a spot request: it has no console") {
  Waiting world;
  CHECK(world.cloud.console({"sir-1"}).value().empty());
  CHECK(world.fake.calls().empty());
}

TEST_CASE("a spot request: one that expired, or whose machine ended before it was seen, is gone and says why") {
  Waiting world;
  auto wanted = world.asked();
  wanted.valid_until = parse_time("2026-11-25T11:59:00Z").value();
  REQUIRE(world.launch(wanted));
  auto listed = world.listed();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].state == InstanceState::gone);
  CHECK(listed[0].fault.find("schedule-expired") != std::string::npos);
  CHECK(listed[0].fault_kind == ErrorKind::capacity);
}

TEST_CASE("a cloud none of whose pools makes spot requests is not asked for them") {
  Ec2World world;
  REQUIRE(world.cloud.list("physics"));
  CHECK(world.fake.calls() == std::vector<std::string>{"DescribeInstances"});
}
