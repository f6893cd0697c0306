#include <tide/engine/executor.hpp>

#include <algorithm>

namespace tide::engine {

namespace {

std::optional<Error> error_of(Result<void> result) {
  return result ? std::nullopt : std::optional<Error>(std::move(result.error()));
}

core::Machine* machine_of(core::Memory& memory, const core::NodeName& node) {
  for (auto& [id, machine] : memory.machines) {
    if (machine.node == node) return &machine;
  }
  return nullptr;
}

}  // namespace

Result<void> Executor::hold_all(Span holds) {
  for (const core::PlannedAction& planned : holds) {
    core::HoldRow row = std::get<core::Hold>(planned.action).row;
    row.confirmed = false;
    m_memory.holds[row.node] = std::move(row);
  }
  TIDE_TRY(save());
  for (const core::PlannedAction& planned : holds) {
    core::HoldRow& row = m_memory.holds[std::get<core::Hold>(planned.action).row.node];
    auto error = error_of(m_ports.batch.hold(row.node, row.note));
    row.confirmed = !error;
    report(planned, std::move(error));
  }
  return save();
}

Result<void> Executor::release(const core::PlannedAction& planned) {
  const auto& action = std::get<core::Release>(planned.action);
  auto error = error_of(m_ports.batch.release(action.node));
  core::Machine* machine = machine_of(m_memory, action.node);
  if (!error) {
    m_memory.holds.erase(action.node);
    if (machine != nullptr) machine->idle_since.reset();
  }
  if (!error && machine != nullptr && action.ready) {
    machine->ready = m_snapshot.age;
    const auto breaker = m_memory.breakers.find(machine->pool);
    if (breaker != m_memory.breakers.end() && !breaker->second.open) m_memory.breakers.erase(breaker);
  }
  report(planned, std::move(error));
  return save();
}

Result<void> Executor::write_hosts(const core::PlannedAction& planned) {
  if (m_ports.names == nullptr) {
    report(planned, make_error(ErrorKind::unexpected, "there is no table of names to write"));
    return save();
  }
  report(planned, error_of(m_ports.names->write(std::get<core::WriteHosts>(planned.action).entries)));
  return save();
}

// Row and hold are on disk before the entry is there: whoever finds it knows whose it is.
Result<void> Executor::add(const core::PlannedAction& planned) {
  const auto& action = std::get<core::Add>(planned.action);
  core::NodeRow row{.node = action.node, .pool = action.pool, .intent = action.intent, .since = m_snapshot.age};
  m_memory.nodes[action.node] = std::move(row);
  m_memory.holds[action.node] = joining_hold(action.node);
  TIDE_TRY(save());
  auto error = error_of(m_ports.batch.add({.name = action.node,
                                           .address = action.address,
                                           .slots = action.slots,
                                           .memory_mib = action.memory_mib,
                                           .gpus = action.gpus,
                                           .features = action.features,
                                           .note = std::string(core::k_note_joining)}));
  if (!error) {
    m_memory.nodes[action.node].made = true;
    m_memory.nodes[action.node].address = action.address;
    m_memory.holds[action.node].confirmed = true;
  }
  const auto saved = save();  // before a hook takes its time
  std::string note = error || !saved ? "" : tell(hooks::Kind::node_added, action.node, planned.reason.text);
  report(planned, std::move(error), std::move(note));
  return saved;
}

Result<void> Executor::set_address(const core::PlannedAction& planned) {
  const auto& action = std::get<core::SetAddress>(planned.action);
  auto error = error_of(m_ports.batch.set_address(action.node, action.address));
  if (!error) m_memory.nodes[action.node].address = action.address;
  report(planned, std::move(error));
  return save();
}

Result<void> Executor::give_up(const core::PlannedAction& planned) {
  report(planned, error_of(m_ports.batch.give_up(std::get<core::GiveUp>(planned.action).node)));
  return {};
}

Result<void> Executor::remove(const core::PlannedAction& planned) {
  const auto& action = std::get<core::Remove>(planned.action);
  core::NodeRow& intent = m_memory.nodes[action.node];
  intent.node = action.node;
  intent.removing = true;  // on disk first: a node that is missing for it is not suspect
  TIDE_TRY(save());
  auto error = error_of(m_ports.batch.remove(action.node));
  if (!error) {
    core::NodeRow& row = m_memory.nodes[action.node];
    row.removed = true;
    row.free_at = m_snapshot.age + action.name_rest;
    m_memory.holds.erase(action.node);
    std::erase(m_memory.last_good.nodes, action.node);
    m_memory.last_good.running.erase(action.node);
  }
  const auto saved = save();  // before a hook takes its time
  std::string note = error || !saved ? "" : tell(hooks::Kind::node_removed, action.node, planned.reason.text);
  report(planned, std::move(error), std::move(note));
  return saved;
}

Result<void> Executor::close(const core::PlannedAction& planned) {
  std::optional<Error> error;
  if (const auto* intent = std::get_if<core::CloseIntent>(&planned.action)) m_memory.intents.erase(intent->intent);
  if (const auto* forget = std::get_if<core::Forget>(&planned.action)) m_memory.machines.erase(forget->instance);
  if (const auto* wish = std::get_if<core::CloseWish>(&planned.action)) {
    error = error_of(m_ports.store.close_wish(wish->wish));
    m_memory.wishes.erase(wish->wish);
    m_saved.wishes.erase(wish->wish);
  }
  report(planned, std::move(error));
  return save();
}

}  // namespace tide::engine
