#include <tide/batch/gridengine/gridengine.hpp>
#include <tide/batch/gridengine/notes.hpp>
#include <tide/batch/gridengine/words.hpp>
#include <tide/batch/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <functional>

// What changes Grid Engine. Each step may be repeated, whatever the last one left.
namespace tide::batch::gridengine {

namespace {

constexpr std::string_view k_no_instance = "invalid queue";
constexpr std::string_view k_no_complex = "is not a complex attribute";

Result<void> check_empty(const HostRecord& host) {
  int used = 0;
  for (const auto& queue : host.queues) used += queue.slots_used;
  if (used == 0 && host.jobs.empty()) return {};
  return make_error(ErrorKind::refused, "node '{}' still has {} on {}", host.name,
                    counted(std::ssize(host.jobs), "job"), counted(used, "slot"))
      .with_hint("If its machine is gone for good, let Grid Engine give the jobs up: qmod -rj JOB, or qdel -f JOB.");
}

std::string all_instances(const core::NodeName& node) { return "*@" + node.value; }

std::string instances_of(const std::vector<std::string>& queues, const core::NodeName& node) {
  std::vector<std::string> names;
  for (const std::string& queue : queues) names.push_back(fmt::format("{}@{}", queue, node.value));
  return join(names, ",");
}

template <class Test>
std::vector<std::string> queues_of(const HostRecord& host, Test test) {
  std::vector<std::string> queues;
  for (const QueueInstance& queue : host.queues) {
    if (std::invoke(test, queue)) queues.push_back(queue.queue);
  }
  return queues;
}

Error no_instance(const core::NodeName& node) {
  return make_error(ErrorKind::not_found, "node '{}' is in no queue of Grid Engine", node.value)
      .with_hint("It needs a host group that a queue names; 'qhost -q' shows it.");
}

}  // namespace

Result<void> GridEngine::change(std::vector<std::string> arguments, std::initializer_list<std::string_view> also_fine,
                                std::string input) {
  process::Command command = m_commands.command(m_options.qconf, std::move(arguments));
  command.input = std::move(input);
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(command));
  if (!is_refused(finished)) return {};
  const auto said = [&](std::string_view words) { return says(finished, words); };
  if (finished.signal == 0 && std::ranges::any_of(also_fine, said)) return {};
  return failure(command, finished);
}

Result<std::optional<HostRecord>> GridEngine::find_host(const core::NodeName& node) {
  TIDE_TRY_ASSIGN(Hosts hosts, read_hosts());
  // The qmaster may list it by its whole name.
  const auto found = std::ranges::find_if(hosts.list, [&](const HostRecord& host) {
    return host.name == node.value || host.name.starts_with(node.value + ".");
  });
  if (found == hosts.list.end()) return std::optional<HostRecord>{};
  return std::optional<HostRecord>(std::move(*found));
}

GridEngine::Place GridEngine::place_of(const NodeSpec& node) const {
  Place place{.group = m_options.group, .queues = m_options.queues};
  for (const std::string& feature : node.features) {
    if (const auto found = m_options.groups.find(feature); found != m_options.groups.end()) place.group = found->second;
    if (const auto found = m_options.queues_of.find(feature); found != m_options.queues_of.end())
      place.queues = found->second;
  }
  return place;
}

// The execution host's own entry; until it is in a queue's host group, no job and no list of nodes knows it.
Result<void> GridEngine::make_host(const NodeSpec& node) {
  TIDE_TRY_ASSIGN(const Complexes complexes, read_complexes());
  if (node.note == core::k_note_placeholder && !complexes.contains(m_options.names.note)) {
    return make_error(ErrorKind::config, "node '{}' could not be marked as a placeholder", node.name.value)
        .with_hint(fmt::format("Define the resource by which tide marks hosts (gridengine.md): '{}'.",
                               m_options.names.note.empty() ? "tide_note" : m_options.names.note));
  }
  const std::string values = complex_values({.slots = node.slots,
                                             .memory_mib = node.memory_mib,
                                             .gpus = node.gpus,
                                             .features = node.features,
                                             .note = node.note},
                                            m_options.names, complexes);
  TIDE_TRY(change({"-ah", node.name.value}));
  TIDE_TRY(change({"-Ae", "/dev/stdin"}, {"already exists"}, host_file(node.name.value, values)));
  return change({"-mattr", "exechost", "complex_values", values, node.name.value});
}

// Born disabled: no moment passes in which a daemon that registers just then would get a job.
Result<void> GridEngine::add(const NodeSpec& node) {
  TIDE_TRY(check_node_name(node.name));
  TIDE_TRY(check_note(node.note));
  if (node.slots < 1)
    return make_error(ErrorKind::config, "node '{}' would have {} slots", node.name.value, node.slots);
  TIDE_TRY_ASSIGN(const auto there, find_host(node.name));
  // It is there already: a hold of its own decides about it, not this.
  if (there && !there->queues.empty() && there->value("load_avg") != "-") return {};
  const Place place = place_of(node);
  TIDE_TRY(make_host(node));
  for (const std::string& queue : place.queues) {
    TIDE_TRY(change({"-mattr", "queue", "slots", fmt::format("[{}={}]", node.name.value, node.slots), queue}));
    TIDE_TRY(change({"-mattr", "queue", "initial_state", fmt::format("[{}=disabled]", node.name.value), queue}));
  }
  TIDE_TRY(change({"-aattr", "hostgroup", "hostlist", node.name.value, place.group}));
  TIDE_TRY(disable(node.name));
  TIDE_TRY(open_queues(node.name, place.queues));
  TIDE_TRY_ASSIGN(const auto made, find_host(node.name));
  const bool held = made && !made->queues.empty() && node_of(*made, m_options.names, m_clock.now()).held;
  if (held) return {};
  return make_error(ErrorKind::batch, "node '{}' is {} after it was created", node.name.value,
                    made && !made->queues.empty() ? "not disabled" : "in no queue")
      .with_hint(
          fmt::format("Host group '{}' must be in the host list of queue {}.", place.group, join(place.queues, ", ")));
}

// A queue instance that begins disabled would do so again whenever its daemon restarts.
Result<void> GridEngine::open_queues(const core::NodeName& node, const std::vector<std::string>& queues) {
  for (const std::string& queue : queues)
    TIDE_TRY(change({"-purge", "queue", "initial_state", fmt::format("{}@{}", queue, node.value)}));
  return {};
}

// The name's address is the resolver's to know; nothing is to be told.
Result<void> GridEngine::set_address(const core::NodeName& node, const std::string& /*address*/) {
  return check_node_name(node);
}

Result<void> GridEngine::disable(const core::NodeName& node) {
  const process::Command command = m_commands.command(m_options.qmod, {"-d", all_instances(node)});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(command));
  if (!is_refused(finished)) return {};
  return says(finished, k_no_instance) ? no_instance(node) : failure(command, finished);
}

Result<void> GridEngine::enable(const std::string& instances) {
  const process::Command command = m_commands.command(m_options.qmod, {"-e", instances});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(command));
  if (is_refused(finished)) return failure(command, finished);
  return {};
}

Result<HostRecord> GridEngine::find_in_queue(const core::NodeName& node) {
  TIDE_TRY_ASSIGN(auto host, find_host(node));
  if (!host || host->queues.empty()) return no_instance(node);
  return std::move(*host);
}

// Where the resource for notes is not defined, the row in tide's store is all that tells whose hold it is.
Result<void> GridEngine::mark(const core::NodeName& node, const Mark& mark) {
  if (m_options.names.note.empty()) return {};
  const std::string value = fmt::format("{}={}", m_options.names.note, encode_mark(mark));
  return change({"-mattr", "exechost", "complex_values", value, node.value}, {k_no_complex});
}

Result<void> GridEngine::unmark(const core::NodeName& node) {
  return change({"-dattr", "exechost", "complex_values", m_options.names.note, node.value}, {k_no_complex});
}

// The mark comes last: one that is left on a node in service would make a person's hold look like ours. Which instances
// others had closed is on disk before ours close, without a note. Where all are closed already, ours may be among them:
// the mark that is there knows.
Result<void> GridEngine::hold(const core::NodeName& node, const std::string& note) {
  TIDE_TRY(check_node_name(node));
  TIDE_TRY(check_note(note));
  TIDE_TRY_ASSIGN(const HostRecord host, find_in_queue(node));
  std::vector<std::string> closed = queues_of(host, &QueueInstance::is_disabled);
  if (closed.size() == host.queues.size()) {
    closed = mark_of(host, m_options.names).closed;
  } else if (!closed.empty()) {
    TIDE_TRY(mark(node, {.note = "", .closed = closed}));
  }
  TIDE_TRY(disable(node));
  return mark(node, {.note = note, .closed = std::move(closed)});
}

// And goes first, for the same reason; what others had closed stays closed, and is forgotten last.
Result<void> GridEngine::release(const core::NodeName& node) {
  TIDE_TRY(check_node_name(node));
  TIDE_TRY_ASSIGN(const HostRecord host, find_in_queue(node));
  const Mark left = mark_of(host, m_options.names);
  // Released already: what is disabled there, somebody else disabled since.
  if (left == Mark{} && !std::ranges::all_of(host.queues, &QueueInstance::is_disabled)) return {};
  const std::vector<std::string>& closed = left.closed;
  const auto queues = queues_of(
      host, [&](const QueueInstance& queue) { return std::ranges::find(closed, queue.queue) == closed.end(); });
  TIDE_TRY(open_queues(node, queues));
  if (closed.empty()) {
    if (!m_options.names.note.empty() && host.resource(m_options.names.note)) TIDE_TRY(unmark(node));
    return enable(all_instances(node));
  }
  TIDE_TRY(mark(node, {.note = "", .closed = closed}));
  if (!queues.empty()) TIDE_TRY(enable(instances_of(queues, node)));
  return unmark(node);
}

// Out of all host groups and queues. A host with jobs would stay as an orphan, so its jobs were looked for before.
Result<void> GridEngine::take_out(const core::NodeName& node, const HostRecord& host) {
  TIDE_TRY_ASSIGN(const auto groups, ask_list("-shgrpl"));
  for (const std::string& group : groups) {
    TIDE_TRY_ASSIGN(const std::string text, ask({"-shgrp", group}));
    const bool names_it = std::ranges::any_of(split(text, ' '), [&](std::string_view word) {
      return std::ranges::any_of(split(word, '\n'), [&](std::string_view one) { return trim(one) == node.value; });
    });
    if (names_it) TIDE_TRY(change({"-dattr", "hostgroup", "hostlist", node.value, group}));
  }
  std::set<std::string> queues(m_options.queues.begin(), m_options.queues.end());
  for (const auto& [pool, theirs] : m_options.queues_of) queues.insert(theirs.begin(), theirs.end());
  for (const auto& queue : host.queues) {
    queues.insert(queue.queue);
    TIDE_TRY(change({"-dattr", "queue", "hostlist", node.value, queue.queue}));
  }
  for (const std::string& queue : queues)
    TIDE_TRY(change({"-purge", "queue", "*", fmt::format("{}@{}", queue, node.value)}, {"does not exist"}));
  return {};
}

// Disabled before its jobs are looked for the last time: nothing starts between that look and the removal.
Result<void> GridEngine::remove(const core::NodeName& node) {
  TIDE_TRY(check_node_name(node));
  TIDE_TRY_ASSIGN(auto host, find_host(node));
  if (host) TIDE_TRY(check_empty(*host));
  if (host && !host->queues.empty()) {
    const auto open = queues_of(*host, [](const QueueInstance& queue) { return !queue.is_disabled(); });
    TIDE_TRY(disable(node));
    TIDE_TRY_ASSIGN(host, find_host(node));
    const auto empty = host ? check_empty(*host) : Result<void>{};
    if (!empty && !open.empty()) TIDE_TRY(enable(instances_of(open, node)));
    if (!empty) return empty;
  }
  if (host) {
    // A daemon that runs on would register again. One that the qmaster cannot reach has ended, or knocks in vain: its
    // host will be no administrative host.
    if (host->value("load_avg") != "-")
      TIDE_TRY(change({"-ke", node.value}, {"unknown execd host", "failed sending shutdown notification"}));
    TIDE_TRY(take_out(node, *host));
    TIDE_TRY(change({"-de", node.value}, {"does not exist"}));
  }
  return change({"-dh", node.value}, {"does not exist"});
}

}  // namespace tide::batch::gridengine
