#include <tide/engine/executor.hpp>

namespace tide::engine {

// What the cloud refuses once it refuses each minute: it is told, and a person may say it again.
Result<void> Executor::give_up(const core::WishId& wish, const Error& refusal) {
  if (!m_memory.wishes.contains(wish)) return {};
  m_memory.wishes.erase(wish);
  m_saved.wishes.erase(wish);
  const store::Event event{.at = m_snapshot.taken_at,
                           .pass = m_memory.passes,
                           .type = std::string(k_close_wish),
                           .subject = wish.value,
                           .rule = std::string(to_string(refusal.kind)),
                           .text = refusal.message};
  TIDE_TRY(m_ports.store.append(std::span(&event, 1)));
  return m_ports.store.close_wish(wish);
}

// The row is on disk before the tag: whoever finds the machine tagged knows why, and one that is not yet tagged is not
// taken for one of ours that is missing.
Result<void> Executor::adopt(const core::PlannedAction& planned) {
  const auto& action = std::get<core::Adopt>(planned.action);
  core::Machine row{.id = action.instance, .cloud = action.cloud, .intent = {}, .pool = action.pool};
  row.node = action.node;
  row.type = action.type;
  row.price_micros = action.price_micros;
  row.launched_at = action.launched_at;
  row.first_seen = m_snapshot.age;
  row.adopted = true;
  row.registered = m_snapshot.age;
  row.ready = m_snapshot.age;
  row.adopting = m_snapshot.age;
  m_memory.machines[action.instance] = std::move(row);
  TIDE_TRY(save());
  auto done = m_ports.clouds.at(action.cloud)->retag(action.instance, action.tags);
  if (!done && !cloud::may_have_been_done(done.error().kind)) {
    m_memory.machines.erase(action.instance);
    TIDE_TRY(give_up(action.wish, done.error()));
  }
  report(planned, done ? std::nullopt : std::optional<Error>(std::move(done.error())));
  return save();
}

// Marked on disk before the tags go, and kept until no listing shows them: else what is still listed as ours would be
// one that the store does not know.
Result<void> Executor::disown(const core::PlannedAction& planned) {
  const auto& action = std::get<core::Disown>(planned.action);
  const auto machine = m_memory.machines.find(action.instance);
  const bool known = machine != m_memory.machines.end();
  const bool first = known && !machine->second.disowning;
  if (first) machine->second.disowning = m_snapshot.age;
  TIDE_TRY(save());
  auto done = m_ports.clouds.at(action.cloud)->retag(action.instance, action.tags);
  if (done) {
    m_memory.holds.erase(action.node);
    m_memory.nodes.erase(action.node);  // the entry is as the machine is: nobody's of tide's
  } else if (!cloud::may_have_been_done(done.error().kind)) {
    if (first) machine->second.disowning.reset();
    TIDE_TRY(give_up(action.wish, done.error()));
  }
  report(planned, done ? std::nullopt : std::optional<Error>(std::move(done.error())));
  return save();
}

}  // namespace tide::engine
