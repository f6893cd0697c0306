#include "tests/support/builders.hpp"

#include <tide/core/describe.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::test {

core::Shape slots(int tasks, int nodes) {
  core::Chunk chunk;
  chunk.nodes = nodes;
  chunk.nodes_max = nodes;
  chunk.tasks = tasks;
  core::Shape shape;
  shape.chunks = {chunk};
  return shape;
}

Snapshot::Snapshot() {
  settings.cluster = "demo";
  settings.batch = "slurm";
  settings.head = "head";
  settings.scale.max_nodes = 100;
  settings.scale.max_end_per_pass.percent = 100;
  now.taken_at = k_wall;
  now.age = k_now;
  now.batch = {.entries = core::NodeEntries::before_launch, .hides_unregistered = true, .hold_has_note = true};
  now.server = core::ServerIdentity{.name = "demo", .version = "22.05", .up_since = k_wall - 24h, .fresh = false};
  memory().head.value = "head-1";
  memory().server = "demo";
  memory().passes = 99;
  cloud("aws");
  pool("small");
}

Snapshot::Snapshot(const Snapshot& other) = default;
Snapshot::Snapshot(Snapshot&& other) noexcept = default;
Snapshot& Snapshot::operator=(const Snapshot& other) = default;
Snapshot& Snapshot::operator=(Snapshot&& other) noexcept = default;
Snapshot::~Snapshot() = default;

core::Memory& Snapshot::memory() { return now.memory; }

Snapshot& Snapshot::cloud(const std::string& name) {
  now.clouds[{name}] = {.has_launch_tokens = true, .launch_max = 500, .terminate_max = 1000};
  now.instances.emplace(core::CloudName{name}, std::vector<core::Instance>{});
  return *this;
}

Snapshot& Snapshot::unreadable(const std::string& name, ErrorKind kind) {
  now.instances.insert_or_assign({name}, make_error(kind, "'{}' does not answer", name));
  return *this;
}

Snapshot& Snapshot::pool(const std::string& name) {
  plain_pool(name);
  return *this;
}

core::Pool& Snapshot::plain_pool(const std::string& name) {
  core::Pool& pool = settings.pools[{name}] = {};
  pool.name.value = name;
  pool.cloud.value = "aws";
  pool.image = "ami-1";
  pool.types = {"t1"};
  pool.slots = 4;
  pool.memory_mib = 8000;
  pool.price_micros = 100'000;
  pool.names = "{cluster}-{pool}-{n:02}";
  return pool;
}

Snapshot& Snapshot::machine(const std::string& id, const std::string& name, Seconds age, const std::string& pool_name) {
  m_id = {id};
  m_node = {name};
  core::Instance instance;
  instance.cloud.value = "aws";
  instance.id.value = id;
  instance.state = core::InstanceState::running;
  instance.type = "t1";
  instance.launched_at = k_wall - age;
  instance.names = {name};
  instance.address = instance_address(id);
  instance.addresses = {instance.address};
  instance.tags = {{core::tag::k_cluster, "demo"},
                   {core::tag::k_owner, "head-1"},
                   {core::tag::k_pool, pool_name},
                   {core::tag::k_intent, "intent-" + id}};
  now.instances.at({"aws"})->push_back(instance);

  core::Intent intent;
  intent.id.value = "intent-" + id;
  intent.state = core::IntentState::accepted;
  intent.request.cloud.value = "aws";
  intent.request.pool.value = pool_name;
  intent.request.names = {name};
  intent.instances = {m_id};
  intent.price_micros = 100'000;
  intent.made_at = k_wall - age;
  intent.made = before(age);
  memory().intents[intent.id] = intent;

  core::Machine row;
  row.id = m_id;
  row.cloud.value = "aws";
  row.intent = intent.id;
  row.pool.value = pool_name;
  row.node = m_node;
  row.type = "t1";
  row.price_micros = 100'000;
  row.launched_at = instance.launched_at;
  row.first_seen = before(age);
  memory().machines[m_id] = row;
  memory().nodes[m_node] = {.node = m_node,
                            .pool = row.pool,
                            .intent = intent.id,
                            .address = instance.address,
                            .made = true,
                            .since = before(age)};
  return *this;
}

Snapshot& Snapshot::worker(const std::string& id, const std::string& name, const std::string& pool_name) {
  machine(id, name, 3600s, pool_name);
  core::Node node = plain_node(name);
  node.features.push_back(pool_name);
  nodes().push_back(node);
  row().registered = before(3500s);
  row().ready = before(3500s);
  return *this;
}

Snapshot& Snapshot::stranger(const std::string& name, Seconds seen) {
  m_node = {name};
  m_id = {};
  nodes().push_back(plain_node(name));
  nodes().back().registered_at = k_wall - seen;
  memory().last_good.first_seen[m_node] = before(seen);
  return *this;
}

Snapshot& Snapshot::idle(Seconds since) {
  row().idle_since = before(since);
  return *this;
}

Snapshot& Snapshot::busy(const std::string& job, int used) {
  node().slots_used = used;
  now.jobs->running[m_node].push_back({job});
  return *this;
}

Snapshot& Snapshot::silent(Seconds since) {
  node().responding = false;
  if (!m_id.empty()) row().down_since = before(since);
  return *this;
}

Snapshot& Snapshot::held(const std::string& note) {
  node().held = true;
  node().note = note;
  return *this;
}

Snapshot& Snapshot::draining(const std::string& rule, std::int64_t pass, const std::string& wish) {
  held("tide: end " + rule + ": test");
  return hold_row({.node = m_node,
                   .kind = core::HoldKind::end,
                   .note = node().note,
                   .rule = rule,
                   .cancellable = rule == "idle",
                   .confirmed = true,
                   .since = before(60s),
                   .pass = pass,
                   .wish = {wish}});
}

Snapshot& Snapshot::joining() {
  held("tide: joining");
  row().ready.reset();
  return hold_row({.node = m_node,
                   .kind = core::HoldKind::joining,
                   .note = "tide: joining",
                   .rule = "join",
                   .cancellable = false,
                   .confirmed = true,
                   .since = before(600s),
                   .pass = 90,
                   .wish = {}});
}

Snapshot& Snapshot::hold_row(core::HoldRow row) {
  memory().holds[m_node] = std::move(row);
  return *this;
}

Snapshot& Snapshot::state(core::InstanceState state) {
  instance().state = state;
  return *this;
}

Snapshot& Snapshot::node_missing() {
  std::erase_if(nodes(), [&](const core::Node& one) { return one.name == m_node; });
  return *this;
}

Snapshot& Snapshot::instance_missing() {
  std::erase_if(*now.instances.at({"aws"}), [&](const core::Instance& one) { return one.id == m_id; });
  return *this;
}

Snapshot& Snapshot::forgotten() {
  memory().intents.erase(row().intent);
  memory().machines.erase(m_id);
  memory().nodes.erase(m_node);
  memory().holds.erase(m_node);
  return *this;
}

Snapshot& Snapshot::waiting(const core::Shape& shape, std::int64_t count) {
  now.jobs->waiting.push_back(
      {.shape = shape, .waiting = core::Waiting::eligible, .reason = "Resources", .count = count});
  return *this;
}

Snapshot& Snapshot::open_intent(const std::string& id, int count, Seconds age) {
  core::Intent intent;
  intent.id.value = id;
  intent.request.intent = intent.id;
  intent.request.cloud.value = "aws";
  intent.request.pool.value = "small";
  intent.request.count = count;
  intent.price_micros = 100'000;
  intent.made_at = k_wall - age;
  intent.made = before(age);
  intent.attempts = 1;
  for (int i = 1; i <= count; ++i) {
    const core::NodeName name{fmt::format("demo-small-{:02}", i)};
    intent.request.names.push_back(name.value);
    memory().nodes[name] = {.node = name, .pool = {"small"}, .intent = intent.id, .made = true, .since = before(age)};
  }
  memory().intents[intent.id] = intent;
  return *this;
}

Snapshot& Snapshot::wish(core::WishKind kind, std::vector<std::string> targets, bool force) {
  memory().wishes[{"w1"}] = {
      .id = {"w1"}, .kind = kind, .targets = std::move(targets), .force = force, .by = "ann@head"};
  return *this;
}

Snapshot& Snapshot::wish_launch(int count, const std::string& pool_name) {
  memory().wishes[{"w1"}] = {
      .id = {"w1"}, .kind = core::WishKind::launch, .pool = {pool_name}, .count = count, .by = "ann@head"};
  return *this;
}

Snapshot& Snapshot::learned() {
  m_learned = true;
  core::LastGood& last = memory().last_good;
  last.nodes.clear();
  for (const core::Node& one : nodes()) {
    if (one.registered_at) last.nodes.push_back(one.name);
  }
  std::ranges::sort(last.nodes);
  last.running = now.jobs->running;
  return *this;
}

core::Snapshot Snapshot::build() {
  if (!m_learned && now.nodes && now.jobs) learned();
  core::Snapshot built = now;
  if (built.nodes) std::ranges::sort(*built.nodes, {}, &core::Node::name);
  for (auto& [name, listed] : built.instances) {
    if (listed) std::ranges::sort(*listed, {}, &core::Instance::id);
  }
  return built;
}

core::Plan Snapshot::plan() { return core::plan(build(), settings); }

core::Plan Snapshot::plan_for_wish() { return core::plan(build(), settings, {.everything = false, .wish = {"w1"}}); }

core::Instance& Snapshot::instance() {
  return *std::ranges::find(*now.instances.at({"aws"}), m_id, &core::Instance::id);
}

core::Machine& Snapshot::row() { return memory().machines.at(m_id); }

core::Node& Snapshot::node() { return *std::ranges::find(nodes(), m_node, &core::Node::name); }

std::vector<core::Node>& Snapshot::nodes() { return *now.nodes; }

Moment Snapshot::before(Seconds age) { return Moment{k_now.seconds - age.count()}; }

core::Node Snapshot::plain_node(const std::string& name) {
  core::Node node;
  node.name.value = name;
  node.slots = 4;
  node.memory_mib = 8000;
  node.registered_at = k_wall - 3500s;
  return node;
}

std::string Snapshot::instance_address(const std::string& id) { return "10.0.0." + id.substr(id.find('-') + 1); }

Snapshot snapshot() { return {}; }

std::string line(const core::PlannedAction& planned) {
  std::string text = core::verb_of(planned.action) + " " + core::subject_of(planned.action);
  if (const auto* launch = std::get_if<core::Launch>(&planned.action))
    text += fmt::format(" x{}", launch->request.count);
  return text + ": " + planned.reason.rule;
}

Lines actions(const core::Plan& plan) {
  Lines lines;
  for (const auto& planned : plan.actions) lines.push_back(line(planned));
  return lines;
}

Lines declined(const core::Plan& plan) {
  Lines lines;
  for (const auto& one : plan.declined) lines.push_back(one.what + ": " + one.reason.rule);
  return lines;
}

Lines alarms(const core::Plan& plan) {
  Lines lines;
  for (const auto& one : plan.alarms) lines.push_back(one.reason.rule);
  return lines;
}

bool has(const Lines& lines, const std::string& line) { return std::ranges::find(lines, line) != lines.end(); }

const core::Worker* find(const core::Plan& plan, const std::string& name_or_id) {
  const auto found = std::ranges::find_if(plan.workers, [&](const core::Worker& worker) {
    return worker.name.value == name_or_id || worker.id.value == name_or_id;
  });
  return found == plan.workers.end() ? nullptr : &*found;
}

std::vector<core::Launch> launches(const core::Plan& plan) {
  std::vector<core::Launch> found;
  for (const auto& planned : plan.actions) {
    if (const auto* launch = std::get_if<core::Launch>(&planned.action)) found.push_back(*launch);
  }
  return found;
}

}  // namespace tide::test
