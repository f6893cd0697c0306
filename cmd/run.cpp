#include "cmd/run.hpp"

#include "cmd/bind_cli11.hpp"
#include "cmd/commands.hpp"
#include "cmd/help.hpp"
#include "cmd/output/errors.hpp"

#include <ostream>

namespace tide::cmd {

core::ExitCode run(const std::vector<std::string>& arguments, Process& process) {
  const std::vector<CommandSpec> commands = all_commands();
  bool json_errors = false;
  auto invocation = parse_command_line(commands, arguments, json_errors);
  if (!invocation) {
    process.err << output::format_error(invocation.error(), json_errors) << std::flush;
    return core::exit_code_of(invocation.error().kind);
  }
  if (invocation->kind == Invocation::Kind::version) {
    process.out << "tide " << TIDE_VERSION << "\n";
    return core::ExitCode::done;
  }
  if (invocation->kind == Invocation::Kind::help) {
    process.out << (invocation->command == nullptr ? overview(commands) : help_of(*invocation->command));
    return core::ExitCode::done;
  }
  Context context(process, invocation->global);
  const std::string& name = invocation->command->name;
  if (invocation->global.wait && name != "terminate" && name != "kill-node" && name != "drain-all" && name != "leave") {
    context.print(
        make_error(ErrorKind::usage, "'--wait' is not in this version for 'tide {}'", name)
            .with_hint("'tide info' shows how far it is; terminate, kill-node and drain wait by themselves."));
    return core::ExitCode::usage;
  }
  const auto code = invocation->command->run(context);
  process.out << std::flush;
  context.say_about_clouds();
  if (code) return *code;
  context.print(code.error());
  return core::exit_code_of(code.error().kind);
}

}  // namespace tide::cmd
