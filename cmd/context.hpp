#pragma once

#include "cmd/command.hpp"

#include <tide/config/config.hpp>
#include <tide/core/snapshot_json.hpp>
#include <tide/engine/lock.hpp>
#include <tide/engine/pass.hpp>

#include <chrono>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>

namespace tide::cmd {

enum class OutputFormat { table, json, csv };
enum class Color { automatic, always, never };

// The options that every command has.
struct GlobalOptions {
  std::string config;
  OutputFormat output = OutputFormat::table;
  bool verbose = false;
  int verbosity = 0;  // how often --verbose was given: 2 tells requests to clouds, 3 the batch system's commands too
  bool quiet = false;
  Color color = Color::automatic;
  bool yes = false;
  bool dry_run = false;
  bool wait = false;
  bool no_wait = false;
  std::string timeout;  // duration; "" for the command's own
};

// The process as main() found it; tests give their own.
struct Process {
  std::map<std::string, std::string> environment;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::string terminal = {};  // of standard input: "/dev/pts/3"; "" if it is none
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int columns = 80;
  Clock& clock;
  Random& random;
  // Tests and the crash harness wrap every port with this; null in the product.
  std::function<void(engine::Ports&)> wrap_ports;
  // What the process ends with where a command ended with this: a signal that asked it to stop may say otherwise.
  std::function<int(core::ExitCode)> exit_code = [](core::ExitCode code) { return static_cast<int>(code); };
};

// What a command works with. Configuration, store and adapters are made when first asked for.
class Context {
 public:
  Context(Process& process, GlobalOptions options);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  Process& process() { return m_process; }
  const GlobalOptions& options() const { return m_options; }

  Result<const config::Config*> config();
  const core::Settings& settings() const;  // once config() was fine

  // Store, adapters and clouds, ready to use. `write`: the store must be writable (an error names the sudo to use).
  Result<engine::Ports*> ports(bool write);

  // The store, if ports() came so far as to open it for writing; else null.
  store::Store* writable_store() const;
  // The store alone, for reading: no adapter is made, so nothing can be asked of a cloud or a batch system.
  Result<store::Store*> store();

  Result<std::chrono::seconds> timeout(std::chrono::seconds fallback);  // --timeout as it was told
  // What is left of --timeout since the command began, without the time that it waited for a person's yes; nothing: no
  // end.
  Result<std::optional<std::chrono::seconds>> patience(std::optional<std::chrono::seconds> fallback);

  // From now on a pass has no longer than what is left; else each has the whole of --timeout (watch, daemon).
  void bound_passes() { m_bounded = true; }

  // "cluster 'physics' (/etc/tide/tide.toml)" on stderr, once, for commands that change something.
  void say_cluster();
  // Whose credentials each cloud was asked with, where it tells.
  std::map<core::CloudName, std::string> identities() const;
  // A line on stderr, unless -q.
  void say(const std::string& line);
  // What the clouds leave to be told: a clock that is off; with -v, what was asked of each, and how often.
  void say_about_clouds();
  // Says `what` and asks; true with --yes. Without a terminal, or answered no: refused (exit 5).
  Result<void> confirm(const std::string& what);
  // An error as three parts on stderr, or one JSON object a line.
  void print(const Error& error);
  // Whether what goes to a terminal, or not to one, has colours: --color decides, else NO_COLOR and TERM.
  bool colored(bool terminal) const;
  bool json() const { return m_options.output == OutputFormat::json; }

  std::string user() const;  // who asks, for wishes and events: "alice", "alice by sudo on pts/3"

 private:
  struct Parts;
  Process& m_process;
  GlobalOptions m_options;
  std::unique_ptr<Parts> m_parts;
  bool m_said_cluster = false;
  bool m_bounded = false;
  std::chrono::milliseconds m_began;  // as the clock's monotonic(), moved on by what confirm() waited
};

// The keys of all adapters, for config::load.
std::vector<config::AdapterKeys> adapter_keys();

// What a cloud's adapter sees: the process's, and [clouds.x.env] over it.
std::map<std::string, std::string> environment_of(const Process& process, const config::CloudSettings& cloud);

// tide:owner: a hash of /var/lib/tide/head-id, else /etc/machine-id, and the cluster's name. Never from the state
// folder.
Result<core::HeadId> head_id(const std::string& cluster);

// Writes /var/lib/tide/head-id where a machine has no identity at all; an existing one is never touched.
Result<void> make_head_id(Random& random);

}  // namespace tide::cmd
