#include "support_gridengine.hpp"

#include <tide/core/enum_names.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

#include <algorithm>

namespace tide::test {

using namespace batch::gridengine;

std::string ge_fixture(const std::string& name) {
  const auto text = read_file(test::fixtures() + "/gridengine/8.1.9/" + name, 64U << 20U);
  if (!text) FAIL(text.error().message);
  return *text;
}

ShapeContext ge_shapes() {
  ShapeContext shapes;
  shapes.complexes = parse_complexes(ge_fixture("s7-live-complexes.txt")).value();
  for (const char* name : {"mpi", "mpi4", "smp"})
    shapes.rules.emplace(name, parse_pe(ge_fixture(fmt::format("s7-live-pe-{}.txt", name)), name).value());
  shapes.queues = {"all.q", "gpu.q"};
  shapes.groups = {"@allhosts"};
  shapes.served = {"all.q", "gpu.q"};
  shapes.licences = {"matlab"};
  return shapes;
}

QueueContext ge_context() {
  QueueContext context;
  context.shapes = ge_shapes();
  return context;
}

std::string ge_job(int number, const std::string& elements) {
  std::string job = fmt::format("<job_list state=\"pending\"><JB_job_number>{}</JB_job_number>", number);
  constexpr std::pair<const char*, const char*> k_usual[]{
      {"JAT_prio", "0.50500"}, {"state", "qw"}, {"JB_submission_time", "2026-11-27T00:40:00"}, {"slots", "1"}};
  for (const auto& [name, text] : k_usual) {
    if (elements.find(fmt::format("<{}>", name)) == std::string::npos) job += fmt::format("<{0}>{1}</{0}>", name, text);
  }
  return job + elements + "</job_list>\n";
}

std::string ge_document(const std::string& jobs) {
  return "<?xml version='1.0'?>\n<job_info  xmlns:xsd=\"x\">\n<queue_info>\n</queue_info>\n<job_info>\n" + jobs +
         "</job_info>\n</job_info>\n";
}

Result<core::JobQueue> read_ge_queue(const std::string& text, const QueueContext& context, std::size_t piece) {
  QueueBuilder builder({.all_ids = true, .now = TimePoint{Seconds{k_ge_now}}});
  for (std::size_t at = 0; at < text.size(); at += piece)
    TIDE_TRY(builder.feed(std::string_view(text).substr(at, piece)));
  TIDE_TRY(builder.end());
  return builder.finish(context);
}

core::WaitingJobs only_ge_group(const std::string& elements, const QueueContext& context) {
  const auto queue = read_ge_queue(ge_document(ge_job(1, elements)), context);
  if (!queue) FAIL(queue.error().message);
  REQUIRE(queue->waiting.size() == 1);
  return queue->waiting.front();
}

Result<std::vector<HostRecord>> read_ge_hosts(const std::string& text, std::size_t piece) {
  HostsReader reader;
  for (std::size_t at = 0; at < text.size(); at += piece)
    TIDE_TRY(reader.feed(std::string_view(text).substr(at, piece)));
  return reader.finish();
}

namespace {

std::string gpus_of(const core::Gpus& gpus) {
  std::string text;
  for (const auto& [type, count] : gpus) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", type, count);
  return text.empty() ? "-" : text;
}

std::string ids_of(const std::vector<core::JobId>& ids) {
  std::string text;
  for (const auto& id : ids) text += " " + id.value;
  return text;
}

}  // namespace

std::string dump(const core::JobQueue& queue) {
  std::string text;
  for (const auto& jobs : queue.waiting) {
    const core::Shape& shape = jobs.shape;
    text += fmt::format("{} x{} '{}' queue={} others={} account={} walltime={}s exclusive={} priority={} oldest={}\n",
                        core::to_string(jobs.waiting), jobs.count, jobs.reason, shape.queue,
                        join(shape.other_queues, ","), shape.account, shape.walltime.count(), shape.exclusive,
                        jobs.priority, jobs.oldest.time_since_epoch().count());
    for (const auto& chunk : shape.chunks) {
      text += fmt::format("  chunk nodes={}-{} tasks={} each={} mem_node={} mem_slot={} gpus={}", chunk.nodes,
                          chunk.nodes_max, chunk.tasks, chunk.tasks_per_node, chunk.memory_mib_per_node,
                          chunk.memory_mib_per_slot, gpus_of(chunk.gpus_per_node));
      for (const auto& feature : chunk.features) text += " feature=" + join(feature, "|");
      text += "\n";
    }
    if (!shape.unjudged.empty()) text += "  unjudged " + shape.unjudged + "\n";
    if (!shape.assumed.empty()) text += "  assumed " + shape.assumed + "\n";
    text += "  ids" + ids_of(jobs.ids) + "\n";
  }
  for (const auto& [name, ids] : queue.running) text += "running on " + name.value + ":" + ids_of(ids) + "\n";
  return text + "proof " + queue.proof + "\n";
}

std::string dump(const std::vector<core::Node>& nodes) {
  std::string text;
  for (const auto& node : nodes) {
    text += fmt::format(
        "node {} '{}' slots={}/{} mem={}/{} gpus={} features={} queues={} held={} down={} unfit={} responding={} "
        "placeholder={} registered={} note='{}'\n",
        node.name.value, node.state, node.slots_used, node.slots, node.memory_mib_used, node.memory_mib,
        gpus_of(node.gpus), join(node.features, ","), join(node.queues, ","), node.held, node.down, node.unfit,
        node.responding, node.placeholder, node.registered_at ? node.registered_at->time_since_epoch().count() : 0,
        node.note);
  }
  return text;
}

GridEngineOptions ge_options() {
  GridEngineOptions options;
  options.qstat = "/usr/bin/qstat";
  options.qhost = "/usr/bin/qhost";
  options.qconf = "/usr/bin/qconf";
  options.qmod = "/usr/bin/qmod";
  options.user = "root";
  options.names.features = {"small"};
  return options;
}

}  // namespace tide::test
