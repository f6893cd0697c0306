#include "cmd/commands.hpp"

namespace tide::cmd {

std::vector<CommandSpec> all_commands() {
  return {
      info_command(),         watch_command(),        explain_command(), pools_command(),          events_command(),
      cost_command(),         cost_set_command(),     wait_command(),    scale_once_command(),     daemon_command(),
      plan_command(),         apply_command(),        resize_command(),  launch_command(),         terminate_command(),
      kill_node_command(),    drain_command(),        undrain_command(), drain_all_command(),      adopt_command(),
      disown_command(),       sleep_command(),        wake_command(),    accept_reading_command(), reset_command(),
      takeover_command(),     placeholders_command(), leave_command(),   init_command(),           doctor_command(),
      config_check_command(), config_keys_command(),  help_command(),    version_command(),        man_command(),
      complete_command(),
  };
}

}  // namespace tide::cmd
