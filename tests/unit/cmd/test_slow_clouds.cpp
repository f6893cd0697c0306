#include "cmd/watch/slow_clouds.hpp"

#include "tests/unit/engine/ports.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("cmd/slow_clouds");

namespace {

std::size_t listings(const test::Stage& stage) {
  return static_cast<std::size_t>(std::ranges::count(stage.journal.lines, "list aws demo"));
}

}  // namespace

TEST_CASE("slow clouds: however often somebody looks, a cloud is asked every 30 s, the batch system each time") {
  test::Stage stage(snapshot().worker("i-1", "n1"));
  cmd::watch::SlowClouds slow(stage.ports());
  for (int look = 0; look < 61; ++look) {
    const auto seen = engine::observe(slow.ports(), stage.settings, false);
    REQUIRE(seen);
    REQUIRE(seen->instances.at({"aws"}));
    CHECK(seen->instances.at({"aws"})->size() == 1);
    CHECK(slow.age_seconds({"aws"}) == look % 30);
    stage.clock().elapsed += std::chrono::seconds(1);
  }
  CHECK(listings(stage) == 3);
  CHECK(std::ranges::count(stage.journal.lines, "nodes") == 61);
}

TEST_CASE("slow clouds: a failure is kept as long, so that a cloud in trouble is not asked more often") {
  test::Stage stage(snapshot().unreadable("aws"));
  cmd::watch::SlowClouds slow(stage.ports());
  for (int look = 0; look < 20; ++look) {
    const auto seen = engine::observe(slow.ports(), stage.settings, false);
    REQUIRE(seen);
    CHECK_FALSE(seen->instances.at({"aws"}));
    stage.clock().elapsed += std::chrono::seconds(1);
  }
  CHECK(listings(stage) == 1);
}

TEST_CASE("slow clouds: who only looks cannot launch or end anything") {
  test::Stage stage(snapshot().worker("i-1", "n1"));
  cmd::watch::SlowClouds slow(stage.ports());
  cloud::Cloud& cloud = *slow.ports().clouds.at({"aws"});
  const std::vector<core::InstanceId> ids{{"i-1"}};
  CHECK_FALSE(cloud.terminate(ids).front());
  const std::vector<core::LaunchRequest> requests(1);
  CHECK_FALSE(cloud.launch(requests).front());
  CHECK(stage.calls().empty());
}
