#include "cmd/output/sections.hpp"

#include <tide/core/back_off.hpp>
#include <tide/core/describe.hpp>
#include <tide/core/enum_names.hpp>
#include <tide/core/fit.hpp>
#include <tide/core/resize.hpp>
#include <tide/core/sizes.hpp>
#include <tide/core/sleep.hpp>
#include <tide/core/spend.hpp>
#include <tide/util/units.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace tide::cmd::output {

namespace {

constexpr std::int64_t k_bytes_per_mib = 1024 * 1024;

std::vector<std::string> texts(const std::vector<core::JobId>& ids) {
  std::vector<std::string> out;
  for (const core::JobId& id : ids) out.push_back(id.value);
  return out;
}

Cell seconds_since(const std::optional<Moment>& since, Moment now) {
  return since ? Cell((now - *since).count()) : Cell();
}

std::string reasons_text(const std::vector<core::Reason>& reasons) {
  std::string text;
  for (const core::Reason& reason : reasons) {
    if (!text.empty()) text += "; ";
    text += reason.text;
    if (reason.facts.empty() || reason.rule != "no-pool") continue;
    for (const core::Fact& fact : reason.facts)
      text += fmt::format("{}{}: {}", &fact == &reason.facts.front() ? " (" : ", ", fact.name, fact.value);
    text += ")";
  }
  return text;
}

std::string chunk_text(const core::Chunk& chunk) {
  std::string text = fmt::format("{} node{} x {} slot{}", chunk.nodes, chunk.nodes == 1 ? "" : "s",
                                 chunk.tasks * chunk.slots_per_task / std::max(1, chunk.nodes),
                                 chunk.tasks * chunk.slots_per_task / std::max(1, chunk.nodes) == 1 ? "" : "s");
  const std::int64_t memory = chunk.memory_mib_per_node +
                              chunk.memory_mib_per_slot * chunk.tasks * chunk.slots_per_task / std::max(1, chunk.nodes);
  if (memory > 0) text += fmt::format(", {} MiB", memory);
  for (const auto& [type, count] : chunk.gpus_per_node)
    text += fmt::format(", {} GPU{}", count, type.empty() ? "" : " " + type);
  for (const auto& any : chunk.features) text += fmt::format(", {}", fmt::join(any, "|"));
  for (const std::string& one : chunk.lacking) text += fmt::format(", not {}", one);
  return text;
}

// Where a pool's numbers come from.
std::string size_text(const core::Sized& sized, const core::PoolName& pool) {
  const auto found = sized.pools.find(pool);
  if (found == sized.pools.end()) return "configured";
  if (!found->second.why.empty()) return found->second.why;
  return found->second.learned ? "learned from its first node" : "told by the cloud";
}

}  // namespace

std::string shape_text(const core::Shape& shape) {
  std::string text;
  for (const core::Chunk& chunk : shape.chunks) text += (text.empty() ? "" : " + ") + chunk_text(chunk);
  if (shape.exclusive) text += ", exclusive";
  return text;
}

namespace {

std::vector<Cell> worker_row(const core::Worker& worker, const core::Machine* machine, const core::Snapshot& snapshot) {
  const core::Node* node = worker.node ? &*worker.node : nullptr;
  const core::Instance* instance = worker.instance ? &*worker.instance : nullptr;
  const auto text = [](const std::string& value) { return value.empty() ? Cell() : Cell(value); };
  const bool bought = machine != nullptr && machine->launched_at.time_since_epoch().count() > 0;
  Cell address;
  if (instance != nullptr) {
    address = instance->address;
  } else if (node != nullptr) {
    address = node->address;
  }
  std::string type = instance != nullptr ? instance->type : machine != nullptr ? machine->type : "";
  return {worker.name.value,
          worker.id.value,
          worker.cloud.value,
          worker.pool.value,
          std::string(core::to_string(worker.phase)),
          node != nullptr ? text(node->state) : Cell(),
          instance != nullptr ? Cell(std::string(core::to_string(instance->state))) : Cell(),
          worker.ours,
          node != nullptr ? Cell(std::int64_t{node->slots}) : Cell(),
          node != nullptr ? Cell(std::int64_t{node->slots_used}) : Cell(),
          node != nullptr ? Cell(node->memory_mib * k_bytes_per_mib) : Cell(),
          texts(worker.jobs),
          std::move(address),
          std::move(type),
          instance != nullptr ? text(instance->zone) : Cell(),
          instance != nullptr ? Cell(std::string(core::to_string(instance->market))) : Cell(),
          machine != nullptr ? Cell(format_money(machine->price_micros)) : Cell(),
          bought ? Cell(format_money(core::cost_so_far(*machine, snapshot.taken_at))) : Cell(),
          bought ? Cell(format_time(machine->launched_at)) : Cell(),
          machine != nullptr ? seconds_since(machine->idle_since, snapshot.age) : Cell(),
          worker.needed,
          worker.why,
          instance != nullptr && instance->impaired,
          instance != nullptr ? text(instance->event) : Cell(),
          instance != nullptr && instance->event_at ? Cell(format_time(*instance->event_at)) : Cell(),
          machine != nullptr && machine->interrupted ? Cell(machine->interrupted_why) : Cell()};
}

}  // namespace

Section workers(const core::Plan& plan, const core::Snapshot& snapshot) {
  // Where each row has a node's name, the machine's ID can be spared.
  const bool named = std::ranges::none_of(plan.workers, [](const auto& worker) { return worker.name.empty(); });
  Section section{.name = "workers",
                  .columns = {{"node", "NODE"},
                              {"instance", "INSTANCE", false, named ? 7 : 0},
                              {"cloud", ""},
                              {"pool", "POOL", false, 1},
                              {"phase", "PHASE"},
                              {"state", "NODE STATE", true, 4},
                              {"cloud_state", "CLOUD STATE", true, 8},
                              {"ours", ""},
                              {"slots", "SLOTS", false, 5},
                              {"slots_used", "USED", false, 3},
                              {"memory_bytes", ""},
                              {"jobs", "JOBS", false, 2},
                              {"address", ""},
                              {"type", ""},
                              {"zone", ""},
                              {"market", "MARKET", true, 10},
                              {"price", "PRICE", true, 11},
                              {"cost", "COST", true, 9},
                              {"launched_at", ""},
                              {"idle_seconds", "IDLE", false, 6},
                              {"needed", ""},
                              {"why", "WHY"},
                              {"impaired", ""},
                              {"event", ""},
                              {"event_at", ""},
                              {"interrupted", ""}},
                  .rows = {},
                  .empty = "No nodes and no machines."};
  std::vector<const core::Worker*> sorted;
  for (const core::Worker& worker : plan.workers) sorted.push_back(&worker);
  std::ranges::stable_sort(sorted, {},
                           [](const core::Worker* worker) { return std::pair(worker->pool.empty(), worker->pool); });
  for (const core::Worker* worker : sorted) {
    const auto row = plan.memory.machines.find(worker->id);
    section.rows.push_back(worker_row(*worker, row == plan.memory.machines.end() ? nullptr : &row->second, snapshot));
  }
  return section;
}

Cell resized_text(const core::Memory& memory, const core::Settings& configured, const core::PoolName& pool) {
  const core::Resize* row = core::resized(memory, configured.pools.at(pool));
  return row == nullptr ? Cell() : Cell(core::describe(*row));
}

Section pools(const core::Plan& plan, const core::Snapshot& snapshot, const core::Settings& configured) {
  const core::Sized sized = core::with_sizes(configured, snapshot, plan.memory);
  const core::Settings& settings = sized.settings;
  Section section{.name = "pools",
                  .columns = {{"pool", "POOL"},
                              {"cloud", "CLOUD", false, 5},
                              {"slots", "SLOTS", false, 3},
                              {"memory_bytes", ""},
                              {"size", ""},
                              {"price", "PRICE", false, 4},
                              {"min", "MIN", false, 2},
                              {"max", "MAX"},
                              {"machines", "MACHINES"},
                              {"boot_failures", "FAILED", false, 1},
                              {"stopped", "STOPPED"},
                              {"resized", "BY HAND", true}},
                  .rows = {},
                  .empty = "No pools: nothing can be launched."};
  for (const auto& [name, pool] : settings.pools) {
    const auto machines = std::ranges::count_if(plan.workers, [&](const core::Worker& worker) {
      return worker.ours && worker.pool == name && !worker.id.empty() && core::is_paid_for(worker);
    });
    const auto breaker = plan.memory.breakers.find(name);
    const bool known = breaker != plan.memory.breakers.end();
    section.rows.push_back({name.value, pool.cloud.value, std::int64_t{pool.slots}, pool.memory_mib * k_bytes_per_mib,
                            size_text(sized, name), pool.price_micros ? Cell(format_money(*pool.price_micros)) : Cell(),
                            std::int64_t{pool.min}, std::int64_t{pool.max}, std::int64_t{machines},
                            std::int64_t{known ? breaker->second.failures : 0}, known && breaker->second.open,
                            resized_text(plan.memory, configured, name)});
  }
  return section;
}

Section jobs(const core::Plan& plan) {
  Section section{.name = "jobs",
                  .columns = {{"shape", "WAITING"},
                              {"queue", "QUEUE", false, 4},
                              {"count", "JOBS"},
                              {"fits", "FIT", false, 2},
                              {"launching", "LAUNCHING", false, 1},
                              {"not_counted", "NOT COUNTED", false, 3},
                              {"reason", ""},
                              {"ids", ""},
                              {"why", "WHY"}},
                  .rows = {},
                  .empty = "No jobs wait."};
  for (const core::ShapeVerdict& verdict : plan.shapes) {
    section.rows.push_back({shape_text(verdict.jobs.shape), core::queue_text(verdict.jobs.shape), verdict.jobs.count,
                            verdict.fits, verdict.launching, verdict.not_counted, verdict.jobs.reason,
                            texts(verdict.jobs.ids), reasons_text(verdict.reasons)});
  }
  return section;
}

namespace {

Section action_section() {
  return {.name = "actions",
          .columns = {{"action", ""},
                      {"subject", ""},
                      {"what", "ACTION"},
                      {"rule", "RULE", false, 1},
                      {"done", ""},
                      {"instances", ""},
                      {"error", ""},
                      {"why", "WHY"}},
          .rows = {},
          .empty = "Nothing to do."};
}

}  // namespace

Section actions(const core::Plan& plan) {
  Section section = action_section();
  for (const core::PlannedAction& planned : plan.actions) {
    section.rows.push_back({core::verb_of(planned.action), core::subject_of(planned.action),
                            core::describe(planned.action), planned.reason.rule, false, std::vector<std::string>{},
                            Cell(), planned.reason.text});
  }
  return section;
}

Section actions(const std::vector<engine::Outcome>& outcomes, const std::vector<cloud::UpkeepStep>& upkeep) {
  Section section = action_section();
  for (const engine::Outcome& outcome : outcomes) {
    std::vector<std::string> started;
    for (const core::InstanceId& id : outcome.started) started.push_back(id.value);
    std::string why = outcome.planned.reason.text;
    if (!outcome.note.empty()) why += "; " + outcome.note;
    if (outcome.error) why = "FAILED: " + outcome.error->message;
    section.rows.push_back({core::verb_of(outcome.planned.action), core::subject_of(outcome.planned.action),
                            core::describe(outcome.planned.action), outcome.planned.reason.rule, !outcome.error,
                            std::move(started), outcome.error ? Cell(outcome.error->message) : Cell(), std::move(why)});
  }
  for (const cloud::UpkeepStep& step : upkeep) {
    section.rows.push_back({step.verb, step.subject, fmt::format("{} '{}'", step.verb, step.subject), "upkeep",
                            !step.error, std::vector<std::string>{}, step.error ? Cell(step.error->message) : Cell(),
                            step.error ? "FAILED: " + step.error->message : step.text});
  }
  return section;
}

Section declined(const core::Plan& plan) {
  Section section{.name = "declined",
                  .columns = {{"what", "NOT DONE"}, {"rule", "RULE", false, 1}, {"why", "WHY"}},
                  .rows = {},
                  .empty = ""};
  for (const core::Declined& one : plan.declined) section.rows.push_back({one.what, one.reason.rule, one.reason.text});
  return section;
}

Section sleep(const core::Snapshot& snapshot) {
  Section section{.name = "sleep",
                  .columns = {{"since", "ASLEEP SINCE"}, {"until", "UNTIL"}, {"by", "BY"}, {"reason", "REASON"}},
                  .rows = {},
                  .empty = ""};
  const core::Sleep* sleep = core::asleep(snapshot.memory, snapshot.taken_at);
  if (sleep == nullptr) return section;
  section.rows.push_back(
      {format_time(sleep->since), sleep->until ? Cell(format_time(*sleep->until)) : Cell(), sleep->by, sleep->reason});
  return section;
}

// What is not asked for before its time, and which pools would.
Section back_offs(const core::Plan& plan, const core::Snapshot& snapshot, const core::Settings& settings) {
  Section section{
      .name = "back_offs",
      .columns =
          {{"what", "RESTS"}, {"kind", ""}, {"until", ""}, {"pools", "POOLS", false, 1}, {"cause", ""}, {"why", "WHY"}},
      .rows = {},
      .empty = ""};
  for (const auto& [key, row] : plan.memory.back_offs) {
    if (row.until <= snapshot.age) continue;
    std::vector<std::string> pools;
    for (const auto& [name, pool] : settings.pools) {
      if (core::concerns(row, pool, snapshot)) pools.push_back(name.value);
    }
    const TimePoint until = snapshot.taken_at + (row.until - snapshot.age);
    std::string why = core::describe(row, snapshot);
    if (row.kind == ErrorKind::capacity) why += ": " + row.why;
    section.rows.push_back(
        {row.what, std::string(to_string(row.kind)), format_time(until), std::move(pools), row.why, std::move(why)});
  }
  return section;
}

Section consoles(const core::Memory& memory) {
  constexpr std::size_t k_shown = 160;
  Section section{.name = "consoles",
                  .columns = {{"pool", "FAILED IN"},
                              {"instance", "INSTANCE", false, 1},
                              {"console", ""},
                              {"end", "LAST ON ITS CONSOLE"}},
                  .rows = {},
                  .empty = ""};
  const auto add = [&](const core::PoolName& pool, const std::string& id, const std::string& text) {
    const std::string end = text.size() > k_shown ? "..." + text.substr(text.size() - k_shown) : text;
    section.rows.push_back({pool.value, id, text, end});
  };
  std::set<std::string> told;
  for (const auto& [id, machine] : memory.machines) {
    if (!machine.console.empty() && told.insert(machine.console).second) add(machine.pool, id.value, machine.console);
  }
  for (const auto& [name, breaker] : memory.breakers) {
    if (!breaker.console.empty() && told.insert(breaker.console).second) add(name, "", breaker.console);
  }
  return section;
}

Section events(const std::vector<store::Event>& rows) {
  Section section{.name = "events",
                  .columns = {{"at", "TIME"},
                              {"kind", "KIND"},
                              {"subject", "SUBJECT"},
                              {"rule", "RULE", false, 1},
                              {"pass", ""},
                              {"id", ""},
                              {"text", "WHY"}},
                  .rows = {},
                  .empty = "No events."};
  for (const store::Event& event : rows)
    section.rows.push_back(
        {format_time(event.at), event.type, event.subject, event.rule, event.pass, event.id, event.text});
  return section;
}

Section alarms(const core::Plan& plan) {
  Section section{.name = "alarms", .columns = {{"rule", "ALARM"}, {"why", "WHY"}}, .rows = {}, .empty = ""};
  for (const core::Alarm& alarm : plan.alarms) section.rows.push_back({alarm.reason.rule, alarm.reason.text});
  return section;
}

}  // namespace tide::cmd::output
