#include <tide/core/wishes.hpp>

#include <fmt/format.h>

#include <algorithm>

// `disown`: a machine of ours goes on as it is, and is nobody's business of tide's any more. Its tags go, tide's holds
// on its node before them: nobody would ever take them back.
namespace tide::core {

namespace {

class Disowning {
 public:
  Disowning(World& world, const Wish& wish) : m_world(world), m_wish(wish) {}

  // True while there is something left to do or to see.
  bool pursue(const Worker& worker) {
    const Machine* row = row_of(worker);
    const bool tagged = worker.instance && is_ours(m_world.plan.memory, m_world.settings, *worker.instance);
    if (row != nullptr && row->disowning && !tagged) return false;  // done: no listing of ours has it
    if (!tagged && !worker.ours) return refuse(worker, "foreign", "it is not tide's");
    if (m_world.reading.foreign_owner) return refuse(worker, "foreign-head", m_world.reading.batch_why);
    if (!m_world.reading.cloud(worker.cloud)) {
      return wait(worker, "cloud-unreadable", fmt::format("cloud '{}' could not be read", worker.cloud.value),
                  ErrorKind::retry);
    }
    const bool again = row != nullptr && row->disowning;
    if (again || is_free(worker)) return act(worker);
    return m_open;
  }

 private:
  bool refuse(const Worker& worker, RuleId rule, std::string why) {
    m_world.decline(name_of(worker), std::move(rule), std::move(why), ErrorKind::refused, m_wish.id);
    return m_open = false;
  }
  bool wait(const Worker& worker, RuleId rule, std::string why, ErrorKind kind) {
    m_world.decline(name_of(worker), std::move(rule), std::move(why), kind, m_wish.id);
    return m_open = true;
  }

  // Once no listing of ours has its machine, a node is known by its name alone.
  const Machine* row_of(const Worker& worker) const {
    const auto& rows = m_world.plan.memory.machines;
    const auto found = std::ranges::find_if(rows, [&](const auto& entry) {
      const bool named = worker.id.empty() && entry.second.disowning && entry.second.node == worker.name;
      return named || (!worker.id.empty() && entry.first == worker.id);
    });
    return found == rows.end() ? nullptr : &found->second;
  }

  // In the batch system like any other node, and not held by us; if it is, that is mended first.
  bool is_free(const Worker& worker) {
    if (!m_world.reading.batch) {
      wait(worker, "batch-unreadable", m_world.reading.batch_why, m_world.reading.batch_kind);
      return false;
    }
    if (worker.id.empty() || !worker.instance || worker.phase == Phase::gone || worker.phase == Phase::stopping)
      return refuse(worker, "ending", "its machine is ending, or not listed");
    if (worker.phase == Phase::unclear) return refuse(worker, "unclear-identity", worker.why);
    const HoldRow* row = m_world.hold(worker.name);
    const bool joining = row != nullptr && row->kind == HoldKind::joining;
    if (!worker.node || !worker.joined || joining) {
      return refuse(worker, "not-joined",
                    "it is not ready for jobs yet, and only tide makes it so: wait until it is, or terminate it");
    }
    return row == nullptr || !worker.node->held || release(worker, *row);
  }

  bool release(const Worker& worker, const HoldRow& row) {
    if (worker.node->hold_is_final) {
      return refuse(worker, "final-hold", "tide drains it, and this batch system cannot take that back: it will end");
    }
    const auto other = m_world.plan.memory.wishes.find(row.wish);
    if (other != m_world.plan.memory.wishes.end() && other->first != m_wish.id) {
      return refuse(worker, "wish",
                    fmt::format("{} asked for its end; that command carries on until it is ended", other->second.by));
    }
    m_world.act(Release{.node = worker.name}, "wish", fmt::format("asked for by {}", m_wish.by));
    m_open = true;
    return false;
  }

  bool act(const Worker& worker) {
    Retag tags;
    if (worker.instance) {
      for (const auto& [key, value] : worker.instance->tags) {
        if (key.starts_with(tag::k_prefix)) tags.remove.push_back(key);
      }
    }
    m_world.act(Disown{.cloud = worker.cloud,
                       .instance = worker.id,
                       .node = worker.name,
                       .tags = std::move(tags),
                       .wish = m_wish.id},
                "wish", fmt::format("asked for by {}", m_wish.by));
    return true;
  }

  static std::string name_of(const Worker& worker) { return worker.name.empty() ? worker.id.value : worker.name.value; }

  World& m_world;
  const Wish& m_wish;
  bool m_open = false;
};

}  // namespace

bool wish_disown(World& world, const Wish& wish) {
  bool open = false;
  for (const Worker& worker : world.plan.workers) {
    if (names(world, wish, worker)) open = Disowning(world, wish).pursue(worker) || open;
  }
  return open;
}

}  // namespace tide::core
