#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using core::WishKind;
TEST_SUITE_BEGIN("core/wish_adopt");

namespace {

// A machine of the account that bears no tag of ours, as a person's word has it looked up, and its node.
Snapshot with_stranger(Seconds age = 7200s) {
  auto world = snapshot().stranger("old-3");
  core::Instance instance;
  instance.cloud.value = "aws";
  instance.id.value = "i-9";
  instance.state = core::InstanceState::running;
  instance.type = "t1";
  instance.launched_at = k_wall - age;
  instance.names = {"ip-10-0-0-9.internal"};
  instance.address = "10.0.0.9";
  instance.addresses = {"10.0.0.9"};
  instance.tags = {{"Name", "old-3"}};
  world.now.instances.at({"aws"})->push_back(instance);
  world.nodes().back().address = "10.0.0.9";
  world.nodes().back().registered_at = k_wall - age + 60s;
  return world;
}

core::Instance& stranger_of(Snapshot& world) { return world.now.instances.at({"aws"})->back(); }

Snapshot adopting(Snapshot world, const std::string& target = "i-9") {
  world.wish(WishKind::adopt, {target});
  world.memory().wishes.at({"w1"}).pool = {"small"};
  return world;
}

// "i-9: foreign", and that nothing is done.
std::string refusal(Snapshot world) {
  const auto plan = world.plan_for_wish();
  CHECK(actions(plan) == Lines{"close-wish w1: wish"});
  return declined(plan).empty() ? "" : declined(plan).front();
}

}  // namespace

TEST_CASE("adopt: by ID or by its node's name, with the tags that make it ours") {
  for (const char* target : {"i-9", "old-3"}) {
    CAPTURE(target);
    const auto plan = adopting(with_stranger(), target).plan_for_wish();
    REQUIRE(actions(plan) == Lines{"adopt old-3: wish"});
    CHECK(plan.actions[0].reason.text == "asked for by ann@head");
    const auto& action = std::get<core::Adopt>(plan.actions[0].action);
    CHECK(action.instance.value == "i-9");
    CHECK(action.price_micros == 100'000);
    CHECK(action.tags.set == std::map<std::string, std::string>{{core::tag::k_cluster, "demo"},
                                                                {core::tag::k_owner, "head-1"},
                                                                {core::tag::k_pool, "small"},
                                                                {core::tag::k_names, "old-3"}});
    CHECK(action.tags.remove.empty());
  }
}

TEST_CASE("adopt: what another launch left on it goes") {
  auto world = with_stranger();
  stranger_of(world).tags[core::tag::k_intent] = "long-ago";
  const auto plan = adopting(world).plan_for_wish();
  CHECK(std::get<core::Adopt>(plan.actions[0].action).tags.remove == Lines{core::tag::k_intent});
}

TEST_CASE("adopt: what nobody knows, and a node without a machine") {
  const auto plan = adopting(with_stranger(), "i-8").plan_for_wish();
  REQUIRE(plan.declined.size() == 1);
  CHECK(plan.declined[0].kind == ErrorKind::not_found);
  CHECK(refusal(adopting(with_stranger().stranger("metal"), "metal")) == "metal: no-machine");
  auto elsewhere = adopting(with_stranger());
  elsewhere.memory().wishes.at({"w1"}).pool = {"large"};
  CHECK(refusal(elsewhere) == "i-9: unknown-pool");
}

TEST_CASE("adopt: another cluster's and another head's machines are theirs") {
  auto world = with_stranger();
  stranger_of(world).tags[core::tag::k_cluster] = "chemistry";
  stranger_of(world).tags[core::tag::k_owner] = "head-7";
  CHECK(refusal(adopting(world)) == "i-9: foreign");
  CHECK(alarms(adopting(world).plan_for_wish()).empty());  // a machine that a person named stops no other work
  auto head = with_stranger();
  stranger_of(head).tags[core::tag::k_owner] = "head-7";
  CHECK(refusal(adopting(head)) == "i-9: foreign");
}

TEST_CASE("adopt: only what has joined, for a machine of ours without a node is ended") {
  auto never = with_stranger();
  never.nodes().back().registered_at.reset();
  CHECK(refusal(adopting(never)) == "i-9: not-joined");
  auto before = with_stranger();
  before.nodes().back().registered_at = k_wall - 90'000s;
  CHECK(refusal(adopting(before)) == "i-9: not-joined");
  auto ending = with_stranger();
  stranger_of(ending).state = core::InstanceState::stopping;
  CHECK(refusal(adopting(ending)) == "i-9: not-joined");
}

TEST_CASE("adopt: counted in every cap before it is one of ours") {
  CHECK(refusal(adopting(with_stranger().worker("i-1", "n1").set([](core::Settings& settings) {
          settings.scale.max_nodes = 1;
        }))) == "i-9: max-nodes");
  CHECK(refusal(adopting(with_stranger().worker("i-1", "n1").set([](core::Settings& settings) {
          settings.pools.at({"small"}).max = 1;
        }))) == "i-9: pool-max");
  auto dear = adopting(with_stranger().worker("i-1", "n1").set([](core::Settings& settings) {
    settings.money.per_hour_micros = 150'000;
  }));
  const auto plan = dear.plan_for_wish();
  REQUIRE(plan.declined.size() == 1);
  CHECK(plan.declined[0].reason.rule == "per-hour");
  CHECK(plan.declined[0].kind == ErrorKind::money);
  CHECK(refusal(adopting(with_stranger().worker("i-1", "n1").set([](core::Settings& settings) {
          settings.money.per_day_micros = 150'000;  // two machines at 0.1 for an hour at least
        }))) == "i-9: per-day");
  CHECK(refusal(adopting(with_stranger().worker("i-1", "n1").set([](core::Settings& settings) {
          settings.money.per_month_micros = 150'000;
        }))) == "i-9: per-month");
  auto lost = with_stranger().set([](core::Settings& settings) { settings.money.per_day_micros = 999'000'000; });
  CHECK(actions(adopting(lost).plan_for_wish()) == Lines{"adopt old-3: wish"});
  lost.memory().spend_lost = k_wall;
  CHECK(refusal(adopting(lost)) == "i-9: per-day");
}

TEST_CASE("adopt: nothing on a reading that cannot be relied on; it waits") {
  const auto blind = adopting(with_stranger().unreadable("aws")).plan_for_wish();
  CHECK(actions(blind).empty());
  CHECK(declined(blind) == Lines{"i-9: cloud-unreadable"});
  auto silent = adopting(with_stranger());
  silent.now.jobs = make_error(ErrorKind::batch, "qstat failed");
  CHECK(declined(silent.plan_for_wish()) == Lines{"i-9: batch-unreadable"});
}

TEST_CASE("adopt: once it is tagged the wish is done, it counts, and is in service") {
  auto world = adopting(with_stranger(), "old-3");
  stranger_of(world).tags = {{core::tag::k_cluster, "demo"},
                             {core::tag::k_owner, "head-1"},
                             {core::tag::k_pool, "small"},
                             {core::tag::k_names, "old-3"}};
  core::Machine row{.id = {"i-9"}, .cloud = {"aws"}, .intent = {}, .pool = {"small"}};
  row.node = {"old-3"};
  row.adopted = true;
  row.registered = row.ready = row.adopting = row.first_seen = Snapshot::before(10s);
  world.memory().machines[row.id] = row;
  const auto plan = world.plan_for_wish();
  CHECK(actions(plan) == Lines{"close-wish w1: wish"});
  REQUIRE(find(plan, "i-9") != nullptr);
  CHECK(find(plan, "i-9")->phase == core::Phase::idle);
  CHECK_FALSE(plan.memory.machines.at({"i-9"}).adopting);
  CHECK(alarms(plan).empty());  // no lost store: the row explains it
}

TEST_CASE("adopt: a row whose tags never came is no missing machine of ours") {
  auto world = snapshot().stranger("old-3");
  core::Machine row{.id = {"i-9"}, .cloud = {"aws"}, .intent = {}, .pool = {"small"}};
  row.node = {"old-3"};
  row.registered = row.ready = Snapshot::before(100s);
  row.adopting = Snapshot::before(100s);
  world.memory().machines[row.id] = row;
  auto plan = world.plan();
  CHECK(actions(plan).empty());
  CHECK(find(plan, "old-3")->phase == core::Phase::foreign);
  CHECK(plan.memory.machines.contains({"i-9"}));
  world.memory().machines.at({"i-9"}).adopting = Snapshot::before(300s);
  plan = world.plan();
  CHECK(actions(plan).empty());  // above all no node is taken out
  CHECK_FALSE(plan.memory.machines.contains({"i-9"}));
}
