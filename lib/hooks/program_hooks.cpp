#include <tide/hooks/program_hooks.hpp>

#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <system_error>

namespace tide::hooks {

namespace {

constexpr std::size_t k_said_max = 300;

// `user` is whom it is to be run by; somebody else who asks may not see all that this user sees.
Result<void> check_program(const std::string& name, const std::string& path, uid_t user) {
  struct stat found {};
  const bool self = user == ::geteuid();
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == EACCES && !self) return {};
    return make_error(ErrorKind::config, "[hooks] {}: '{}' cannot be looked at: {}", name, path,
                      std::system_category().message(errno))
        .with_hint("Correct the path, or take the key out.");
  }
  const bool runs = self ? ::access(path.c_str(), X_OK) == 0 : (found.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
  if (!S_ISREG(found.st_mode) || !runs) {
    return make_error(ErrorKind::config, "[hooks] {}: '{}' is not a program that tide's user may run", name, path)
        .with_hint(fmt::format("Run: chmod +x {}", path));
  }
  if (found.st_uid != 0 && found.st_uid != user) {
    return make_error(ErrorKind::config, "[hooks] {}: '{}' belongs to uid {}, who is neither root nor tide's user",
                      name, path, found.st_uid)
        .with_hint(fmt::format("Run: chown root {}", path));
  }
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return make_error(ErrorKind::config, "[hooks] {}: others than its owner may write '{}'", name, path)
        .with_hint(fmt::format("Run: chmod go-w {}", path));
  }
  return {};
}

std::string input_of(const Call& call, const std::string& cluster, TimePoint now) {
  const nlohmann::ordered_json object = {{"schema", "tide.hook/1"},   {"hook", to_string(call.kind)},
                                         {"at", format_time(now)},    {"cluster", cluster},
                                         {"node", call.node.value},   {"instance", call.instance.value},
                                         {"cloud", call.cloud.value}, {"pool", call.pool.value},
                                         {"address", call.address},   {"why", call.why}};
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

// The last line that it wrote says most.
std::string last_words(const process::Finished& finished) {
  const auto lines = split(trim(finished.errors.empty() ? finished.output : finished.errors), '\n');
  return lines.empty() ? "" : printable(std::string(lines.back()), k_said_max);
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::node_added: return "node_added";
    case Kind::node_removed: return "node_removed";
    case Kind::instance_started: return "instance_started";
    case Kind::instance_ended: return "instance_ended";
    case Kind::before_end: return "before_end";
    case Kind::pass_failed: return "pass_failed";
  }
  return "";
}

Result<void> check_programs(const std::map<std::string, std::vector<std::string>>& commands, uid_t user) {
  for (const auto& [name, command] : commands) TIDE_TRY(check_program(name, command.front(), user));
  return {};
}

ProgramHooks::ProgramHooks(process::CommandRunner& runner, Clock& clock, ProgramOptions options)
    : m_runner(runner), m_clock(clock), m_options(std::move(options)) {}

Result<void> ProgramHooks::check() const { return check_programs(m_options.commands, ::geteuid()); }

bool ProgramHooks::wants(Kind kind) const { return m_options.commands.contains(std::string(to_string(kind))); }

Result<void> ProgramHooks::call(const Call& call) {
  const std::string name(to_string(call.kind));
  const auto found = m_options.commands.find(name);
  if (found == m_options.commands.end()) return {};
  if (m_hung.contains(call.kind))
    return make_error(ErrorKind::timeout, "hook {} hung before in this pass and was not run again", name);
  TIDE_TRY(check_program(name, found->second.front(), ::geteuid()));
  process::Command command{.argv = found->second,
                           .environment = m_options.environment,
                           .input = input_of(call, m_options.cluster, m_clock.now()),
                           .timeout = m_options.timeout,
                           .sink = {},
                           .output_max = 1U << 20U};
  const auto set = [&](const char* key, std::string_view value) { command.environment[key] = value; };
  set("TIDE_HOOK", name);
  set("TIDE_CLUSTER", m_options.cluster);
  set("TIDE_NODE", call.node.value);
  set("TIDE_INSTANCE", call.instance.value);
  set("TIDE_CLOUD", call.cloud.value);
  set("TIDE_POOL", call.pool.value);
  set("TIDE_ADDRESS", call.address);
  set("TIDE_WHY", call.why);
  auto finished = m_runner.run(command);
  if (!finished) {
    if (finished.error().kind == ErrorKind::timeout) m_hung.insert(call.kind);
    return std::move(finished.error()).with_context(fmt::format("in hook {}", name));
  }
  if (finished->signal != 0)
    return make_error(ErrorKind::refused, "hook {} was ended by signal {}", name, finished->signal);
  if (finished->exit_code == 0) return {};
  const std::string said = last_words(*finished);
  return make_error(ErrorKind::refused, "hook {} exits {}{}", name, finished->exit_code,
                    said.empty() ? "" : ": " + said);
}

}  // namespace tide::hooks
