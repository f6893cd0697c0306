#include "support_ec2.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using core::InstanceId;
using core::InstanceState;
using test::Ec2World;
using test::FakeFault;

TEST_SUITE_BEGIN("cloud/ec2 stopped");

namespace {

std::vector<InstanceId> launched(Ec2World& world, int count) {
  std::vector<InstanceId> ids;
  const auto reply = world.launch(world.request(count));
  for (const core::Instance& each : reply->instances) ids.push_back(each.id);
  return ids;
}

InstanceState state_of(Ec2World& world, const InstanceId& id) {
  const auto listed = world.cloud.list("physics").value();
  return std::ranges::find(listed, id, &core::Instance::id)->state;
}

core::LaunchRequest start_of(std::vector<InstanceId> ids) {
  core::LaunchRequest request{.intent = {"00000000000000000000000000000001"}, .cloud = {"aws"}, .pool = {"small"}};
  request.count = static_cast<int>(ids.size());
  request.restart = std::move(ids);
  return request;
}

}  // namespace

TEST_CASE("Ec2Cloud: machines stop, are listed so, and are started again by one call, as often as it is made") {
  Ec2World world;
  const auto ids = launched(world, 2);
  for (const auto& stopped : world.cloud.stop(ids)) {
    INFO((stopped ? "" : stopped.error().message));
    REQUIRE(stopped);
  }
  CHECK(world.fake.count_calls("StopInstances") == 1);
  CHECK(state_of(world, ids[0]) == InstanceState::stopping);  // and cannot be started yet
  for (const auto& again : world.cloud.stop(ids)) CHECK(again);
  for (int i = 0; i < 3; ++i) state_of(world, ids[0]);
  CHECK(state_of(world, ids[0]) == InstanceState::stopped);
  const auto started = world.launch(start_of(ids));
  REQUIRE(started);
  CHECK(started->instances.size() == 2);
  CHECK(started->instances[0].state == InstanceState::pending);
  CHECK(world.launch(start_of(ids)));
  CHECK(world.fake.count_calls("RunInstances") == 1);
  CHECK(state_of(world, ids[0]) != InstanceState::stopped);
  CHECK(world.fake.live().size() == 2);
}

TEST_CASE("Ec2Cloud: a machine that cannot be stopped is told, and the others of its batch stop") {
  Ec2World world;
  auto ids = launched(world, 2);
  core::LaunchRequest spot = world.request(1, "00000000000000000000000000000002");
  spot.market = core::Market::spot;
  ids.push_back(world.launch(spot)->instances.front().id);
  const auto results = world.cloud.stop(ids);
  CHECK(results[0]);
  CHECK(results[1]);
  REQUIRE_FALSE(results[2]);
  CHECK_FALSE(cloud::may_have_been_done(results[2].error().kind));
}

TEST_CASE("Ec2Cloud: a start without capacity, of what is gone, or while it still stops is an error of its class") {
  Ec2World world;
  const auto ids = launched(world, 1);
  world.cloud.stop(ids);
  const auto early = world.launch(start_of(ids));
  REQUIRE_FALSE(early);
  CHECK_FALSE(cloud::may_have_been_done(early.error().kind));
  for (int i = 0; i < 3; ++i) state_of(world, ids[0]);
  world.fake.refuse("c5.large", "InsufficientInstanceCapacity");
  const auto full = world.launch(start_of(ids));
  REQUIRE_FALSE(full);
  CHECK(full.error().kind == ErrorKind::capacity);
  CHECK_FALSE(world.launch(start_of({{"i-0123456789abcdef0"}})));
}

TEST_CASE("Ec2Cloud: a start whose answer names another machine may or may not have been done") {
  Ec2World world;
  const auto ids = launched(world, 1);
  world.cloud.stop(ids);
  for (int i = 0; i < 3; ++i) state_of(world, ids[0]);
  world.spoil = [&](net::Response& response) {
    const std::size_t at = response.body.find(ids[0].value);
    if (at != std::string::npos) response.body.replace(at, ids[0].value.size(), "i-0123456789abcdef0");
  };
  const auto started = world.launch(start_of(ids));
  REQUIRE_FALSE(started);
  CHECK(cloud::may_have_been_done(started.error().kind));
}

TEST_CASE("Ec2Cloud: an answer cut short may or may not have stopped, or started, it") {
  Ec2World world;
  const auto ids = launched(world, 1);
  world.fake.fail({.fault = FakeFault::cut_after, .action = "StopInstances"});
  const auto stopped = world.cloud.stop(ids).front();
  REQUIRE_FALSE(stopped);
  CHECK(cloud::may_have_been_done(stopped.error().kind));
  CHECK(state_of(world, ids[0]) == InstanceState::stopping);
}
