#include "cmd/commands.hpp"
#include "cmd/context.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace tide::cmd {

namespace {

Result<core::ExitCode> run_version(Context& context) {
  if (context.json()) {
    const nlohmann::ordered_json object = {{"schema", "tide.version/1"}, {"version", TIDE_VERSION}, {"exit", 0}};
    context.process().out << object.dump(2) << "\n";
  } else {
    context.process().out << "tide " << TIDE_VERSION << "\n";
  }
  return core::ExitCode::done;
}

}  // namespace

CommandSpec version_command() {
  return {.name = "version", .group = Group::setup, .summary = "Show the version", .options = {}, .run = run_version};
}

}  // namespace tide::cmd
