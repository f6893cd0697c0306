#include <tide/core/ends.hpp>
#include <tide/core/wishes.hpp>
#include <tide/util/text.hpp>

#include <fmt/format.h>

// A person's end of a machine: the same order of hold, re-read, end. Only --force, with names, ends what runs jobs or
// could not be read.
namespace tide::core {

namespace {

class Ending {
 public:
  Ending(World& world, const Wish& wish) : m_world(world), m_wish(wish) {}

  // True while there is something left to do or to see.
  bool pursue(const Worker& worker) {
    if (!worker.ours) return refuse(worker, "foreign", "tide did not launch it and never changes it");
    if (m_world.reading.foreign_owner) return refuse(worker, "foreign-head", m_world.reading.batch_why);
    if (worker.id.empty() || worker.phase == Phase::gone || worker.phase == Phase::stopping) return true;
    if (worker.phase == Phase::unclear && !m_wish.force) return refuse(worker, "unclear-identity", worker.why);
    if (end_is_refused(m_world, worker))
      return refuse(worker, "end-refused", m_world.machine(worker.id)->end_refused_why);
    if (!m_world.reading.cloud(worker.cloud)) return wait(worker, "cloud-unreadable", "its cloud could not be read");
    if (!m_world.reading.batch)
      return m_wish.force ? end(worker)
                          : wait(worker, "batch-unreadable", m_world.reading.batch_why, m_world.reading.batch_kind);
    return worker.node && worker.joined ? drain(worker) : end_unjoined(worker);
  }

 private:
  bool refuse(const Worker& worker, RuleId rule, std::string why) {
    m_world.decline(name_of(worker), std::move(rule), std::move(why), ErrorKind::refused, m_wish.id);
    return false;
  }
  bool wait(const Worker& worker, RuleId rule, std::string why, ErrorKind kind = ErrorKind::refused) {
    m_world.decline(name_of(worker), std::move(rule), std::move(why), kind, m_wish.id);
    return true;
  }
  bool end(const Worker& worker) {
    m_world.act(Terminate{.cloud = worker.cloud, .instance = worker.id, .node = worker.name, .forced = m_wish.force},
                "wish", fmt::format("asked for by {}{}", m_wish.by, m_wish.force ? " with --force" : ""));
    return true;
  }
  bool end_unjoined(const Worker& worker) {
    const Machine* row = m_world.machine(worker.id);
    if (m_wish.force) return end(worker);
    if ((worker.node && !worker.empty) || !worker.jobs.empty())
      return wait(worker, "busy", "its node runs jobs, though it seems never to have joined");
    if (worker.phase == Phase::lost && m_world.puzzled.contains(worker.pool)) {
      return refuse(worker, "unclear-identity",
                    "a node that matches no machine may be this one: --force ends it all the same");
    }
    if (row != nullptr && row->registered) {
      return refuse(worker, "node-missing",
                    "its node had registered and the batch system no longer lists it: --force ends it all the same");
    }
    return end(worker);
  }
  bool drain(const Worker& worker) {
    const HoldRow* row = m_world.hold(worker.name);
    const bool held = row != nullptr && row->kind == HoldKind::end && !row->cancellable;
    if (!held && is_left_alone(m_world, worker) && !m_wish.force) {
      return wait(worker, "left-alone", "a person released its drain; it is left alone for idle_time");
    }
    if (!held || !worker.node->held) {
      // What somebody else held it for is told: nobody's word is taken back silently.
      const bool kept = row != nullptr && row->kind == HoldKind::keep && worker.node->held;
      const std::string former = kept ? fmt::format("; it was held: '{}'", row->note) : "";
      Hold hold = make_drain(m_world, worker, "wish", fmt::format("asked for by {}", m_wish.by), false);
      hold.row.wish = m_wish.id;
      m_world.act(std::move(hold), "wish", fmt::format("asked for by {}{}", m_wish.by, former));
      return true;
    }
    if (m_wish.force && row->pass < m_world.plan.memory.passes && !worker.empty) return end(worker);
    if (!worker.empty)
      return wait(worker, "busy",
                  worker.jobs.empty()
                      ? std::string("is not known to be without jobs; it takes no new ones")
                      : fmt::format("still runs {}; it takes no new ones", counted(std::ssize(worker.jobs), "job")));
    return true;  // end_drained does the rest
  }
  static std::string name_of(const Worker& worker) { return worker.name.empty() ? worker.id.value : worker.name.value; }

  World& m_world;
  const Wish& m_wish;
};

}  // namespace

bool pursue_end(World& world, const Wish& wish, const Worker& worker) { return Ending(world, wish).pursue(worker); }

}  // namespace tide::core
