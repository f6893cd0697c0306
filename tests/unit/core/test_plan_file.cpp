#include <tide/core/plan_file.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/plan_file");

namespace {

core::PlanFile file_of(Snapshot& world) {
  return {.cluster = "demo",
          .head = {"head-1"},
          .by = "alice",
          .made_at = k_wall,
          .expires_at = k_wall + 900s,
          .actions = core::signatures(world.plan())};
}

Result<void> check(Snapshot world, const core::PlanFile& file) {
  return core::check_same(file, world.build(), world.settings, world.plan());
}

Snapshot waiting_world() { return snapshot().waiting(slots(4), 2).worker("i-1", "n1").idle(3600s); }

bool says(const Error& error, const std::string& words) {
  return std::ranges::any_of(error.context,
                             [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("plan file: there and back; what is none is a usage error") {
  auto world = waiting_world();
  const core::PlanFile file = file_of(world);
  CHECK_FALSE(file.actions.empty());
  const auto back = core::plan_file_from_json(core::to_json(file));
  REQUIRE(back);
  CHECK(*back == file);
  for (const char* text : {"", "[]", "{}", "{\"schema\":\"tide.info/1\"}", "{\"schema\":\"tide.plan-file/1\"}",
                           "{\"schema\":\"tide.plan-file/1\",\"cluster\":7}"}) {
    CAPTURE(text);
    const auto bad = core::plan_file_from_json(text);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().kind == ErrorKind::usage);
  }
}

TEST_CASE("plan file: holds no user data, and tells another one apart") {
  auto world = waiting_world();
  world.set([](core::Settings& s) { s.pools.at({"small"}).user_data = "#!/bin/sh\necho planted-marker\n"; });
  const core::PlanFile file = file_of(world);
  CHECK(core::to_json(file).find("planted-marker") == std::string::npos);
  CHECK(check(world, file));
  world.set([](core::Settings& s) { s.pools.at({"small"}).user_data += "echo edited\n"; });
  CHECK_FALSE(check(world, file));
}

TEST_CASE("plan file: the same world is the same plan, a minute later too") {
  auto world = waiting_world();
  const core::PlanFile file = file_of(world);
  CHECK(check(world, file));
  world.now.taken_at += 60s;
  world.now.age = world.now.age + 60s;
  world.memory().passes += 1;
  CHECK(check(world, file));
}

TEST_CASE("plan file: another demand is refused, with what is new and what is no longer") {
  auto world = waiting_world();
  const core::PlanFile file = file_of(world);
  auto other = snapshot().waiting(slots(4), 3).worker("i-1", "n1").idle(3600s);
  const auto checked = check(other, file);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().kind == ErrorKind::refused);
  CHECK(says(checked.error(), "no longer: launch"));
  CHECK(says(checked.error(), "new: launch"));
}

TEST_CASE("plan file: too old, another cluster's or another head's is refused") {
  auto world = waiting_world();
  core::PlanFile file = file_of(world);
  auto late = world;
  late.now.taken_at += 901s;
  const auto expired = check(late, file);
  REQUIRE_FALSE(expired);
  CHECK(expired.error().message == "this plan expired at 2027-01-15T08:15:00Z");
  file.cluster = "other";
  CHECK_FALSE(check(world, file));
  file.cluster = "demo";
  file.head = {"head-2"};
  CHECK_FALSE(check(world, file));
}
