#include <tide/sim/story.hpp>

#include <doctest/doctest.h>

#include <algorithm>

// Stories told by hand, each of a promise in design.md sections 1, 3 and 5.
using namespace tide;
using namespace tide::sim;
TEST_SUITE_BEGIN("sim/stories");

namespace {

constexpr Seconds k_minute{60};
constexpr Seconds k_hour{3600};

// `nodes` full machines, each under a job that runs on.
void raise_busy(Story& story, int nodes, Seconds runs_for = 100 * k_hour) {
  for (int i = 0; i < nodes; ++i) story.submit(job_shape(1, 4), runs_for);
  story.run(15 * k_minute);
  REQUIRE(story.world().live() == nodes);
  REQUIRE(std::ranges::count_if(story.batch().all_jobs(), [](const auto& job) { return !job.second.nodes.empty(); }) ==
          nodes);
}

void raise_idle(Story& story, int nodes) {
  raise_busy(story, nodes, 16 * k_minute);
  for (auto& [id, job] : story.batch().all_jobs()) job.ends_at = story.stage().clock.real();
}

void check_clean(Story& story) {
  for (const std::string& violation : story.stage().checker.violations()) MESSAGE(violation);
  CHECK(story.stage().checker.violations().empty());
}

int made(Story& story) {
  int count = 0;
  for (const auto& [name, cloud] : story.world().clouds()) {
    for (const auto& [id, machine] : cloud->machines())
      count += core::tag_of(machine.instance, core::tag::k_cluster).empty() ? 0 : 1;
  }
  return count;
}

}  // namespace

TEST_CASE("a queue: machines rise for it, and all are ended, removed and forgotten after it") {
  Story story(calm_scenario(1));
  raise_idle(story, 6);
  story.rest();
  check_clean(story);
  CHECK(story.world().live() == 0);
  CHECK(story.head().store().memory().machines.empty());
}

TEST_CASE("all nodes silent for 20 of 30 minutes: none ended") {
  for (const bool busy : {false, true}) {
    CAPTURE(busy);
    Scenario scenario = calm_scenario(2);
    scenario.settings.scale.min_nodes = 8;
    Story story(std::move(scenario));
    busy ? raise_busy(story, 8) : raise_idle(story, 8);
    story.run(k_minute);
    for (const auto& [name, node] : story.batch().all_nodes()) story.batch().silence(name, 20 * k_minute);
    story.run(20 * k_minute);
    // Jobs of nodes that were given up wait again, and machines are launched for them; the silent ones stay.
    CHECK(story.world().live() == made(story));
    CHECK(made(story) == (busy ? 16 : 8));
    CHECK(story.stage().probes.count("down-together") > 0);
    story.run(5 * k_minute);
    CHECK(story.world().live() == made(story));
    check_clean(story);
  }
}

TEST_CASE("a store deleted: none doubled, none ended within the hour, afterwards exactly the wanted ones") {
  Story story(calm_scenario(3));
  raise_busy(story, 5);
  for (auto& [id, job] : story.batch().all_jobs()) {
    if (id.value > "00002") job.ends_at = story.stage().clock.real();  // three are idle from now on
  }
  story.head().lose_store();
  const PassEnd first = story.pass();
  REQUIRE(first.report);
  CHECK(std::ranges::any_of(first.report->plan.alarms,
                            [](const core::Alarm& alarm) { return alarm.reason.rule == "rebuild"; }));
  story.run(59 * k_minute);
  CHECK(story.world().live() == 5);
  CHECK(made(story) == 5);
  story.run(30 * k_minute);
  CHECK(story.world().live() == 2);
  CHECK(made(story) == 5);
  check_clean(story);
}

TEST_CASE("yesterday's store put back: none doubled, none ended within the hour, afterwards exactly the wanted ones") {
  Story story(calm_scenario(4));
  raise_busy(story, 2);
  const core::Memory yesterday = story.head().store().memory();
  for (int i = 0; i < 3; ++i) story.submit(job_shape(1, 4), k_hour);
  story.run(20 * k_minute);
  REQUIRE(story.world().live() == 5);
  for (auto& [id, job] : story.batch().all_jobs()) {
    if (id.value > "00003") job.ends_at = story.stage().clock.real();
  }
  story.head().put_store_back(yesterday);
  story.run(59 * k_minute);
  CHECK(story.world().live() == 5);
  CHECK(made(story) == 5);
  for (auto& [id, job] : story.batch().all_jobs()) {
    if (id.value > "00002") job.ends_at = story.stage().clock.real();
  }
  story.run(30 * k_minute);
  CHECK(story.world().live() == 2);
  CHECK(made(story) == 5);
  check_clean(story);
}

TEST_CASE("two heads with a copied configuration and 20 busy nodes: the second changes nothing and exits 5") {
  Scenario scenario = calm_scenario(5);
  Story story(scenario);
  raise_busy(story, 20);
  const auto nodes = story.batch().all_nodes().size();
  Head second(story.stage(), story.world(), scenario.settings, {"head-2"}, 99);
  story.submit(job_shape(1, 4), k_hour);
  for (int i = 0; i < 5; ++i) {
    const PassEnd end = second.pass();
    REQUIRE(end.report);
    CHECK(end.exit == core::ExitCode::refused);
    CHECK(end.report->outcomes.empty());
    story.world().pass_time(k_minute);
  }
  CHECK(story.world().live() == 20);
  CHECK(story.batch().all_nodes().size() == nodes);
  check_clean(story);
}

TEST_CASE("a pool that always fails to boot is stopped after three") {
  Scenario scenario = calm_scenario(6);
  scenario.settings.scale.max_nodes = 1;
  Story story(std::move(scenario));
  story.world().cloud({"one"}).never_boot({"p"});
  story.submit(job_shape(1, 4), k_hour);
  story.run(8 * k_hour);
  CHECK(story.head().store().memory().breakers.at({"p"}).open);
  CHECK(story.world().live() == 0);
  CHECK(story.stage().probes.count("lost") == 3);
  CHECK(story.stage().probes.count("breaker") > 0);
  check_clean(story);
}

TEST_CASE("caps hold across restarts with machines pending, booting and intended") {
  for (const bool money : {false, true}) {
    CAPTURE(money);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(seed);
      Scenario scenario = calm_scenario(seed);
      scenario.settings.scale.max_nodes = money ? 40 : 4;
      if (money) scenario.settings.money.per_hour_micros = 450'000;  // four of them
      scenario.faults.launch_lost_after = 400;
      scenario.faults.launch_partial = 300;
      scenario.faults.list_lag = Seconds(45);
      Story story(std::move(scenario));
      for (int i = 0; i < 12; ++i) story.submit(job_shape(1, 4), k_hour);
      for (int i = 0; i < 40; ++i) {
        story.stage().crash_after_calls = 1 + i;
        story.stage().crash_before_effect = i % 2 == 0;
        story.pass();
        story.world().pass_time(Seconds(15));
        CHECK(story.world().live() <= 4);
      }
      CHECK(story.world().live() == 4);
      check_clean(story);
    }
  }
}

TEST_CASE("an unreadable cloud among two: nothing of it is ended or replaced, the other goes on") {
  Scenario scenario = calm_scenario(7);
  core::Pool other = scenario.settings.pools.at({"p"});
  other.name = {"q"};
  other.cloud = {"two"};
  other.price_micros = 200'000;
  other.slots = 8;
  scenario.settings.pools.emplace(other.name, other);
  scenario.clouds.emplace(other.cloud, SimCloudOptions{});
  Story story(std::move(scenario));
  raise_idle(story, 3);
  story.world().cloud({"one"}).refuse_until(story.stage().clock.real() + 2 * k_hour);
  story.submit(job_shape(1, 8), 30 * k_minute);
  const PassEnd end = story.pass();
  CHECK(end.exit == core::ExitCode::cloud);
  story.run(20 * k_minute);
  CHECK(story.world().live_by_pool()[{"p"}] == 3);
  CHECK(story.world().live_by_pool()[{"q"}] == 1);
  story.run(k_hour);
  CHECK(story.world().live_by_pool()[{"p"}] == 3);
  story.run(2 * k_hour);
  CHECK(story.world().live() == 0);
  check_clean(story);
}

TEST_CASE("stepped clocks, a day on and a day back, make nothing idle or lost") {
  for (const Seconds step : {24 * k_hour, -24 * k_hour}) {
    CAPTURE(step.count());
    Scenario scenario = calm_scenario(8);
    scenario.settings.scale.idle_time = 30 * k_minute;
    Story story(std::move(scenario));
    raise_idle(story, 3);
    story.submit(job_shape(3, 4), k_hour);
    story.submit(job_shape(2, 4), k_hour);  // two boot while the clock is stepped
    story.pass();
    const int live = story.world().live();
    story.stage().clock.step(step);
    story.run(8 * k_minute);
    CHECK(story.world().live() == live);
    CHECK(made(story) == live);
    CHECK(story.stage().probes.count("lost") == 0);
    check_clean(story);
  }
}

TEST_CASE("slurmctld with its state lost under running jobs: nothing is launched or ended on it") {
  Story story(calm_scenario(9));
  raise_busy(story, 6);
  story.batch().lose_state();
  story.world().excuse_missing_entries();
  story.submit(job_shape(1, 4), k_hour);
  const PassEnd end = story.pass();
  CHECK(end.exit == core::ExitCode::batch);
  story.run(25 * k_minute);
  CHECK(made(story) == 6);
  story.run(2 * k_hour);
  CHECK(story.world().live() >= 6);  // their nodes had registered: no half hour ends them
  check_clean(story);
}

TEST_CASE(
    "a spot machine taken back: held and replaced on the notice, its job runs again before the batch system's "
    "time-out") {
  Scenario scenario = calm_scenario(11);
  scenario.settings.pools.at({"p"}).market = core::Market::spot;
  scenario.clouds.at({"one"}).tells_health = true;
  Story story(std::move(scenario));
  raise_busy(story, 2);
  SimCloud& cloud = story.world().cloud({"one"});
  const core::InstanceId taken = cloud.machines().begin()->first;
  cloud.take_back(taken);
  story.submit(job_shape(1, 4), k_hour);
  story.run(k_minute);
  const SimNode* node = story.batch().node_of(taken);
  REQUIRE(node != nullptr);
  CHECK(node->entry.held);
  CHECK(made(story) == 3);  // for the job that waits
  story.run(10 * k_minute);
  CHECK(story.stage().probes.count("given-up") == 1);
  CHECK(story.world().live() == 3);  // and one more for the job that lost its machine
  CHECK(made(story) == 4);
  CHECK(story.batch().node_of(taken) == nullptr);
  check_clean(story);
}

TEST_CASE("a machine that its cloud calls impaired, or plans to retire: its job ends there, and nobody else's starts") {
  for (const bool retires : {false, true}) {
    CAPTURE(retires);
    Scenario scenario = calm_scenario(12);
    scenario.clouds.at({"one"}).tells_health = true;
    Story story(std::move(scenario));
    raise_busy(story, 2, 2 * k_hour);
    SimCloud& cloud = story.world().cloud({"one"});
    const core::InstanceId sick = cloud.machines().begin()->first;
    cloud.machines().at(sick).impaired = !retires;
    if (retires) cloud.machines().at(sick).event = "instance-retirement";
    story.run(20 * k_minute);
    REQUIRE(story.batch().node_of(sick) != nullptr);
    CHECK(story.batch().node_of(sick)->entry.held);
    CHECK(story.batch().node_of(sick)->entry.slots_used > 0);
    story.run(3 * k_hour);
    CHECK(story.world().live() == 0);
    CHECK(made(story) == 0);  // ended machines are listed for an hour
    check_clean(story);
  }
}

TEST_CASE("on-demand machines give way to spot ones at the end of their hours, and no job is harmed") {
  Scenario scenario = calm_scenario(13);
  core::Pool& pool = scenario.settings.pools.at({"p"});
  pool.spot_pool.value = "spot";
  pool.paid_period = k_hour;
  pool.on_demand = {{"large", 100'000}};
  core::Pool spot = pool;
  spot.name.value = "spot";
  spot.market = core::Market::spot;
  spot.price_micros.reset();
  spot.spot_pool = {};
  spot.paid_period = Seconds(0);
  spot.bids = {{"large", 120'000}};
  scenario.settings.pools.emplace(spot.name, spot);
  scenario.settings.spot.on_demand_min = 1;
  scenario.clouds.at({"one"}).spot_prices = {{"large", 150'000}};
  Story story(std::move(scenario));
  SimCloud& cloud = story.world().cloud({"one"});
  const auto live = [&](core::Market market) {
    return std::ranges::count_if(cloud.machines(), [&](const auto& entry) {
      const core::Instance& instance = entry.second.instance;
      return entry.second.is_live() && instance.market == market &&
             !core::tag_of(instance, core::tag::k_cluster).empty();
    });
  };
  // Three jobs of five minutes at any time; above the bid their machines are on demand.
  const auto feed = [&](int minutes) {
    for (int i = 0; i < minutes; ++i) {
      while (story.batch().all_jobs().size() < 3) story.submit(job_shape(1, 4), 5 * k_minute);
      story.run(k_minute);
    }
  };
  feed(30);
  CHECK(live(core::Market::spot) == 0);
  REQUIRE(live(core::Market::on_demand) == 3);
  cloud.price_spot("large", 30'000);
  feed(120);
  CHECK(live(core::Market::on_demand) == 1);  // the floor
  CHECK(live(core::Market::spot) == 2);
  check_clean(story);
  story.rest();
  CHECK(story.world().live() == 0);
  check_clean(story);
}

TEST_CASE("another cluster's server answers: exit 3, and nothing is done") {
  Story story(calm_scenario(10));
  raise_busy(story, 2);
  story.batch().answer_as("other");
  story.submit(job_shape(1, 4), k_hour);
  const PassEnd end = story.pass();
  CHECK(end.exit == core::ExitCode::config);
  story.run(k_hour);
  CHECK(made(story) == 2);
}

TEST_CASE("the same seed tells the same story, byte for byte") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const SeedReport one = run_seed(seed, true);
    const SeedReport two = run_seed(seed, true);
    CHECK(one.log == two.log);
    CHECK_FALSE(one.log.empty());
  }
}
TEST_SUITE_END();
