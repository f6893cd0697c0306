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
    process.out << "tide " << TIDE_VERSION << "\n" << std::flush;  // main() looks whether it could be written
    return core::ExitCode::done;
  }
  if (invocation->kind == Invocation::Kind::help) {
    process.out << (invocation->command == nullptr ? overview(commands) : help_of(*invocation->command)) << std::flush;
    return core::ExitCode::done;
  }
  Context context(process, invocation->global);
  const std::string& name = invocation->command->name;
  if (invocation->global.wait && !can_wait(name)) {
    context.print(
        make_error(ErrorKind::usage, "'tide {}' has no '--wait'", name)
            .with_hint(name == "launch" ? "Then say 'tide wait --for ready=N'." : "'tide info' shows how far it is."));
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
