#include <tide/core/buyer.hpp>
#include <tide/core/ends.hpp>

#include <fmt/format.h>

#include <algorithm>

// What a person asked for: bound by max_nodes and money, not by the limits per pass, and by the same order of hold,
// re-read, end. Only --force, with names, ends what runs jobs or could not be read.
namespace tide::core {

namespace {

void wish_launch(World& world, Buyer& buyer, const Wish& wish) {
  const std::string what = fmt::format("launch of {} in pool '{}'", wish.count, wish.pool.value);
  const Pool* pool = world.pool(wish.pool);
  int done = 0;
  for (const auto& [id, intent] : world.plan.memory.intents) {
    if (intent.wish == wish.id) done += intent.request.count;
  }
  const int left = wish.count - done;
  if (pool == nullptr) {
    world.decline(what, "unknown-pool", "there is no such pool", ErrorKind::not_found, wish.id);
  } else if (!world.reading.batch) {
    world.decline(what, "batch-unreadable", world.reading.batch_why, world.reading.batch_kind, wish.id);
  } else if (left > 0) {
    const Bound bound = buyer.allowance(*pool, {.person = true});
    const int count = std::min(left, bound.machines);
    if (count > 0)
      buyer.order(
          *pool, {.count = count, .because = fmt::format("asked for by {}", wish.by), .rule = "wish", .wish = wish.id});
    if (count < left)
      world.decline(fmt::format("{} of the {}", left - count, what), bound.rule, bound.text, bound.kind, wish.id);
  }
}

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
      Hold hold = make_drain(m_world, worker, "wish", fmt::format("asked for by {}", m_wish.by), false);
      hold.row.wish = m_wish.id;
      m_world.act(std::move(hold), "wish", fmt::format("asked for by {}", m_wish.by));
      return true;
    }
    if (m_wish.force && row->pass < m_world.plan.memory.passes && !worker.empty) return end(worker);
    if (!worker.empty)
      return wait(worker, "busy", fmt::format("still runs {} jobs; it takes no new ones", worker.jobs.size()));
    return true;  // end_drained does the rest
  }
  static std::string name_of(const Worker& worker) { return worker.name.empty() ? worker.id.value : worker.name.value; }

  World& m_world;
  const Wish& m_wish;
};

}  // namespace

bool names(const Wish& wish, const Worker& worker) {
  const auto has = [&](const std::string& text) { return std::ranges::find(wish.targets, text) != wish.targets.end(); };
  return wish.kind == WishKind::terminate ? !worker.id.empty() && has(worker.id.value)
                                          : !worker.name.empty() && has(worker.name.value);
}

namespace {

// Drains of other origin on a target become this wish's, so that its passes carry them on.
void adopt_drains(World& world, const Wish& wish, const Worker& worker) {
  HoldRow* row = world.hold(worker.name);
  const bool others = row != nullptr && world.scope.everything && world.plan.memory.wishes.contains(row->wish);
  if (row != nullptr && row->kind == HoldKind::end && !row->cancellable && !others) row->wish = wish.id;
}

bool wish_end(World& world, const Wish& wish) {
  bool open = false;
  Ending ending(world, wish);
  for (const Worker& worker : world.plan.workers) {
    if (!names(wish, worker)) continue;
    adopt_drains(world, wish, worker);
    open = ending.pursue(worker) || open;
  }
  return open;
}

}  // namespace

void carry_out_wishes(World& world, Buyer& buyer) {
  const std::map<WishId, Wish> wishes = world.plan.memory.wishes;
  for (const auto& [id, wish] : wishes) {
    if (!world.scope.everything && id != world.scope.wish) continue;
    bool open = false;
    if (wish.kind == WishKind::launch) {
      wish_launch(world, buyer,
                  wish);  // considered once: what was declined is told, and not done behind the person's back later
    } else {
      open = wish_end(world, wish);
    }
    if (!open) world.closing.push_back(id);
  }
}

}  // namespace tide::core
