#include "cmd/output/chain.hpp"

#include "cmd/output/look.hpp"
#include "cmd/output/sections.hpp"

#include <tide/core/describe.hpp>
#include <tide/core/enum_names.hpp>
#include <tide/core/exit_code.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <map>

namespace tide::cmd::output {

namespace {

class Chain {
 public:
  Chain(const Reading& reading, const std::string& subject, Section& section)
      : m_reading(reading), m_subject(subject), m_section(section) {}

  void workers() {
    for (const core::Worker& worker : m_reading.plan.workers) {
      if (worker.name.value == m_subject || (!worker.id.empty() && worker.id.value == m_subject)) of(worker);
    }
  }

  void pools() {
    for (const auto& [name, pool] : m_reading.settings.pools) {
      if (name.value == m_subject) of(name);
    }
  }

  void jobs() {
    for (const core::ShapeVerdict& verdict : m_reading.plan.shapes) {
      if (std::ranges::find(verdict.jobs.ids, m_subject, &core::JobId::value) != verdict.jobs.ids.end()) of(verdict);
    }
  }

 private:
  void say(const char* step, std::string rule, std::string text) {
    m_section.rows.push_back({m_subject, std::string(step), std::move(rule), std::move(text)});
  }

  void readings(const core::CloudName& cloud) {
    for (const Source& source : m_reading.sources) {
      if (source.name != "batch" && source.name != "cloud:" + cloud.value) continue;
      say("reading", source.ok ? "" : "unreadable",
          source.ok ? source.name + " was read" : fmt::format("{} could not be read: {}", source.name, source.error));
    }
    for (const core::Alarm& alarm : m_reading.plan.alarms) say("reading", alarm.reason.rule, alarm.reason.text);
  }

  void identity(const core::Worker& worker) {
    if (!worker.ours) return say("identity", "foreign", "tide did not launch it and never changes it");
    const std::string pair = worker.node && worker.instance ? "node and machine are one"
                             : worker.node                  ? "a node without a machine that is listed"
                                                            : "a machine without a node that is listed";
    say("identity", worker.joined ? "joined" : "not-joined",
        pair + (worker.joined ? "; it registered since its launch" : "; no registration since its launch is known"));
  }

  void holds(const core::Worker& worker) {
    const auto hold = m_reading.plan.memory.holds.find(worker.name);
    if (hold == m_reading.plan.memory.holds.end()) return;
    const Seconds age = m_reading.snapshot.age - hold->second.since;
    say("hold", hold->second.rule,
        fmt::format("tide holds it ({}) for {}: '{}'{}", core::to_string(hold->second.kind), format_duration(age),
                    hold->second.note, hold->second.cancellable ? "; a job that needs it cancels that" : ""));
  }

  void idle(const core::Worker& worker) {
    const auto machine = m_reading.plan.memory.machines.find(worker.id);
    if (machine == m_reading.plan.memory.machines.end()) return;
    if (worker.needed) say("demand", "needed", "a waiting job counts on it, so it is kept");
    if (!machine->second.idle_since) return;
    const Seconds age = m_reading.snapshot.age - *machine->second.idle_since;
    say("idle", "idle",
        fmt::format("without a job for {}; idle_time is {}", format_duration(age),
                    format_duration(m_reading.settings.scale.idle_time)));
  }

  void decided(const std::vector<std::string>& names) {
    const auto meant = [&](const std::string& text) { return std::ranges::find(names, text) != names.end(); };
    bool acted = false;
    for (const core::PlannedAction& planned : m_reading.plan.actions) {
      if (!meant(core::subject_of(planned.action))) continue;
      acted = true;
      say("action", planned.reason.rule, fmt::format("{}: {}", core::describe(planned.action), planned.reason.text));
    }
    for (const core::Declined& one : m_reading.plan.declined) {
      if (meant(one.what)) say("declined", one.reason.rule, one.reason.text);
    }
    if (!acted) say("action", "", "nothing is done about it in this pass");
  }

  void of(const core::Worker& worker) {
    readings(worker.cloud);
    identity(worker);
    say("phase", std::string(core::to_string(worker.phase)),
        worker.why.empty() ? "as its node and machine say" : worker.why);
    for (const auto& [id, wish] : m_reading.plan.memory.wishes) {
      if (std::ranges::find(wish.targets, worker.name.value) != wish.targets.end() ||
          std::ranges::find(wish.targets, worker.id.value) != wish.targets.end())
        say("wish", std::string(core::to_string(wish.kind)), fmt::format("asked for by {}", wish.by));
    }
    holds(worker);
    idle(worker);
    std::vector<std::string> names{worker.name.value, worker.id.value};
    std::erase(names, "");
    decided(names);
  }

  void of(const core::PoolName& name) {
    readings(m_reading.settings.pools.at(name).cloud);
    Section pools = pools_in_full(m_reading);
    keep_pool(pools, name.value);
    for (const auto& row : pools.rows) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (pools.columns[i].key != "why_not") continue;
        for (const std::string& why : std::get<std::vector<std::string>>(row[i])) say("cap", "", why);
      }
    }
    for (const core::ShapeVerdict& verdict : m_reading.plan.shapes) {
      for (const core::Reason& reason : verdict.reasons) {
        for (const core::Fact& fact : reason.facts) {
          if (fact.name == name.value)
            say("demand", reason.rule, fmt::format("{}: {}", shape_text(verdict.jobs.shape), fact.value));
        }
      }
    }
    decided({name.value, fmt::format("pool {}", name.value)});
  }

  void of(const core::ShapeVerdict& verdict) {
    readings({});
    say("queue", std::string(core::to_string(verdict.jobs.waiting)),
        fmt::format("it waits{}, one of {} alike: {}",
                    verdict.jobs.reason.empty() ? "" : fmt::format(" ('{}')", verdict.jobs.reason), verdict.jobs.count,
                    shape_text(verdict.jobs.shape)));
    say("demand", "",
        fmt::format("{} fit on what runs or boots, {} are launched for, {} are not counted", verdict.fits,
                    verdict.launching, verdict.not_counted));
    for (const core::Reason& reason : verdict.reasons) {
      say("reason", reason.rule, reason.text);
      for (const core::Fact& fact : reason.facts)
        say("reason", reason.rule, fmt::format("{}: {}", fact.name, fact.value));
    }
  }

  const Reading& m_reading;
  const std::string& m_subject;
  Section& m_section;
};

std::map<std::string, std::string> lines_of(const core::Plan& plan) {
  std::map<std::string, std::string> lines;
  for (const core::PlannedAction& planned : plan.actions)
    lines.emplace(core::describe(planned.action), planned.reason.text);
  for (const core::ShapeVerdict& verdict : plan.shapes) {
    std::string why;
    for (const core::Reason& reason : verdict.reasons) why += (why.empty() ? "" : "; ") + reason.text;
    lines.emplace(fmt::format("{} job{} of {}: {} fit, {} launched for, {} not counted", verdict.jobs.count,
                              verdict.jobs.count == 1 ? "" : "s", shape_text(verdict.jobs.shape), verdict.fits,
                              verdict.launching, verdict.not_counted),
                  why);
  }
  return lines;
}

}  // namespace

Section chain(const Reading& reading, const std::string& subject) {
  Section section{.name = "chain",
                  .columns = {{"subject", ""}, {"step", "STEP"}, {"rule", "RULE"}, {"says", "SAYS"}},
                  .rows = {},
                  .empty = ""};
  Chain chain(reading, subject, section);
  chain.workers();
  chain.pools();
  chain.jobs();
  return section;
}

Section differences(const core::Plan& now, const core::Plan& then) {
  Section section{.name = "differences",
                  .columns = {{"change", "IF SO"}, {"what", "WHAT"}, {"why", "WHY"}},
                  .rows = {},
                  .empty = "It would change nothing in this pass."};
  const auto before = lines_of(now);
  const auto after = lines_of(then);
  for (const auto& [what, why] : before) {
    if (!after.contains(what)) section.rows.push_back({"no longer", what, why});
  }
  for (const auto& [what, why] : after) {
    if (!before.contains(what)) section.rows.push_back({"instead", what, why});
  }
  return section;
}

}  // namespace tide::cmd::output
