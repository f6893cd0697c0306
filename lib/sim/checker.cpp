#include <tide/sim/checker.hpp>

#include <tide/core/limits.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tide::sim {

namespace {

constexpr Seconds k_call_max{30};  // between the last reading of a pass and what it decides

bool is_wished(const std::set<std::string>& targets, const Checker::EndFacts& facts) {
  return targets.contains(facts.id.value) || targets.contains(facts.node.value);
}

std::int64_t number_after(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  if (at == std::string::npos) return 0;
  const std::string rest = text.substr(at + word.size());
  return parse_integer(rest.substr(0, rest.find(' '))).value_or(0);
}

// "3 waiting jobs of 9 slots on 3 nodes": does one of them take several machines?
bool needs_several(const std::string& demand, int slots) {
  return demand.find(": 1 waiting job of ") != std::string::npos || number_after(demand, " on ") > 1 ||
         number_after(demand, " of ") > slots;
}

}  // namespace

void Checker::watch(const core::Settings& settings, const core::HeadId& head, const core::Memory& memory) {
  m_settings = &settings;
  m_head = head;
  m_memory = &memory;
}

void Checker::begin_pass(std::int64_t pass, int live) {
  m_pass = pass;
  m_launched = 0;
  m_launched_for.clear();
  m_ended = 0;
  m_live_at_begin = live;
  m_whole = true;
  m_looked = false;
  m_again_whole = true;
  m_repeated_for.clear();
  m_clouds.clear();
}

// What tide does not know it cannot count: the caps are judged again once each cloud was listed, without lag.
void Checker::store_replaced() {
  for (const auto& [name, pool] : m_settings->pools) m_unread.insert(pool.cloud);
  m_replaced_at = m_clock.real();
  m_rebuild_since.reset();                                 // the next listing shows what this one does not know
  if (m_memory->suspicion) m_suspect_since = TimePoint{};  // it may have doubted for long enough
}

// Over a reboot tide has the wall clock alone, and its ages may run ahead by one boot_deadline.
void Checker::rebooted() {
  const Seconds ahead = m_settings->scale.boot_deadline;
  if (m_suspect_since) *m_suspect_since -= ahead;
  if (m_rebuild_since) *m_rebuild_since -= ahead;
}

void Checker::wish(const core::Wish& wish) {
  m_wished.insert(wish.targets.begin(), wish.targets.end());
  if (wish.force) m_forced.insert(wish.targets.begin(), wish.targets.end());
}

// What a pass reads again, right before it ends what it never saw, is the measure of those ends alone.
void Checker::batch_reading(bool whole) {
  bool& reading = m_looked ? m_again_whole : m_whole;
  reading = reading && whole;
}

void Checker::looked() { m_looked = true; }

void Checker::nodes_listed(const std::vector<core::Node>& nodes) {
  const std::vector<core::NodeName>& last = m_memory->last_good.nodes;
  const auto missing = std::ranges::count_if(last, [&](const core::NodeName& name) {
    const auto row = m_memory->nodes.find(name);
    const bool by_tide = (row != m_memory->nodes.end() && row->second.removing) ||
                         std::ranges::any_of(m_memory->machines, [&](const auto& entry) {
                           return entry.second.node == name && entry.second.told_to_end;
                         });
    return !by_tide && std::ranges::none_of(nodes, [&](const core::Node& node) { return node.name == name; });
  });
  const bool suspect = missing > 0 && (missing == std::ssize(last) || (missing > 2 && missing * 5 > std::ssize(last)));
  m_nodes_read = m_clock.real();
  if (missing == 0) {
    m_suspect_since.reset();
    return;
  }
  // Fewer that are missing may be suspect for what they ran; a good reading is the next one's measure.
  if (!m_suspect_since) m_suspect_since = m_clock.real();
  if (suspect && m_clock.real() - *m_suspect_since + Seconds(30) < core::k_suspect) batch_reading(false);
}

void Checker::cloud_listed(const core::CloudName& cloud, const std::vector<core::Instance>* instances) {
  m_clouds[cloud] = instances != nullptr;
  if (instances == nullptr) return;
  constexpr Seconds k_lag_max{150};
  if (m_clock.real() - m_replaced_at > k_lag_max) m_unread.erase(cloud);
  for (const core::Instance& instance : *instances) {
    const bool live = core::is_live(instance.state) && instance.state != core::InstanceState::stopping;
    const core::IntentId intent{std::string(core::tag_of(instance, core::tag::k_intent))};
    if (!live || core::tag_of(instance, core::tag::k_owner) != m_head.value) continue;
    if (m_memory->intents.contains(intent) || m_memory->machines.contains(instance.id)) continue;
    if (!m_rebuild_since || m_clock.real() - *m_rebuild_since >= core::k_rebuild) m_rebuild_since = m_clock.real();
  }
}

bool Checker::caps_known() const { return m_unread.empty(); }

void Checker::not_launched() { m_launched -= std::exchange(m_launched_last, 0); }

void Checker::launch(const LaunchFacts& facts) {
  m_launched_last = 0;
  const core::LaunchRequest& request = facts.request;
  const std::string what = fmt::format("launch of {} in pool '{}'", request.count, request.pool.value);
  const auto intent = m_memory->intents.find(request.intent);
  if (intent == m_memory->intents.end()) {
    fail(fmt::format("{}: its intent '{}' is not on disk", what, request.intent.value));
  } else if (!(intent->second.request == request)) {
    fail(fmt::format("{}: the intent on disk holds other bytes", what));
  }
  if (!m_whole) fail(fmt::format("{}: on an errored, unproven or suspect reading of the batch system", what));
  if (!m_clouds[request.cloud]) fail(fmt::format("{}: its cloud could not be read", what));
  // What a repeat does not bring is asked for elsewhere, in the same pass.
  const std::string because = intent == m_memory->intents.end() ? "" : intent->second.because;
  const std::string demand = fmt::format("{}: {}", request.pool.value, because);
  const bool again = intent != m_memory->intents.end() && intent->second.attempts > 1;
  if (again) m_repeated_for.insert(demand);
  if (facts.machines == 0) return;
  const bool twice = again && facts.came;  // nobody could know; one of the two must end, see passed()
  for (const std::string& name : request.names) {
    if (facts.live_names.contains(name) && !twice)
      fail(fmt::format("{}: a live machine has the name '{}' already", what, name));
  }
  const core::ScaleSettings& scale = m_settings->scale;
  const bool persons = intent != m_memory->intents.end() && !intent->second.wish.empty();
  const bool repeated = again || m_repeated_for.contains(demand);
  if (!persons && !repeated) {
    // One multi-node job larger than the limit goes alone, in as many calls as its cloud wants, with those like it that
    // have room on its machines.
    const bool alone = needs_several(demand, m_settings->pools.at(request.pool).slots) &&
                       (m_launched == 0 || m_launched_for == demand);
    if (scale.max_launch_per_pass > 0 && !alone && m_launched + facts.machines > scale.max_launch_per_pass) {
      fail(fmt::format("{}: {} came before it in this pass, max_launch_per_pass is {}", what, m_launched,
                       scale.max_launch_per_pass));
    }
    m_launched_for = m_launched == 0 ? demand : m_launched_for;
    m_launched += facts.machines;
    m_launched_last = facts.machines;
  }
  if (!caps_known() || twice) return;
  int live = 0;
  std::int64_t cost = 0;
  for (const auto& [name, count] : facts.live) {
    live += count;
    const auto pool = m_settings->pools.find(name);
    if (pool != m_settings->pools.end()) cost += count * pool->second.price_micros.value_or(0);
  }
  const core::Pool& pool = m_settings->pools.at(request.pool);
  const int of_pool = facts.live.contains(request.pool) ? facts.live.at(request.pool) : 0;
  cost += facts.machines * pool.price_micros.value_or(0);
  if (live + facts.machines > scale.max_nodes)
    fail(fmt::format("{}: {} are live, max_nodes is {}", what, live, scale.max_nodes));
  if (pool.max > 0 && of_pool + facts.machines > pool.max)
    fail(fmt::format("{}: {} of it are live, its max is {}", what, of_pool, pool.max));
  if (m_settings->money.per_hour_micros && cost > *m_settings->money.per_hour_micros) {
    fail(fmt::format("{}: the machines would cost {} an hour, per_hour is {}", what, cost,
                     *m_settings->money.per_hour_micros));
  }
}

void Checker::machines_of_token(const core::LaunchRequest& request, int made) {
  if (made > request.count)
    fail(fmt::format("intent '{}' brought {} machines, {} were asked for", request.intent.value, made, request.count));
}

void Checker::end(const EndFacts& facts) {
  const std::string what = fmt::format("end of '{}' (node '{}')", facts.id.value, facts.node.value);
  const bool wished = is_wished(m_wished, facts);
  const bool forced = is_wished(m_forced, facts);
  if (!facts.ours) fail(fmt::format("{}: it is foreign", what));
  if (!m_clouds[facts.cloud]) fail(fmt::format("{}: its cloud could not be read", what));
  if (!m_whole && !forced)
    fail(fmt::format("{}: on an errored, unproven or suspect reading of the batch system", what));
  if (!facts.held_by_tide && !facts.held_by_person && !m_again_whole && !forced)
    fail(fmt::format("{}: nobody held its node, and the batch system could not be read again", what));
  // Where nodes come by themselves, tide may never have been shown this one; and one that came after the last reading,
  // in the very call that ends it, can be neither held nor known.
  const auto row = m_memory->machines.find(facts.id);
  const bool shown = row != m_memory->machines.end() && row->second.registered;
  const bool came_since = facts.by_itself && !shown && facts.registered_at && *facts.registered_at >= m_nodes_read &&
                          m_clock.real() - m_nodes_read <= k_call_max;
  if (facts.jobs > 0 && !forced && !came_since) fail(fmt::format("{}: it runs {} jobs", what, facts.jobs));
  if (facts.registered && !forced && (shown || !facts.by_itself)) {
    if (facts.held_by_person && !wished) fail(fmt::format("{}: a person holds its node", what));
    if (!facts.held_by_tide && !facts.held_by_person) fail(fmt::format("{}: its node is not held", what));
    if (facts.held_by_tide && facts.hold_pass >= m_pass)
      fail(fmt::format("{}: its node was held in this very pass", what));
  }
  if (wished) return;
  if (m_rebuild_since && m_clock.real() - *m_rebuild_since + Seconds(30) < core::k_rebuild)
    fail(fmt::format("{}: while the store is rebuilt", what));
  ++m_ended;
  const int percent = m_settings->scale.max_end_per_pass.percent;
  const bool counted = std::ranges::all_of(m_clouds, [](const auto& cloud) { return cloud.second; });
  if (counted && percent < 100 && m_ended > std::max(1, m_live_at_begin * percent / 100)) {
    fail(fmt::format("{}: the {}. of this pass, {} are live and max_end_per_pass is {}%", what, m_ended,
                     m_live_at_begin, percent));
  }
}

void Checker::change_node(const NodeFacts& facts) {
  if (facts.foreign) fail(fmt::format("{} of node '{}': it is foreign", facts.change, facts.node.value));
  const bool wished = m_wished.contains(facts.node.value);
  if (facts.held_by_person && !wished)
    fail(fmt::format("{} of node '{}': a person holds it", facts.change, facts.node.value));
}

void Checker::job_on_unreleased(const core::NodeName& node) {
  fail(fmt::format("a job starts on node '{}', which nobody released", node.value));
}

void Checker::planned(const core::Snapshot& snapshot, const core::Plan& plan) {
  // Jobs that vanish are doubted first, and their node's absence goes on with it.
  if (plan.memory.suspicion && !m_suspect_since) m_suspect_since = m_nodes_read;
  if (!snapshot.jobs) {
    if (!plan.shapes.empty()) fail("verdicts on waiting jobs that could not be read");
    return;
  }
  if (plan.shapes.size() != snapshot.jobs->waiting.size()) {
    fail(fmt::format("{} shapes wait, {} have a verdict", snapshot.jobs->waiting.size(), plan.shapes.size()));
  }
  for (const core::ShapeVerdict& verdict : plan.shapes) {
    const bool sums = verdict.fits + verdict.launching + verdict.not_counted == verdict.jobs.count;
    const bool natural = verdict.fits >= 0 && verdict.launching >= 0 && verdict.not_counted >= 0;
    if (!sums || !natural) {
      fail(fmt::format("{} jobs of one shape: {} fit, {} launch, {} not counted", verdict.jobs.count, verdict.fits,
                       verdict.launching, verdict.not_counted));
    }
    const auto reasoned = std::ranges::count_if(
        verdict.reasons, [](const core::Reason& one) { return !one.rule.empty() && !one.text.empty(); });
    const int classes =
        (verdict.fits > 0 ? 1 : 0) + (verdict.launching > 0 ? 1 : 0) + (verdict.not_counted > 0 ? 1 : 0);
    if (reasoned < classes)
      fail(
          fmt::format("{} jobs of one shape are in {} classes with {} reasons", verdict.jobs.count, classes, reasoned));
  }
}

// The first good pass may be the one whose listing was the first to show both; the second ends one.
void Checker::passed(const std::set<core::IntentId>& doubled) {
  constexpr int k_passes_max = 2;
  std::erase_if(m_doubled, [&](const auto& entry) { return !doubled.contains(entry.first); });
  for (const core::IntentId& intent : doubled) {
    if (++m_doubled[intent] > k_passes_max)
      fail(fmt::format("launch '{}' has two machines after {} good passes", intent.value, k_passes_max));
  }
}

void Checker::fail(std::string text) {
  m_violations.push_back(fmt::format("{} pass {}: {}", format_time(m_clock.real()), m_pass, text));
}

}  // namespace tide::sim
