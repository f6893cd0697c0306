#include "cmd/output/details.hpp"

#include "cmd/output/look.hpp"
#include "cmd/output/sections.hpp"

#include <tide/core/enum_names.hpp>
#include <tide/core/fields_memory.hpp>
#include <tide/core/spend.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>

namespace tide::cmd::output {

namespace {

template <typename T>
concept HasFields = requires(const T& value) {
  core::fields(value, [](const char*, const auto&) {});
};

// Lists the fields of a struct as core/fields.hpp names them, in words for people; what says nothing is left out.
class Lister {
 public:
  Lister(Section& section, std::string subject, std::string from, const core::Snapshot& snapshot)
      : m_section(section), m_subject(std::move(subject)), m_from(std::move(from)), m_snapshot(snapshot) {}

  void say(const std::string& key, const std::string& value) {
    if (!value.empty()) m_section.rows.push_back({m_subject, m_from, key, value});
  }
  template <HasFields T>
  void list(const T& value, const std::string& prefix = "") {
    core::fields(value, [&](const char* name, const auto& field) { field_of(prefix + name, field); });
  }

 private:
  template <typename T>
  void field_of(const std::string& key, const T& value) {
    if constexpr (HasFields<T>) {
      list(value, key + ".");
    } else if constexpr (std::is_same_v<T, bool>) {
      say(key, value ? "yes" : "");
    } else if constexpr (std::is_integral_v<T>) {
      number(key, value);
    } else if constexpr (std::is_enum_v<T>) {
      say(key, std::string(to_string(value)));
    } else {
      other(key, value);
    }
  }
  void number(const std::string& key, std::int64_t value) {
    if (value == 0) return;
    const bool money = key.ends_with("_micros");
    say(money ? key.substr(0, key.size() - std::string_view("_micros").size()) : key,
        money ? format_money(value) : std::to_string(value));
  }
  void other(const std::string& key, const std::string& value) {
    if (key.ends_with("user_data")) {
      if (!value.empty()) say(key, fmt::format("{} bytes", value.size()));
    } else {
      say(key, value);
    }
  }
  template <typename Tag>
  void other(const std::string& key, const Id<Tag>& value) {
    say(key, value.value);
  }
  void other(const std::string& key, const Seconds& value) {
    if (value.count() != 0) say(key, format_duration(value));
  }
  void other(const std::string& key, const TimePoint& value) {
    if (value.time_since_epoch().count() > 0) say(key, when(value));
  }
  void other(const std::string& key, const Moment& value) {
    say(key, when(m_snapshot.taken_at + (value - m_snapshot.age)));
  }
  template <typename T>
  void other(const std::string& key, const std::optional<T>& value) {
    if (value) field_of(key, *value);
  }
  template <typename T>
  void other(const std::string& key, const std::vector<T>& values) {
    if constexpr (HasFields<T>) {
      for (std::size_t i = 0; i < values.size(); ++i) list(values[i], fmt::format("{}[{}].", key, i));
    } else {
      std::vector<std::string> words;
      for (const T& value : values) words.push_back(word_of(value));
      say(key, join(words, ", "));
    }
  }
  template <typename Key, typename T>
  void other(const std::string& key, const std::map<Key, T>& values) {
    for (const auto& [name, value] : values) field_of(fmt::format("{}.{}", key, name), value);
  }

  static std::string word_of(const std::string& value) { return value; }
  template <typename Tag>
  static std::string word_of(const Id<Tag>& value) {
    return value.value;
  }
  static std::string word_of(const std::vector<std::string>& values) { return join(values, "|"); }

  std::string when(TimePoint time) const {
    const std::int64_t ago = (m_snapshot.taken_at - time).count();
    return ago >= 0 ? fmt::format("{} ({} ago)", format_time(time), age_text(ago))
                    : fmt::format("{} (in {})", format_time(time), age_text(-ago));
  }

  Section& m_section;
  std::string m_subject;
  std::string m_from;
  const core::Snapshot& m_snapshot;
};

template <typename Map, typename Key>
auto row_of(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

void list_worker(Section& section, const Reading& reading, const std::string& subject, const core::Worker& worker) {
  const core::Memory& memory = reading.plan.memory;
  const core::Machine* machine = row_of(memory.machines, worker.id);
  Lister tide(section, subject, "tide", reading.snapshot);
  tide.say("phase", std::string(core::to_string(worker.phase)));
  tide.say("why", worker.why);
  tide.say("ours", worker.ours ? "yes" : "no");
  tide.say("empty", worker.empty ? "yes" : "no");
  tide.say("needed", worker.needed ? "yes" : "no");
  std::vector<std::string> jobs;
  for (const core::JobId& id : worker.jobs) jobs.push_back(id.value);
  tide.say("jobs", join(jobs, ", "));
  if (machine != nullptr) {
    tide.say("cost so far", format_money(core::cost_so_far(*machine, reading.snapshot.taken_at)));
    tide.list(*machine);
  }
  if (const auto* hold = row_of(memory.holds, worker.name))
    Lister(section, subject, "tide's hold", reading.snapshot).list(*hold);
  if (const auto* entry = row_of(memory.nodes, worker.name))
    Lister(section, subject, "tide's entry", reading.snapshot).list(*entry);
  if (const auto* intent = row_of(memory.intents, worker.intent))
    Lister(section, subject, "tide's launch", reading.snapshot).list(*intent);
  if (worker.node) Lister(section, subject, reading.settings.batch, reading.snapshot).list(*worker.node);
  if (worker.instance)
    Lister(section, subject, fmt::format("cloud '{}'", worker.cloud.value), reading.snapshot).list(*worker.instance);
}

// "12_[3-9]" is of the job "12".
bool is_job(const core::JobId& id, const std::string& subject) {
  return id.value == subject || id.value.substr(0, id.value.find_first_of("_[")) == subject;
}

void list_job(Section& section, const Reading& reading, const std::string& subject) {
  for (const core::ShapeVerdict& verdict : reading.plan.shapes) {
    if (std::ranges::none_of(verdict.jobs.ids, [&](const core::JobId& id) { return is_job(id, subject); })) continue;
    Lister batch(section, subject, reading.settings.batch, reading.snapshot);
    batch.say("asks for", shape_text(verdict.jobs.shape));
    core::WaitingJobs jobs = verdict.jobs;
    jobs.ids.clear();
    batch.list(jobs);
    Lister tide(section, subject, "tide", reading.snapshot);
    tide.say("of its kind", fmt::format("{} wait: {} fit, {} are launched for, {} are not counted", verdict.jobs.count,
                                        verdict.fits, verdict.launching, verdict.not_counted));
    for (const core::Reason& reason : verdict.reasons) {
      tide.say("why", fmt::format("{}: {}", reason.rule, reason.text));
      for (const core::Fact& fact : reason.facts) tide.say(fact.name, fact.value);
    }
  }
  if (!reading.snapshot.jobs) return;
  for (const auto& [node, ids] : reading.snapshot.jobs->running) {
    if (std::ranges::any_of(ids, [&](const core::JobId& id) { return is_job(id, subject); }))
      Lister(section, subject, reading.settings.batch, reading.snapshot).say("runs on", node.value);
  }
}

}  // namespace

Section details(const Reading& reading, const std::string& subject) {
  Section section{.name = "details",
                  .columns = {{"subject", "ABOUT"}, {"from", "SAYS"}, {"key", "WHAT"}, {"value", "VALUE"}},
                  .rows = {},
                  .empty = ""};
  for (const core::Worker& worker : reading.plan.workers) {
    if (worker.name.value == subject || worker.id.value == subject) list_worker(section, reading, subject, worker);
  }
  list_job(section, reading, subject);
  return section;
}

std::vector<std::string> known_subjects(const Reading& reading) {
  std::vector<std::string> known;
  for (const core::Worker& worker : reading.plan.workers) {
    known.push_back(worker.name.value);
    known.push_back(worker.id.value);
    for (const core::JobId& id : worker.jobs) known.push_back(id.value);
  }
  for (const core::ShapeVerdict& verdict : reading.plan.shapes) {
    for (const core::JobId& id : verdict.jobs.ids) known.push_back(id.value);
  }
  std::erase(known, "");
  return known;
}

}  // namespace tide::cmd::output
