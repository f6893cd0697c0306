#include <tide/core/template_digest.hpp>

#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using core::WishKind;
TEST_SUITE_BEGIN("core/wish_drain_all");

namespace {

// Two machines of pool small, an hour old: n1 runs a job, n2 none.
Snapshot pair() { return snapshot().worker("i-1", "n1").busy("7").worker("i-2", "n2"); }

template <typename Tweak>
Snapshot drained_all(Snapshot world, Tweak tweak) {
  world.wish(WishKind::drain_all, {});
  world.memory().wishes.at({"w1"}).made_at = k_wall;
  tweak(world.memory().wishes.at({"w1"}));
  return world;
}
Snapshot drained_all(Snapshot world) {
  return drained_all(std::move(world), [](core::Wish&) {});
}

Snapshot replacing() {
  return drained_all(pair(), [](core::Wish& wish) { wish.replace = true; });
}

// A machine that the wish ordered, ready for jobs.
Snapshot with_replacement(Snapshot world, const std::string& id, const std::string& name) {
  world.worker(id, name);
  world.memory().intents.at({"intent-" + id}).wish = {"w1"};
  return world;
}

}  // namespace

TEST_CASE("drain-all: all are held at once, and end only once empty") {
  CHECK(actions(drained_all(pair()).plan_for_wish()) == Lines{"hold n2: wish", "hold n1: wish"});
}

TEST_CASE("drain-all: what was launched after it was said is not meant") {
  auto world = drained_all(pair(), [](core::Wish& wish) { wish.made_at = k_wall - 7200s; });
  CHECK(actions(world.plan_for_wish()) == Lines{"close-wish w1: wish"});
}

TEST_CASE("drain-all: machines that never joined end at once") {
  CHECK(actions(drained_all(snapshot().machine("i-1", "n1")).plan_for_wish()) == Lines{"terminate n1: wish"});
}

TEST_CASE("drain-all: what a person holds, or 'tide drain' keeps, is told and left; no end comes of it") {
  auto persons = drained_all(snapshot().worker("i-1", "n1").held("disk check by alice"));
  CHECK(actions(persons.plan_for_wish()) == Lines{"close-wish w1: wish"});
  CHECK(has(declined(persons.plan_for_wish()), "n1: persons-hold"));
  auto kept = snapshot().worker("i-1", "n1").held("tide: keep ann: disk");
  kept.memory().holds[{"n1"}] = {
      .node = {"n1"}, .kind = core::HoldKind::keep, .note = "tide: keep ann: disk", .confirmed = true, .pass = 98};
  for (const bool replace : {false, true}) {
    auto world = drained_all(kept, [&](core::Wish& wish) { wish.replace = replace; });
    CHECK(actions(world.plan_for_wish()) == Lines{"close-wish w1: wish"});
    CHECK(has(declined(world.plan_for_wish()), "n1: kept"));
  }
}

TEST_CASE("drain-all: another pool's are not meant") {
  auto world = drained_all(pair(), [](core::Wish& wish) { wish.pool = {"big"}; });
  CHECK(actions(world.plan_for_wish()) == Lines{"close-wish w1: wish"});
}

TEST_CASE("drain-all: nothing on a reading that failed, and the wish stays") {
  auto world = drained_all(pair());
  world.now.jobs = make_error(ErrorKind::unproven, "cut short");
  CHECK(actions(world.plan_for_wish()).empty());
}

TEST_CASE("drain-all: never more held than --max-unavailable, the emptiest first") {
  auto world = drained_all(pair(), [](core::Wish& wish) { wish.unavailable_max = 1; });
  const auto plan = world.plan_for_wish();
  CHECK(actions(plan) == Lines{"hold n2: wish"});
  CHECK(has(declined(plan), "n1: unavailable"));
  auto share = drained_all(pair(), [](core::Wish& wish) { wish.unavailable_max = 50, wish.unavailable_share = true; });
  CHECK(actions(share.plan_for_wish()) == Lines{"hold n2: wish"});
}

TEST_CASE("drain-all: one that is held already counts, and the next waits for it") {
  auto world = snapshot().worker("i-2", "n2").busy("8").worker("i-1", "n1").busy("7").draining("wish", 98, "w1");
  world = drained_all(world, [](core::Wish& wish) { wish.unavailable_max = 1; });
  CHECK(actions(world.plan_for_wish()).empty());
}

TEST_CASE("drain-all --outdated: by the pool's template, not by what differs from machine to machine") {
  auto world = drained_all(pair(), [](core::Wish& wish) { wish.outdated = true; });
  const std::string current = core::template_digest(world.settings, world.settings.pools.at({"small"}));
  world.instance().tags[core::tag::k_template] = current;  // n2's
  CHECK(actions(world.plan_for_wish()) == Lines{"hold n1: wish"});
  world.set([](core::Settings& s) { s.pools.at({"small"}).user_data = "#!/bin/sh\n# new"; });
  CHECK(actions(world.plan_for_wish()) == Lines{"hold n2: wish", "hold n1: wish"});
}

TEST_CASE("drain-all --replace: the first thing is a new machine; nothing is held before it is ready") {
  CHECK(actions(replacing().plan_for_wish()) == Lines{"launch small x1: replace"});
  auto booting = replacing().machine("i-3", "n3");
  booting.memory().intents.at({"intent-i-3"}).wish = {"w1"};
  CHECK_FALSE(has(actions(booting.plan_for_wish()), "hold n2: wish"));
  CHECK_FALSE(has(actions(booting.plan_for_wish()), "launch small x1: replace"));
}

TEST_CASE("drain-all --replace: one that is ready lets one go, and the next is ordered") {
  const auto plan = with_replacement(replacing(), "i-3", "n3").plan_for_wish();
  CHECK(actions(plan) == Lines{"hold n2: wish", "launch small x1: replace"});
  CHECK(plan.memory.machines.at({"i-3"}).replaces.value == "i-2");
}

TEST_CASE("drain-all --replace: a replacement is spent once") {
  auto world = with_replacement(replacing(), "i-3", "n3");
  world.row().replaces = {"i-2"};
  const auto plan = world.plan_for_wish();
  CHECK(has(actions(plan), "hold n2: wish"));  // its hold had failed: it still has its replacement
  CHECK_FALSE(has(actions(plan), "hold n1: wish"));
}

TEST_CASE("drain-all --replace: where max_nodes has no room, nothing is held and it is told") {
  auto world = replacing().set([](core::Settings& s) { s.scale.max_nodes = 2; });
  const auto plan = world.plan_for_wish();
  CHECK(actions(plan).empty());
  CHECK(has(declined(plan), "1 of 1 replacements in pool 'small': max-nodes"));
}

TEST_CASE("drain-all: a pass of cron carries it on; it closes once nothing is left") {
  CHECK(has(actions(drained_all(pair()).plan()), "hold n1: wish"));
  CHECK(actions(drained_all(snapshot()).plan()) == Lines{"close-wish w1: wish"});
}

TEST_SUITE_END();

TEST_CASE("drain-all: what an earlier one held, and no pass has ended yet, this one ends") {
  auto world = drained_all(snapshot().worker("i-1", "n1").draining("wish", 98, "older"));
  world.memory().wishes[{"older"}] = world.memory().wishes.at({"w1"});
  world.memory().wishes.at({"older"}).id = {"older"};
  CHECK(has(actions(world.plan_for_wish()), "terminate n1: wish"));
  // A launch of somebody's does not.
  world.memory().wishes.at({"w1"}).kind = WishKind::launch;
  CHECK_FALSE(has(actions(world.plan_for_wish()), "terminate n1: wish"));
}
