#include "cmd/output/look.hpp"

#include <tide/core/enum_names.hpp>
#include <tide/core/outlook.hpp>
#include <tide/core/sleep.hpp>
#include <tide/core/spend.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <set>

namespace tide::cmd::output {

namespace {

constexpr std::string_view k_keep = "tide: keep ";

// "tide: keep alice on pts/3: bad disk" says who and why.
struct Said {
  std::string by;
  std::string why;
};

Said said_in(const core::Node& node) {
  const std::string& note = node.note;
  if (!note.starts_with(k_keep)) return {node.held_by, note};
  const std::size_t colon = note.find(": ", k_keep.size());
  if (colon == std::string::npos) return {note.substr(k_keep.size()), ""};
  return {note.substr(k_keep.size(), colon - k_keep.size()), note.substr(colon + 2)};
}

Cell text_or_none(std::string text) { return text.empty() ? Cell() : Cell(std::move(text)); }

Cell number_of(core::CapUnit unit, const std::optional<std::int64_t>& value) {
  if (!value) return Cell();
  return unit == core::CapUnit::money ? Cell(format_money(*value)) : Cell(*value);
}

}  // namespace

std::string age_text(std::int64_t seconds) { return format_duration(Seconds(seconds)); }

Section summary(const Reading& reading) {
  Section section{.name = "summary",
                  .columns = {{"cluster", "CLUSTER"},
                              {"batch", "BATCH", false, 3},
                              {"machines", "MACHINES"},
                              {"max_nodes", "OF"},
                              {"jobs_waiting", "WAITING"},
                              {"jobs_running", "RUNNING"},
                              {"slots", "SLOTS", false, 1},
                              {"slots_used", "USED", false, 1},
                              {"cost_per_hour", "COST/H"},
                              {"currency", ""},
                              {"cached", ""},
                              {"read_at", "READ AT", false, 2}},
                  .rows = {},
                  .empty = ""};
  const core::Snapshot& snapshot = reading.snapshot;
  const store::Sample sample = engine::count(snapshot, reading.plan);
  std::int64_t slots = 0;
  std::int64_t used = 0;
  for (const core::Worker& worker : reading.plan.workers) {
    if (!worker.node || worker.node->placeholder) continue;
    slots += worker.node->slots;
    used += worker.node->slots_used;
  }
  std::int64_t cost = 0;
  std::int64_t machines = 0;
  for (const core::Cap& cap : reading.caps) {
    if (cap.name == "[money] per_hour") cost = cap.used.value_or(0);
    if (cap.name == "[scale] max_nodes") machines = cap.used.value_or(0);
  }
  section.rows.push_back(
      {reading.settings.cluster, reading.settings.batch, machines, std::int64_t{reading.settings.scale.max_nodes},
       snapshot.jobs ? Cell(sample.jobs_waiting) : Cell(), snapshot.jobs ? Cell(sample.jobs_running) : Cell(),
       snapshot.nodes ? Cell(slots) : Cell(), snapshot.nodes ? Cell(used) : Cell(), format_money(cost),
       reading.settings.money.currency, reading.cached, format_time(snapshot.taken_at)});
  return section;
}

Section sources(const Reading& reading) {
  Section section{.name = "sources",
                  .columns = {{"name", "SOURCE"},
                              {"ok", ""},
                              {"health", "HEALTH"},
                              {"age_seconds", ""},
                              {"age", "DATA'S AGE"},
                              {"error", "WHY"}},
                  .rows = {},
                  .empty = ""};
  for (const Source& source : reading.sources) {
    section.rows.push_back({source.name, source.ok, source.ok ? "ok" : "FAILED",
                            source.age_seconds ? Cell(*source.age_seconds) : Cell(),
                            source.age_seconds ? age_text(*source.age_seconds) : "never read", source.error});
  }
  return section;
}

Section held(const Reading& reading) {
  Section section{.name = "held",
                  .columns = {{"node", "HELD BY PEOPLE"},
                              {"pool", "POOL", false, 3},
                              {"by", "BY"},
                              {"since", "SINCE", false, 1},
                              {"jobs", "JOBS", false, 4},
                              {"cost", "COST MEANWHILE", false, 2},
                              {"why", "WHY"}},
                  .rows = {},
                  .empty = ""};
  const core::Snapshot& snapshot = reading.snapshot;
  for (const core::Worker& worker : reading.plan.workers) {
    if (!worker.node || !worker.node->held || worker.node->unfit || worker.node->placeholder) continue;
    // Another tide's drain is no person's hold; what somebody asked tide to keep is one.
    const std::string& note = worker.node->note;
    if (note.starts_with(core::k_note_prefix) && !note.starts_with(k_keep)) continue;
    const auto hold = reading.plan.memory.holds.find(worker.name);
    if (hold != reading.plan.memory.holds.end() && hold->second.kind != core::HoldKind::keep) continue;
    const auto machine = reading.plan.memory.machines.find(worker.id);
    const bool known = machine != reading.plan.memory.machines.end();
    std::optional<TimePoint> since = worker.node->held_since;
    if (known && machine->second.held_since && !since)
      since = snapshot.taken_at + (*machine->second.held_since - snapshot.age);
    const Said said = said_in(*worker.node);
    Cell cost;
    if (known && since) {
      const std::int64_t seconds = std::max<std::int64_t>(0, (snapshot.taken_at - *since).count());
      cost = format_money(machine->second.price_micros * seconds / 3600);
    }
    section.rows.push_back({worker.name.value, worker.pool.value, text_or_none(said.by),
                            since ? Cell(format_time(*since)) : Cell(), static_cast<std::int64_t>(worker.jobs.size()),
                            cost, said.why});
  }
  return section;
}

Section caps(const Reading& reading) {
  Section section{
      .name = "caps",
      .columns =
          {{"cap", "CAP"}, {"unit", ""}, {"used", "USED"}, {"limit", "LIMIT"}, {"left", "LEFT"}, {"why", "WHY", true}},
      .rows = {},
      .empty = ""};
  for (const core::Cap& cap : reading.caps) {
    section.rows.push_back({cap.name, std::string(core::to_string(cap.unit)), number_of(cap.unit, cap.used),
                            number_of(cap.unit, cap.limit), number_of(cap.unit, cap.left), cap.why});
  }
  return section;
}

Section next(const Reading& reading) {
  Section section{.name = "next",
                  .columns = {{"at", ""},
                              {"in_seconds", ""},
                              {"when", "NEXT"},
                              {"subject", "SUBJECT"},
                              {"what", "WHAT"},
                              {"rule", "RULE", false, 1},
                              {"about", ""}},
                  .rows = {},
                  .empty = "Nothing is to come."};
  for (const core::Next& one : core::outlook(reading.snapshot, reading.settings, reading.plan)) {
    const std::int64_t left = one.at ? std::max<std::int64_t>(0, (*one.at - reading.snapshot.taken_at).count()) : 0;
    const bool waits = one.rule == "breaker" || one.rule == "asleep" || one.rule == "drained";
    section.rows.push_back({one.at ? Cell(format_time(*one.at)) : Cell(), one.at ? Cell(left) : Cell(),
                            one.at  ? "in " + age_text(left)
                            : waits ? "until then"
                                    : "next pass",
                            one.subject, one.what, one.rule, one.about});
  }
  return section;
}

Section nodes_file(const Reading& reading) {
  Section section{.name = "nodes",
                  .columns = {{"node", ""}, {"slots", ""}, {"features", ""}, {"pool", ""}, {"line", ""}},
                  .rows = {},
                  .empty = ""};
  for (const core::Worker& worker : reading.plan.workers) {
    if (!worker.node || worker.node->placeholder) continue;
    std::string line = fmt::format("{} np={}", worker.name.value, worker.node->slots);
    for (const std::string& feature : worker.node->features) line += " " + feature;
    section.rows.push_back(
        {worker.name.value, std::int64_t{worker.node->slots}, worker.node->features, worker.pool.value, line});
  }
  return section;
}

Section addresses(const Reading& reading) {
  Section section{.name = "addresses",
                  .columns = {{"address", ""}, {"node", ""}, {"instance", ""}, {"pool", ""}, {"line", ""}},
                  .rows = {},
                  .empty = ""};
  std::set<std::string> told;
  for (const core::Worker& worker : reading.plan.workers) {
    const bool live =
        worker.ours && worker.instance && core::is_live(worker.instance->state) && core::is_paid_for(worker);
    if (!live || worker.instance->address.empty() || !told.insert(worker.instance->address).second) continue;
    section.rows.push_back(
        {worker.instance->address, worker.name.value, worker.id.value, worker.pool.value, worker.instance->address});
  }
  return section;
}

void keep_pool(Section& section, const std::string& pool) {
  const auto column = std::ranges::find(section.columns, "pool", &Column::key);
  if (column == section.columns.end()) return;
  const auto at = static_cast<std::size_t>(column - section.columns.begin());
  std::erase_if(section.rows, [&](const auto& row) {
    const auto* text = std::get_if<std::string>(&row[at]);
    return text == nullptr || *text != pool;
  });
}

}  // namespace tide::cmd::output
