// What `qstat -xml -r -s p` and `qhost -xml -q -j` print, one behind the other, in pieces of any size: never a crash,
// the same reading whatever the pieces, and never one from what is cut.
#include <tide/batch/gridengine/complexes.hpp>
#include <tide/batch/gridengine/notes.hpp>
#include <tide/batch/gridengine/parallel.hpp>
#include <tide/batch/gridengine/queue_builder.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace ge = tide::batch::gridengine;

namespace {

constexpr tide::TimePoint k_now{tide::Seconds{1'795'740'400}};

ge::QueueContext context_of(std::string_view hosts, std::size_t piece) {
  ge::QueueContext context;
  context.shapes.rules.emplace("mpi", ge::AllocationRule{.kind = ge::AllocationRule::Kind::spread});
  context.shapes.rules.emplace("smp", ge::AllocationRule{});
  context.shapes.queues = {"all.q", "gpu.q"};
  context.shapes.groups = {"@allhosts"};
  context.shapes.served = {"all.q", "gpu.q"};
  for (const auto& [name, type, consumable] : {std::tuple{"h_vmem", "MEMORY", "YES"},
                                               {"gpu", "INT", "YES"},
                                               {"h_rt", "TIME", "NO"},
                                               {"small", "BOOL", "NO"}}) {
    context.shapes.complexes.emplace(
        name, ge::Complex{.name = name, .type = type, .relation = "<=", .consumable = consumable, .fallback = "0"});
  }
  context.details["10"] = {.start = {}, .together = 3};
  ge::HostsReader reader;
  for (std::size_t at = 0; at < hosts.size(); at += piece) {
    if (!reader.feed(hosts.substr(at, piece))) return context;
  }
  if (auto list = reader.finish()) context.hosts = std::move(*list);
  return context;
}

struct Reading {
  std::optional<tide::core::JobQueue> queue;
  std::vector<tide::core::Node> nodes;
  bool operator==(const Reading&) const = default;
};

Reading read(std::string_view text, std::size_t piece) {
  const std::size_t cut = std::min(text.find("<?xml", 1), text.size());
  const std::string_view waiting = text.substr(0, cut);
  const ge::QueueContext context = context_of(text.substr(cut), piece);
  Reading reading;
  reading.nodes = ge::nodes_of(context.hosts, {}, k_now);
  ge::QueueBuilder builder({.all_ids = false, .now = k_now});
  for (std::size_t at = 0; at < waiting.size(); at += piece) {
    if (!builder.feed(waiting.substr(at, piece))) return reading;
  }
  if (builder.end()) reading.queue = builder.finish(context);
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Reading reading = read(text, std::size_t{1} + data[0]);
  if (!(reading == read(text, text.size() + 1))) std::abort();
  const auto counted = [](const auto& jobs) { return jobs.count > 0 && !jobs.shape.chunks.empty(); };
  if (reading.queue && !std::all_of(reading.queue->waiting.begin(), reading.queue->waiting.end(), counted))
    std::abort();
  if (reading.queue && text.find("</job_info") == std::string::npos) std::abort();
  if (!reading.nodes.empty() && text.find("</qhost") == std::string::npos) std::abort();
  for (const auto& node : reading.nodes) {
    if (node.name.empty() || node.slots_used < 0 || node.slots < 0) std::abort();
  }
  ge::DetailsReader details;
  if (details.feed(text)) (void)details.finish().has_value();
  const auto complexes = ge::parse_complexes(text);
  if (complexes && text.find("# >#<") == std::string::npos) std::abort();
  (void)ge::parse_pe(text, "mpi").has_value();
  if (ge::decode_note(ge::encode_note(text)).empty() != text.empty()) std::abort();
  return 0;
}
