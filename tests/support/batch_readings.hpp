#pragma once

#include <tide/core/enum_names.hpp>
#include <tide/util/text.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

// What an adapter read of a batch system: looked into by a test, and as the text of a golden.
namespace tide::test {

// The group in which that job is; fails the test if there is none.
inline const core::WaitingJobs& group_with(const core::JobQueue& queue, const std::string& id) {
  for (const auto& jobs : queue.waiting) {
    if (std::ranges::find(jobs.ids, core::JobId{id}) != jobs.ids.end()) return jobs;
  }
  FAIL("no group has job " << id);
  static const core::WaitingJobs k_none;
  return k_none;
}

inline core::WaitingJobs only_group(const Result<core::JobQueue>& queue) {
  if (!queue) FAIL(queue.error().message);
  REQUIRE(queue->waiting.size() == 1);
  return queue->waiting.front();
}

inline std::string dump(const core::Gpus& gpus) {
  std::string text;
  for (const auto& [type, count] : gpus) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", type, count);
  return text.empty() ? "-" : text;
}

inline std::string dump(const core::Chunk& chunk) {
  std::string text = fmt::format("nodes={}-{} tasks={} slots={} per_node={} mem_node={} mem_slot={}", chunk.nodes,
                                 chunk.nodes_max, chunk.tasks, chunk.slots_per_task, chunk.tasks_per_node,
                                 chunk.memory_mib_per_node, chunk.memory_mib_per_slot);
  if (!chunk.gpus_per_node.empty()) text += " gpus=" + dump(chunk.gpus_per_node);
  for (const auto& feature : chunk.features) text += " feature=" + join(feature, "|");
  return text;
}

inline std::string dump(const core::JobQueue& queue) {
  std::string text;
  for (const auto& jobs : queue.waiting) {
    text +=
        fmt::format("{} x{} '{}' queue={} account={} walltime={}s exclusive={} rerunnable={} priority={} oldest={}\n",
                    core::to_string(jobs.waiting), jobs.count, jobs.reason, jobs.shape.queue, jobs.shape.account,
                    jobs.shape.walltime.count(), jobs.shape.exclusive, jobs.shape.rerunnable, jobs.priority,
                    jobs.oldest.time_since_epoch().count());
    for (const auto& chunk : jobs.shape.chunks) text += "  chunk " + dump(chunk) + "\n";
    if (!jobs.shape.unjudged.empty()) text += "  unjudged " + jobs.shape.unjudged + "\n";
    if (!jobs.shape.assumed.empty()) text += "  assumed " + jobs.shape.assumed + "\n";
    text += "  ids";
    for (const auto& id : jobs.ids) text += " " + id.value;
    text += "\n";
  }
  for (const auto& [name, ids] : queue.running) {
    text += "running on " + name.value + ":";
    for (const auto& id : ids) text += " " + id.value;
    text += "\n";
  }
  return text + "proof " + queue.proof + "\n";
}

inline std::string dump(const std::vector<core::Node>& nodes) {
  std::string text;
  for (const auto& node : nodes) {
    text += fmt::format(
        "node {} '{}' slots={}/{} mem={}/{} gpus={}/{} features={} held={} final={} down={} responding={} unfit={} "
        "starting={} completing={} instance={} address={} registered={} note='{}'\n",
        node.name.value, node.state, node.slots_used, node.slots, node.memory_mib_used, node.memory_mib,
        dump(node.gpus_used), dump(node.gpus), join(node.features, ","), node.held, node.hold_is_final, node.down,
        node.responding, node.unfit, node.starting, node.completing, node.instance.value, node.address,
        node.registered_at ? node.registered_at->time_since_epoch().count() : 0, node.note);
  }
  return text;
}

}  // namespace tide::test
