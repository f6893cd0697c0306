#include <tide/engine/executor.hpp>

#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::engine {

namespace {

constexpr std::size_t k_console_max = 4096;  // the last lines say why a machine did not boot

// Asked again, it would be refused again: a machine that cannot be stopped may not stay for it.
bool is_for_good(ErrorKind kind) {
  return kind == ErrorKind::refused || kind == ErrorKind::bad_request || kind == ErrorKind::auth ||
         kind == ErrorKind::not_found || kind == ErrorKind::unknown;
}

}  // namespace

// Evidence of a machine that failed to boot, kept before it ends. That it cannot be had changes nothing.
void Executor::keep_console(const core::Terminate& end) {
  const auto machine = m_memory.machines.find(end.instance);
  if (!end.boot_failure || machine == m_memory.machines.end() || !machine->second.console.empty()) return;
  const auto text = m_ports.clouds.at(end.cloud)->console(end.instance);
  std::string kept = text ? *text : fmt::format("(no console text: {})", text.error().message);
  if (kept.size() > k_console_max) kept.erase(0, kept.size() - k_console_max);
  machine->second.console = printable(kept, k_console_max);
  const auto breaker = m_memory.breakers.find(machine->second.pool);
  if (breaker != m_memory.breakers.end()) breaker->second.console = machine->second.console;  // outlives the machine
}

// A machine that may not be ended is not asked for in each pass: that fails the same, and is told each time.
void Executor::note_answer(core::Machine& machine, const Result<void>& answer) const {
  const bool not_done = !answer && !cloud::may_have_been_done(answer.error().kind);
  if (machine.stopped && not_done) machine.ending.reset();  // it is kept, and may be started
  if (answer) {
    machine.told_to_end = m_snapshot.age;
    machine.end_refused.reset();
    machine.end_refused_why.clear();
  } else if (machine.stops && !machine.stopped && is_for_good(answer.error().kind)) {
    machine.unstoppable = true;
  } else if (answer.error().kind == ErrorKind::refused) {
    machine.end_refused = m_snapshot.age;
    machine.end_refused_why = answer.error().message + (answer.error().hint.empty() ? "" : ": " + answer.error().hint);
  }
}

// A node that this pass read as registered was held by an earlier one, or by a person, before its machine ends. An
// entry of an earlier machine of that name is none of it.
bool Executor::was_shown(const core::Terminate& end) const {
  const auto machine = m_memory.machines.find(end.instance);
  if (!m_snapshot.nodes || end.node.empty() || machine == m_memory.machines.end()) return false;
  return std::ranges::any_of(*m_snapshot.nodes, [&](const core::Node& node) {
    return node.name == end.node && core::registered_since(node, machine->second.launched_at);
  });
}

// The machines that a plan of what the batch system says by now would end.
Result<std::set<core::InstanceId>> Executor::ended_by_fresh_plan() const {
  core::Snapshot again = m_snapshot;
  again.memory.last_good = m_memory.last_good;  // what this pass has seen, the second reading must not lack
  again.jobs = m_ports.batch.jobs(m_options.all_job_ids);
  again.nodes = m_ports.batch.nodes();
  if (!again.jobs) return again.jobs.error();
  if (!again.nodes) return again.nodes.error();
  std::set<core::InstanceId> ends;
  for (const core::PlannedAction& planned : core::plan(again, m_settings, m_options.scope).actions) {
    if (const auto* end = std::get_if<core::Terminate>(&planned.action)) ends.insert(end->instance);
  }
  return ends;
}

// A node that nobody saw cannot be held first; it may register, and take a job, while the pass runs and hooks take
// their time. So the batch system is read once more right before such machines end.
std::optional<Error> Executor::look_again(const core::Terminate& end) {
  if (end.forced || was_shown(end)) return std::nullopt;
  if (!m_again) m_again = ended_by_fresh_plan();
  if (!*m_again) {
    Error error = m_again->error();
    error.kind = ErrorKind::batch;  // of the batch system, though the action is the cloud's
    return std::move(error)
        .with_context("while looking for its node once more")
        .with_hint("It stays, and the next pass decides.");
  }
  if ((*m_again)->contains(end.instance)) return std::nullopt;
  return Error{.kind = ErrorKind::refused,
               .message = "the batch system tells otherwise by now: its node came while the pass ran",
               .hint = "It stays, and the next pass decides."};
}

// The site's own program keeps the machine, for this pass. A person who named it with --force is not asked again.
bool Executor::is_vetoed(const core::PlannedAction& planned) {
  const auto& end = std::get<core::Terminate>(planned.action);
  if (m_ports.hooks == nullptr || end.forced || !m_ports.hooks->wants(hooks::Kind::before_end)) return false;
  auto asked = m_ports.hooks->call(about(hooks::Kind::before_end, end.instance, planned.reason.text));
  if (asked) return false;
  asked.error().kind = ErrorKind::refused;  // whatever ails it: no cloud failed
  report(planned,
         std::move(asked.error()).with_hint("It stays, and the next pass asks again; [hooks] before_end says so."));
  return true;
}

Result<void> Executor::terminate_all(Span ends) {
  std::vector<std::size_t> allowed;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (is_vetoed(ends[i])) continue;
    keep_console(std::get<core::Terminate>(ends[i].action));
    allowed.push_back(i);
  }
  m_again.reset();
  std::map<std::pair<core::CloudName, bool>, std::vector<std::size_t>> by_cloud;  // and whether they stop
  for (const std::size_t i : allowed) {
    const auto& end = std::get<core::Terminate>(ends[i].action);
    if (auto changed = look_again(end)) {
      report(ends[i], std::move(changed));
      continue;
    }
    by_cloud[{end.cloud, end.stop}].push_back(i);
    const auto machine = m_memory.machines.find(end.instance);
    if (machine == m_memory.machines.end()) continue;
    machine->second.ending = m_snapshot.age;
    if (!machine->second.stopped) machine->second.stops = end.stop;
    machine->second.ending_why = fmt::format("{}: {}", ends[i].reason.rule, ends[i].reason.text);
  }
  TIDE_TRY(save());
  for (const auto& [key, indexes] : by_cloud) {
    const auto& [name, stop] = key;
    std::vector<core::InstanceId> ids;
    for (const std::size_t index : indexes) ids.push_back(std::get<core::Terminate>(ends[index].action).instance);
    cloud::Cloud& cloud = *m_ports.clouds.at(name);
    auto results = stop ? cloud.stop(ids) : cloud.terminate(ids);
    for (std::size_t i = 0; i < indexes.size(); ++i) {
      const auto machine = m_memory.machines.find(ids[i]);
      if (machine != m_memory.machines.end()) note_answer(machine->second, results[i]);
    }
    const auto saved = save();  // before a hook takes its time
    for (std::size_t i = 0; i < indexes.size(); ++i) {
      const bool told = results[i] && saved;
      std::string note = told ? tell(about(hooks::Kind::instance_ended, ids[i], ends[indexes[i]].reason.text)) : "";
      report(ends[indexes[i]], results[i] ? std::nullopt : std::optional<Error>(std::move(results[i].error())),
             std::move(note));
    }
    TIDE_TRY(saved);
  }
  return {};
}

}  // namespace tide::engine
