#include <tide/sim/sim_cloud.hpp>

#include <tide/sim/world.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tide::sim {

namespace {

constexpr Seconds k_listed_when_gone{3600};  // EC2 shows ended machines for about an hour
constexpr Seconds k_late_max{120};           // of a call whose connection broke

Error lost_reply(const char* call) {
  return make_error(ErrorKind::retry, "'{}' got no reply", call).with_hint("Nothing to do: the next pass looks again.");
}

}  // namespace

core::CloudTraits SimCloud::limits() const {
  return {.has_launch_tokens = m_options.has_launch_tokens,
          .launches_listed = m_options.launches_listed,
          .launch_max = m_options.launch_max,
          .terminate_max = m_options.terminate_max,
          .can_stop = m_options.can_stop,
          .has_health = m_options.tells_health,
          .has_notices = m_options.tells_health,
          .has_spot_prices = !m_options.spot_prices.empty()};
}

int SimCloud::live() const {
  return static_cast<int>(std::ranges::count_if(
      m_machines, [](const auto& entry) { return entry.second.is_live() && !entry.second.is_stopped(); }));
}

bool SimCloud::has_live(const core::IntentId& launch) const {
  return std::ranges::any_of(m_machines, [&](const auto& entry) {
    return entry.second.is_live() && core::tag_of(entry.second.instance, core::tag::k_intent) == launch.value;
  });
}

Result<std::vector<core::Instance>> SimCloud::list(const std::string& cluster) {
  m_stage.enter("list");
  if (m_stage.roll(m_stage.faults.list_fails) || m_stage.clock.real() < m_refused_until) {
    m_stage.checker.cloud_listed(m_name, nullptr);
    m_stage.leave("list");
    return make_error(ErrorKind::retry, "'{}' answers 503", m_name.value);
  }
  std::vector<core::Instance> seen;
  for (auto& [id, machine] : m_machines) {
    machine.shown = false;
    if (core::tag_of(machine.instance, core::tag::k_cluster) != cluster || machine.listed_at > m_stage.clock.real())
      continue;
    // Once in a while for less than a minute: two listings a minute apart prove that a machine is gone.
    const bool shown_lately = m_stage.clock.real() - machine.omitted_until > Seconds(300);
    if (machine.is_live() && shown_lately && m_stage.roll(m_stage.faults.list_omits)) {
      machine.omitted_until = m_stage.clock.real() + Seconds(m_stage.random.between(0, 40));
    }
    if (machine.omitted_until >= m_stage.clock.real()) continue;
    machine.shown = true;
    seen.push_back(machine.instance);
    if (machine.shown_stopped_until >= m_stage.clock.real()) seen.back().state = core::InstanceState::stopped;
  }
  m_stage.checker.cloud_listed(m_name, &seen);
  m_stage.leave("list");
  return seen;
}

// From now on, as far as the story lets it.
void SimCloud::boot(SimMachine& machine, const core::PoolName& pool) {
  SeededRandom& random = m_stage.random;
  const Faults& faults = m_stage.faults;
  const TimePoint now = m_stage.clock.real();
  machine.running_at = now + random.between(Seconds(2), m_options.pending);
  Seconds boot = random.between(Seconds(20), m_options.boot);
  if (random.chance(faults.boots_slowly)) boot += m_world.settings().scale.boot_deadline;
  const bool boots = !random.chance(faults.never_boots) && pool != m_never_boot;
  machine.boots_at.reset();
  if (boots) machine.boots_at = machine.running_at + boot;
  machine.fails_at.reset();
  if (random.chance(faults.fails)) machine.fails_at = machine.running_at;
}

SimMachine SimCloud::make_one(const core::LaunchRequest& request, int index) {
  SeededRandom& random = m_stage.random;
  const Faults& faults = m_stage.faults;
  const TimePoint now = m_stage.clock.real();
  SimMachine machine;
  core::Instance& instance = machine.instance;
  instance.cloud = m_name;
  instance.id.value = fmt::format("{}-{:05}", m_name.value, ++m_next);
  instance.state = core::InstanceState::pending;
  instance.type = request.types.empty() ? "" : request.types.front();
  instance.zone = request.zone;
  instance.market = request.market;
  instance.launched_at = now;
  instance.launch_index = index;
  if (static_cast<std::size_t>(index) < request.names.size())
    instance.names.push_back(request.names[static_cast<std::size_t>(index)]);
  instance.addresses = {fmt::format("10.0.{}.{}", m_next % 250 / 50, m_next % 50 + 1)};  // used again and again
  instance.names.push_back(fmt::format("ip-{}-{}.internal", m_name.value, m_next));
  instance.tags = request.tags;
  machine.token = request.intent.value;
  machine.listed_at = now + random.between(Seconds(0), faults.list_lag);
  boot(machine, request.pool);
  const bool small = random.chance(faults.undersized);
  machine.slots = request.slots;
  machine.memory_mib = small ? request.memory_mib / 2 : request.memory_mib;
  machine.features = request.features;
  return machine;
}

cloud::LaunchReply SimCloud::make(const core::LaunchRequest& request, int count) {
  cloud::LaunchReply reply;
  std::vector<core::InstanceId> made;
  for (int index = 0; index < count; ++index) {
    SimMachine machine = make_one(request, index);
    reply.instances.push_back(machine.instance);
    made.push_back(machine.instance.id);
    m_stage.say(fmt::format("  cloud: machine {} '{}' of {}", machine.instance.id.value, machine.instance.names.front(),
                            request.intent.value));
    m_machines.emplace(machine.instance.id, std::move(machine));
  }
  auto& all = m_tokens[request.intent];
  all.insert(all.end(), made.begin(), made.end());
  // Without tokens a repeat may bring a second one: that it ends is what counts (Checker::passed).
  if (!m_options.launches_listed) m_stage.checker.machines_of_token(request, static_cast<int>(all.size()));
  return reply;
}

// All of them or none; one that runs already is as it is.
Result<cloud::LaunchReply> SimCloud::start_again(const core::LaunchRequest& request) {
  const Faults& faults = m_stage.faults;
  std::set<std::string> others = m_world.live_names();
  int stopped = 0;
  for (const core::InstanceId& id : request.restart) {
    const auto found = m_machines.find(id);
    const bool there =
        found != m_machines.end() && found->second.is_live() && !found->second.gone_at && !found->second.stopped_at;
    if (!there) {
      m_stage.checker.launch({.request = request, .machines = 0, .live = {}, .live_names = {}});
      return make_error(ErrorKind::refused, "'{}' answers: '{}' cannot be started", m_name.value, id.value);
    }
    for (const std::string& name : found->second.instance.names) others.erase(name);
    stopped += found->second.is_stopped() ? 1 : 0;
  }
  const bool room = m_options.capacity - live() >= stopped;
  m_stage.checker.launch({.request = request,
                          .machines = room ? stopped : 0,
                          .live = m_world.live_by_pool(),
                          .live_names = std::move(others)});
  const auto no = [&](ErrorKind kind, std::string_view what) {
    m_stage.checker.not_launched();
    return make_error(kind, "'{}' answers: {}", m_name.value, what);
  };
  if (m_stage.roll(faults.launch_throttled)) return no(ErrorKind::throttled, "request limit exceeded");
  if (!room || m_stage.roll(faults.launch_without_capacity)) return no(ErrorKind::capacity, "no such machine now");
  if (m_stage.roll(faults.launch_lost_before)) return lost_reply("start");
  cloud::LaunchReply reply;
  for (const core::InstanceId& id : request.restart) {
    SimMachine& machine = m_machines.at(id);
    if (machine.is_stopped()) {
      machine.instance.state = core::InstanceState::pending;
      machine.instance.launched_at = m_stage.clock.real();
      machine.daemon_started = false;
      machine.shown_stopped_until = m_stage.clock.real() + m_stage.random.between(Seconds(0), faults.list_lag);
      boot(machine, request.pool);
      m_stage.say(fmt::format("  cloud: start of {}", id.value));
    }
    reply.instances.push_back(machine.instance);
  }
  m_stage.hit("started-again");
  if (!m_stage.roll(faults.launch_lost_after)) return reply;
  m_stage.hit("start-lost-after-effect");
  return lost_reply("start");
}

Result<cloud::LaunchReply> SimCloud::launch_one(const core::LaunchRequest& request) {
  if (!request.restart.empty()) return start_again(request);
  const Faults& faults = m_stage.faults;
  const auto known = m_tokens.find(request.intent);
  if (m_options.has_launch_tokens && known != m_tokens.end()) {
    m_stage.checker.launch({.request = request, .machines = 0, .live = {}, .live_names = {}, .came = false});
    m_stage.hit("token-answered-again");
    cloud::LaunchReply reply;
    for (const core::InstanceId& id : known->second) {
      if (m_machines.contains(id)) reply.instances.push_back(m_machines.at(id).instance);
    }
    return reply;
  }
  const int room = std::max(0, m_options.capacity - live());
  int count = std::min(request.count, room);
  if (count > request.min_count && m_stage.roll(faults.launch_partial))
    count = m_stage.random.between(request.min_count, count - 1);
  const bool refused = count < std::max(1, request.min_count);
  m_stage.checker.launch({.request = request,
                          .machines = refused ? 0 : count,
                          .live = m_world.live_by_pool(),
                          .live_names = m_world.live_names(),
                          .came = m_options.launches_listed && has_live(request.intent)});
  const auto no = [&](ErrorKind kind, std::string_view what) {
    m_stage.checker.not_launched();
    return make_error(kind, "'{}' answers: {}", m_name.value, what);
  };
  if (m_stage.roll(faults.launch_throttled)) return no(ErrorKind::throttled, "request limit exceeded");
  if (m_stage.roll(faults.launch_over_quota)) return no(ErrorKind::quota, "instance limit exceeded");
  if (refused || m_stage.roll(faults.launch_without_capacity)) return no(ErrorKind::capacity, "no such machine now");
  if (m_stage.roll(faults.launch_lost_before)) return lost_reply("launch");
  if (m_options.launches_listed && m_stage.roll(faults.launch_lands_late)) {
    m_late.emplace_back(m_stage.clock.real() + m_stage.random.between(Seconds(5), k_late_max), request);
    return lost_reply("launch");
  }
  if (count < request.count) m_stage.hit("partial-launch");
  if (request.min_count == request.count && request.count > 1) m_stage.hit("whole-launch");
  cloud::LaunchReply reply = make(request, count);
  if (!m_stage.roll(faults.launch_lost_after)) return reply;
  m_stage.hit("reply-lost-after-effect");
  return lost_reply("launch");
}

// Whoever asked has its answer long since, or died.
void SimCloud::land_late() {
  const TimePoint now = m_stage.clock.real();
  for (const auto& [at, request] : m_late) {
    if (at > now) continue;
    m_stage.hit("launch-landed-late");
    static_cast<void>(make(request, request.count));
  }
  std::erase_if(m_late, [&](const auto& entry) { return entry.first <= now; });
}

std::vector<Result<cloud::LaunchReply>> SimCloud::launch(std::span<const core::LaunchRequest> requests) {
  std::vector<Result<cloud::LaunchReply>> replies;
  for (const core::LaunchRequest& request : requests) {
    m_stage.enter("launch");
    replies.push_back(launch_one(request));
    m_stage.leave("launch");
  }
  return replies;
}

Result<void> SimCloud::terminate_one(const core::InstanceId& id) {
  const auto found = m_machines.find(id);
  if (found == m_machines.end()) return {};
  SimMachine& machine = found->second;
  if (!machine.is_live()) return {};
  m_stage.checker.end(m_world.end_facts(machine));
  if (m_stage.roll(m_stage.faults.terminate_fails))
    return make_error(ErrorKind::throttled, "'{}' answers: request limit exceeded", m_name.value);
  m_stage.say(fmt::format("  cloud: end of {}", id.value));
  if (!machine.gone_at) {
    machine.instance.state = core::InstanceState::stopping;
    machine.stopped_at.reset();
    machine.gone_at = m_stage.clock.real() + m_stage.random.between(Seconds(2), m_options.stopping);
    m_world.machine_stops(id);
  }
  if (m_stage.roll(m_stage.faults.terminate_lost_after)) return lost_reply("terminate");
  return {};
}

Result<void> SimCloud::stop_one(const core::InstanceId& id) {
  const auto found = m_machines.find(id);
  if (found == m_machines.end()) return make_error(ErrorKind::not_found, "'{}' has no '{}'", m_name.value, id.value);
  SimMachine& machine = found->second;
  if (machine.is_stopped() || machine.stopped_at) return {};
  m_stage.checker.end(m_world.end_facts(machine));
  if (m_stage.roll(m_stage.faults.terminate_fails))
    return make_error(ErrorKind::throttled, "'{}' answers: request limit exceeded", m_name.value);
  if (machine.is_live() && machine.instance.state != core::InstanceState::stopping) {
    m_stage.say(fmt::format("  cloud: stop of {}", id.value));
    m_stage.hit("stopped");
    machine.instance.state = core::InstanceState::stopping;
    machine.stopped_at = m_stage.clock.real() + m_stage.random.between(Seconds(2), m_options.stopping);
    m_world.machine_stops(id);
  }
  if (m_stage.roll(m_stage.faults.terminate_lost_after)) return lost_reply("stop");
  return {};
}

std::vector<Result<void>> SimCloud::stop(std::span<const core::InstanceId> ids) {
  std::vector<Result<void>> results;
  for (const core::InstanceId& id : ids) {
    m_stage.enter("stop");
    results.push_back(stop_one(id));
    m_stage.leave("stop");
  }
  return results;
}

std::vector<Result<void>> SimCloud::terminate(std::span<const core::InstanceId> ids) {
  std::vector<Result<void>> results;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool new_call = i % static_cast<std::size_t>(std::max(1, m_options.terminate_max)) == 0;
    if (new_call) m_stage.enter("terminate");
    results.push_back(terminate_one(ids[i]));
    if (new_call) m_stage.leave("terminate");
  }
  return results;
}

Result<std::vector<core::Instance>> SimCloud::find(std::span<const std::string> words) {
  m_stage.enter("find");
  const auto has = [&](const std::string& word) { return std::ranges::find(words, word) != words.end(); };
  std::vector<core::Instance> found;
  for (const auto& [id, machine] : m_machines) {
    const core::Instance& one = machine.instance;
    if (has(id.value) || std::ranges::any_of(one.names, has) || std::ranges::any_of(one.addresses, has))
      found.push_back(one);
  }
  const bool fails = m_stage.roll(m_stage.faults.list_fails);
  m_stage.leave("find");
  if (fails) return make_error(ErrorKind::retry, "'{}' answers 503", m_name.value);
  return found;
}

Result<void> SimCloud::retag(const core::InstanceId& id, const core::Retag& tags) {
  m_stage.enter("retag");
  const auto found = m_machines.find(id);
  const bool fails = m_stage.roll(m_stage.faults.terminate_fails);
  if (found != m_machines.end() && !fails) {
    auto& own = found->second.instance.tags;
    for (const auto& [key, value] : tags.set) own[key] = value;
    for (const std::string& key : tags.remove) own.erase(key);
    m_stage.say(fmt::format("  cloud: other tags of {}", id.value));
  }
  const bool lost = m_stage.roll(m_stage.faults.terminate_lost_after);
  m_stage.leave("retag");
  if (fails) return make_error(ErrorKind::throttled, "'{}' answers: request limit exceeded", m_name.value);
  if (found == m_machines.end()) return make_error(ErrorKind::not_found, "'{}' has no '{}'", m_name.value, id.value);
  if (lost) return lost_reply("retag");
  return {};
}

Result<std::string> SimCloud::console(const core::InstanceId& id) {
  m_stage.enter("console");
  m_stage.leave("console");
  return fmt::format("{}: kernel panic", id.value);
}

Result<std::vector<core::SpotPrice>> SimCloud::spot_prices(std::span<const std::string> types) {
  m_stage.enter("prices");
  const bool fails = m_stage.roll(m_stage.faults.health_fails);
  std::vector<core::SpotPrice> prices;
  for (const std::string& type : types) {
    const auto found = m_options.spot_prices.find(type);
    if (found != m_options.spot_prices.end()) prices.push_back({.type = type, .zone = "a", .micros = found->second});
  }
  m_stage.leave("prices");
  if (fails) return make_error(ErrorKind::retry, "'{}' answers 503", m_name.value);
  return prices;
}

Result<std::vector<core::Health>> SimCloud::health(core::HealthQuestion question) {
  m_stage.enter("health");
  const bool fails = m_stage.roll(m_stage.faults.health_fails);
  std::vector<core::Health> said;
  for (const auto& [id, machine] : m_machines) {
    if (!machine.is_live()) continue;
    core::Health health{.id = id};
    if (question == core::HealthQuestion::checks) {
      health.impaired = machine.impaired ? "system check fails" : "";
      health.event = machine.event;
    } else if (machine.taken_at) {
      health.interrupted = "marked-for-termination";
    }
    if (!(health == core::Health{.id = id})) said.push_back(std::move(health));
  }
  m_stage.leave("health");
  if (fails) return make_error(ErrorKind::retry, "'{}' answers 503", m_name.value);
  return said;
}

Result<std::vector<cloud::InstanceType>> SimCloud::types(std::span<const std::string> names) {
  std::vector<cloud::InstanceType> types;
  for (const std::string& name : names) types.push_back({.name = name, .slots = 1, .memory_mib = 1024, .gpus = {}});
  return types;
}

Result<void> SimCloud::check(const core::Pool& pool) const {
  if (pool.cloud == m_name) return {};
  return make_error(ErrorKind::config, "pool '{}' is of another cloud", pool.name.value);
}

void SimCloud::kill(const core::InstanceId& id) {
  SimMachine& machine = m_machines.at(id);
  machine.instance.state = core::InstanceState::gone;
  machine.instance.fault = "the host failed";
  machine.gone_at = m_stage.clock.real();
  m_world.machine_stops(id);
}

void SimCloud::take_back(const core::InstanceId& id) {
  constexpr Seconds k_notice{120};  // EC2's
  SimMachine& machine = m_machines.at(id);
  if (!machine.taken_at) machine.taken_at = m_stage.clock.real() + k_notice;
}

void SimCloud::add_foreign(const std::string& name) {
  SimMachine machine;
  machine.instance.cloud = m_name;
  machine.instance.id.value = fmt::format("{}-foreign-{}", m_name.value, name);
  machine.instance.state = core::InstanceState::running;
  machine.instance.names = {name};
  machine.daemon_started = true;
  m_machines.emplace(machine.instance.id, std::move(machine));
}

void SimCloud::tick() {
  const TimePoint now = m_stage.clock.real();
  land_late();
  for (auto& [id, machine] : m_machines) {
    core::Instance& instance = machine.instance;
    if (machine.taken_at && now >= *machine.taken_at && machine.is_live()) {
      kill(id);
      instance.fault = instance.interrupted = "Server.SpotInstanceTermination";
    }
    if (instance.state == core::InstanceState::pending && now >= machine.running_at) {
      instance.state = core::InstanceState::running;
      if (!instance.addresses.empty()) instance.address = instance.addresses.front();
    }
    if (machine.fails_at && now >= *machine.fails_at && instance.state == core::InstanceState::running) {
      instance.state = core::InstanceState::failed;
      instance.fault = "error";
    }
    if (machine.stopped_at && now >= *machine.stopped_at) {
      if (instance.state == core::InstanceState::stopping) instance.state = core::InstanceState::stopped;
      machine.stopped_at.reset();
    }
    if (instance.state == core::InstanceState::stopping && machine.gone_at && now >= *machine.gone_at)
      instance.state = core::InstanceState::gone;
    const bool boots = instance.state == core::InstanceState::running && machine.boots_at && now >= *machine.boots_at;
    if (boots && !machine.daemon_started) {
      machine.daemon_started = true;
      m_world.machine_boots(machine);
    }
  }
  std::erase_if(m_machines, [&](const auto& entry) {
    return entry.second.gone_at && now - *entry.second.gone_at > k_listed_when_gone;
  });
}

}  // namespace tide::sim
