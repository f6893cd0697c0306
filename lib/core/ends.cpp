#include <tide/core/ends.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tide::core {

namespace {

constexpr std::size_t k_note_max = 80;  // TORQUE keeps no more of a note

// What every batch system takes for a note: plain characters, no quotes, not too many.
std::string plain_note(std::string text) {
  std::erase_if(text, [](char c) { return c == '"' || c == '\'' || c == '\\'; });
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '.';
  }
  if (text.size() > k_note_max) text.replace(k_note_max - 3, std::string::npos, "...");
  return text;
}

}  // namespace

EndBudget::EndBudget(const World& world) {
  const int percent = world.settings.scale.max_end_per_pass.percent;
  const auto live = std::ranges::count_if(world.plan.workers, [](const Worker& worker) {
    return worker.ours && !worker.id.empty() && is_paid_for(worker);
  });
  m_limit = percent >= 100 ? std::numeric_limits<int>::max() : std::max(1, static_cast<int>(live * percent / 100));
  const auto ended = std::ranges::count_if(world.plan.actions, [](const PlannedAction& planned) {
    return std::holds_alternative<Terminate>(planned.action) && planned.reason.rule != "wish";
  });
  m_left = std::max(0, m_limit - static_cast<int>(ended));
}

bool EndBudget::take() {
  if (m_left == 0) return false;
  --m_left;
  return true;
}

bool is_left_alone(const World& world, const Worker& worker) {
  const auto row = world.plan.memory.machines.find(worker.id);
  return row != world.plan.memory.machines.end() && row->second.left_alone_until &&
         *row->second.left_alone_until > world.now();
}

bool end_is_refused(World& world, const Worker& worker) {
  const Machine* row = world.machine(worker.id);
  if (row == nullptr || !row->end_refused || world.now() - *row->end_refused >= k_end_refused) return false;
  world.decline(worker.id.value, "end-refused",
                fmt::format("{}; tried again {} s from now", row->end_refused_why,
                            (k_end_refused - (world.now() - *row->end_refused)).count()));
  return true;
}

bool rules_may_touch(World& world, const Worker& worker) {
  if (!world.reading.batch) {
    world.decline(worker.name.value, "batch-unreadable", world.reading.batch_why, world.reading.batch_kind);
    return false;
  }
  if (!world.reading.cloud(worker.cloud)) {
    world.decline(worker.name.value, "cloud-unreadable",
                  fmt::format("cloud '{}' could not be read", worker.cloud.value));
    return false;
  }
  if (world.reading.rebuilding) {
    world.decline(worker.name.value, "rebuild", "the store is being rebuilt: no rule ends anything for an hour");
    return false;
  }
  const auto hold = world.plan.memory.holds.find(worker.name);
  if (hold != world.plan.memory.holds.end() && hold->second.kind == HoldKind::keep) {
    world.decline(worker.name.value, "kept",
                  fmt::format("'{}': it is never ended until 'tide undrain'", hold->second.note));
    return false;
  }
  const bool persons = worker.node && worker.node->held && !worker.node->unfit && world.hold(worker.name) == nullptr;
  if (persons) {
    world.decline(worker.name.value, "persons-hold",
                  fmt::format("held by a person ('{}'): no rule touches it", worker.node->note));
    return false;
  }
  return true;
}

Silence count_silent(const World& world) {
  Silence count;
  for (const Worker& worker : world.plan.workers) {
    const bool leaving = worker.phase == Phase::stopping || !is_paid_for(worker);
    if (!worker.node || !worker.node->registered_at || leaving) continue;
    ++count.all;
    if (worker.node->down || !worker.node->responding) ++count.silent;
  }
  count.together =
      count.silent >= k_down_together || (count.silent > 1 && count.silent * 100 >= count.all * k_down_percent);
  return count;
}

Hold make_drain(const World& world, const Worker& worker, const RuleId& rule, const std::string& why,
                bool cancellable) {
  HoldRow row{
      .node = worker.name, .kind = HoldKind::end, .note = plain_note(fmt::format("tide: end {}: {}", rule, why))};
  row.rule = rule;
  row.cancellable = cancellable;
  row.since = world.now();
  row.pass = world.plan.memory.passes;
  return Hold{std::move(row)};
}

Hold make_keep(const World& world, const Worker& worker, const Wish& wish) {
  HoldRow row{
      .node = worker.name,
      .kind = HoldKind::keep,
      .note = plain_note(fmt::format("tide: keep {}{}{}", wish.by, wish.reason.empty() ? "" : ": ", wish.reason)),
      .rule = "wish"};
  row.since = world.now();
  row.pass = world.plan.memory.passes;
  row.wish = wish.id;
  return Hold{std::move(row)};
}

}  // namespace tide::core
