#include <tide/core/outlook.hpp>

#include <tide/core/back_off.hpp>
#include <tide/core/describe.hpp>
#include <tide/core/limits.hpp>
#include <tide/core/sleep.hpp>
#include <tide/util/hostlist.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::core {

namespace {

constexpr std::size_t k_actions_shown = 20;  // of the next pass; `scale-once --dry-run` shows all

// Gathers what falls due for many nodes of one pool into a line: the time is that of the first.
struct Due {
  std::optional<TimePoint> first;
  std::vector<std::string> names;
};

class Outlook {
 public:
  Outlook(const Snapshot& snapshot, const Settings& settings, const Plan& plan)
      : m_snapshot(snapshot), m_settings(settings), m_plan(plan) {}

  std::vector<Next> take() {
    actions();
    workers();
    waits();
    std::ranges::stable_sort(m_next, {}, [](const Next& next) { return next.at.value_or(TimePoint{}); });
    return std::move(m_next);
  }

 private:
  TimePoint wall(Moment moment) const { return m_snapshot.taken_at + (moment - m_snapshot.age); }

  void add(std::optional<TimePoint> at, std::string subject, std::string what, RuleId rule) {
    std::vector<std::string> about{subject};
    m_next.push_back({at, std::move(subject), std::move(about), std::move(what), std::move(rule)});
  }

  void actions() {
    std::size_t shown = 0;
    for (const PlannedAction& planned : m_plan.actions) {
      const bool bookkeeping = std::holds_alternative<CloseIntent>(planned.action) ||
                               std::holds_alternative<CloseWish>(planned.action) ||
                               std::holds_alternative<Forget>(planned.action);
      if (bookkeeping) continue;
      if (++shown > k_actions_shown) continue;
      add({}, subject_of(planned.action), describe(planned.action), planned.reason.rule);
    }
    if (shown > k_actions_shown)
      add({}, "", fmt::format("{} more actions: 'tide scale-once --dry-run' shows all", shown - k_actions_shown), "");
  }

  void workers() {
    for (const Worker& worker : m_plan.workers) {
      const auto found = m_plan.memory.machines.find(worker.id);
      if (found == m_plan.memory.machines.end()) continue;
      const Machine& row = found->second;
      if (worker.phase == Phase::idle) idle(worker, row);
      if (worker.phase == Phase::pending || worker.phase == Phase::booting || worker.phase == Phase::joining)
        booting(worker, row);
      if (worker.phase == Phase::draining && !worker.jobs.empty())
        due("drained", "ends once its jobs are done", worker, {});
    }
    for (auto& [key, entry] : m_due) {
      std::ranges::sort(entry.names);
      m_next.push_back({entry.first, compress_hostlist(entry.names), entry.names, key.second, key.first});
    }
  }

  void idle(const Worker& worker, const Machine& row) {
    if (!row.idle_since || worker.needed) return;
    due("idle",
        fmt::format("is held and ended if no job comes and no minimum keeps it (idle_time {})",
                    format_duration(m_settings.scale.idle_time)),
        worker, wall(*row.idle_since + m_settings.scale.idle_time));
  }

  void booting(const Worker& worker, const Machine& row) {
    if (worker.instance && is_request(*worker.instance)) return waiting(worker, row);
    due("boot-deadline",
        fmt::format("is given up if its node has not registered (boot_deadline {})",
                    format_duration(m_settings.scale.boot_deadline)),
        worker, wall(row.first_seen + m_settings.scale.boot_deadline));
    const auto learned = m_plan.memory.boots.find(row.pool);
    if (learned == m_plan.memory.boots.end() || row.launched_at.time_since_epoch().count() <= 0) return;
    const TimePoint ready = row.launched_at + learned->second.typical;
    if (ready < m_snapshot.taken_at) return;
    due("boot-time",
        fmt::format("is expected to register (pool '{}' takes {})", row.pool.value,
                    format_duration(learned->second.typical)),
        worker, ready);
  }

  void waiting(const Worker& worker, const Machine& row) {
    due("request", "waits for its machine, and is given up then", worker,
        wall(row.first_seen + m_settings.scale.boot_deadline));
  }

  void due(const char* rule, std::string what, const Worker& worker, std::optional<TimePoint> at) {
    Due& entry = m_due[{rule, std::move(what)}];
    if (at && (!entry.first || *at < *entry.first)) entry.first = at;
    entry.names.push_back(worker.name.empty() ? worker.id.value : worker.name.value);
  }

  void waits() {
    const Memory& memory = m_plan.memory;
    if (const Sleep* sleep = asleep(memory, m_snapshot.taken_at); sleep != nullptr)
      add(sleep->until, "", sleep->until ? "machines may start again" : "no machine starts until 'tide wake'",
          "asleep");
    for (const auto& [key, row] : memory.back_offs) {
      if (row.until > m_snapshot.age) add(wall(row.until), row.what, "is asked for again", "back-off");
    }
    for (const auto& [name, breaker] : memory.breakers) {
      if (breaker.open)
        add({}, name.value,
            fmt::format("launches nothing until 'tide reset {}': {} boot failures in a row", name.value,
                        breaker.failures),
            "breaker");
    }
    if (memory.suspicion && !memory.suspicion->accepted)
      add(wall(memory.suspicion->since + k_suspect), "",
          "the suspect reading is believed, or earlier with 'tide accept-reading'", "suspect");
    if (memory.rebuild && *memory.rebuild + k_rebuild > m_snapshot.age)
      add(wall(*memory.rebuild + k_rebuild), "", "rules may end machines again: the store was lost", "rebuild");
  }

  const Snapshot& m_snapshot;
  const Settings& m_settings;
  const Plan& m_plan;
  std::vector<Next> m_next;
  std::map<std::pair<std::string, std::string>, Due> m_due;
};

}  // namespace

std::vector<Next> outlook(const Snapshot& snapshot, const Settings& settings, const Plan& plan) {
  return Outlook(snapshot, settings, plan).take();
}

}  // namespace tide::core
