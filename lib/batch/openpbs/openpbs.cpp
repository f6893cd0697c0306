#include <tide/batch/openpbs/openpbs.hpp>
#include <tide/batch/openpbs/words.hpp>
#include <tide/batch/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <utility>

namespace tide::batch::openpbs {

namespace {

constexpr std::string_view k_unknown_node = "Unknown node";
constexpr std::string_view k_busy_node = "Cannot delete busy object";

Error wrong_kind(std::string_view what, std::string_view hint) {
  return make_error(ErrorKind::config, "{}, and [cluster] batch is \"openpbs\"", what).with_hint(std::string(hint));
}

}  // namespace

OpenPbs::OpenPbs(process::CommandRunner& runner, Clock& clock, PbsOptions options)
    : m_clock(clock), m_options(std::move(options)), m_commands(runner, m_options.environment, m_options.timeout) {}

process::Command OpenPbs::asking(const std::string& program, std::vector<std::string> arguments) const {
  if (m_options.form == Form::json) arguments.insert(arguments.end(), {"-F", "json"});
  return m_commands.command(program, std::move(arguments));
}

// A command that must succeed.
Result<process::Finished> OpenPbs::read(const process::Command& command) {
  TIDE_TRY_ASSIGN(process::Finished finished, m_commands.run(command));
  if (!failed(finished)) return finished;
  return failure(command, finished);
}

core::BatchTraits OpenPbs::traits() const {
  return {.entries = core::NodeEntries::with_address, .hides_unregistered = false, .hold_has_note = true};
}

Result<ServerInfo> OpenPbs::read_server() {
  process::Command show = asking(m_options.qstat, {"-B", "-f"});
  TIDE_TRY_ASSIGN(process::Finished finished, m_commands.run(show));
  if (m_options.form == Form::json && refuses_option(finished)) {
    // PBS Pro before 14 knows no -F; TORQUE and Slurm's wrapper neither.
    const process::Command plain = m_commands.command(m_options.qstat, {"-B", "-f"});
    TIDE_TRY_ASSIGN(finished, m_commands.run(plain));
    if (refuses_option(finished))
      return wrong_kind(
          "this qstat is not OpenPBS's",
          "Set batch to \"slurm\" where it is Slurm's wrapper, or [batch] bin_dir to the folder of OpenPBS.");
    m_options.form = Form::text;
    show = plain;
  }
  if (failed(finished)) return failure(show, finished);
  auto info = parse_server(finished.output, m_options.form);
  if (!info) return in_command(std::move(info).error(), show);
  if (info->torque)
    return wrong_kind(fmt::format("server '{}' is TORQUE {}", info->name, info->version), "Set batch to \"torque\".");
  return info;
}

Result<core::ServerIdentity> OpenPbs::server() {
  TIDE_TRY_ASSIGN(const ServerInfo info, read_server());
  if (!sees_all(info, m_options.user, m_options.root)) {
    return make_error(ErrorKind::unproven, "server '{}' hides others' jobs from user '{}'", info.name, m_options.user)
        .with_hint("Run tide as root or as a manager, or allow it: qmgr -c 'set server query_other_jobs = True'.");
  }
  // Hot_Start: it still looks for the jobs that ran before it was restarted.
  return core::ServerIdentity{
      .name = info.name, .version = info.version, .up_since = std::nullopt, .fresh = info.state == "Hot_Start"};
}

Result<NodeList> OpenPbs::read_nodes() {
  process::Command show = asking(m_options.pbsnodes, {"-a"});
  TIDE_TRY_ASSIGN(process::Finished finished, m_commands.run(show));
  if (finished.exit_code != 0 && finished.signal == 0 && trim(finished.output).empty() &&
      finished.errors.find(k_no_nodes) != std::string::npos)
    return NodeList{};
  if (finished.exit_code == 0 && finished.output.find("<various>") != std::string::npos) {
    // A host of several vnodes that differ: only they say how.
    show = asking(m_options.pbsnodes, {"-a", "-v"});
    TIDE_TRY_ASSIGN(finished, m_commands.run(show));
  }
  if (failed(finished)) return failure(show, finished);
  auto list = parse_nodes(finished.output, m_options.form);
  if (!list) return in_command(std::move(list).error(), show);
  m_vnodes.clear();
  for (const auto& [vnode, host] : list->hosts) m_vnodes[host].push_back(vnode);
  return list;
}

Result<std::vector<core::Node>> OpenPbs::nodes() {
  TIDE_TRY_ASSIGN(NodeList list, read_nodes());
  return std::move(list.nodes);
}

Result<Queues> OpenPbs::read_queues() {
  const process::Command show = asking(m_options.qstat, {"-Q", "-f"});
  TIDE_TRY_ASSIGN(const process::Finished finished, read(show));
  auto queues = parse_queues(finished.output, m_options.form);
  if (!queues) return in_command(std::move(queues).error(), show);
  return queues;
}

Result<core::JobQueue> OpenPbs::jobs(bool all_ids) {
  TIDE_TRY_ASSIGN(const Queues queues, read_queues());
  std::int64_t before = 0;
  if (m_options.form == Form::text) {
    TIDE_TRY_ASSIGN(const ServerInfo info, read_server());
    before = info.jobs;
  }
  QueueBuilder builder({.form = m_options.form, .all_ids = all_ids, .now = m_clock.now(), .queues = &queues});
  TIDE_TRY_ASSIGN(core::JobQueue queue, read_jobs(builder));
  if (m_options.form == Form::text) {
    TIDE_TRY(prove_count(before, builder.entries()));
    queue.proof += fmt::format("; qstat -B: {} jobs", before);
  }
  if (!builder.names_vnodes()) return queue;
  // Nodes are told by host; so are their jobs.
  TIDE_TRY_ASSIGN(const NodeList list, read_nodes());
  std::map<core::NodeName, std::vector<core::JobId>> running;
  for (auto& [name, ids] : queue.running) {
    const auto host = list.hosts.find(name.value);
    auto& into = running[host == list.hosts.end() ? name : core::NodeName{host->second}];
    into.insert(into.end(), ids.begin(), ids.end());
  }
  for (auto& [name, ids] : running) {
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
  queue.running = std::move(running);
  return queue;
}

Result<core::JobQueue> OpenPbs::read_jobs(QueueBuilder& builder) {
  process::Command qstat = asking(m_options.qstat, {"-f", "-t"});
  const auto finished = m_commands.stream(qstat, [&](std::string_view piece) { return builder.feed(piece); });
  if (!finished) return finished.error();
  if (failed(*finished)) return failure(qstat, *finished);
  auto queue = builder.finish();
  if (!queue) return in_command(std::move(queue).error(), qstat);
  return queue;
}

// The text has no end of its own: the server's count of jobs, before and after, has to bear it out. Some may have come
// and some gone in between.
Result<void> OpenPbs::prove_count(std::int64_t before, std::int64_t read) {
  TIDE_TRY_ASSIGN(const ServerInfo info, read_server());
  const std::int64_t least = std::min(before, info.jobs);
  const std::int64_t slack = read == 0 ? 0 : 2 + least / 50;
  if (read >= least - slack) return {};
  return make_error(ErrorKind::unproven, "qstat tells of {} jobs, and the server has {}", read, least)
      .with_hint("The next pass reads again; form = \"json\" in [batch] has a proof of its own.");
}

Result<std::vector<std::string>> OpenPbs::settings_of(const NodeSpec& node) {
  const process::Command show = m_commands.command(m_options.qmgr, {"-c", "list resource"});
  TIDE_TRY_ASSIGN(const process::Finished finished, read(show));
  return node_settings(node, parse_resources(finished.output));
}

Result<void> OpenPbs::change(const core::NodeName& node, const process::Command& command) {
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(command));
  const std::string words = complaint(finished);
  if (finished.exit_code == 0 && finished.signal == 0 && words.empty()) return {};
  if (says(finished, k_unknown_node))
    return make_error(ErrorKind::not_found, "node '{}' is not known to PBS", node.value).with_peer(words);
  return failure(command, finished);
}

// "h1,h1[0],h1[1]": the jobs of a host's vnodes are placed one vnode by one.
std::string OpenPbs::vnodes_of(const core::NodeName& node) const {
  const auto found = m_vnodes.find(node.value);
  return found == m_vnodes.end() ? node.value : join(found->second, ",");
}

// One process: held before its daemon can be heard, then told what it offers. qmgr goes on behind a node that exists.
Result<void> OpenPbs::add(const NodeSpec& node) {
  TIDE_TRY(check_node_name(node.name));
  TIDE_TRY(check_note(node.note));
  TIDE_TRY_ASSIGN(const std::vector<std::string> settings, settings_of(node));
  process::Command create = m_commands.command(m_options.qmgr, {});
  create.input = fmt::format("create node {0}\nset node {0} state=offline,comment=\"{1}\"\nset node {0} {2}\n",
                             node.name.value, node.note, join(settings, ","));
  return change(node.name, create);
}

// A node is found by its name, which has to resolve to the address: see [names].
Result<void> OpenPbs::set_address(const core::NodeName& node, const std::string& /*address*/) {
  return check_node_name(node);
}

Result<void> OpenPbs::hold(const core::NodeName& node, const std::string& note) {
  TIDE_TRY(check_node_name(node));
  TIDE_TRY(check_note(note));
  return change(node, m_commands.command(m_options.qmgr, {"-c", fmt::format("set node {} state=offline,comment=\"{}\"",
                                                                            vnodes_of(node), note)}));
}

Result<void> OpenPbs::release(const core::NodeName& node) {
  TIDE_TRY(check_node_name(node));
  process::Command undo = m_commands.command(m_options.qmgr, {});
  undo.input = fmt::format("set node {0} state -= offline\nunset node {0} comment\n", vnodes_of(node));
  return change(node, undo);
}

Result<void> OpenPbs::remove(const core::NodeName& node) {
  TIDE_TRY(check_node_name(node));
  TIDE_TRY_ASSIGN(const NodeList list, read_nodes());
  const auto jobs = list.jobs.find(node.value);
  if (jobs == list.jobs.end()) return {};
  if (!jobs->second.empty()) {
    return make_error(ErrorKind::refused, "node '{}' still has {}", node.value,
                      counted(std::ssize(jobs->second), "job"))
        .with_peer(printable(jobs->second.front(), 80));
  }
  const process::Command drop = m_commands.command(m_options.qmgr, {"-c", "delete node " + node.value});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(drop));
  if (!failed(finished)) return {};
  if (says(finished, k_unknown_node)) return {};
  if (says(finished, k_busy_node))
    return make_error(ErrorKind::refused, "node '{}' still has jobs", node.value).with_peer(complaint(finished));
  return failure(drop, finished);
}

}  // namespace tide::batch::openpbs
