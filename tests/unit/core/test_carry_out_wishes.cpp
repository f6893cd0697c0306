#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using core::WishKind;
TEST_SUITE_BEGIN("core/carry_out_wishes");

namespace {

Snapshot joined() { return snapshot().worker("i-1", "n1"); }
const Lines k_closed{"close-wish w1: wish"};

}  // namespace

TEST_CASE("launch: bound by max_nodes, not by the limit per pass, and told by how many it falls short") {
  auto world =
      snapshot().wish_launch(5).set([](core::Settings& s) { s.scale.max_launch_per_pass = 1, s.scale.max_nodes = 3; });
  const auto plan = world.plan();
  CHECK(actions(plan) == Lines{"launch small x3: wish", "close-wish w1: wish"});
  CHECK(declined(plan) == Lines{"2 of the launch of 5 in pool 'small': max-nodes"});
  CHECK(launches(plan)[0].wish.value == "w1");
}

TEST_CASE("launch: bound by money, and its kind is money") {
  const auto plan = snapshot().wish_launch(2).set([](core::Settings& s) { s.money.per_hour_micros = 150'000; }).plan();
  CHECK(actions(plan) == Lines{"launch small x1: wish", "close-wish w1: wish"});
  CHECK(plan.declined.front().kind == ErrorKind::money);
}

TEST_CASE("launch: what a pass that was killed ordered already is not ordered again") {  // B-C1, B-E10
  auto world = snapshot().open_intent("k1", 2).wish_launch(3);
  world.memory().intents.at({"k1"}).wish = {"w1"};
  CHECK(has(actions(world.plan()), "launch small x1: wish"));
}

TEST_CASE("launch: an unknown pool, an unreadable batch system") {
  CHECK(snapshot().wish_launch(1, "none").plan().declined.front().kind == ErrorKind::not_found);
  auto world = snapshot().wish_launch(1);
  world.now.nodes = make_error(ErrorKind::batch, "scontrol hangs");
  const auto plan = world.plan();
  CHECK(actions(plan) == k_closed);
  CHECK(plan.declined.front().kind == ErrorKind::batch);
}

TEST_CASE("launch: a pass for it launches nothing for others") {
  CHECK(actions(snapshot().wish_launch(1).waiting(slots(4), 3).plan_for_wish()) ==
        Lines{"launch small x1: wish", "close-wish w1: wish"});
}

TEST_CASE("kill-node: holds first, waits for the jobs, then ends") {  // T-D1
  auto world = joined().busy("7").wish(WishKind::kill_node, {"n1"});
  const auto first = world.plan_for_wish();
  REQUIRE(actions(first) == Lines{"hold n1: wish"});
  const auto& row = std::get<core::Hold>(first.actions[0].action).row;
  CHECK_FALSE(row.cancellable);
  CHECK(row.wish.value == "w1");
  world.draining("wish", 98, "w1");
  const auto busy = world.plan_for_wish();
  CHECK(actions(busy).empty());
  CHECK(has(declined(busy), "n1: busy"));
  world.now.jobs->running.clear();
  world.node().slots_used = 0;
  CHECK(actions(world.plan_for_wish()) == Lines{"terminate n1: wish"});
}

TEST_CASE("kill-node: demand does not cancel it") {
  auto world = joined().draining("wish", 98, "w1").wish(WishKind::kill_node, {"n1"}).waiting(slots(4));
  CHECK(actions(world.plan()) == Lines{"launch small x1: demand", "terminate n1: wish"});
}

TEST_CASE("kill-node: a node that drains for idleness is no room for demand any more") {
  auto world = joined().draining("idle", 98).wish(WishKind::kill_node, {"n1"}).waiting(slots(4));
  CHECK(actions(world.plan()) == Lines{"hold n1: wish", "launch small x1: demand"});
}

TEST_CASE("kill-node: a person's release lets the node go for idle_time") {
  auto world =
      joined().wish(WishKind::kill_node, {"n1"}).row([](core::Machine& row) { row.left_alone_until = k_now + 60s; });
  const auto plan = world.plan_for_wish();
  CHECK(actions(plan).empty());
  CHECK(has(declined(plan), "n1: left-alone"));
}

TEST_CASE("kill-node: a drain for another reason becomes the wish's, so that its passes end it") {
  for (const char* older : {"", "w0"}) {
    CAPTURE(older);
    CHECK(actions(joined().draining("failed", 98, older).wish(WishKind::kill_node, {"n1"}).plan_for_wish()) ==
          Lines{"terminate n1: failed"});
  }
}

TEST_CASE("kill-node: not bound by limits per pass or a rebuild") {
  auto world = snapshot().set([](core::Settings& s) { s.scale.max_end_per_pass.percent = 20; });
  world.worker("i-1", "n1")
      .draining("wish", 98, "w1")
      .worker("i-2", "n2")
      .draining("wish", 98, "w1")
      .wish(WishKind::kill_node, {"n1", "n2"});
  world.memory().rebuild = Snapshot::before(60s);
  CHECK(actions(world.plan_for_wish()) == Lines{"terminate n1: wish", "terminate n2: wish"});
}

TEST_CASE("--force: holds, and ends a busy node in the next pass") {
  auto world = joined().busy("7").wish(WishKind::kill_node, {"n1"}, true);
  CHECK(actions(world.plan_for_wish()) == Lines{"hold n1: wish"});
  const auto plan = world.draining("wish", 98, "w1").plan_for_wish();
  REQUIRE(actions(plan) == Lines{"terminate n1: wish"});
  CHECK(std::get<core::Terminate>(plan.actions[0].action).forced);
}

TEST_CASE("terminate: by ID; a machine that never joined ends at once") {
  CHECK(actions(snapshot().machine("i-1", "n1").wish(WishKind::terminate, {"i-1"}).plan_for_wish()) ==
        Lines{"terminate n1: wish"});
  CHECK(actions(joined().wish(WishKind::terminate, {"i-1"}).plan_for_wish()) == Lines{"hold n1: wish"});
  CHECK(actions(joined().wish(WishKind::terminate, {"n1"}).plan_for_wish()) == k_closed);
}

TEST_CASE("terminate: a node whose registration was not believed and that runs a job is waited for") {
  auto world = snapshot().machine("i-1", "n1").wish(WishKind::terminate, {"i-1"});
  auto node = Snapshot::plain_node("n1");
  node.registered_at = k_wall - 90'000s;
  world.nodes().push_back(node);
  world.busy("7");
  CHECK(actions(world.plan_for_wish()).empty());
}

TEST_CASE("terminate: what is missing from the list, contradictory or puzzling wants --force") {
  const auto missing = [](bool force) {
    return joined()
        .worker("i-2", "n2")
        .worker("i-3", "n3")
        .learned()
        .node_missing()
        .wish(WishKind::terminate, {"i-3"}, force);
  };
  CHECK(has(declined(missing(false).plan_for_wish()), "n3: node-missing"));
  CHECK(actions(missing(false).plan_for_wish()) == k_closed);
  CHECK(actions(missing(true).plan_for_wish()) == Lines{"terminate n3: wish"});

  const auto unclear = [](bool force) {
    return joined().machine("i-2", "n1", 7200s).wish(WishKind::terminate, {"i-2"}, force);
  };
  CHECK(actions(unclear(false).plan_for_wish()) == k_closed);
  CHECK(actions(unclear(true).plan_for_wish()) == Lines{"terminate n1: wish"});

  const auto puzzle = [](bool force) {
    return snapshot().stranger("odd", 500s).machine("i-1", "n1", 1000s).wish(WishKind::terminate, {"i-1"}, force);
  };
  CHECK(has(declined(puzzle(false).plan_for_wish()), "n1: unclear-identity"));
  CHECK(actions(puzzle(false).plan_for_wish()) == k_closed);
  CHECK(actions(puzzle(true).plan_for_wish()) == Lines{"terminate n1: wish"});
}

TEST_CASE("unreadable: a batch system ends nothing but by --force; a cloud ends nothing at all") {
  const auto blind = [](bool force) {
    auto world = joined().wish(WishKind::kill_node, {"n1"}, force);
    world.now.nodes = make_error(ErrorKind::batch, "scontrol hangs");
    return world.plan_for_wish();
  };
  CHECK(actions(blind(false)).empty());
  CHECK(blind(false).declined.front().kind == ErrorKind::batch);
  CHECK(actions(blind(true)) == Lines{"terminate n1: wish"});
  CHECK(actions(joined().unreadable("aws").wish(WishKind::kill_node, {"n1"}, true).plan_for_wish()).empty());
}

TEST_CASE("foreign: never, whoever asks") {
  for (const bool force : {false, true}) {
    const auto metal = snapshot().stranger("metal").wish(WishKind::kill_node, {"metal"}, force).plan_for_wish();
    CHECK(actions(metal) == k_closed);
    CHECK(declined(metal) == Lines{"metal: foreign"});
    auto other = joined().wish(WishKind::terminate, {"i-1"}, force).instance([](core::Instance& one) {
      one.tags[core::tag::k_owner] = "head-2";
    });
    CHECK(actions(other.plan_for_wish()) == k_closed);
  }
}

TEST_CASE("a wish is open until its machines are gone and forgotten") {
  auto world = joined().wish(WishKind::kill_node, {"n1"});
  CHECK(actions(world.state(core::InstanceState::stopping).plan_for_wish()).empty());
  CHECK(actions(world.state(core::InstanceState::gone).plan_for_wish()) == Lines{"remove n1: gone"});
  CHECK(actions(snapshot().wish(WishKind::kill_node, {"n1"}).plan_for_wish()) == k_closed);
}

TEST_CASE("a pass for one wish leaves all else as it is") {
  auto world = joined()
                   .idle(3600s)
                   .worker("i-2", "n2")
                   .draining()
                   .worker("i-3", "n3")
                   .joining()
                   .worker("i-4", "n4")
                   .state(core::InstanceState::gone);
  world.machine("i-5", "n5", 5000s).row([](core::Machine& row) { row.failing_since = Snapshot::before(900s); });
  world.open_intent("k1", 1, 3600s).waiting(slots(4, 1), 9).wish(WishKind::kill_node, {"n1"});
  CHECK(actions(world.plan_for_wish()) == Lines{"hold n1: wish"});
}
