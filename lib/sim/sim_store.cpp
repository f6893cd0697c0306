#include <tide/sim/sim_store.hpp>

#include <algorithm>

namespace tide::sim {

namespace {

constexpr std::size_t k_events_kept = 400;

}  // namespace

std::optional<Error> SimStore::refuse(const char* call) {
  m_stage.enter(call);
  if (!m_stage.roll(m_stage.faults.store_fails)) return std::nullopt;
  m_stage.leave(call);
  return make_error(ErrorKind::io, "'tide.db' cannot be written: no space left on device");
}

Result<core::Memory> SimStore::load() {
  m_stage.enter("load");
  m_stage.leave("load");
  return m_memory;
}

Result<void> SimStore::save(const core::Memory&, const core::Memory& after) {
  if (auto error = refuse("save")) return *error;
  auto wishes = std::move(m_memory.wishes);
  m_memory = after;
  m_memory.wishes = std::move(wishes);
  m_stage.leave("save");
  return {};
}

Result<void> SimStore::add_wish(const core::Wish& wish) {
  m_memory.wishes[wish.id] = wish;
  return {};
}

Result<void> SimStore::close_wish(const core::WishId& wish) {
  if (auto error = refuse("close-wish")) return *error;
  m_memory.wishes.erase(wish);
  m_stage.leave("close-wish");
  return {};
}

Result<void> SimStore::append(std::span<const store::Event> events) {
  if (auto error = refuse("append")) return *error;
  m_events.insert(m_events.end(), events.begin(), events.end());
  if (m_events.size() > k_events_kept) m_events.erase(m_events.begin(), m_events.end() - std::ptrdiff_t{k_events_kept});
  m_stage.leave("append");
  return {};
}

Result<std::vector<store::Event>> SimStore::events(const store::EventQuery& query) {
  const auto wanted = std::min(m_events.size(), static_cast<std::size_t>(std::max(0, query.newest)));
  return std::vector<store::Event>(m_events.end() - static_cast<std::ptrdiff_t>(wanted), m_events.end());
}

Result<std::optional<std::string>> SimStore::kept_text(const std::string& name) {
  const auto found = m_kept.find(name);
  return found == m_kept.end() ? std::nullopt : std::optional(found->second);
}

Result<void> SimStore::keep_text(const std::string& name, const std::string& text) {
  if (auto error = refuse("keep")) return *error;
  m_kept[name] = text;
  m_stage.leave("keep");
  return {};
}

}  // namespace tide::sim
