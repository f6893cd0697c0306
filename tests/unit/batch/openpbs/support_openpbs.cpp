#include "support_openpbs.hpp"

#include <tide/core/snapshot_json.hpp>
#include <tide/util/text.hpp>

#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <where.hpp>

#include <algorithm>

namespace tide::test {

std::string pbs_fixture(const std::string& name) {
  return read_file(test::fixtures() + "/openpbs/23.06/" + name).value();
}

Result<core::JobQueue> read_queue(std::string_view text, batch::openpbs::QueueOptions options, std::size_t piece) {
  if (options.now == TimePoint{}) options.now = k_recorded;
  batch::openpbs::QueueBuilder builder(options);
  for (std::size_t at = 0; at < text.size(); at += piece) TIDE_TRY(builder.feed(text.substr(at, piece)));
  return builder.finish();
}

namespace {

Attributes plain(const Attributes& changes) {
  Attributes attributes{{"Job_Name", "plain"},
                        {"Job_Owner", "me@headnode"},
                        {"job_state", "Q"},
                        {"queue", "workq"},
                        {"ctime", "Fri Nov 20 03:49:59 2026"},
                        {"Hold_Types", "n"},
                        {"Priority", "0"},
                        {"Rerunable", "True"},
                        {"Resource_List.ncpus", "1"},
                        {"Resource_List.place", "free"},
                        {"Resource_List.select", "1:ncpus=1"},
                        {"schedselect", ""},
                        {"Variable_List.PBS_O_HOME", "/home/me"},
                        {"project", "_pbs_project_default"}};
  for (const auto& [key, value] : changes) {
    const auto found = std::ranges::find(attributes, key, &Attributes::value_type::first);
    if (found != attributes.end()) {
      found->second = value;
    } else {
      attributes.emplace_back(key, value);
    }
  }
  std::erase_if(attributes, [](const auto& attribute) { return attribute.second.empty(); });
  return attributes;
}

}  // namespace

std::string json_job(const std::string& id, const Attributes& changes) {
  std::vector<std::string> lines;
  std::string group;
  std::vector<std::string> inner;
  const auto close = [&] {
    if (!group.empty()) lines.push_back(fmt::format("\t\t\t\"{}\":\t{{\n{}\n\t\t\t}}", group, join(inner, ",\n")));
    group.clear();
    inner.clear();
  };
  for (const auto& [name, value] : plain(changes)) {
    const std::size_t dot = name.find('.');
    const std::string shown = parse_integer(value) ? value : "\"" + value + "\"";
    if (dot == std::string::npos) {
      close();
      lines.push_back(fmt::format("\t\t\t\"{}\":\t{}", name, shown));
      continue;
    }
    if (group != name.substr(0, dot)) close();
    group = name.substr(0, dot);
    inner.push_back(fmt::format("\t\t\t\t\"{}\":\t{}", name.substr(dot + 1), shown));
  }
  close();
  return fmt::format("\t\t\"{}\":\t{{\n{}\n\t\t}}", id, join(lines, ",\n"));
}

std::string json_queue(const std::vector<std::string>& jobs) {
  const std::string head =
      "{\n\t\"timestamp\":\t1795146608,\n\t\"pbs_version\":\t\"23.06.06\",\n\t\"pbs_server\":\t\"headnode\"";
  if (jobs.empty()) return head + "\n}\n";
  return fmt::format("{},\n\t\"Jobs\":\t{{\n{}\n\t}}\n}}\n", head, join(jobs, ",\n"));
}

std::string text_job(const std::string& id, const Attributes& changes) {
  std::string text = "Job Id: " + id + "\n";
  for (const auto& [name, value] : plain(changes)) text += fmt::format("    {} = {}\n", name, value);
  return text + "\n";
}

const core::WaitingJobs& group_with(const core::JobQueue& queue, const std::string& id) {
  for (const auto& jobs : queue.waiting) {
    if (std::ranges::find(jobs.ids, core::JobId{id}) != jobs.ids.end()) return jobs;
  }
  FAIL("no group has job " << id);
  static const core::WaitingJobs k_none;
  return k_none;
}

core::WaitingJobs only_group(const Result<core::JobQueue>& queue) {
  if (!queue) FAIL(queue.error().message);
  REQUIRE(queue->waiting.size() == 1);
  return queue->waiting.front();
}

namespace {

std::string gpus_of(const core::Gpus& gpus) {
  std::string text;
  for (const auto& [type, count] : gpus) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", type, count);
  return text;
}

std::string dump(const core::Chunk& chunk) {
  std::string text = fmt::format("nodes={}-{} tasks={} slots={} per_node={} mem_node={} mem_slot={}", chunk.nodes,
                                 chunk.nodes_max, chunk.tasks, chunk.slots_per_task, chunk.tasks_per_node,
                                 chunk.memory_mib_per_node, chunk.memory_mib_per_slot);
  if (!chunk.gpus_per_node.empty()) text += " gpus=" + gpus_of(chunk.gpus_per_node);
  for (const auto& feature : chunk.features) text += " feature=" + join(feature, "|");
  return text;
}

}  // namespace

std::string dump(const core::JobQueue& queue) {
  std::string text;
  for (const auto& jobs : queue.waiting) {
    text += fmt::format(
        "waiting {} x{} '{}' queue={} account={} walltime={}s exclusive={} rerunnable={} priority={} oldest={}\n",
        static_cast<int>(jobs.waiting), jobs.count, jobs.reason, jobs.shape.queue, jobs.shape.account,
        jobs.shape.walltime.count(), jobs.shape.exclusive, jobs.shape.rerunnable, jobs.priority,
        jobs.oldest.time_since_epoch().count());
    for (const auto& chunk : jobs.shape.chunks) text += "  chunk " + dump(chunk) + "\n";
    if (!jobs.shape.unjudged.empty()) text += "  unjudged " + jobs.shape.unjudged + "\n";
    for (const auto& id : jobs.ids) text += "  id " + id.value + "\n";
  }
  for (const auto& [name, ids] : queue.running) {
    text += "running on " + name.value + ":";
    for (const auto& id : ids) text += " " + id.value;
    text += "\n";
  }
  return text + "proof " + queue.proof + "\n";
}

std::string dump(const std::vector<core::Node>& nodes) {
  std::string text;
  for (const auto& node : nodes) {
    text += fmt::format(
        "node {} '{}' slots={}/{} mem={}/{} gpus={} features={} held={} down={} responding={} unfit={} "
        "registered={} note='{}'\n",
        node.name.value, node.state, node.slots_used, node.slots, node.memory_mib_used, node.memory_mib,
        gpus_of(node.gpus), join(node.features, ","), node.held, node.down, node.responding, node.unfit,
        node.registered_at ? node.registered_at->time_since_epoch().count() : 0, node.note);
  }
  return text;
}

}  // namespace tide::test
