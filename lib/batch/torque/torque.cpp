#include <tide/batch/torque/torque.hpp>

#include <tide/batch/torque/pbsnodes.hpp>
#include <tide/batch/torque/words.hpp>
#include <tide/batch/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <utility>

namespace tide::batch::torque {

namespace {

constexpr std::string_view k_no_nodes = "No nodes found";
constexpr std::string_view k_unknown_node = "Unknown node";
constexpr std::string_view k_unknown_job = "Unknown Job Id";
constexpr int k_unknown_job_code = 153;  // 15001 of a byte: a job that ended while qstat ran
constexpr std::int64_t k_few_jobs = 20;

// Jobs that end while qstat runs are told on stderr, one a line, and the list goes on.
bool only_jobs_ended(const process::Finished& finished) {
  if (finished.signal != 0 || finished.exit_code != k_unknown_job_code) return false;
  const auto lines = split(trim(finished.errors), '\n');
  return std::ranges::all_of(lines,
                             [](std::string_view line) { return line.find(k_unknown_job) != std::string_view::npos; });
}

}  // namespace

Torque::Torque(process::CommandRunner& runner, Clock& clock, TorqueOptions options)
    : m_clock(clock), m_options(std::move(options)), m_commands(runner, m_options.environment, m_options.timeout) {
  if (!m_options.server.empty()) m_commands.set_variable("PBS_DEFAULT", m_options.server);
}

// A command that must succeed.
Result<process::Finished> Torque::read(const process::Command& command) {
  TIDE_TRY_ASSIGN(process::Finished finished, m_commands.run(command));
  TIDE_TRY(check_kind(finished));
  if (failed(finished)) return failure(command, finished);
  return finished;
}

core::BatchTraits Torque::traits() const {
  return {.entries = core::NodeEntries::with_address, .hides_unregistered = false, .hold_has_note = true};
}

Result<ServerStatus> Torque::read_server() {
  const process::Command show = m_commands.command(m_options.qstat, {"-B", "-f"});
  TIDE_TRY_ASSIGN(const process::Finished finished, read(show));
  auto server = parse_server(finished.output);
  if (!server) return in_command(std::move(server).error(), show);
  return server;
}

Result<core::ServerIdentity> Torque::server() {
  TIDE_TRY_ASSIGN(const ServerStatus status, read_server());
  if (!status.shows_all_to(m_options.user, m_options.is_root)) {
    return make_error(ErrorKind::unproven, "server '{}' hides others' jobs from user '{}'", status.name, m_options.user)
        .with_hint(
            "Run tide as root or as a manager of TORQUE, or allow it: qmgr -c 'set server query_other_jobs = "
            "True'.");
  }
  // pbs_server does not say since when it runs; nodes that it has not heard of again yet are down, not missing.
  return core::ServerIdentity{.name = status.name, .version = status.version, .up_since = std::nullopt, .fresh = false};
}

Result<std::vector<core::Node>> Torque::read_nodes() {
  const process::Command show = m_commands.command(m_options.pbsnodes, {"-x"});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(show));
  const bool none = finished.signal == 0 && finished.exit_code != 0 && trim(finished.output).empty() &&
                    finished.errors.find(k_no_nodes) != std::string::npos;
  if (none) return std::vector<core::Node>{};
  if (failed(finished)) return failure(show, finished);
  auto nodes = parse_pbsnodes(finished.output);
  if (!nodes) return in_command(std::move(nodes).error(), show);
  return nodes;
}

// pbsnodes counts slots only: memory and GPUs in use are those of the jobs read just before.
Result<std::vector<core::Node>> Torque::nodes() {
  TIDE_TRY_ASSIGN(auto known, read_nodes());
  const bool busy = std::ranges::any_of(known, [](const core::Node& node) { return node.slots_used > 0; });
  if (busy && !m_jobs_asked) TIDE_TRY(jobs(false));
  for (core::Node& node : known) {
    const auto use = m_uses.find(node.name);
    if (use == m_uses.end() || node.slots_used == 0) continue;
    node.memory_mib_used = std::min(use->second.memory_mib, node.memory_mib);
    for (const auto& [type, count] : node.gpus) {
      if (use->second.gpus > 0)
        node.gpus_used[type] = std::max(node.gpus_used[type], std::min(use->second.gpus, count));
    }
  }
  return known;
}

Result<pbs::Queues> Torque::read_queues() {
  const process::Command show = m_commands.command(m_options.qstat, {"-Q", "-f"});
  TIDE_TRY_ASSIGN(const process::Finished finished, read(show));
  auto queues = pbs::parse_queues(finished.output);
  if (queues && queues->empty()) queues = make_error(ErrorKind::unproven, "it lists no queue");
  if (!queues) return in_command(std::move(queues).error(), show);
  return queues;
}

// Maui and Moab know jobs that TORQUE calls queued, and that wait for a policy, a hold of theirs or a reservation.
Result<SchedulerView> Torque::read_scheduler() {
  SchedulerView view;
  const process::Command showq = m_commands.command(m_options.showq, {});
  const auto finished = m_commands.stream(showq, [&](std::string_view piece) { return view.feed_showq(piece); });
  if (!finished) return finished.error();
  if (failed(*finished)) return failure(showq, *finished);
  if (auto whole = view.finish_showq(); !whole) return in_command(std::move(whole).error(), showq);
  std::vector<std::string> arguments(m_options.priorities.begin() + 1, m_options.priorities.end());
  const process::Command diagnose = m_commands.command(m_options.priorities.front(), std::move(arguments));
  TIDE_TRY_ASSIGN(const process::Finished told, m_commands.run(diagnose));
  if (failed(told)) {
    return failure(diagnose, told).with_hint("Let tide's user ask: ADMIN3 in maui.cfg, ADMINCFG[3] in moab.cfg.");
  }
  if (auto whole = view.read_priorities(told.output); !whole) return in_command(std::move(whole).error(), diagnose);
  return view;
}

Result<core::JobQueue> Torque::jobs(bool all_ids) {
  m_jobs_asked = true;
  m_uses.clear();
  TIDE_TRY_ASSIGN(ServerStatus before, read_server());
  QueueOptions options{.all_ids = all_ids,
                       .with_accounts = m_options.with_accounts,
                       .now = m_clock.now(),
                       .queues = {},
                       .server = before.limits};
  TIDE_TRY_ASSIGN(options.queues, read_queues());
  SchedulerView view;
  if (!m_options.showq.empty()) {
    TIDE_TRY_ASSIGN(view, read_scheduler());
    options.scheduler = &view;
  }
  QueueBuilder builder(std::move(options));
  const process::Command qstat = m_commands.command(m_options.qstat, {"-x", "-t"});
  const auto finished = m_commands.stream(qstat, [&](std::string_view piece) { return builder.feed(piece); });
  if (!finished) return finished.error();
  if (failed(*finished) && !only_jobs_ended(*finished)) return failure(qstat, *finished);
  return prove(builder, before, qstat);
}

// What the list says is held against what the server counts. Of no jobs at all, TORQUE 2.4 prints nothing.
Result<core::JobQueue> Torque::prove(QueueBuilder& builder, const ServerStatus& before, const process::Command& qstat) {
  std::set<core::NodeName> names;
  if (builder.wants_node_names()) {
    TIDE_TRY_ASSIGN(const auto known, read_nodes());
    for (const auto& node : known) names.insert(node.name);
  }
  const bool nothing = builder.printed() == 0;
  m_uses = builder.uses();
  core::JobQueue queue;
  if (!nothing) {
    auto whole = builder.finish(names);
    if (!whole) return in_command(std::move(whole).error(), qstat);
    queue = std::move(*whole);
  }
  const std::int64_t seen = builder.unfinished();
  const auto too_few = [seen](const ServerStatus& server) {
    return seen == 0 ? server.unfinished > 0 : server.unfinished > k_few_jobs && seen < server.unfinished / 2;
  };
  if (seen == 0) queue.proof = "qstat: no job, exit code 0; qstat -B -f counts none";
  if (!nothing && !too_few(before)) return queue;
  TIDE_TRY_ASSIGN(const ServerStatus after, read_server());
  if (too_few(after)) {
    return in_command(
        make_error(ErrorKind::unproven, "it lists {} jobs and the server counts {}", seen, after.unfinished), qstat);
  }
  return queue;
}

Result<std::optional<core::Node>> Torque::find_node(const core::NodeName& node) {
  TIDE_TRY_ASSIGN(auto known, read_nodes());
  const auto found = std::ranges::find(known, node, &core::Node::name);
  if (found == known.end()) return std::optional<core::Node>{};
  return std::optional<core::Node>(std::move(*found));
}

// One qmgr makes the entry and holds it, a millisecond apart, even if tide dies between. A repeat finds the entry and
// holds it again.
Result<void> Torque::add(const NodeSpec& node) {
  TIDE_TRY(check_node_spec(node));
  TIDE_TRY_ASSIGN(const auto there, find_node(node.name));
  if (there && there->registered_at) return {};  // it is there already: a hold of its own decides about it, not this
  process::Command make = m_commands.command(m_options.qmgr, {});
  make.input = create_lines(node);
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(make));
  if (says(finished, "cannot resolve") || says(finished, k_unknown_node) || says(finished, "getaddrinfo")) {
    Error error = failure(make, finished).with_context(fmt::format("while creating node '{}'", node.name.value));
    error.message =
        fmt::format("'{}' resolves to no address on TORQUE's server, so it cannot be a node", node.name.value);
    error.hint = "Set [names] method to \"hosts\" or \"dnsmasq\", or let DNS know the name.";
    return error;
  }
  // qmgr goes on behind a command that failed: only what is there afterwards counts.
  TIDE_TRY_ASSIGN(const auto made, find_node(node.name));
  if (made && made->held) return {};
  Error error = failure(make, finished).with_context(fmt::format("while creating node '{}'", node.name.value));
  if (!failed(finished)) {
    error.message =
        fmt::format("node '{}' is {} after it was created", node.name.value, made ? "not held" : "not listed");
  }
  return error;
}

// The name's address is the resolver's to know; nothing is to be told.
Result<void> Torque::set_address(const core::NodeName& node, const std::string& /*address*/) {
  return check_node_name(node);
}

Result<void> Torque::change(const core::NodeName& node, std::vector<std::string> arguments) {
  TIDE_TRY(check_node_name(node));
  arguments.push_back(node.value);
  const process::Command change = m_commands.command(m_options.pbsnodes, std::move(arguments));
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(change));
  if (says(finished, k_unknown_node)) {
    return make_error(ErrorKind::not_found, "node '{}' is not known to TORQUE", node.value)
        .with_peer(first_words(finished));
  }
  if (!failed(finished)) return {};
  Error error = failure(change, finished);
  if (error.hint.empty()) {
    error.hint = "In its first ten seconds (MOM-list-not-sent) a node refuses this; the next pass tries again.";
  }
  return error;
}

Result<void> Torque::hold(const core::NodeName& node, const std::string& note) {
  TIDE_TRY(check_note(note));
  return change(node, {"-o", "-N", note});
}

// pbs_sched looks at the queue when a job comes or scheduler_iteration is over, not when a node becomes free. Setting
// what is set already makes it look at once.
Result<void> Torque::release(const core::NodeName& node) {
  TIDE_TRY(change(node, {"-c", "-N", ""}));
  TIDE_TRY_ASSIGN(const ServerStatus status, read_server());
  if (!status.scheduling) return {};  // a person's, or another scheduler's
  const process::Command kick = m_commands.command(m_options.qmgr, {"-c", "set server scheduling = True"});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(kick));
  if (failed(finished)) {
    return failure(kick, finished)
        .with_context(fmt::format("while telling the scheduler of node '{}', which is released", node.value));
  }
  return {};
}

// `delete node` succeeds on a busy node, and its jobs start again: so its jobs are read first.
Result<void> Torque::remove(const core::NodeName& node) {
  TIDE_TRY(check_node_name(node));
  TIDE_TRY_ASSIGN(const auto there, find_node(node));
  if (!there) return {};
  if (there->slots_used > 0) {
    return make_error(ErrorKind::refused, "node '{}' still has jobs on {} slots: {}", node.value, there->slots_used,
                      there->state);
  }
  const process::Command drop = m_commands.command(m_options.qmgr, {"-c", fmt::format("delete node {}", node.value)});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(drop));
  if (!failed(finished) || says(finished, k_unknown_node)) return {};
  return failure(drop, finished);
}

}  // namespace tide::batch::torque
