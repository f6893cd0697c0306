#include <tide/batch/htcondor/htcondor.hpp>

#include <tide/batch/htcondor/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <utility>

namespace tide::batch::htcondor {

namespace {

constexpr std::string_view k_all = "all";
// "$CondorVersion: 23.9.6 2026-07-12 ..."
std::string version_of(const std::string& text) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string::npos) return "";
  return text.substr(colon + 2, text.find(' ', colon + 2) - colon - 2);
}

// "Total for all users: 4 jobs; 0 completed, ...": how many.
std::optional<std::int64_t> total_of(std::string_view output, std::string_view line) {
  const std::size_t at = output.find(line);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = output.substr(at + line.size());
  return parse_integer(trim(rest.substr(0, rest.find(" jobs"))));
}

}  // namespace

Condor::Condor(process::CommandRunner& runner, Clock& clock, CondorOptions options)
    : m_runner(runner), m_clock(clock), m_options(std::move(options)) {
  m_options.environment["LC_ALL"] = "C";
  m_options.environment["TZ"] = "UTC";
}

process::Command Condor::command(const std::string& program, std::vector<std::string> arguments) const {
  process::Command command;
  command.argv = std::move(arguments);
  command.argv.insert(command.argv.begin(), program);
  command.environment = m_options.environment;
  command.timeout = m_options.timeout;
  return command;
}

process::Command Condor::status(std::vector<std::string> arguments) const {
  if (!m_options.pool.empty()) arguments.insert(arguments.begin(), {"-pool", m_options.pool});
  return command(m_options.bin_status, std::move(arguments));
}

Result<process::Finished> Condor::run(const process::Command& command) {
  auto finished = m_runner.run(command);
  if (!finished) return std::move(finished).error().with_context(fmt::format("from '{}'", process::display(command)));
  return finished;
}

Result<process::Finished> Condor::read(const process::Command& command) {
  TIDE_TRY_ASSIGN(process::Finished finished, run(command));
  if (finished.exit_code == 0 && finished.signal == 0) return finished;
  return failure(command, finished);
}

template <typename Visitor>
Result<void> Condor::read_ads(process::Command command, Visitor& visitor, bool& empty) {
  AdReader reader;
  // The sink's own error ends the command; it is told as one of reading.
  std::optional<Error> unreadable;
  command.sink = [&](std::string_view piece) -> Result<void> {
    auto fed = reader.feed(piece, visitor);
    if (!fed) unreadable = fed.error();
    return fed;
  };
  auto finished = run(command);
  if (unreadable) return in_command(std::move(*unreadable), command);
  if (!finished) return std::move(finished).error();
  if (finished->exit_code != 0 || finished->signal != 0) return failure(command, *finished);
  empty = reader.is_empty();
  if (empty) return {};
  auto whole = reader.finish();
  if (!whole) return in_command(std::move(whole).error(), command);
  return {};
}

// -json prints 0 bytes for none, which proves nothing. A heading without a line below it does.
Result<void> Condor::prove_none(const char* kind) {
  const process::Command show = status({kind, "-af:h", "Name"});
  TIDE_TRY_ASSIGN(const process::Finished finished, read(show));
  if (trim(finished.output) == "Name" && finished.output.ends_with('\n')) return {};
  return in_command(make_error(ErrorKind::unproven, "the list is empty one moment and not the next"), show);
}

Result<void> Condor::prove_no_jobs(const std::string& schedd) {
  std::vector<std::string> arguments{"-allusers", "-totals"};
  if (!schedd.empty()) arguments.insert(arguments.begin(), {"-name", schedd});
  if (!m_options.pool.empty()) arguments.insert(arguments.begin(), {"-pool", m_options.pool});
  const process::Command totals = command(m_options.bin_q, std::move(arguments));
  TIDE_TRY_ASSIGN(const process::Finished finished, read(totals));
  const auto all = total_of(finished.output, "Total for all users: ");
  if (!all) return in_command(make_error(ErrorKind::unproven, "it tells no total"), totals);
  if (*all != 0)
    return in_command(make_error(ErrorKind::unproven, "the queue was empty a moment ago and has {} jobs", *all),
                      totals);
  return {};
}

Result<std::vector<MasterAd>> Condor::masters(const std::string& constraint) {
  std::vector<std::string> arguments{"-master", "-json", "-attributes", master_projection()};
  if (!constraint.empty()) arguments.insert(arguments.end(), {"-constraint", constraint});
  MasterBuilder builder;
  bool empty = false;
  TIDE_TRY(read_ads(status(std::move(arguments)), builder, empty));
  if (empty && constraint.empty()) TIDE_TRY(prove_none("-master"));
  return builder.masters();
}

core::BatchTraits Condor::traits() const {
  return {.entries = core::NodeEntries::by_themselves, .hides_unregistered = false, .hold_has_note = true};
}

// By the collector's clock, from the ads that it heard last; ours, unless it is behind theirs.
Result<TimePoint> Condor::collectors_time(const std::vector<MasterAd>& masters) {
  TimePoint now = m_clock.now();
  for (const MasterAd& master : masters) now = std::max(now, TimePoint{Seconds(master.heard)});
  return now;
}

// The collector is told by where it is: its own ad comes a quarter of an hour late. Since when it is up, by the ad of
// the master that keeps it; without that, it came up just now.
Result<core::ServerIdentity> Condor::server() {
  std::string name = m_options.pool;
  if (name.empty()) {
    TIDE_TRY_ASSIGN(const process::Finished finished, read(command(m_options.bin_config_val, {"COLLECTOR_HOST"})));
    name = printable(trim(finished.output), 200);
    if (name.empty() || name == "UNDEFINED" || finished.output.find('\0') != std::string::npos ||
        name.find_first_of(" <>\"") != std::string::npos || !finished.output.ends_with('\n'))
      return make_error(ErrorKind::protocol, "condor_config_val says '{}' for COLLECTOR_HOST", name)
          .with_hint("Set CONDOR_CONFIG in [batch.env], or pool in [batch].");
  }
  TIDE_TRY_ASSIGN(const std::vector<MasterAd> all, masters(""));
  TIDE_TRY_ASSIGN(const TimePoint now, collectors_time(all));
  core::ServerIdentity identity{.name = name, .version = "", .up_since = std::nullopt, .fresh = true};
  for (const MasterAd& master : all) {
    if (identity.version.empty()) identity.version = version_of(master.version);
    if (master.collector_since <= 0) continue;
    const TimePoint since{Seconds(master.collector_since)};
    if (!identity.up_since || since > *identity.up_since) identity.up_since = since;
    identity.version = version_of(master.version);
  }
  if (identity.up_since) identity.fresh = now - *identity.up_since < m_options.settle;
  if (identity.version.empty()) {
    return make_error(ErrorKind::unproven, "collector '{}' knows no condor_master, not even its own", name)
        .with_hint("Wait until it is up for some minutes; DAEMON_LIST must have it under a condor_master.");
  }
  return identity;
}

Result<std::vector<std::string>> Condor::schedds() {
  if (m_options.schedds.empty()) return std::vector<std::string>{""};
  if (m_options.schedds.front() != k_all) return m_options.schedds;
  const process::Command show = status({"-schedd", "-af:h", "Name"});
  TIDE_TRY_ASSIGN(const process::Finished finished, read(show));
  const auto lines = split(finished.output, '\n');
  if (lines.size() < 2 || trim(lines.front()) != "Name" || !lines.back().empty())
    return in_command(make_error(ErrorKind::unproven, "it does not begin with its heading"), show);
  std::vector<std::string> names;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) names.emplace_back(trim(lines[i]));
  return names;
}

Result<void> Condor::read_jobs(const std::string& schedd, JobBuilder& builder) {
  std::vector<std::string> arguments{"-allusers", "-json", "-attributes", job_projection()};
  if (!schedd.empty()) arguments.insert(arguments.begin(), {"-name", schedd});
  if (!m_options.pool.empty()) arguments.insert(arguments.begin(), {"-pool", m_options.pool});
  bool empty = false;
  TIDE_TRY(read_ads(command(m_options.bin_q, std::move(arguments)), builder, empty));
  return empty ? prove_no_jobs(schedd) : Result<void>{};
}

namespace {

// Machine -> TideNode. A visitor of AdReader.
struct NamePairs {
  void begin() { machine.clear(), node.clear(); }
  Result<void> attribute(std::string_view key, std::string_view value) {
    if (key == "Machine") machine = unquote(value);
    if (key == "TideNode") node = unquote(value);
    return {};
  }
  Result<void> end() {
    if (!machine.empty() && !node.empty()) names.emplace(machine, node);
    return {};
  }

  std::string machine;
  std::string node;
  std::map<std::string, std::string> names;
};

}  // namespace

Result<std::map<std::string, std::string>> Condor::tide_names() {
  NamePairs pairs;
  bool empty = false;
  TIDE_TRY(read_ads(status({"-json", "-attributes", "Machine,TideNode", "-constraint",
                            "TideNode isnt undefined && DynamicSlot isnt true"}),
                    pairs, empty));
  return pairs.names;
}

Result<core::JobQueue> Condor::jobs(bool all_ids) {
  JobBuilder builder({.all_ids = all_ids, .now = m_clock.now()});
  TIDE_TRY_ASSIGN(const std::vector<std::string> names, schedds());
  for (const std::string& schedd : names) {
    if (names.size() > 1) builder.set_schedd(schedd + "#");
    TIDE_TRY(read_jobs(schedd, builder));
  }
  m_machine_attributes = builder.machine_attributes();
  core::JobQueue queue = builder.finish();
  if (queue.running.empty()) return queue;
  TIDE_TRY_ASSIGN(const auto tide, tide_names());
  std::map<core::NodeName, std::vector<core::JobId>> running;
  for (auto& [machine, ids] : queue.running) {
    const auto named = tide.find(machine.value);
    auto& into = running[named == tide.end() ? machine : core::NodeName{named->second}];
    into.insert(into.end(), ids.begin(), ids.end());
  }
  for (auto& [node, ids] : running) {
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
  queue.running = std::move(running);
  return queue;
}

Result<std::vector<core::Node>> Condor::read_slots(SlotBuilder& builder, const std::string& constraint) {
  std::vector<std::string> arguments{"-json", "-attributes", slot_projection(m_machine_attributes)};
  if (!constraint.empty()) arguments.insert(arguments.end(), {"-constraint", constraint});
  bool empty = false;
  TIDE_TRY(read_ads(status(std::move(arguments)), builder, empty));
  if (empty && constraint.empty()) TIDE_TRY(prove_none("-startd"));
  return builder.finish();
}

// Masters first: one whose startd came up in between is listed by its slots.
Result<std::vector<core::Node>> Condor::nodes() {
  TIDE_TRY_ASSIGN(const std::vector<MasterAd> all, masters(""));
  TIDE_TRY_ASSIGN(const TimePoint now, collectors_time(all));
  const SlotOptions options{.now = now, .silent_after = m_options.silent_after, .wanted = m_machine_attributes};
  SlotBuilder builder(options);
  TIDE_TRY_ASSIGN(std::vector<core::Node> nodes, read_slots(builder, ""));
  std::set<std::string> known;
  for (const auto& [name, drain] : builder.drains()) known.insert({name.value, drain.machine});
  for (const MasterAd& master : all) {
    if (master.startd_since != 0 || known.contains(master.machine)) continue;
    core::Node node = off_node(master, options);
    if (known.insert(node.name.value).second) nodes.push_back(std::move(node));
  }
  std::ranges::sort(nodes, {}, &core::Node::name);
  return nodes;
}

}  // namespace tide::batch::htcondor
