#include <tide/sim/scenario.hpp>

#include <fmt/format.h>

namespace tide::sim {

namespace {

core::Pool draw_pool(SeededRandom& random, int index, int clouds) {
  core::Pool pool;
  pool.name.value = fmt::format("p{}", index);
  pool.cloud.value = fmt::format("c{}", random.between(0, clouds - 1));
  pool.image = "image-1";
  pool.types = random.chance(500) ? std::vector<std::string>{"large", "small"} : std::vector<std::string>{"large"};
  pool.slots = random.between(1, 8);
  pool.memory_mib = 1024 * random.between(1, 16);
  if (random.chance(400)) pool.features = {"fast"};
  if (random.chance(200)) pool.market = core::Market::spot;
  pool.price_micros = 10'000 * random.between(0, 60);
  if (random.chance(200)) pool.min = random.between(1, 2);
  if (random.chance(400)) pool.max = pool.min + random.between(1, 6);
  pool.names = random.chance(300) ? fmt::format("{}-[01-20]", pool.name.value) : "{cluster}-{pool}-{n:04}";
  if (random.chance(300)) pool.zones = {"a", "b"};
  pool.user_data = random.chance(200) ? "#!/bin/sh\njoin @TIDE_NODE@ @TIDE_HEAD@\n" : "#!/bin/sh\njoin @TIDE_HEAD@\n";
  return pool;
}

core::Settings draw_settings(SeededRandom& random, int clouds) {
  core::Settings settings;
  settings.cluster = "sim";
  settings.batch = "slurm";
  settings.head = "head.sim";
  settings.scale.min_nodes = random.chance(200) ? random.between(1, 2) : 0;
  settings.scale.max_nodes = random.between(3, 20);
  settings.scale.idle_time = Seconds(60 * random.between(3, 15));
  settings.scale.boot_deadline = Seconds(60 * random.between(6, 15));
  settings.scale.orphan_grace = Seconds(60 * random.between(5, 15));
  settings.scale.max_end_per_pass.percent = random.chance(300) ? 100 : 10 * random.between(1, 5);
  settings.scale.max_launch_per_pass = random.chance(200) ? 0 : random.between(2, 20);
  const int pools = random.between(1, 3);
  for (int i = 0; i < pools; ++i) {
    core::Pool pool = draw_pool(random, i, clouds);
    settings.pools.emplace(pool.name, pool);
  }
  if (random.chance(300)) settings.money.per_hour_micros = 100'000 * random.between(5, 40);
  return settings;
}

core::Shape draw_shape(SeededRandom& random) {
  core::Shape shape = job_shape(random.chance(250) ? random.between(2, 4) : 1, random.between(1, 6));
  core::Chunk& chunk = shape.chunks.front();
  if (random.chance(400)) chunk.memory_mib_per_node = 512 * random.between(1, 12);
  if (random.chance(200)) chunk.features = {{"fast"}};
  if (random.chance(100)) chunk.features = {{"nowhere"}};
  shape.exclusive = random.chance(100);
  shape.rerunnable = !random.chance(200);
  return shape;
}

class FaultDraw {
 public:
  explicit FaultDraw(SeededRandom& random) : m_random(random) {}
  int operator()(int strongest) { return m_random.chance(500) ? m_random.between(1, strongest) : 0; }

 private:
  SeededRandom& m_random;
};

void draw_cloud_faults(SeededRandom& random, Faults& faults) {
  FaultDraw draw(random);
  faults.list_fails = draw(150);
  faults.list_omits = draw(20);
  faults.list_lag = Seconds(draw(45));
  faults.launch_throttled = draw(200);
  faults.launch_without_capacity = draw(200);
  faults.launch_over_quota = draw(100);
  faults.launch_lost_before = draw(200);
  faults.launch_lost_after = draw(300);
  faults.launch_partial = draw(400);
  faults.terminate_fails = draw(200);
  faults.terminate_lost_after = draw(200);
  faults.never_boots = draw(random.chance(100) ? 1000 : 150);
  faults.undersized = draw(100);
  faults.fails = draw(100);
  faults.boots_slowly = draw(100);
  faults.dies = draw(10);
  faults.errs_later = draw(5);
}

void draw_batch_faults(SeededRandom& random, Faults& faults) {
  FaultDraw draw(random);
  faults.read_fails = draw(100);
  faults.nodes_omitted = draw(60);
  faults.jobs_omitted = draw(100);
  faults.counters_stale = draw(200);
  faults.change_fails = draw(150);
  faults.change_lost_after = draw(150);
  faults.node_silent = draw(30);
  faults.all_silent = draw(8);
  faults.daemon_restarts = draw(60);
  faults.state_lost = draw(5);
  faults.restarts = draw(10);
  faults.person_holds = draw(20);
  faults.person_releases = draw(60);
  faults.wishes = draw(20);
}

void draw_head_faults(SeededRandom& random, Faults& faults) {
  FaultDraw draw(random);
  faults.crash = draw(200);
  faults.store_fails = draw(30);
  faults.clock_steps = draw(20);
  faults.reboots = draw(10);
  faults.store_deleted = draw(4);
  faults.store_put_back = draw(4);
  faults.long_gap = draw(10);
}

// Half of all stories are Slurm's, the others TORQUE's and HTCondor's.
void draw_entries(SeededRandom& random, SimBatchOptions& batch) {
  if (random.chance(500)) return;
  const bool torque = random.chance(500);
  batch.entries = torque ? core::NodeEntries::with_address : core::NodeEntries::by_themselves;
  batch.hides_unregistered = false;
  batch.resolves_names = torque && random.chance(600);
  batch.final_holds = torque ? 0 : random.between(0, 1) * random.between(100, 1000);
}

}  // namespace

core::Shape job_shape(int nodes, int slots) {
  core::Chunk chunk;
  chunk.nodes = nodes;
  chunk.nodes_max = nodes;
  chunk.tasks = nodes;
  chunk.slots_per_task = slots;
  core::Shape shape;
  shape.chunks = {chunk};
  shape.queue = "main";
  return shape;
}

Scenario draw_scenario(std::uint64_t seed) {
  SeededRandom random(seed * 2 + 1);
  Scenario scenario;
  scenario.seed = seed;
  const int clouds = random.between(1, 2);
  scenario.settings = draw_settings(random, clouds);
  for (int i = 0; i < clouds; ++i) {
    SimCloudOptions options;
    options.has_launch_tokens = !random.chance(300);
    options.launch_max = random.chance(200) ? 1 : random.between(2, 50);
    options.terminate_max = random.between(1, 20);
    if (random.chance(300)) options.capacity = random.between(2, 12);
    options.pending = Seconds(random.between(5, 90));
    options.boot = Seconds(random.between(30, 300));
    options.stopping = Seconds(random.between(5, 200));
    scenario.clouds.emplace(core::CloudName{fmt::format("c{}", i)}, options);
  }
  scenario.batch.hides_unregistered = random.chance(500);
  scenario.batch.wipes_notes = !random.chance(200);
  const int shapes = random.between(1, 5);
  for (int i = 0; i < shapes; ++i) scenario.shapes.push_back(draw_shape(random));
  scenario.foreign_nodes = random.chance(400) ? random.between(1, 4) : 0;
  scenario.jobs_per_hour = random.between(3, 60);
  scenario.job_max = Seconds(60 * random.between(2, 60));
  scenario.lasts = Seconds(3600 * random.between(2, 5));
  scenario.interval_min = Seconds(random.between(10, 60));
  scenario.interval_max = scenario.interval_min + Seconds(random.between(0, 120));
  draw_cloud_faults(random, scenario.faults);
  draw_batch_faults(random, scenario.faults);
  draw_head_faults(random, scenario.faults);
  draw_entries(random, scenario.batch);
  FaultDraw draw(random);
  for (auto& [name, options] : scenario.clouds) options.tells_health = random.chance(500);
  scenario.faults.interrupts = draw(40);
  scenario.faults.impairs = draw(10);
  scenario.faults.health_fails = draw(200);
  for (auto& [name, options] : scenario.clouds) {
    if (options.has_launch_tokens || !random.chance(700)) continue;
    options.launches_listed = true;
    options.launch_max = 1;
    scenario.faults.launch_lands_late = random.between(0, 600);
  }
  for (auto& [name, options] : scenario.clouds) options.can_stop = random.chance(400) && !options.launches_listed;
  for (auto& [name, pool] : scenario.settings.pools) pool.keep_stopped = random.chance(500) ? random.between(1, 4) : 0;
  return scenario;
}

Scenario calm_scenario(std::uint64_t seed) {
  Scenario scenario;
  scenario.seed = seed;
  scenario.settings.cluster = "sim";
  scenario.settings.batch = "slurm";
  scenario.settings.head = "head.sim";
  scenario.settings.scale.max_nodes = 40;
  scenario.settings.scale.max_end_per_pass.percent = 100;
  scenario.settings.scale.max_launch_per_pass = 0;
  core::Pool pool;
  pool.name.value = "p";
  pool.cloud.value = "one";
  pool.image = "image-1";
  pool.types = {"large"};
  pool.slots = 4;
  pool.memory_mib = 8192;
  pool.price_micros = 100'000;
  pool.names = "{cluster}-{pool}-{n:04}";
  pool.user_data = "#!/bin/sh\njoin @TIDE_HEAD@\n";
  scenario.settings.pools.emplace(pool.name, pool);
  scenario.clouds.emplace(pool.cloud, SimCloudOptions{});
  scenario.shapes = {job_shape(1, 4)};
  return scenario;
}

}  // namespace tide::sim
