#include <tide/core/exit_code.hpp>

namespace tide::core {

ExitCode exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unexpected:
    case ErrorKind::io: return ExitCode::unexpected;
    case ErrorKind::usage:
    case ErrorKind::not_found: return ExitCode::usage;
    case ErrorKind::config:
    case ErrorKind::stranger: return ExitCode::config;
    case ErrorKind::refused: return ExitCode::refused;
    case ErrorKind::lock_held: return ExitCode::lock_held;
    case ErrorKind::money: return ExitCode::money;
    case ErrorKind::timeout: return ExitCode::timeout;
    case ErrorKind::batch:
    case ErrorKind::unproven:
    case ErrorKind::protocol: return ExitCode::batch;
    case ErrorKind::retry:
    case ErrorKind::throttled:
    case ErrorKind::bad_request:
    case ErrorKind::eventual:
    case ErrorKind::unsent:
    case ErrorKind::unknown: return ExitCode::cloud;
    case ErrorKind::auth: return ExitCode::not_allowed;
    case ErrorKind::capacity:
    case ErrorKind::quota: return ExitCode::no_capacity;
  }
  return ExitCode::unexpected;
}

std::string_view meaning(ExitCode code) {
  switch (code) {
    case ExitCode::done: return "done, or nothing to do";
    case ExitCode::unexpected: return "unexpected";
    case ExitCode::usage: return "usage, or an unknown node, ID or pool";
    case ExitCode::config: return "configuration";
    case ExitCode::partly: return "partly done";
    case ExitCode::refused: return "refused by a safety rule, a limit or a person";
    case ExitCode::cloud: return "cloud unreachable or failing";
    case ExitCode::not_allowed: return "not allowed by the cloud";
    case ExitCode::no_capacity: return "no capacity or quota";
    case ExitCode::batch: return "batch system unreadable";
    case ExitCode::lock_held: return "another pass holds the lock";
    case ExitCode::money: return "money cap";
    case ExitCode::timeout: return "time ran out";
  }
  return "unexpected";
}

}  // namespace tide::core
