#pragma once

#include "cmd/command.hpp"

#include <vector>

namespace tide::cmd {

// All commands, in the order of the overview; made anew for each run, for their options hold what was parsed.
std::vector<CommandSpec> all_commands();

CommandSpec info_command();
CommandSpec explain_command();
CommandSpec events_command();
CommandSpec watch_command();
CommandSpec pools_command();
CommandSpec cost_command();
CommandSpec cost_set_command();
CommandSpec scale_once_command();
CommandSpec daemon_command();
CommandSpec plan_command();
CommandSpec apply_command();
CommandSpec wait_command();
CommandSpec resize_command();
CommandSpec launch_command();
CommandSpec terminate_command();
CommandSpec kill_node_command();
CommandSpec drain_command();
CommandSpec undrain_command();
CommandSpec drain_all_command();
CommandSpec adopt_command();
CommandSpec disown_command();
CommandSpec sleep_command();
CommandSpec wake_command();
CommandSpec accept_reading_command();
CommandSpec reset_command();
CommandSpec takeover_command();
CommandSpec placeholders_command();
CommandSpec leave_command();
CommandSpec init_command();
CommandSpec doctor_command();
CommandSpec config_check_command();
CommandSpec config_keys_command();
CommandSpec help_command();
CommandSpec version_command();
CommandSpec man_command();
CommandSpec complete_command();  // hidden: __complete

}  // namespace tide::cmd
