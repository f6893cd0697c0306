#include <tide/engine/executor.hpp>

#include <tide/core/limits.hpp>

#include <algorithm>

namespace tide::engine {

namespace {

// A call that may have been made before: what only says that this one was not done says nothing of the first.
bool is_refused(const core::Intent& intent, ErrorKind kind) {
  if (cloud::may_have_been_done(kind)) return false;
  return intent.attempts == 1 || kind == ErrorKind::capacity || kind == ErrorKind::quota;
}

std::string back_off_key(const core::LaunchRequest& request, ErrorKind kind) {
  const std::string pool = fmt::format("{}/{}", request.cloud.value, request.pool.value);
  const bool whole_cloud = kind == ErrorKind::auth || kind == ErrorKind::throttled || kind == ErrorKind::unsent;
  if (whole_cloud) return request.cloud.value;
  if (kind != ErrorKind::capacity) return pool;
  const std::string type = request.types.empty() ? "" : request.types.front();
  return fmt::format("{}/{}{}{}", pool, type, request.zone.empty() ? "" : "/", request.zone);
}

// Whatever went wrong, it was the batch system that did not take a change.
Error not_added(Error error) {
  error.kind = ErrorKind::batch;
  return std::move(error).with_context("while adding its nodes; nothing was launched");
}

}  // namespace

core::HoldRow Executor::joining_hold(const core::NodeName& node) const {
  core::HoldRow hold{
      .node = node, .kind = core::HoldKind::joining, .note = std::string(core::k_note_joining), .rule = "join"};
  hold.since = m_snapshot.age;
  hold.pass = m_memory.passes;
  return hold;
}

core::Intent Executor::open_intent(const core::Launch& launch, const core::Reason& reason) {
  core::Intent intent{
      .request = launch.request, .price_micros = launch.price_micros, .because = reason.text, .wish = launch.wish};
  const std::uint64_t high = m_ports.random.next();  // in this order, whatever the compiler
  intent.id.value = fmt::format("{:016x}{:016x}", high, m_ports.random.next());
  intent.request.intent = intent.id;
  intent.request.tags[core::tag::k_intent] = intent.id.value;
  intent.made_at = m_snapshot.taken_at;
  intent.made = m_snapshot.age;
  intent.attempts = 1;
  for (const std::string& name : intent.request.names) {
    const core::NodeName node{name};
    m_memory.nodes[node] = {.node = node, .pool = launch.request.pool, .intent = intent.id, .since = m_snapshot.age};
    if (m_snapshot.batch.entries != core::NodeEntries::before_launch) continue;
    m_memory.holds[node] = joining_hold(node);
  }
  return intent;
}

// Entries are made before the launch call, held, so that no node of ours ever takes a job before it is ready. One that
// was made before is left as it is: it may have joined meanwhile.
Result<void> Executor::add_nodes(const core::Intent& intent) {
  if (m_snapshot.batch.entries != core::NodeEntries::before_launch) return {};
  const core::LaunchRequest& request = intent.request;
  for (const std::string& name : request.names) {
    core::NodeRow& row = m_memory.nodes[core::NodeName{name}];
    if (row.made) continue;
    TIDE_TRY(m_ports.batch.add({.name = core::NodeName{name},
                                .slots = request.slots,
                                .memory_mib = request.memory_mib,
                                .gpus = request.gpus,
                                .features = request.features,
                                .note = std::string(core::k_note_joining)}));
    row.made = true;
    if (const auto hold = m_memory.holds.find(core::NodeName{name}); hold != m_memory.holds.end())
      hold->second.confirmed = true;
  }
  return {};
}

// What was not sent for want of time may be sent in the next pass; our own rate says itself when.
void Executor::back_off(const core::LaunchRequest& request, const Error& error) {
  const bool unsent = error.kind == ErrorKind::unsent;
  if (unsent && error.retry_after_seconds == 0) return;
  core::BackOff& row = m_memory.back_offs[back_off_key(request, error.kind)];
  row.key = back_off_key(request, error.kind);
  row.kind = error.kind;
  row.attempts = std::min(row.attempts + 1, 16);
  const Seconds own = std::min(core::k_back_off_max, core::k_back_off_first * (1 << std::min(row.attempts - 1, 8)));
  row.until = m_snapshot.age + std::max(unsent ? Seconds(0) : own, Seconds(error.retry_after_seconds));
  row.why = error.context.empty() ? error.message : fmt::format("{} ({})", error.message, error.context.back());
}

void Executor::settle(const core::PlannedAction& planned, const core::IntentId& id, Result<cloud::LaunchReply> reply) {
  core::Intent& intent = m_memory.intents[id];
  if (!reply) {
    if (!cloud::may_have_been_done(reply.error().kind)) back_off(intent.request, reply.error());
    if (is_refused(intent, reply.error().kind)) intent.state = core::IntentState::refused;
    report(planned, std::move(reply.error()));
    return;
  }
  intent.state = core::IntentState::accepted;
  std::size_t index = 0;
  for (const core::Instance& instance : reply->instances) {
    intent.instances.push_back(instance.id);
    core::Machine row{.id = instance.id, .cloud = intent.request.cloud, .intent = id, .pool = intent.request.pool};
    if (!instance.names.empty()) {
      row.node.value = instance.names.front();
    } else if (index < intent.request.names.size()) {
      row.node.value = intent.request.names[index];
    }
    row.type = instance.type;
    row.price_micros = intent.price_micros;
    row.launched_at = instance.launched_at;
    row.first_seen = m_snapshot.age;
    m_memory.machines.emplace(instance.id, std::move(row));
    ++index;
  }
  std::ranges::sort(intent.instances);
  m_memory.back_offs.erase(back_off_key(intent.request, ErrorKind::capacity));
  m_memory.back_offs.erase(back_off_key(intent.request, ErrorKind::quota));
  m_memory.back_offs.erase(back_off_key(intent.request, ErrorKind::throttled));
  const bool fewer = std::ssize(reply->instances) < intent.request.count;
  report(planned, std::nullopt,
         fewer ? fmt::format("{} of {} came", reply->instances.size(), intent.request.count) : "", intent.instances);
}

Result<void> Executor::launch_all(Span launches) {
  std::vector<core::Intent> intents;
  for (const core::PlannedAction& planned : launches) {
    intents.push_back(open_intent(std::get<core::Launch>(planned.action), planned.reason));
    m_memory.intents[intents.back().id] = intents.back();
  }
  TIDE_TRY(save());
  std::map<core::CloudName, std::vector<std::size_t>> by_cloud;
  for (std::size_t i = 0; i < intents.size(); ++i) {
    auto added = add_nodes(intents[i]);
    if (added) {
      by_cloud[intents[i].request.cloud].push_back(i);
      continue;
    }
    m_memory.intents[intents[i].id].state = core::IntentState::refused;  // no call was made
    report(launches[i], not_added(std::move(added.error())));
  }
  TIDE_TRY(save());
  for (const auto& [name, indexes] : by_cloud) {
    std::vector<core::LaunchRequest> requests;
    for (const std::size_t index : indexes) requests.push_back(intents[index].request);
    auto replies = m_ports.clouds.at(name)->launch(requests);
    for (std::size_t i = 0; i < indexes.size(); ++i)
      settle(launches[indexes[i]], intents[indexes[i]].id, std::move(replies[i]));
    TIDE_TRY(save());
  }
  return {};
}

Result<void> Executor::repeat(const core::PlannedAction& planned) {
  const core::IntentId id = std::get<core::Repeat>(planned.action).intent;
  core::Intent& intent = m_memory.intents[id];
  ++intent.attempts;
  TIDE_TRY(save());
  if (auto added = add_nodes(intent); !added) {
    report(planned, not_added(std::move(added.error())));
    return save();
  }
  const std::vector<core::LaunchRequest> requests{intent.request};
  auto replies = m_ports.clouds.at(intent.request.cloud)->launch(requests);
  settle(planned, id, std::move(replies.front()));
  return save();
}

}  // namespace tide::engine
