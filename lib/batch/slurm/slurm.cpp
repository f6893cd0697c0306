#include <tide/batch/slurm/session.hpp>
#include <tide/batch/slurm/show_node.hpp>
#include <tide/batch/slurm/slurm.hpp>
#include <tide/batch/slurm/words.hpp>
#include <tide/util/text.hpp>

#include <utility>

namespace tide::batch::slurm {

namespace {

constexpr std::string_view k_unknown_node = "Invalid node name specified";
constexpr std::string_view k_busy_node = "Requested nodes are busy";

std::string create_line(const NodeSpec& node) {
  std::string line = fmt::format("create nodename={} CPUs={} RealMemory={} State=CLOUD", node.name.value, node.slots,
                                 std::max<std::int64_t>(node.memory_mib, 1));
  if (!node.features.empty()) line += " Feature=" + join(node.features, ",");
  std::vector<std::string> gres;
  for (const auto& [type, count] : node.gpus)
    gres.push_back(type.empty() ? fmt::format("gpu:{}", count) : fmt::format("gpu:{}:{}", type, count));
  if (!gres.empty()) line += " Gres=" + join(gres, ",");
  if (!node.address.empty()) line += fmt::format(" NodeAddr={} NodeHostname={}", node.address, node.name.value);
  return line;
}

}  // namespace

Slurm::Slurm(process::CommandRunner& runner, Clock& clock, SlurmOptions options)
    : m_clock(clock), m_options(std::move(options)), m_commands(runner, m_options.environment, m_options.timeout) {
  m_commands.set_variable("SLURM_TIME_FORMAT", "%s");  // seconds since 1970: no time zone can move them
  m_commands.set_variable("SLURM_BITSTR_LEN", "0");    // an array's tasks in full, not the first 64 bytes of them
}

// A command that must succeed.
Result<process::Finished> Slurm::read(const process::Command& command) {
  TIDE_TRY_ASSIGN(process::Finished finished, m_commands.run(command));
  if (!failed(finished)) return finished;
  return failure(command, finished);
}

core::BatchTraits Slurm::traits() const {
  return {.entries = core::NodeEntries::before_launch,
          .hides_unregistered = !m_shows_unregistered,
          .hold_has_note = true,
          .can_give_up = true};
}

Result<SlurmConfig> Slurm::read_config() {
  const process::Command show = m_commands.command(m_options.scontrol, {"show", "config"});
  TIDE_TRY_ASSIGN(const process::Finished finished, read(show));
  auto config = parse_show_config(finished.output);
  if (!config) return in_command(std::move(config).error(), show);
  return config;
}

Result<core::ServerIdentity> Slurm::server() {
  const auto config = read_config();
  if (!config) return config.error();
  TIDE_TRY(check_version(config->version));
  TIDE_TRY(prove_sight(*config));
  m_memory = config->memory;
  m_shows_unregistered = config->hides("cloud");  // "PrivateData=cloud" shows powered down nodes, against its name
  // slurmctld answers only once it has read its state, nodes and jobs: it is never `fresh`.
  return core::ServerIdentity{
      .name = config->cluster, .version = config->version, .up_since = config->boot_time, .fresh = false};
}

Result<std::string> Slurm::admin_level() {
  TIDE_TRY_ASSIGN(
      const process::Finished asked,
      read(m_commands.command(m_options.sacctmgr, {"-n", "-P", "show", "user", m_options.user, "format=AdminLevel"})));
  return std::string(trim(asked.output));
}

// Others' jobs and nodes are seen if nothing hides them, or if we are root, SlurmUser or an operator.
Result<void> Slurm::prove_sight(const SlurmConfig& config) {
  if (m_options.user_id == 0 || m_options.user_id == config.user_id) return {};
  std::string_view hidden;
  for (const std::string_view what : {"jobs", "nodes"}) {
    if (config.hides(what)) hidden = what;
  }
  if (hidden.empty()) return {};
  if (config.has_accounting && !m_options.sacctmgr.empty()) {
    TIDE_TRY_ASSIGN(const std::string level, admin_level());
    if (level == "Operator" || level == "Administrator") return {};
  }
  return make_error(ErrorKind::unproven, "PrivateData={} in slurm.conf hides others' {} from user '{}'", hidden, hidden,
                    m_options.user)
      .with_hint(fmt::format(
          "Run tide as root or as '{}', make '{}' an operator with 'sacctmgr', or take '{}' out of PrivateData.",
          config.user, m_options.user, hidden));
}

Result<std::vector<core::Node>> Slurm::nodes() {
  process::Command show = m_commands.command(m_options.scontrol, {"-a", "-d", "-o"});
  show.input = session_input(k_nodes_question);
  TIDE_TRY_ASSIGN(const process::Finished finished, read(show));
  auto nodes = parse_show_nodes(finished.output);
  if (!nodes) return in_command(std::move(nodes).error(), show);
  return nodes;
}

// A pass asks who answers before it reads the jobs; nothing is asked twice.
Result<MemoryRules> Slurm::memory_rules() {
  if (m_memory) return *m_memory;
  TIDE_TRY_ASSIGN(const SlurmConfig config, read_config());
  return config.memory;
}

Result<Partitions> Slurm::read_partitions() {
  TIDE_TRY_ASSIGN(const MemoryRules memory, memory_rules());
  process::Command show = m_commands.command(m_options.scontrol, {"-a", "-o"});
  show.input = session_input(k_partitions_question);
  TIDE_TRY_ASSIGN(const process::Finished finished, read(show));
  auto partitions = parse_show_partitions(finished.output, memory);
  if (!partitions) return in_command(std::move(partitions).error(), show);
  return partitions;
}

Result<core::JobQueue> Slurm::jobs(bool all_ids) {
  bool wants_limits = false;
  TIDE_TRY_ASSIGN(const Partitions partitions, read_partitions());
  QueueOptions options{.all_ids = all_ids, .now = m_clock.now(), .limits = nullptr, .partitions = &partitions};
  TIDE_TRY_ASSIGN(core::JobQueue queue, read_queue(options, wants_limits));
  if (!wants_limits) return queue;
  NodeLimits limits;
  process::Command show = m_commands.command(m_options.scontrol, {"-a", "-o", "show", "job"});
  show.sink = [&limits](std::string_view piece) { return limits.feed(piece); };
  TIDE_TRY(read(show));
  if (auto whole = limits.finish(); !whole) return in_command(std::move(whole).error(), show);
  options.limits = &limits;
  return read_queue(options, wants_limits);
}

Result<core::JobQueue> Slurm::read_queue(QueueOptions options, bool& wants_limits) {
  QueueBuilder builder(options);
  const process::Command squeue = m_commands.command(m_options.squeue, squeue_arguments());
  TIDE_TRY_ASSIGN(const process::Finished finished,
                  m_commands.stream(squeue, [&](std::string_view piece) { return builder.feed(piece); }));
  if (failed(finished)) return failure(squeue, finished);
  auto queue = builder.finish();
  if (!queue) return in_command(std::move(queue).error(), squeue);
  wants_limits = builder.wants_limits();
  return queue;
}

// An entry that never registered, or none, is ours to make; 22.05 hides the first, so both look alike.
Result<bool> Slurm::has_registered(const core::NodeName& node) {
  const process::Command show = m_commands.command(m_options.scontrol, {"-a", "-o", "show", "node", node.value});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(show));
  if (finished.signal != 0) return failure(show, finished);
  const std::string_view line = trim(finished.output);
  if (line == fmt::format("Node {} not found", node.value)) return false;
  if (finished.exit_code != 0) return failure(show, finished);
  auto entry = parse_node_line(line);
  if (!entry) return in_command(std::move(entry).error(), show);
  return entry->registered_at.has_value();
}

// Both commands go to one scontrol: once it has read them, the drain follows the create in a millisecond, even if tide
// dies between. A repeat finds the entry (create on an existing node exits 0 and changes nothing) and drains it again.
Result<void> Slurm::add(const NodeSpec& node) {
  TIDE_TRY(check_node_spec(node));
  TIDE_TRY_ASSIGN(const bool registered, has_registered(node.name));
  if (registered) return {};  // the machine is there already: a hold of its own decides about it, not this
  process::Command both = m_commands.command(m_options.scontrol, {"-a"});
  both.input =
      fmt::format("{}\nupdate nodename={} state=drain reason=\"{}\"\n", create_line(node), node.name.value, node.note);
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(both));
  if (failed(finished)) {
    return failure(both, finished).with_context(fmt::format("while creating node '{}'", node.name.value));
  }
  return {};
}

Result<void> Slurm::update(const core::NodeName& node, std::vector<std::string> changes) {
  TIDE_TRY(check_node_name(node));
  std::vector<std::string> arguments{"update", "nodename=" + node.value};
  arguments.insert(arguments.end(), changes.begin(), changes.end());
  const process::Command change = m_commands.command(m_options.scontrol, std::move(arguments));
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(change));
  if (!failed(finished)) return {};
  if (says(finished, k_unknown_node)) {
    return make_error(ErrorKind::not_found, "node '{}' is not known to Slurm", node.value)
        .with_peer(first_words(finished));
  }
  return failure(change, finished);
}

Result<void> Slurm::set_address(const core::NodeName& node, const std::string& address) {
  TIDE_TRY(check_address(address));
  return update(node, {"nodeaddr=" + address, "nodehostname=" + node.value});
}

Result<void> Slurm::hold(const core::NodeName& node, const std::string& note) {
  TIDE_TRY(check_note(note));
  return update(node, {"state=drain", "reason=" + note});
}

// `undrain`, not `resume`: that one would also bring up a node that is down, and refuses one that is not drained.
Result<void> Slurm::release(const core::NodeName& node) { return update(node, {"state=undrain"}); }

// A node set down loses its jobs at once, requeued where they may be; else slurmctld waits for SlurmdTimeout.
Result<void> Slurm::give_up(const core::NodeName& node) {
  return update(node, {"state=down", "reason=tide: its machine is gone"});
}

Result<void> Slurm::remove(const core::NodeName& node) {
  TIDE_TRY(check_node_name(node));
  const process::Command drop = m_commands.command(m_options.scontrol, {"delete", "nodename=" + node.value});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(drop));
  if (!failed(finished)) return {};
  if (says(finished, k_unknown_node)) return {};
  if (says(finished, k_busy_node)) {
    return make_error(ErrorKind::refused, "node '{}' still has jobs", node.value).with_peer(first_words(finished));
  }
  return failure(drop, finished);
}

}  // namespace tide::batch::slurm
