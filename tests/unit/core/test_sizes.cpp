#include <tide/core/sizes.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::test;
TEST_SUITE_BEGIN("core/sizes");

namespace {

core::InstanceType type(const std::string& name, int slots, std::int64_t memory, core::Gpus gpus = {}) {
  return {.name = name, .slots = slots, .memory_mib = memory, .gpus = std::move(gpus)};
}

// Pool "small" leaves its size to the cloud, which was asked in this pass.
Snapshot open_pool(std::vector<core::InstanceType> told = {type("t1", 4, 8192), type("t2", 8, 16384)}) {
  auto world = snapshot().set([](core::Settings& s) {
    core::Pool& pool = s.pools.at({"small"});
    pool.slots = 0, pool.memory_mib = 0, pool.types = {"t1", "t2"};
  });
  world.now.clouds.at({"aws"}).tells_types = true;
  if (!told.empty()) world.now.types.insert_or_assign({"aws"}, std::move(told));
  return world;
}

const core::Pool& small(core::Sized& sized) { return sized.settings.pools.at({"small"}); }

core::Sized sized(Snapshot& world) {
  core::Memory memory = world.build().memory;
  core::remember_types(memory, world.settings, world.build());
  return core::with_sizes(world.settings, world.build(), memory);
}

std::string declined_text(const core::Plan& plan) {
  std::string text;
  for (const auto& verdict : plan.shapes) {
    for (const auto& reason : verdict.reasons) {
      text += reason.text;
      for (const auto& fact : reason.facts) text += " " + fact.name + ": " + fact.value;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("memory: the type's less 5%, 512 MiB at least") {
  CHECK(core::offered_memory(4096) == 3584);
  CHECK(core::offered_memory(8192) == 7680);
  CHECK(core::offered_memory(16384) == 15565);
  CHECK(core::offered_memory(131072) == 124519);
  CHECK(core::offered_memory(256) == 0);
}

TEST_CASE("sizes: the smallest of a pool's types; what is configured stays") {
  auto world = open_pool({type("t1", 4, 16384, {{"a10g", 2}}), type("t2", 8, 8192, {{"a10g", 1}, {"t4", 1}})});
  auto both = sized(world);
  CHECK(small(both).slots == 4);
  CHECK(small(both).memory_mib == 7680);
  CHECK(small(both).gpus == core::Gpus{{"a10g", 1}});
  world.set([](core::Settings& s) { s.pools.at({"small"}).slots = 2; });
  auto slots_set = sized(world);
  CHECK(small(slots_set).slots == 2);
  CHECK(small(slots_set).gpus.empty());
  CHECK(small(slots_set).memory_mib == 7680);
  CHECK_FALSE(slots_set.pools.at({"small"}).slots_told);
  world.set([](core::Settings& s) { s.pools.at({"small"}).memory_mib = 1; });
  CHECK(sized(world).pools.empty());
}

TEST_CASE("sizes: a type that the cloud does not know counts for nothing; none known is told") {
  auto world = open_pool({type("t2", 8, 16384)});
  auto one = sized(world);
  CHECK(small(one).slots == 8);
  world = open_pool({type("x", 8, 16384)});
  CHECK(sized(world).pools.at({"small"}).why == "cloud 'aws' knows none of its types");
}

TEST_CASE("plan: jobs are fitted to what was looked up, which is remembered") {
  auto world = open_pool().waiting(slots(4), 2);
  const auto plan = world.plan();
  REQUIRE(launches(plan).size() == 1);
  CHECK(launches(plan)[0].request.count == 2);
  CHECK(launches(plan)[0].request.slots == 4);
  CHECK(launches(plan)[0].request.memory_mib == 7680);
  CHECK(plan.memory.types.told.at("aws/t2") == core::TypeSize{8, 16384, {}, k_now});
}

TEST_CASE("plan: without a size the pool launches nothing and says why") {
  auto world = open_pool({}).waiting(slots(4));
  CHECK(launches(world.plan()).empty());
  CHECK(declined_text(world.plan()).find("small: what its types offer was not looked up yet") != std::string::npos);
  world.now.types.insert_or_assign({"aws"}, make_error(ErrorKind::retry, "'aws' answers 503"));
  CHECK(declined_text(world.plan()).find("could not be looked up: 'aws' answers 503") != std::string::npos);
}

TEST_CASE("look up: only what is not known; for a month, an unknown type for a day") {
  auto world = open_pool();
  core::Memory memory;
  const core::CloudName aws{"aws"};
  CHECK(core::types_to_look_up(world.settings, memory, aws, k_now) == Lines{"t1", "t2"});
  CHECK(core::types_to_look_up(world.settings, memory, {"other"}, k_now).empty());
  memory.types.told["aws/t1"] = {4, 8192, {}, k_now};
  memory.types.told["aws/t2"] = {0, 0, {}, k_now};
  CHECK(core::types_to_look_up(world.settings, memory, aws, k_now + 23h).empty());
  CHECK(core::types_to_look_up(world.settings, memory, aws, k_now + 24h) == Lines{"t2"});
  CHECK(core::types_to_look_up(world.settings, memory, aws, k_now + 720h) == Lines{"t1", "t2"});
  world.set([](core::Settings& s) { s.pools.at({"small"}).slots = 2, s.pools.at({"small"}).memory_mib = 1000; });
  CHECK(core::types_to_look_up(world.settings, {}, aws, k_now).empty());
}

TEST_CASE("learned: the first node's own size, of that pool and type, from then on") {
  auto world = open_pool().worker("i-1", "n1").idle(5s).node([](core::Node& node) {
    node.slots = 4;
    node.memory_mib = 7000;
  });
  world.row().registered.reset();
  const auto plan = world.plan();
  CHECK(plan.memory.types.learned.at("small/t1") == core::TypeSize{4, 7000, {}, k_now});
  // Smaller than what was offered: learned, no reason to end it.
  CHECK(std::ranges::none_of(plan.workers, [](const auto& one) { return one.phase == core::Phase::unfit; }));
  world.memory() = plan.memory;
  auto after = core::with_sizes(world.settings, world.build(), world.memory());
  CHECK(small(after).memory_mib == 7000);
  CHECK(after.pools.at({"small"}).learned);
}

TEST_CASE("learned: nothing of a pool whose size is configured") {
  auto world = snapshot().worker("i-1", "n1");
  world.now.clouds.at({"aws"}).tells_types = true;
  world.row().registered.reset();
  CHECK(world.plan().memory.types.learned.empty());
}
