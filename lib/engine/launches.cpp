#include <tide/engine/executor.hpp>

#include <tide/core/back_off.hpp>
#include <tide/core/limits.hpp>
#include <tide/core/stopped.hpp>
#include <tide/util/hostlist.hpp>

#include <algorithm>
#include <utility>

namespace tide::engine {

namespace {

// Does such a refusal leave the other choices of the pool open?
bool is_of_choice(ErrorKind kind) { return kind == ErrorKind::capacity || kind == ErrorKind::quota; }

// A call that may have been made before: what only says that this one was not done says nothing of the first. A token
// for which there is no room now never brought anything; without tokens the first may still land.
bool is_refused(const core::Intent& intent, bool has_tokens, ErrorKind kind) {
  if (cloud::may_have_been_done(kind)) return false;
  return intent.attempts == 1 || (has_tokens && is_of_choice(kind));
}

std::string choice_text(const core::LaunchRequest& request) { return core::describe(core::bid_of(request)); }

// What hooks failed with; the same words once.
void add_note(std::string& notes, const std::string& note) {
  if (note.empty() || notes.find(note) != std::string::npos) return;
  notes += (notes.empty() ? "" : "; ") + note;
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

// Part of the request, so that a repeat says the same. It may wait as long as a machine may boot: by then others are
// tried.
void Executor::set_valid_until(core::LaunchRequest& request) const {
  const auto traits = m_snapshot.clouds.find(request.cloud);
  const bool waits = traits != m_snapshot.clouds.end() &&
                     std::ranges::find(traits->second.by_request, request.pool) != traits->second.by_request.end();
  request.valid_until.reset();
  if (waits) request.valid_until = m_snapshot.taken_at + m_settings.scale.boot_deadline;
}

core::IntentId Executor::open_intent(core::Intent intent) {
  const std::uint64_t high = m_ports.random.next();  // in this order, whatever the compiler
  intent.id.value = fmt::format("{:016x}{:016x}", high, m_ports.random.next());
  intent.state = core::IntentState::open;
  intent.request.intent = intent.id;
  intent.request.tags[core::tag::k_intent] = intent.id.value;
  intent.instances.clear();
  set_valid_until(intent.request);
  intent.made_at = m_snapshot.taken_at;
  intent.made = m_snapshot.age;
  intent.attempts = 1;
  for (const std::string& name : intent.request.names) {
    const core::NodeName node{name};
    // An entry that an earlier choice of the same launch made is this one's now.
    const auto row = m_memory.nodes.find(node);
    if (!intent.replaces.empty() && row != m_memory.nodes.end() && !row->second.removed &&
        row->second.intent == intent.replaces) {
      row->second.intent = intent.id;
      continue;
    }
    m_memory.nodes[node] = {.node = node, .pool = intent.request.pool, .intent = intent.id, .since = m_snapshot.age};
    if (m_snapshot.batch.entries != core::NodeEntries::before_launch) continue;
    m_memory.holds[node] = joining_hold(node);
  }
  const core::IntentId id = intent.id;
  m_memory.intents[id] = std::move(intent);
  return id;
}

// Entries are made before the launch call, held, so that no node of ours ever takes a job before it is ready. One that
// was made before is left as it is: it may have joined meanwhile.
Result<void> Executor::add_nodes(const core::Intent& intent, std::vector<core::NodeName>& added) {
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
    added.push_back(core::NodeName{name});
  }
  return {};
}

const core::Families& Executor::families(const core::CloudName& cloud) const {
  static const core::Families k_none;
  const auto traits = m_snapshot.clouds.find(cloud);
  return traits == m_snapshot.clouds.end() ? k_none : traits->second.families;
}

// What was not sent for want of time may be sent in the next pass; our own rate says itself when.
void Executor::back_off(const core::Bid& bid, const Error& error) {
  if (error.kind == ErrorKind::unsent && error.retry_after_seconds == 0) return;
  core::BackOff row = core::back_off_after(m_memory, families(bid.cloud), bid, error, m_snapshot.age);
  const std::string key = row.key;
  m_memory.back_offs[key] = std::move(row);
}

// Nothing that kept such a launch off stands any longer, as far as the answer tells.
void Executor::came(const core::LaunchRequest& request) {
  const auto traits = m_snapshot.clouds.find(request.cloud);
  if (traits != m_snapshot.clouds.end() && core::tells_room_later(traits->second, request.pool)) {
    core::forget_refusals(m_memory, request.cloud, request.pool);
  } else {
    core::forget_back_offs(m_memory, families(request.cloud), core::bid_of(request));
  }
}

// They are as new ones are from here on.
void Executor::remember_begun(core::Intent& intent) {
  for (const core::InstanceId& id : intent.request.restart) {
    const auto row = m_memory.machines.find(id);
    if (row != m_memory.machines.end()) core::begin_again(row->second, intent.id, m_snapshot.age);
    intent.instances.push_back(id);
  }
  std::ranges::sort(intent.instances);
}

// The pool's other machines, and new ones, may well start: only these rest.
void Executor::rest_stopped(const core::LaunchRequest& request) {
  for (const core::InstanceId& id : request.restart) {
    const auto row = m_memory.machines.find(id);
    if (row != m_memory.machines.end()) row->second.start_refused = m_snapshot.age;
  }
}

// Rows for what came.
void Executor::remember_started(core::Intent& intent, const cloud::LaunchReply& reply) {
  intent.state = core::IntentState::accepted;
  if (!intent.request.restart.empty()) {
    remember_begun(intent);
    return;
  }
  std::size_t index = 0;
  for (const core::Instance& instance : reply.instances) {
    intent.instances.push_back(instance.id);
    core::Machine row{
        .id = instance.id, .cloud = intent.request.cloud, .intent = intent.id, .pool = intent.request.pool};
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
}

// What the reply says, kept; not yet on disk.
void Executor::settle(Attempt& attempt, Result<cloud::LaunchReply> reply) {
  core::Intent& intent = m_memory.intents[attempt.intent];
  const core::LaunchRequest& request = intent.request;
  const bool again = !attempt.note.empty();
  if (reply) {
    for (const cloud::ChoiceRefused& refused : reply->refused) {
      back_off({request.cloud, request.pool, request.market, refused.choice}, refused.error);
      attempt.note += fmt::format("{}{}: {}", attempt.note.empty() ? "" : "; ",
                                  core::describe({request.cloud, request.pool, request.market, refused.choice}),
                                  refused.error.message);
    }
    if (reply->instances.empty() && !reply->refused.empty()) {
      attempt.error = reply->refused.back().error;
      intent.state = core::IntentState::refused;
      return;
    }
  }
  if (!reply) {
    const auto traits = m_snapshot.clouds.find(request.cloud);
    const bool has_tokens = traits != m_snapshot.clouds.end() && traits->second.has_launch_tokens;
    const bool once = has_tokens || !request.restart.empty();  // a start that is done twice is done once
    const bool refused = is_refused(intent, once, reply.error().kind);
    if (!request.restart.empty()) {
      rest_stopped(request);
    } else if (!cloud::may_have_been_done(reply.error().kind)) {
      back_off(core::bid_of(request), reply.error());
    }
    if (refused) intent.state = core::IntentState::refused;
    attempt.note += fmt::format("{}{}: {}", again ? "; " : "", choice_text(request), reply.error().message);
    attempt.error = std::move(reply.error());
    return;
  }
  attempt.error.reset();
  remember_started(intent, *reply);
  attempt.started.insert(attempt.started.end(), intent.instances.begin(), intent.instances.end());
  if (!request.restart.empty()) return;
  if (!reply->instances.empty()) came(request);
  const bool fewer = std::ssize(reply->instances) < request.count;
  if (!fewer && !again) return;
  const bool only = !again && request.alternatives.empty();
  attempt.note += fmt::format("{}{}{} of {} came", again ? "; " : "", only ? "" : choice_text(request) + ": ",
                              reply->instances.size(), request.count);
}

// The part that did not come, for the next choice that does not rest: with a token of its own, for a token is never
// used with other parameters. All-or-nothing launches move as a whole.
std::optional<core::Intent> Executor::next_choice(const Attempt& attempt) const {
  const core::Intent& old = m_memory.intents.at(attempt.intent);
  const bool some_came = old.state == core::IntentState::accepted;
  const bool refused = old.state == core::IntentState::refused && attempt.error && is_of_choice(attempt.error->kind);
  const int came = some_came ? static_cast<int>(old.instances.size()) : 0;
  const bool whole = old.request.count > 1 && old.request.min_count == old.request.count;
  const bool in_time = m_ports.clock.monotonic() - m_options.began < core::k_pass_deadline;
  if (!(some_came || refused) || came >= old.request.count || (whole && came > 0) || !in_time) return std::nullopt;
  core::Intent next = old;
  core::LaunchRequest& request = next.request;
  auto& others = request.alternatives;
  std::erase_if(others, [&](const core::Choice& choice) {
    const core::Bid bid{request.cloud, request.pool, request.market, choice};
    return core::back_off_of(m_memory, families(request.cloud), bid, m_snapshot.age) != nullptr;
  });
  if (others.empty()) return std::nullopt;
  request.types.clear();
  if (!others.front().type.empty()) request.types = {others.front().type};
  request.zone = others.front().zone;
  if (!others.front().max_price.empty()) request.max_price = others.front().max_price;
  next.price_micros = others.front().price_micros;
  others.erase(others.begin());
  request.count -= came;
  request.min_count = std::min(request.min_count, request.count);
  std::set<std::string> taken;
  for (const core::InstanceId& id : old.instances) taken.insert(m_memory.machines.at(id).node.value);
  std::erase_if(request.names, [&](const std::string& name) { return taken.contains(name); });
  if (!request.names.empty()) request.tags[core::tag::k_names] = compress_hostlist(request.names);
  next.replaces = old.id;
  return next;
}

// Hooks take their time: what they are told of is on disk before.
void Executor::tell_added(Attempt& attempt) {
  const std::string why = m_memory.intents.at(attempt.intent).because;
  for (const core::NodeName& node : std::exchange(attempt.added, {}))
    add_note(attempt.hooks, tell(hooks::Kind::node_added, node, why));
}

void Executor::tell_started(Attempt& attempt) {
  const core::Intent& intent = m_memory.intents.at(attempt.intent);
  for (const core::InstanceId& id : intent.instances)
    add_note(attempt.hooks, tell(about(hooks::Kind::instance_started, id, intent.because)));
}

void Executor::finish(Attempt& attempt) {
  // What there was no capacity for is told, and no failure, where something came; anything else is one.
  if (attempt.error && is_of_choice(attempt.error->kind) && !attempt.started.empty()) attempt.error.reset();
  const bool one_call = m_memory.intents.at(attempt.intent).replaces.empty();
  if (one_call && attempt.error) attempt.note.clear();  // the error says it
  add_note(attempt.note, attempt.hooks);
  report(*attempt.planned, std::move(attempt.error), std::move(attempt.note), std::move(attempt.started));
}

Result<void> Executor::run_launches(std::vector<Attempt> attempts) {
  while (!attempts.empty()) {
    std::map<core::CloudName, std::vector<Attempt*>> by_cloud;
    for (Attempt& attempt : attempts) {
      core::Intent& intent = m_memory.intents[attempt.intent];
      auto added = add_nodes(intent, attempt.added);
      if (added) {
        by_cloud[intent.request.cloud].push_back(&attempt);
        continue;
      }
      if (intent.attempts == 1) intent.state = core::IntentState::refused;  // no call was made
      attempt.error = not_added(std::move(added.error()));
      finish(attempt);
    }
    TIDE_TRY(save());
    for (Attempt& attempt : attempts) tell_added(attempt);
    std::vector<Attempt> next;
    for (const auto& [name, group] : by_cloud) {
      std::vector<core::LaunchRequest> requests;
      for (const Attempt* attempt : group) requests.push_back(m_memory.intents[attempt->intent].request);
      auto replies = m_ports.clouds.at(name)->launch(requests);
      for (std::size_t i = 0; i < group.size(); ++i) settle(*group[i], std::move(replies[i]));
      if (m_ports.hooks != nullptr) TIDE_TRY(save());
      for (Attempt* attempt : group) tell_started(*attempt);
      for (Attempt* attempt : group) {
        if (auto intent = next_choice(*attempt)) {
          attempt->intent = open_intent(std::move(*intent));
          next.push_back(std::move(*attempt));
        } else {
          finish(*attempt);
        }
      }
      TIDE_TRY(save());
    }
    attempts = std::move(next);
  }
  return {};
}

Result<void> Executor::launch_all(Span launches) {
  std::vector<Attempt> attempts;
  std::map<std::pair<core::PoolName, std::string>, Result<std::string>> images;
  for (const core::PlannedAction& planned : launches) {
    const auto& launch = std::get<core::Launch>(planned.action);
    const core::LaunchRequest& request = launch.request;
    core::Intent intent{
        .request = request, .price_micros = launch.price_micros, .because = planned.reason.text, .wish = launch.wish};
    if (request.restart.empty()) {  // stopped machines have their image
      const std::pair key{request.pool, request.image};
      if (!images.contains(key)) images.emplace(key, m_ports.clouds.at(request.cloud)->resolve_image(request));
      const auto& image = images.at(key);
      if (!image) {
        if (!cloud::may_have_been_done(image.error().kind)) back_off(core::bid_of(request), image.error());
        report(planned, image.error());
        continue;
      }
      intent.request.image = *image;
    }
    attempts.push_back({.planned = &planned, .intent = open_intent(std::move(intent))});
  }
  TIDE_TRY(save());
  return run_launches(std::move(attempts));
}

Result<void> Executor::repeat(const core::PlannedAction& planned) {
  const core::IntentId id = std::get<core::Repeat>(planned.action).intent;
  ++m_memory.intents[id].attempts;
  TIDE_TRY(save());
  return run_launches({{.planned = &planned, .intent = id}});
}

}  // namespace tide::engine
