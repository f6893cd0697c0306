#include "cmd/context.hpp"

#include <tide/batch/registry.hpp>
#include <tide/cloud/registry.hpp>
#include <tide/cloud/retrying_cloud.hpp>
#include <tide/hooks/program_hooks.hpp>
#include <tide/names/hosts_file.hpp>
#include <tide/net/curl_transport.hpp>
#include <tide/net/environment_proxy.hpp>
#include <tide/net/logging.hpp>
#include <tide/net/rate_limit.hpp>
#include <tide/process/logging_runner.hpp>
#include <tide/process/posix_runner.hpp>
#include <tide/store/sqlite_store.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include "cmd/output/errors.hpp"
#include "cmd/when.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <istream>
#include <optional>
#include <ostream>
#include <system_error>

namespace tide::cmd {

namespace {

constexpr const char* k_head_id = "/var/lib/tide/head-id";

}  // namespace

// Declared in the order in which they need each other; destroyed backwards.
struct Context::Parts {
  std::optional<config::Config> config;
  std::unique_ptr<net::Transport> curl;
  std::unique_ptr<net::Deadline> deadline;
  std::unique_ptr<net::Transport> proxied;
  std::unique_ptr<net::Transport> logged;
  std::unique_ptr<net::Transport> transport;
  std::unique_ptr<net::RateLimiter> limiter;
  std::unique_ptr<process::PosixRunner> runner;
  std::unique_ptr<process::CommandRunner> logged_runner;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Store> reading;  // of store(): ports() may come later, and open its own
  bool writable = false;
  std::unique_ptr<batch::BatchSystem> batch;
  std::unique_ptr<names::NameTable> names;
  std::unique_ptr<hooks::ProgramHooks> hooks;
  std::map<core::CloudName, std::map<std::string, std::string>> environments;  // the process's, and [clouds.x.env]
  std::vector<std::unique_ptr<cloud::Cloud>> clouds;
  std::vector<std::unique_ptr<cloud::RetryingCloud>> retrying;
  std::optional<engine::Ports> ports;
};

std::vector<config::AdapterKeys> adapter_keys() {
  std::vector<config::AdapterKeys> keys;
  for (const cloud::Factory* factory : cloud::factories())
    keys.push_back({factory->kind, factory->cloud_keys, factory->pool_keys, {}, false, factory->tells_types});
  for (const batch::Factory* factory : batch::factories())
    keys.push_back({factory->kind, {}, {}, factory->batch_keys, true});
  return keys;
}

std::map<std::string, std::string> environment_of(const Process& process, const config::CloudSettings& cloud) {
  std::map<std::string, std::string> environment = process.environment;
  for (const auto& [variable, value] : cloud.environment) environment[variable] = value;
  return environment;
}

Result<core::HeadId> head_id(const std::string& cluster) {
  for (const char* path : {k_head_id, "/etc/machine-id"}) {
    const auto text = read_file(path, 4096);
    // One that is there and cannot be read is not absent: another identity would make this head's machines foreign.
    if (!text && !is_absent(path)) {
      return make_error(ErrorKind::config, "this head's identity is not known: {}", text.error().message)
          .with_hint(fmt::format("Let tide's user read it: chmod 644 {}", path));
    }
    if (!text || trim(*text).empty()) continue;
    return core::HeadId{to_hex(sha256(std::string(trim(*text)) + "\n" + cluster)).substr(0, 16)};
  }
  return make_error(ErrorKind::config,
                    "this head has no identity: /etc/machine-id and /var/lib/tide/head-id are missing or empty")
      .with_hint("Run 'systemd-machine-id-setup', or write a random word of your own to /var/lib/tide/head-id.");
}

Result<void> make_head_id(Random& random) {
  const std::string path = k_head_id;
  const std::string fresh = fmt::format("{}.{}", path, getpid());
  TIDE_TRY(make_directories("/var/lib/tide", 0755));
  TIDE_TRY(write_file_atomically(fresh, fmt::format("{:016x}{:016x}\n", random.next(), random.next()), {.mode = 0644}));
  // link() fails if another process was first: then its word is the one.
  const int code = ::link(fresh.c_str(), path.c_str()) == 0 || errno == EEXIST ? 0 : errno;
  ::unlink(fresh.c_str());
  if (code == 0) return {};
  return make_error(ErrorKind::io, "'{}' cannot be written: {}", path, std::system_category().message(code));
}

namespace {

// Root works as the owner of the state folder, so that no file in it becomes root's own.
Result<void> drop_to_owner(const std::string& state_dir) {
  struct stat folder {};
  if (geteuid() != 0 || ::stat(state_dir.c_str(), &folder) != 0 || folder.st_uid == 0) return {};
  const passwd* owner = ::getpwuid(folder.st_uid);
  const bool dropped = owner != nullptr && ::initgroups(owner->pw_name, owner->pw_gid) == 0 &&
                       ::setgid(owner->pw_gid) == 0 && ::setuid(folder.st_uid) == 0;
  if (dropped) return {};
  return make_error(ErrorKind::io, "cannot work as uid {}, who owns '{}': {}", folder.st_uid, state_dir,
                    std::system_category().message(errno))
      .with_hint("Give the folder an owner that exists: chown USER " + state_dir + ".");
}

// Memory that all sessions of this user share, cron's and systemd's too, and that ends with the boot, as the buckets
// do. XDG_RUNTIME_DIR is another for cron than for a shell.
std::vector<std::string> rate_files(const std::string& state_dir) {
  return {fmt::format("/dev/shm/tide-rates-{}", geteuid()), state_dir + "/rates"};
}

std::unique_ptr<names::NameTable> make_names(const config::Config& config, process::CommandRunner& runner,
                                             const std::map<std::string, std::string>& environment) {
  if (config.names.method == config::NamesMethod::batch) return nullptr;
  names::HostsOptions options{.path = config.names.file, .cluster = config.settings.cluster};
  options.shared = config.names.method == config::NamesMethod::hosts;
  options.command = config.names.command;
  if (const auto path = environment.find("PATH"); path != environment.end()) options.environment.insert(*path);
  return std::make_unique<names::HostsFile>(runner, std::move(options));
}

Result<std::unique_ptr<hooks::ProgramHooks>> make_hooks(const config::Config& config, process::CommandRunner& runner,
                                                        Process& process) {
  if (config.hooks.commands.empty()) return std::unique_ptr<hooks::ProgramHooks>();
  hooks::ProgramOptions options{.cluster = config.settings.cluster,
                                .commands = config.hooks.commands,
                                .timeout = config.hooks.timeout,
                                .environment = {}};
  for (const char* name : {"PATH", "LANG", "LC_ALL", "TZ"}) {
    if (const auto found = process.environment.find(name); found != process.environment.end())
      options.environment.insert(*found);
  }
  auto made = std::make_unique<hooks::ProgramHooks>(runner, process.clock, std::move(options));
  TIDE_TRY(made->check());
  return made;
}

}  // namespace

Context::Context(Process& process, GlobalOptions options)
    : m_process(process),
      m_options(std::move(options)),
      m_parts(std::make_unique<Parts>()),
      m_began(process.clock.monotonic()) {}

Context::~Context() = default;

Result<const config::Config*> Context::config() {
  if (!m_parts->config) {
    TIDE_TRY_ASSIGN(const std::string path, config::find_file(m_options.config, m_process.environment));
    const auto keys = adapter_keys();
    TIDE_TRY_ASSIGN(config::Config config, config::load(path, keys));
    // No question to the batch system may take longer than the whole command.
    TIDE_TRY_ASSIGN(const std::chrono::seconds most, timeout(config.batch.timeout));
    config.batch.timeout = std::clamp(most, std::chrono::seconds(1), config.batch.timeout);
    m_parts->config = std::move(config);
  }
  return &*m_parts->config;
}

const core::Settings& Context::settings() const { return m_parts->config->settings; }

Result<engine::Ports*> Context::ports(bool write) {
  if (m_parts->ports) return &*m_parts->ports;
  TIDE_TRY_ASSIGN(const config::Config* config, this->config());
  m_parts->curl = net::CurlTransport::make();
  m_parts->deadline = std::make_unique<net::Deadline>(m_process.clock);
  m_parts->proxied = std::make_unique<net::EnvironmentProxyTransport>(*m_parts->curl, m_process.environment);
  const auto say_line = [this](const std::string& line) { say("tide: " + line); };
  net::Transport* wire = m_parts->proxied.get();
  if (m_options.verbosity >= 2) {
    m_parts->logged = std::make_unique<net::LoggingTransport>(*wire, m_process.clock, say_line);
    wire = m_parts->logged.get();
  }
  m_parts->transport = std::make_unique<net::DeadlineTransport>(*wire, *m_parts->deadline);
  m_parts->runner = std::make_unique<process::PosixRunner>(m_process.clock);
  process::CommandRunner* batch_runner = m_parts->runner.get();
  if (m_options.verbosity >= 3) {
    m_parts->logged_runner = std::make_unique<process::LoggingRunner>(*batch_runner, m_process.clock, say_line);
    batch_runner = m_parts->logged_runner.get();
  }
  if (write && !head_id(config->settings.cluster) && is_absent(k_head_id)) TIDE_TRY(make_head_id(m_process.random));
  TIDE_TRY_ASSIGN(const core::HeadId head, head_id(config->settings.cluster));
  TIDE_TRY(drop_to_owner(config->state_dir));
  TIDE_TRY_ASSIGN(m_parts->store, store::open_store({.path = config->state_dir + "/" + std::string(store::k_store_file),
                                                     .read_only = !write}));
  m_parts->writable = write;
  const batch::Factory* system = batch::find_factory(config->settings.batch);
  if (system == nullptr)
    return make_error(ErrorKind::config, "[cluster] batch = '{}' is not in this version", config->settings.batch);
  TIDE_TRY_ASSIGN(m_parts->batch, system->make(*config, {*batch_runner, m_process.clock, m_process.environment}));
  m_parts->names = make_names(*config, *m_parts->runner, m_process.environment);
  TIDE_TRY_ASSIGN(m_parts->hooks, make_hooks(*config, *m_parts->runner, m_process));
  m_parts->limiter =
      std::make_unique<net::SharedRateLimiter>(rate_files(config->state_dir), m_process.clock, m_parts->deadline.get());
  std::map<core::CloudName, cloud::Cloud*> clouds;
  for (const auto& [name, settings] : config->clouds) {
    const cloud::Factory* factory = cloud::find_factory(settings.kind);
    if (factory == nullptr)
      return make_error(ErrorKind::config, "[clouds.{}] kind = '{}' is not in this version", name.value, settings.kind);
    const auto& environment = m_parts->environments[name] = environment_of(m_process, settings);
    TIDE_TRY_ASSIGN(std::unique_ptr<cloud::Cloud> made,
                    factory->make(*config, settings,
                                  {*m_parts->transport, *m_parts->runner, m_process.clock, m_process.random,
                                   environment, m_parts->limiter.get()}));
    m_parts->clouds.push_back(std::move(made));
    m_parts->retrying.push_back(std::make_unique<cloud::RetryingCloud>(*m_parts->clouds.back(), m_process.clock,
                                                                       m_process.random, m_parts->deadline.get()));
    clouds.emplace(name, m_parts->retrying.back().get());
  }
  for (const auto& [name, pool] : config->settings.pools) TIDE_TRY(cloud::check_pool(*clouds.at(pool.cloud), pool));
  TIDE_TRY_ASSIGN(const auto limit, patience(std::nullopt));
  m_parts->ports.emplace(
      engine::Ports{m_process.clock, m_process.random, *m_parts->batch, std::move(clouds), *m_parts->store,
                    m_parts->names.get(), head,
                    [this, limit](Seconds span) {
                      const auto rest = patience(limit);
                      const auto left = m_bounded && rest ? *rest : limit;
                      // One that began late is no cloud that does not answer: it has a quarter.
                      m_parts->deadline->begin(left ? std::min(span, std::max({*left, *limit / 4, Seconds(1)})) : span);
                      if (m_parts->hooks) m_parts->hooks->begin_pass();
                    },
                    m_parts->hooks.get()});
  if (m_process.wrap_ports) m_process.wrap_ports(*m_parts->ports);
  return &*m_parts->ports;
}

store::Store* Context::writable_store() const { return m_parts->writable ? m_parts->store.get() : nullptr; }
Result<store::Store*> Context::store() {
  if (m_parts->ports) return &m_parts->ports->store;
  if (m_parts->reading) return m_parts->reading.get();
  TIDE_TRY_ASSIGN(const config::Config* config, this->config());
  TIDE_TRY(drop_to_owner(config->state_dir));
  TIDE_TRY_ASSIGN(
      m_parts->reading,
      store::open_store({.path = config->state_dir + "/" + std::string(store::k_store_file), .read_only = true}));
  return m_parts->reading.get();
}

Result<std::chrono::seconds> Context::timeout(std::chrono::seconds fallback) {
  if (m_options.timeout.empty()) return fallback;
  return parse_span("--timeout", m_options.timeout, Seconds(0));
}

Result<std::optional<std::chrono::seconds>> Context::patience(std::optional<std::chrono::seconds> fallback) {
  if (m_options.timeout.empty()) return fallback;
  TIDE_TRY_ASSIGN(const std::chrono::seconds told, timeout(std::chrono::seconds(0)));
  const auto spent = std::chrono::duration_cast<std::chrono::seconds>(m_process.clock.monotonic() - m_began);
  return std::optional(std::max(told - spent, std::chrono::seconds(0)));
}

void Context::say_cluster() {
  if (m_said_cluster || !m_parts->config) return;
  m_said_cluster = true;
  say(fmt::format("tide: cluster '{}' ({})", m_parts->config->settings.cluster, m_parts->config->path));
}

std::map<core::CloudName, std::string> Context::identities() const {
  std::map<core::CloudName, std::string> found;
  for (const auto& cloud : m_parts->retrying) {
    if (std::string identity = cloud->identity(); !identity.empty()) found.emplace(cloud->name(), std::move(identity));
  }
  return found;
}

void Context::say(const std::string& line) {
  if (!m_options.quiet) m_process.err << line << "\n" << std::flush;
}

void Context::say_about_clouds() {
  for (const auto& cloud : m_parts->retrying) {
    const std::string notice = cloud->notice();
    if (!notice.empty()) say(fmt::format("tide: cloud '{}': {}", cloud->name().value, notice));
  }
  if (!m_options.verbose || m_parts->retrying.empty()) return;
  std::vector<std::string> clouds;
  for (const auto& cloud : m_parts->retrying) {
    std::vector<std::string> actions;
    for (const auto& [action, count] : cloud->calls()) actions.push_back(fmt::format("{} {}", action, count));
    clouds.push_back(cloud->name().value + " " + (actions.empty() ? "none" : join(actions, ", ")));
  }
  say("clouds: " + join(clouds, "; "));
}

Result<void> Context::confirm(const std::string& what) {
  if (m_options.yes || m_options.dry_run) {
    say(what);
    return {};
  }
  if (!m_process.in_is_terminal) {
    Error error =
        make_error(ErrorKind::refused, "nothing was changed: this needs a yes, and there is no terminal to ask on");
    for (const std::string_view line : split(what, '\n')) error.context.emplace_back(trim(line));
    error.hint = "Say --yes if that is what you want.";
    return error;
  }
  m_process.err << what << "\nGo on? [y/N] " << std::flush;
  const auto asked = m_process.clock.monotonic();
  std::string answer;
  std::getline(m_process.in, answer);
  m_began += m_process.clock.monotonic() - asked;
  if (to_lower(trim(answer)) == "y" || to_lower(trim(answer)) == "yes") return {};
  return make_error(ErrorKind::refused, "nothing was changed: answered no");
}

bool Context::colored(bool terminal) const {
  if (m_options.color != Color::automatic) return m_options.color == Color::always;
  const auto setting = [&](const char* name) {
    const auto found = m_process.environment.find(name);
    return found == m_process.environment.end() ? std::string() : found->second;
  };
  return terminal && setting("NO_COLOR").empty() && setting("TERM") != "dumb";
}

void Context::print(const Error& error) {
  m_process.err << output::format_error(error, json(), colored(m_process.err_is_terminal)) << std::flush;
}

namespace {

std::string name_of_user() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry == nullptr ? fmt::format("uid {}", ::getuid()) : std::string(entry->pw_name);
}

}  // namespace

std::string Context::user() const {
  const auto found = m_process.environment.find("SUDO_USER");
  const auto plain = m_process.environment.find("USER");
  const bool sudo = found != m_process.environment.end();
  std::string who = sudo                                   ? found->second + " by sudo"
                    : plain != m_process.environment.end() ? plain->second
                                                           : name_of_user();
  std::string_view terminal = m_process.terminal;
  if (terminal.starts_with("/dev/")) terminal.remove_prefix(5);
  if (!terminal.empty()) who += fmt::format(" on {}", terminal);
  return printable(who, 80);
}

}  // namespace tide::cmd
