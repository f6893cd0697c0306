#include "tests/support/builders.hpp"

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::test;
using core::Waiting;
TEST_SUITE_BEGIN("core/meet_demand");

namespace {

Lines rules(const core::ShapeVerdict& verdict) {
  Lines out;
  for (const auto& reason : verdict.reasons) out.push_back(reason.rule);
  return out;
}
// fits / launching / not counted
std::string verdict(const core::Plan& plan, std::size_t index = 0) {
  REQUIRE(plan.shapes.size() > index);
  const auto& shape = plan.shapes[index];
  return fmt::format("{}/{}/{}", shape.fits, shape.launching, shape.not_counted);
}
core::Shape two_nodes() { return slots(8, 2); }

}  // namespace

TEST_CASE("demand: jobs are packed into machines") {
  const auto plan = snapshot().waiting(slots(1), 9).plan();
  CHECK(actions(plan) == Lines{"launch small x3: demand"});
  CHECK(verdict(plan) == "0/9/0");
  CHECK(launches(plan)[0].request.min_count == 1);
  CHECK(plan.actions[0].reason.text == "9 waiting jobs of 1 slot on 1 node");
}

TEST_CASE("demand: no job, no launch") {  // B-E3, T-D5
  const auto plan = snapshot().plan();
  CHECK(actions(plan).empty());
  CHECK(declined(plan).empty());
}

TEST_CASE("demand: free slots first, on our nodes and on others") {  // B-D15
  const auto plan = snapshot().worker("i-1", "n1").busy("7", 2).stranger("metal").waiting(slots(1), 8).plan();
  CHECK(actions(plan) == Lines{"launch small x1: demand"});
  CHECK(verdict(plan) == "6/2/0");
}

TEST_CASE("demand: what boots and what was intended serves, exactly once") {  // B-E1, B-E2, T-E1, T-P5, T-A13, B-A2
  CHECK(actions(snapshot().machine("i-1", "n1").waiting(slots(4)).plan()).empty());
  CHECK(actions(snapshot().machine("i-1", "n1").instance_missing().waiting(slots(4)).plan()).empty());
  CHECK(actions(snapshot().worker("i-1", "n1").joining().waiting(slots(4)).plan()) == Lines{"release n1: join"});
  CHECK(actions(snapshot().machine("i-1", "n1").waiting(slots(4), 3).plan()) == Lines{"launch small x2: demand"});
  const auto plan = snapshot().open_intent("k1", 2).waiting(slots(4), 3).plan();
  CHECK(actions(plan) == Lines{"launch small x1: demand", "repeat k1: repeat"});
}

TEST_CASE("demand: an open intent of which one machine is listed offers the rest") {
  auto world = snapshot().open_intent("k1", 2).machine("i-1", "demo-small-01").instance([](core::Instance& one) {
    one.tags[core::tag::k_intent] = "k1";
  });
  world.row().intent.value = "k1";
  world.memory().intents.erase({"intent-i-1"});
  const auto plan = world.waiting(slots(4), 3).plan();
  CHECK(has(actions(plan), "launch small x1: demand"));
  CHECK(verdict(plan) == "2/1/0");
}

TEST_CASE("demand: down, held and unclear nodes serve nothing") {  // B-P7, T-P2
  for (auto world : {snapshot().worker("i-1", "n1").silent(1000s), snapshot().worker("i-1", "n1").held("kernel update"),
                     snapshot().stranger("metal").held("kernel update"), snapshot().stranger("metal").silent(60s)}) {
    CHECK(has(actions(world.waiting(slots(4)).plan()), "launch small x1: demand"));
  }
}

TEST_CASE(
    "demand: a node that is silent for less than a boot takes is waited for, and nothing is launched in its stead") {
  auto world = snapshot().worker("i-1", "n1").silent(60s).waiting(slots(4));
  CHECK(actions(world.plan()).empty());
  world.node().down = true;  // given up by the batch system
  CHECK(has(actions(world.plan()), "launch small x1: demand"));
}

TEST_CASE("demand: cancels a drain for idleness before it launches") {  // T-A3, requirement 18
  auto world = snapshot().worker("i-1", "n1").draining().waiting(slots(4), 2);
  CHECK(actions(world.plan()) == Lines{"release n1: demand", "launch small x1: demand"});
}

TEST_CASE("demand: idle nodes before drained ones") {
  auto world = snapshot().worker("i-1", "n1").draining().worker("i-2", "n2").waiting(slots(4));
  CHECK(actions(world.plan()) == Lines{"terminate n1: idle"});
}

TEST_CASE("demand: a drain for a reason, or one that cannot be cancelled, stays") {
  CHECK(has(actions(snapshot().worker("i-1", "n1").draining("failed").waiting(slots(4)).plan()),
            "launch small x1: demand"));
  auto world = snapshot().worker("i-1", "n1").draining().waiting(slots(4));
  world.node([](core::Node& node) { node.hold_is_final = true; });
  CHECK(has(actions(world.plan()), "launch small x1: demand"));
}

TEST_CASE("demand: what is taken as met is told, and launches all the same") {
  auto shape = slots(4);
  shape.assumed = "regexp(\"x\",TARGET.Name)";
  const auto plan = snapshot().waiting(shape).plan();
  CHECK(actions(plan) == Lines{"launch small x1: demand"});
  REQUIRE(plan.shapes.size() == 1);
  CHECK(plan.shapes[0].reasons.front().rule == "assumed");
  CHECK(plan.shapes[0].reasons.front().text.find(shape.assumed) != std::string::npos);
}

TEST_CASE("demand: held, dependent, deferred, limited and bound jobs make none, and say why") {  // T-D12, requirement 3
  for (const auto waiting : {Waiting::held, Waiting::dependent, Waiting::deferred, Waiting::limited,
                             Waiting::queue_closed, Waiting::node_bound, Waiting::failed, Waiting::unknown}) {
    auto world = snapshot().waiting(slots(1));
    world.now.jobs->waiting[0].waiting = waiting;
    const auto plan = world.plan();
    CHECK(actions(plan).empty());
    CHECK(verdict(plan) == "0/0/1");
    CHECK(plan.shapes[0].reasons.size() == 1);
  }
}

TEST_CASE("demand: only the queues of [batch] queues") {
  auto shape = slots(1);
  shape.queue = "cpu";
  auto world = snapshot().waiting(shape).set([](core::Settings& s) { s.queues = {"gpu"}; });
  CHECK(rules(world.plan().shapes[0]) == Lines{"queue"});
  CHECK(actions(world.plan()).empty());
  CHECK(actions(world.set([](core::Settings& s) {
                       s.queues = {"gpu", "cpu"};
                     })
                    .plan()) == Lines{"launch small x1: demand"});
}

TEST_CASE("demand: jobs of a full queue at home burst into the pool of another that they name") {
  auto shape = slots(2);
  shape.queue = "local";
  shape.other_queues = {"cloud"};
  auto world = snapshot().waiting(shape, 2).set([](core::Settings& s) {
    s.queues = {"cloud"};
    s.pools.at({"small"}).queues = {"cloud"};
  });
  const auto plan = world.plan();
  CHECK(actions(plan) == Lines{"launch small x1: demand"});
  CHECK(plan.actions.at(0).reason.text.find("in queue local,cloud") != std::string::npos);
}

TEST_CASE("demand: what no pool can ever serve says why for each pool") {
  const auto plan = snapshot().pool("big", [](core::Pool& pool) { pool.slots = 32; }).waiting(slots(64)).plan();
  CHECK(actions(plan).empty());
  REQUIRE(rules(plan.shapes[0]) == Lines{"no-pool"});
  CHECK(plan.shapes[0].reasons[0].facts ==
        std::vector<core::Fact>{{"big", "64 slots are wanted on one node and it has 32"},
                                {"small", "64 slots are wanted on one node and it has 4"}});
}

TEST_CASE("demand: the cheapest able pool first, whatever its name") {
  auto world = snapshot().pool("big", [](core::Pool& pool) { pool.slots = 16, pool.price_micros = 300'000; });
  CHECK(actions(world.waiting(slots(1), 4).plan()) == Lines{"launch small x1: demand"});
  world.now.jobs->waiting.clear();
  CHECK(actions(world.waiting(slots(1), 16).plan()) ==
        Lines{"launch big x1: demand"});  // one for 0.30, not four for 0.40
}

TEST_CASE("demand: a pool without a price comes last") {
  auto world = snapshot().pool("a-free", [](core::Pool& pool) { pool.price_micros.reset(); });
  CHECK(actions(world.waiting(slots(4)).plan()) == Lines{"launch small x1: demand"});
}

TEST_CASE(
    "demand: what one pool may not launch spills over to the next in the same pass") {  // B-P9, T-P6, requirement 16
  auto world = snapshot().set([](core::Settings& s) { s.pools.at({"small"}).max = 1; }).pool("dear", [](core::Pool& p) {
    p.price_micros = 900'000;
  });
  const auto plan = world.waiting(slots(4), 3).plan();
  CHECK(actions(plan) == Lines{"launch small x1: demand", "launch dear x2: demand"});
  CHECK(verdict(plan) == "0/3/0");
}

TEST_CASE("demand: each shape's rest is told with what bounds it") {
  const auto plan = snapshot().set([](core::Settings& s) { s.scale.max_nodes = 1; }).waiting(slots(4), 3).plan();
  CHECK(verdict(plan) == "0/1/2");
  CHECK(rules(plan.shapes[0]) == Lines{"launch", "max-nodes"});
}

TEST_CASE("multi-node: launched whole, all or none in one call") {
  const auto plan = snapshot().waiting(two_nodes()).plan();
  REQUIRE(actions(plan) == Lines{"launch small x2: demand"});
  CHECK(launches(plan)[0].request.min_count == 2);
}

TEST_CASE("multi-node: whole or not at all, at each cap") {
  CHECK(actions(snapshot().waiting(two_nodes()).set([](core::Settings& s) { s.scale.max_nodes = 1; }).plan()).empty());
  CHECK(actions(snapshot().waiting(two_nodes()).set([](core::Settings& s) { s.pools.at({"small"}).max = 1; }).plan())
            .empty());
  CHECK(
      actions(snapshot().waiting(two_nodes()).set([](core::Settings& s) { s.money.per_hour_micros = 199'999; }).plan())
          .empty());
  CHECK(actions(snapshot()
                    .waiting(two_nodes())
                    .set([](core::Settings& s) { s.pools.at({"small"}).names = "cloud[01-01]"; })
                    .plan())
            .empty());
}

TEST_CASE("multi-node: whole or not at all, where a call makes one machine") {
  const auto world = [](const std::string& names) {
    auto made = snapshot().waiting(two_nodes()).set([&](core::Settings& s) { s.pools.at({"small"}).names = names; });
    made.now.clouds.at({"aws"}).launch_max = 1;
    return made;
  };
  CHECK(actions(world("cloud[01-01]").plan()).empty());
  CHECK(actions(world("cloud[01-02]").plan()) == Lines{"launch small x1: demand", "launch small x1: demand"});
}

TEST_CASE("multi-node: free nodes of its pool count, and are no longer idle") {
  auto world = snapshot().worker("i-1", "n1").idle(900s).waiting(two_nodes());
  CHECK(actions(world.plan()) == Lines{"launch small x1: demand"});
}

TEST_CASE("multi-node: larger than the limit per pass it goes alone") {
  auto world = snapshot()
                   .set([](core::Settings& s) { s.scale.max_launch_per_pass = 3; })
                   .waiting(slots(20, 5))
                   .waiting(slots(4), 2);
  CHECK(actions(world.plan()) == Lines{"launch small x5: demand"});
  std::swap(world.now.jobs->waiting[0], world.now.jobs->waiting[1]);
  const auto plan = world.plan();
  CHECK(actions(plan) == Lines{"launch small x2: demand"});
  CHECK(has(declined(plan), "pool small: launch-limit"));
}

TEST_CASE("multi-node: machines that one job lacks serve the next shape too, as far as they have room") {
  const auto plan = snapshot().waiting(slots(6, 2)).waiting(slots(1), 2).plan();
  CHECK(actions(plan) == Lines{"launch small x2: demand"});
  CHECK(verdict(plan, 1) == "0/2/0");
}

TEST_CASE("multi-node: what is left of its machines serves more such jobs before others are bought for them") {
  const auto plan = snapshot().waiting(slots(2, 2), 10).plan();  // a slot on each of two nodes, where four are
  CHECK(actions(plan) == Lines{"launch small x2: demand", "launch small x2: demand", "launch small x2: demand"});
  CHECK(verdict(plan) == "0/10/0");
}

TEST_CASE("multi-node: the pool that is cheapest for all of them, packed") {
  auto world = snapshot().pool("big", [](core::Pool& pool) { pool.slots = 16, pool.price_micros = 300'000; });
  // Two machines of 0.30 take sixteen such jobs; of 0.10 it takes eight.
  CHECK(actions(world.waiting(slots(2, 2), 16).plan()) == Lines{"launch big x2: demand"});
}

TEST_CASE("multi-node: a job for more machines than there may be costs no time, and is told what bounds it") {
  const auto plan = snapshot().waiting(slots(1'000'000, 1'000'000), 3).plan();
  CHECK(actions(plan).empty());
  CHECK(has(declined(plan), "pool small: max-nodes"));
  const auto many = snapshot()
                        .set([](core::Settings& s) { s.scale.max_nodes = 3000, s.scale.max_launch_per_pass = 0; })
                        .waiting(slots(3001, 3001))
                        .waiting(slots(2999, 2999))
                        .plan();
  CHECK(launches(many).size() == 6);  // by the cloud's 500 a call
  CHECK(has(declined(many), "pool small: max-nodes"));
}

TEST_CASE("minimum: of a pool and of the cluster, cheapest first") {
  auto world = snapshot().pool("dear", [](core::Pool& pool) { pool.price_micros = 900'000, pool.min = 1; });
  world.set([](core::Settings& s) { s.scale.min_nodes = 3; });
  CHECK(actions(world.plan()) == Lines{"launch dear x1: minimum", "launch small x2: minimum"});
  CHECK(actions(world.machine("i-1", "n1").machine("i-2", "n2").plan()) == Lines{"launch dear x1: minimum"});
}

TEST_CASE("minimum: none, no launch") { CHECK(actions(snapshot().plan()).empty()); }  // T-E4

TEST_CASE("demand: unknown jobs launch nothing, not even a minimum") {
  auto world = snapshot().set([](core::Settings& s) { s.pools.at({"small"}).min = 2; });
  world.now.jobs = make_error(ErrorKind::batch, "squeue hangs");
  CHECK(actions(world.plan()).empty());
}

TEST_CASE("meet_demand: a node that has told no size yet is what its pool's machines are") {
  auto world = snapshot()
                   .worker("i-1", "n1")
                   .row([](core::Machine& row) { row.first_seen = Snapshot::before(60s), row.ready.reset(); })
                   .node([](core::Node& n) { n.slots = 0, n.memory_mib = 0, n.starting = true; })
                   .waiting(slots(4), 1);
  CHECK(launches(world.plan()).empty());
  world.node([](core::Node& n) { n.starting = false; });
  CHECK(launches(world.plan()).size() == 1);
}

TEST_CASE("fixed slots: jobs that started after they were read are not bought a machine") {
  auto world = snapshot().worker("i-1", "n1").node([](core::Node& node) {
    node.fixed = {{.slots = 1, .memory_mib = 1'000, .count = 4, .free = 3}};
    node.slots_used = 1;
  });
  world.waiting(slots(1), 4);
  CHECK(launches(world.plan()).empty());
}

TEST_CASE("fixed slots: what a pool's machines are divided into is learned, and bounds what they are bought for") {
  auto world = snapshot().worker("i-1", "n1").node([](core::Node& node) {
    node.fixed = {{.slots = 1, .memory_mib = 1'000, .count = 4, .free = 4}};
  });
  core::Shape wide = slots(1);
  wide.chunks.front().slots_per_task = 2;
  world.waiting(wide, 1);
  const auto plan = world.plan();
  CHECK(launches(plan).empty());
  const core::BootTimes& pool = plan.memory.boots.at({"small"});
  CHECK(pool.fixed.size() == 1);
  CHECK(pool.fixed_since == k_now);
  CHECK(plan.shapes.front().reasons.front().text.find("no pool") != std::string::npos);
  // Without a machine of it the next is tried a day later.
  auto later = snapshot().waiting(wide, 1);
  later.memory().boots[{"small"}] = pool;
  CHECK(launches(later.plan()).empty());
  later.memory().boots.at({"small"}).fixed_since = Snapshot::before(86'400s);
  CHECK(launches(later.plan()).size() == 1);
}

TEST_CASE(
    "gpus: of a node that tells only what is left, jobs that started after they were read are not bought a machine") {
  auto world = snapshot().pool("small", [](core::Pool& pool) { pool.gpus[""] = 2; });
  world.worker("i-1", "n1").node([](core::Node& node) {
    node.slots_used = 2;
    node.gpus[""] = 0;
  });
  core::Shape gpu = slots(1);
  gpu.chunks.front().gpus_per_node[""] = 1;
  world.waiting(gpu, 2);
  CHECK(launches(world.plan()).empty());
}
