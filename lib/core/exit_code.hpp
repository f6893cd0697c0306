#pragma once

#include <tide/util/result.hpp>

namespace tide::core {

// The only table of exit codes; part of the contract with scripts.
enum class ExitCode {
  done = 0,  // also: nothing to do
  unexpected = 1,
  usage = 2,   // also: unknown node, ID or pool
  config = 3,  // also: another batch server answers than before
  partly = 4,
  refused = 5,      // by a safety rule, a limit or a person
  cloud = 6,        // unreachable or failing
  not_allowed = 7,  // by the cloud
  no_capacity = 8,  // or quota
  batch = 9,        // unreadable, unproven or suspect; or it refused a change
  lock_held = 10,
  money = 11,
  timeout = 12,
};

ExitCode exit_code_of(ErrorKind kind);

// One line on what it means, for help and man pages.
std::string_view meaning(ExitCode code);

}  // namespace tide::core
