#include "cmd/commands.hpp"
#include "cmd/context.hpp"
#include "cmd/output/show.hpp"

#include <tide/batch/registry.hpp>
#include <tide/cloud/registry.hpp>
#include <tide/core/sizes.hpp>
#include <tide/hooks/program_hooks.hpp>
#include <tide/net/curl_transport.hpp>
#include <tide/process/posix_runner.hpp>
#include <tide/util/text.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

namespace tide::cmd {

namespace {

// A cloud's `command` (the local one has it) that is not there. Only here: machines that run can be ended without it.
void check_command(const config::CloudSettings& cloud, std::vector<Error>& errors) {
  const auto command = cloud.options.find("command");
  if (command == cloud.options.end() || command->second.empty()) return;
  const std::string& program = command->second.front();
  struct stat found {};
  if (::stat(program.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(program.c_str(), X_OK) == 0) return;
  errors.push_back(make_error(ErrorKind::config, "[clouds.{}] command: '{}' is not a program that can be run",
                              cloud.name.value, program)
                       .with_context("in " + cloud.where)
                       .with_hint("Correct the path, or make it executable: chmod +x."));
}

// What the adapters say of the file: batch commands, programs of [hooks] and of a local cloud that are not there, keys
// and pools that a cloud cannot have.
// Nothing is called and the store is not opened: anybody who can read the file may check it.
std::vector<Error> ask_adapters(Process& process, const config::Config& config) {
  std::vector<Error> errors;
  const auto transport = net::CurlTransport::make();
  process::PosixRunner runner(process.clock);
  if (const batch::Factory* factory = batch::find_factory(config.settings.batch); factory != nullptr) {
    auto made = factory->make(config, {runner, process.clock, process.environment});
    if (!made)
      errors.push_back(
          std::move(made).error().with_context(fmt::format("as [cluster] batch = '{}'", config.settings.batch)));
  }
  for (const auto& [name, settings] : config.clouds) {
    const cloud::Factory* factory = cloud::find_factory(settings.kind);
    if (factory == nullptr) continue;  // config::load has told it
    const auto environment = environment_of(process, settings);
    auto made = factory->make(config, settings, {*transport, runner, process.clock, process.random, environment});
    if (!made) {
      errors.push_back(std::move(made).error());
      continue;
    }
    check_command(settings, errors);
    for (const auto& [pool_name, pool] : config.settings.pools) {
      if (pool.cloud != name) continue;
      if (auto fine = cloud::check_pool(**made, pool); !fine) errors.push_back(std::move(fine).error());
    }
  }
  // Root works as the owner of the state folder, and anybody else who checks is not whom the hooks are run by.
  struct stat folder {};
  const bool there = ::stat(config.state_dir.c_str(), &folder) == 0;
  if (auto fine = hooks::check_programs(config.hooks.commands, there ? folder.st_uid : ::geteuid()); !fine)
    errors.push_back(std::move(fine).error());
  if (auto head = head_id(config.settings.cluster); !head) errors.push_back(std::move(head).error());
  return errors;
}

// A pool that promises jobs more than a type of it has, or names one that the cloud does not know.
void judge_type(const core::Pool& pool, const std::string& name, const std::vector<core::InstanceType>& known,
                std::vector<Error>& errors) {
  const auto wrong = [&](std::string why) {
    errors.push_back(make_error(ErrorKind::config, "[pools.{}] types: '{}' {}", pool.name.value, name, why)
                         .with_hint("Take it out, or lower the pool's slots and memory; leave them out to have the "
                                    "cloud say."));
  };
  const auto type = std::ranges::find(known, name, &core::InstanceType::name);
  if (type == known.end()) {
    wrong(fmt::format("is not known to cloud '{}'", pool.cloud.value));
  } else if (type->slots < pool.slots) {
    wrong(fmt::format("has {} slots, fewer than slots = {}", type->slots, pool.slots));
  } else if (type->memory_mib < pool.memory_mib) {
    wrong(fmt::format("has {} MiB, less than memory = {} MiB", type->memory_mib, pool.memory_mib));
  }
}

// With --ask-clouds: the pools against what the clouds say of their types.
Result<void> judge_sizes(Context& context, const config::Config& config, std::vector<Error>& errors,
                         output::Section& findings) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(false));
  core::Snapshot snapshot;
  snapshot.taken_at = context.process().clock.now();
  for (const auto& [name, cloud] : ports->clouds) {
    snapshot.clouds.emplace(name, cloud->limits());
    if (!snapshot.clouds.at(name).tells_types) continue;
    std::vector<std::string> types;
    for (const auto& [pool_name, pool] : config.settings.pools) {
      if (pool.cloud == name) types.insert(types.end(), pool.types.begin(), pool.types.end());
    }
    if (types.empty()) continue;
    auto known = cloud->types(types);
    if (!known) {
      errors.push_back(std::move(known).error().with_context(fmt::format("while asking cloud '{}'", name.value)));
      continue;
    }
    for (const auto& [pool_name, pool] : config.settings.pools) {
      for (const std::string& type : pool.types) {
        if (pool.cloud == name) judge_type(pool, type, *known, errors);
      }
    }
    snapshot.types.emplace(name, std::move(*known));
  }
  core::Memory memory;
  core::remember_types(memory, config.settings, snapshot);
  const core::Sized sized = core::with_sizes(config.settings, snapshot, memory);
  for (const auto& [name, sizing] : sized.pools) {
    const core::Pool& pool = sized.settings.pools.at(name);
    findings.rows.push_back(
        {std::string("size"), sizing.why.empty() ? fmt::format("[pools.{}] offers {} slots and {} MiB by its types",
                                                               name.value, pool.slots, pool.memory_mib)
                                                 : fmt::format("[pools.{}]: {}", name.value, sizing.why)});
  }
  return {};
}

Result<core::ExitCode> run_check(Context& context, bool ask_clouds) {
  TIDE_TRY_ASSIGN(const config::Config* config, context.config());
  auto errors = ask_adapters(context.process(), *config);
  output::Section sizes{.name = "", .columns = {}, .rows = {}, .empty = ""};
  if (ask_clouds && errors.empty()) TIDE_TRY(judge_sizes(context, *config, errors, sizes));
  output::Document document{.schema = "tide.config-check/1",
                            .taken_at = context.process().clock.now(),
                            .exit = errors.empty() ? core::ExitCode::done : core::ExitCode::config,
                            .sources = {},
                            .sections = {}};
  output::Section section{
      .name = "findings",
      .columns = {{"level", "LEVEL"}, {"text", "FINDING"}},
      .rows = {},
      .empty = fmt::format("{}: fine: cluster '{}', clouds: {}, pools: {}", config->path, config->settings.cluster,
                           config->clouds.size(), config->settings.pools.size())};
  for (const auto& error : errors) section.rows.push_back({std::string("error"), error.message});
  for (const auto& warning : config::warnings(*config)) section.rows.push_back({std::string("warning"), warning});
  section.rows.insert(section.rows.end(), sizes.rows.begin(), sizes.rows.end());
  document.sections.push_back(std::move(section));
  output::show(context, document);
  for (const auto& error : errors) context.print(error);
  return document.exit;
}

struct KeyRow {
  std::string table;
  std::string kind;  // of cloud or batch system; "" for all
  const config::KeySpec* key;
};

// tide's own keys and those of all adapters, in the order of tide.toml(5).
std::vector<KeyRow> all_keys(const std::vector<config::AdapterKeys>& adapters) {
  std::vector<KeyRow> rows;
  std::vector<std::string> tables;
  for (const auto& key : config::common_keys()) {
    if (std::ranges::find(tables, key.section) == tables.end()) tables.emplace_back(key.section);
  }
  for (const auto& table : tables) {
    for (const auto& key : config::common_keys()) {
      if (key.section == table) rows.push_back({table, "", &key});
    }
    for (const auto& adapter : adapters) {
      const auto keys = table == "clouds.*"  ? adapter.cloud_keys
                        : table == "pools.*" ? adapter.pool_keys
                                             : adapter.batch_keys;
      if (table != "clouds.*" && table != "pools.*" && table != "batch") continue;
      for (const auto& key : keys) rows.push_back({table, std::string(adapter.kind), &key});
    }
  }
  return rows;
}

std::string without_star(const std::string& table) { return table.substr(0, table.find('.')); }

Result<core::ExitCode> run_keys(Context& context, const std::string& wanted) {
  const auto adapters = adapter_keys();
  const auto rows = all_keys(adapters);
  std::vector<std::string> known;
  for (const auto& row : rows) {
    if (known.empty() || known.back() != without_star(row.table)) known.push_back(without_star(row.table));
  }
  if (!wanted.empty() && std::ranges::find(known, wanted) == known.end()) {
    const auto near = nearest(wanted, known);
    return make_error(ErrorKind::usage, "'{}' is no table of tide.toml", wanted)
        .with_hint(near.empty() ? fmt::format("It has: {}.", join(known, ", "))
                                : fmt::format("Did you mean '{}'?", near));
  }
  output::Section section{.name = "keys",
                          .columns = {{"table", "TABLE"},
                                      {"key", "KEY"},
                                      {"kind", "KIND"},
                                      {"type", "TYPE"},
                                      {"default", "DEFAULT"},
                                      {"required", "REQUIRED"},
                                      {"choices", ""},
                                      {"help", "MEANING"}},
                          .rows = {},
                          .empty = {}};
  for (const auto& row : rows) {
    if (!wanted.empty() && without_star(row.table) != wanted) continue;
    const config::KeySpec& key = *row.key;
    const auto star = row.table.find('*');
    const std::string table = star == std::string::npos ? row.table : row.table.substr(0, star) + "NAME";
    section.rows.push_back({table, std::string(key.name), row.kind, std::string(config::to_string(key.type)),
                            std::string(key.fallback), key.required, std::string(key.choices), std::string(key.help)});
  }
  output::show(context, {.schema = "tide.config-keys/1",
                         .taken_at = context.process().clock.now(),
                         .exit = core::ExitCode::done,
                         .sources = {},
                         .sections = {section}});
  return core::ExitCode::done;
}

}  // namespace

CommandSpec config_check_command() {
  auto ask = std::make_shared<bool>(false);
  return {.name = "config check",
          .group = Group::setup,
          .summary = "Check the configuration without calling anything",
          .options = {{"--ask-clouds", "", "Also ask the clouds what the pools' types offer", ask.get()}},
          .run = [ask](Context& context) { return run_check(context, *ask); }};
}

CommandSpec config_keys_command() {
  auto table = std::make_shared<std::string>();
  return {
      .name = "config keys",
      .group = Group::setup,
      .summary = "List the keys of tide.toml with type, default and meaning",
      .options = {{"table", "TABLE",
                   "Only the keys of this table: cluster, batch, scale, money, names, clouds or pools", table.get()}},
      .run = [table](Context& context) { return run_keys(context, *table); }};
}

}  // namespace tide::cmd
