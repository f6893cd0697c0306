#include <tide/engine/executor.hpp>

#include <algorithm>

namespace tide::engine {

Executor::Executor(Ports& ports, const core::Settings& settings, const core::Snapshot& snapshot, core::Memory memory,
                   core::Memory saved, const PassOptions& options)
    : m_ports(ports),
      m_settings(settings),
      m_snapshot(snapshot),
      m_memory(std::move(memory)),
      m_saved(std::move(saved)),
      m_options(options) {}

Result<void> Executor::save() {
  TIDE_TRY(m_ports.store.save(m_saved, m_memory));
  m_saved = m_memory;
  return {};
}

void Executor::report(const core::PlannedAction& planned, std::optional<Error> error, std::string note,
                      std::vector<core::InstanceId> started) {
  m_outcomes.push_back(
      {.planned = planned, .error = std::move(error), .started = std::move(started), .note = std::move(note)});
  if (m_options.progress) m_options.progress(m_outcomes.back());
}

std::string Executor::tell(hooks::Call call) {
  if (m_ports.hooks == nullptr || !m_ports.hooks->wants(call.kind)) return "";
  const auto told = m_ports.hooks->call(call);
  return told ? "" : told.error().message;
}

hooks::Call Executor::about(hooks::Kind kind, const core::InstanceId& instance, const std::string& why) const {
  hooks::Call call{.kind = kind, .instance = instance, .why = why};
  const auto machine = m_memory.machines.find(instance);
  if (machine == m_memory.machines.end()) return call;
  call.node = machine->second.node;
  call.cloud = machine->second.cloud;
  call.pool = machine->second.pool;
  const auto row = m_memory.nodes.find(call.node);
  if (row != m_memory.nodes.end()) call.address = row->second.address;
  return call;
}

std::string Executor::tell(hooks::Kind kind, const core::NodeName& node, const std::string& why) {
  const auto machine =
      std::ranges::find_if(m_memory.machines, [&](const auto& one) { return one.second.node == node; });
  if (machine != m_memory.machines.end()) return tell(about(kind, machine->first, why));
  hooks::Call call{.kind = kind, .node = node, .why = why};
  if (const auto row = m_memory.nodes.find(node); row != m_memory.nodes.end()) {
    call.pool = row->second.pool;
    call.address = row->second.address;
  }
  return tell(std::move(call));
}

// Neighbours of one kind go together: launches and ends side by side, holds with one write to disk.
Result<void> Executor::run(const core::Plan& plan) {
  TIDE_TRY(save());
  const Span actions(plan.actions);
  for (std::size_t begin = 0; begin < actions.size();) {
    std::size_t end = begin + 1;
    while (end < actions.size() && actions[end].action.index() == actions[begin].action.index()) ++end;
    const Span alike = actions.subspan(begin, end - begin);
    begin = end;
    if (std::holds_alternative<core::Launch>(alike.front().action)) {
      TIDE_TRY(launch_all(alike));
    } else if (std::holds_alternative<core::Terminate>(alike.front().action)) {
      TIDE_TRY(terminate_all(alike));
    } else if (std::holds_alternative<core::Hold>(alike.front().action)) {
      TIDE_TRY(hold_all(alike));
    } else {
      for (const core::PlannedAction& planned : alike) {
        if (std::holds_alternative<core::Repeat>(planned.action)) {
          TIDE_TRY(repeat(planned));
        } else if (std::holds_alternative<core::Release>(planned.action)) {
          TIDE_TRY(release(planned));
        } else if (std::holds_alternative<core::WriteHosts>(planned.action)) {
          TIDE_TRY(write_hosts(planned));
        } else if (std::holds_alternative<core::Add>(planned.action)) {
          TIDE_TRY(add(planned));
        } else if (std::holds_alternative<core::SetAddress>(planned.action)) {
          TIDE_TRY(set_address(planned));
        } else if (std::holds_alternative<core::GiveUp>(planned.action)) {
          TIDE_TRY(give_up(planned));
        } else if (std::holds_alternative<core::Remove>(planned.action)) {
          TIDE_TRY(remove(planned));
        } else if (std::holds_alternative<core::Adopt>(planned.action)) {
          TIDE_TRY(adopt(planned));
        } else if (std::holds_alternative<core::Disown>(planned.action)) {
          TIDE_TRY(disown(planned));
        } else {
          TIDE_TRY(close(planned));
        }
      }
    }
  }
  return {};
}

}  // namespace tide::engine
