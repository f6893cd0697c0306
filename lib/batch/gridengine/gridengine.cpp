#include <tide/batch/gridengine/gridengine.hpp>
#include <tide/batch/gridengine/words.hpp>
#include <tide/batch/words.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <utility>

namespace tide::batch::gridengine {

namespace {

// The names that a resource of the whole cluster gives: "complex_values  matlab=4,x=1", long ones folded with '\'.
std::vector<std::string> names_of_values(std::string_view text) {
  constexpr std::string_view k_label = "\ncomplex_values";
  const std::size_t begin = text.find(k_label);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = text.find("\nload_values", begin);
  std::string values(text.substr(begin + k_label.size(), end - begin - k_label.size()));
  std::erase_if(values, [](char c) { return c == '\\' || c == '\n' || c == ' ' || c == '\t'; });
  std::vector<std::string> names;
  for (const std::string_view one : split(values, ',')) {
    if (one.find('=') != std::string_view::npos) names.emplace_back(one.substr(0, one.find('=')));
  }
  return names;
}

}  // namespace

GridEngine::GridEngine(process::CommandRunner& runner, Clock& clock, GridEngineOptions options)
    : m_clock(clock), m_options(std::move(options)), m_commands(runner, m_options.environment, m_options.timeout) {}

// A hold has a note only where tide's resource for notes is defined and tide made the hold: one without is a person's,
// unless a row says otherwise.
core::BatchTraits GridEngine::traits() const {
  return {.entries = core::NodeEntries::with_address, .hides_unregistered = false, .hold_has_note = false};
}

Result<std::string> GridEngine::ask(std::vector<std::string> arguments) {
  const process::Command command = m_commands.command(m_options.qconf, std::move(arguments));
  TIDE_TRY_ASSIGN(process::Finished finished, m_commands.run(command));
  if (is_refused(finished)) return failure(command, finished);
  return std::move(finished.output);
}

// Names, one a line. "no parallel environment defined" comes on stderr, with another exit code.
Result<std::vector<std::string>> GridEngine::ask_list(const std::string& option) {
  TIDE_TRY_ASSIGN(const std::string text, ask({option}));
  if (!text.ends_with('\n')) {
    return make_error(ErrorKind::unproven, "what '{} {}' printed ends in the middle of a line", m_options.qconf,
                      option);
  }
  std::vector<std::string> names;
  for (const std::string_view line : split(trim(text), '\n')) {
    const std::string name(trim(line));
    if (!is_plain_name(name.starts_with('@') ? std::string_view(name).substr(1) : std::string_view(name)))
      return make_error(ErrorKind::protocol, "'{}' is no name, as '{} {}' prints them", printable(name, 80),
                        m_options.qconf, option);
    names.push_back(name);
  }
  return names;
}

Result<core::ServerIdentity> GridEngine::server() {
  TIDE_TRY_ASSIGN(const auto masters, ask_list("-sss"));
  if (masters.size() != 1) return make_error(ErrorKind::protocol, "'qconf -sss' names {} hosts", masters.size());
  TIDE_TRY_ASSIGN(const std::string help, ask({"-help"}));
  const std::string version = version_in(help);
  if (version.empty()) {
    return make_error(ErrorKind::protocol, "'{}', as 'qconf -help' begins, names no version",
                      printable(help.substr(0, 60), 80));
  }
  const auto cell = m_options.environment.find("SGE_CELL");
  const std::string name = cell == m_options.environment.end() || cell->second.empty() ? "default" : cell->second;
  // Since when it runs is not told. Hosts that a new qmaster has not heard of yet are unknown to it, not missing.
  return core::ServerIdentity{.name = fmt::format("{}@{}", name, masters.front()),
                              .version = version,
                              .up_since = std::nullopt,
                              .fresh = false};
}

Result<GridEngine::Hosts> GridEngine::read_hosts() {
  const process::Command qhost =
      m_commands.command(m_options.qhost, {"-xml", "-q", "-j", "-F", resource_list(m_options.names)});
  HostsReader reader;
  const auto finished = m_commands.stream(qhost, [&](std::string_view piece) { return reader.feed(piece); });
  if (!finished) return finished.error();
  if (failed(*finished)) return failure(qhost, *finished);
  auto hosts = reader.finish();
  if (!hosts) return in_command(std::move(hosts).error(), qhost);
  return Hosts{.list = std::move(*hosts), .has_priorities = reader.has_priorities()};
}

Result<std::vector<core::Node>> GridEngine::nodes() {
  TIDE_TRY_ASSIGN(const Hosts hosts, read_hosts());
  return nodes_of(hosts.list, m_options.names, m_clock.now());
}

Result<Complexes> GridEngine::read_complexes() {
  const process::Command show = m_commands.command(m_options.qconf, {"-sc"});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(show));
  if (is_refused(finished)) return failure(show, finished);
  auto complexes = parse_complexes(finished.output);
  if (!complexes) return in_command(std::move(complexes).error(), show);
  return complexes;
}

Result<void> GridEngine::read_waiting(QueueBuilder& builder) {
  // -ext alone would leave out when a job was submitted.
  std::vector<std::string> arguments{"-xml", "-r", "-u", "*", "-s", "p"};
  if (m_options.with_accounts) arguments.insert(arguments.begin() + 2, {"-ext", "-urg"});
  const process::Command qstat = m_commands.command(m_options.qstat, std::move(arguments));
  const auto finished = m_commands.stream(qstat, [&](std::string_view piece) { return builder.feed(piece); });
  if (!finished) return finished.error();
  if (failed(*finished)) return failure(qstat, *finished);
  if (auto whole = builder.end(); !whole) return in_command(std::move(whole).error(), qstat);
  return {};
}

// The summary of queues ends with a tag that proves it whole, the mere list of their names does not.
Result<std::vector<std::string>> GridEngine::read_queue_names() {
  struct Names final : XmlHandler {
    std::vector<std::string> names;
    bool in_summary = false;
    Result<void> open(std::string_view name, const Attributes& /*attributes*/) override {
      in_summary = in_summary || name == "cluster_queue_summary";
      return {};
    }
    Result<void> close(std::string_view name, std::string_view text) override {
      if (name == "name" && in_summary) names.push_back(printable(text, 200));
      if (name == "cluster_queue_summary") in_summary = false;
      return {};
    }
  };
  const process::Command show = m_commands.command(m_options.qstat, {"-g", "c", "-xml"});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(show));
  if (failed(finished)) return failure(show, finished);
  Names names;
  XmlScanner scanner(names, {"job_info"});
  auto whole = scanner.feed(finished.output);
  if (whole) whole = scanner.finish();
  if (!whole) return in_command(std::move(whole).error(), show);
  std::ranges::sort(names.names);
  return std::move(names.names);
}

// None if it was removed since jobs asked for it.
Result<std::optional<AllocationRule>> GridEngine::read_rule(const std::string& name) {
  const process::Command show = m_commands.command(m_options.qconf, {"-sp", name});
  TIDE_TRY_ASSIGN(const process::Finished finished, m_commands.run(show));
  if (finished.signal == 0 && failed(finished) && says(finished, "is not a parallel environment"))
    return std::optional<AllocationRule>{};
  if (is_refused(finished)) return failure(show, finished);
  auto rule = parse_pe(finished.output, name);
  if (!rule) return in_command(std::move(rule).error(), show);
  return std::optional<AllocationRule>(*rule);
}

Result<AllocationRules> GridEngine::read_rules(const std::set<std::string>& names) {
  AllocationRules rules;
  std::vector<std::string> known;
  if (std::ranges::any_of(names, [](const auto& name) { return is_pattern(name); })) {
    TIDE_TRY_ASSIGN(known, ask_list("-spl"));
  }
  AllocationRules read;
  for (const std::string& asked : names) {
    std::vector<std::string> meant{asked};
    if (is_pattern(asked)) {
      meant = known;
      std::erase_if(meant, [&](const auto& name) { return !matches_pattern(asked, name); });
    } else if (!is_plain_name(asked)) {
      continue;
    }
    std::optional<AllocationRule> found;
    bool several = false;
    for (const std::string& name : meant) {
      if (!read.contains(name)) {
        TIDE_TRY_ASSIGN(const auto rule, read_rule(name));
        if (!rule) continue;
        read.emplace(name, *rule);
      }
      const AllocationRule& rule = read.at(name);
      if (!found) found = rule;
      several = several || found->kind != rule.kind || found->slots != rule.slots;
      found->total = std::max(found->total, rule.total);
    }
    if (found && !several) rules.emplace(asked, *found);
  }
  return rules;
}

// Only if a job asks for something that no host is known to have.
Result<std::set<std::string>> GridEngine::read_licences(const std::set<std::string>& asked,
                                                        const Complexes& complexes) {
  const auto is_odd = [&](const std::string& name) {
    const auto what = complexes.find(name);
    return what != complexes.end() && what->second.is_consumed() && what->second.name != "slots" &&
           std::ranges::find(m_options.names.memory, what->second.name) == m_options.names.memory.end() &&
           std::ranges::find(m_options.names.gpus, what->second.name, &std::pair<std::string, std::string>::second) ==
               m_options.names.gpus.end();
  };
  std::set<std::string> licences;
  if (std::ranges::none_of(asked, is_odd)) return licences;
  TIDE_TRY_ASSIGN(const std::string text, ask({"-se", "global"}));
  if (!text.starts_with("hostname") || text.find("\nreport_variables") == std::string::npos)
    return make_error(ErrorKind::unproven, "what 'qconf -se global' printed is no whole host");
  for (const std::string& name : names_of_values(text)) licences.insert(name);
  return licences;
}

Result<std::map<std::string, JobDetail>> GridEngine::read_details(const std::vector<std::string>& ids) {
  if (ids.empty()) return std::map<std::string, JobDetail>{};
  const process::Command qstat = m_commands.command(m_options.qstat, {"-xml", "-j", join(ids, ",")});
  DetailsReader reader;
  const auto finished = m_commands.stream(qstat, [&](std::string_view piece) { return reader.feed(piece); });
  if (!finished) return finished.error();
  if (failed(*finished)) return failure(qstat, *finished);
  auto details = reader.finish();
  if (!details) return in_command(std::move(details).error(), qstat);
  return details;
}

// Waiting jobs first, then those on hosts: a job that starts in between is in both, never in none.
Result<core::JobQueue> GridEngine::jobs(bool all_ids) {
  QueueContext context;
  ShapeContext& shapes = context.shapes;
  TIDE_TRY_ASSIGN(shapes.complexes, read_complexes());
  QueueBuilder builder({.all_ids = all_ids, .now = m_clock.now()});
  // Running jobs first: one that starts in between is then in neither list, and its node, read later, shows its slots.
  // In both it would be bought a machine while it runs.
  TIDE_TRY_ASSIGN(Hosts hosts, read_hosts());
  TIDE_TRY(read_waiting(builder));
  context.hosts = std::move(hosts.list);
  context.has_priorities = hosts.has_priorities;
  TIDE_TRY_ASSIGN(context.details, read_details(builder.wants_details()));
  TIDE_TRY_ASSIGN(shapes.rules, read_rules(builder.parallel_environments()));
  TIDE_TRY_ASSIGN(shapes.licences, read_licences(builder.resources(), shapes.complexes));
  if (builder.wants_queue_names()) {
    TIDE_TRY_ASSIGN(shapes.queues, read_queue_names());
  }
  shapes.names = m_options.names;
  shapes.groups = groups();
  if (m_options.queues_of.empty()) shapes.served.insert(m_options.queues.begin(), m_options.queues.end());
  for (const auto& [pool, theirs] : m_options.queues_of) shapes.served.insert(theirs.begin(), theirs.end());
  return builder.finish(context);
}

std::set<std::string> GridEngine::groups() const {
  std::set<std::string> groups{m_options.group};
  for (const auto& [pool, group] : m_options.groups) groups.insert(group);
  return groups;
}

}  // namespace tide::batch::gridengine
