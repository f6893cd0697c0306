#pragma once

#include <tide/batch/openpbs/queues.hpp>

#include <string>
#include <vector>

namespace tide::batch::openpbs {

// What `qstat -B -f` prints.
struct ServerInfo {
  std::string name;
  std::string version;
  std::string state;                  // "Active", "Idle", "Hot_Start", …
  bool shows_others = false;          // query_other_jobs
  std::vector<std::string> managers;  // "tide@*", and operators
  std::int64_t jobs = 0;              // that are not over; an array is one
  bool torque = false;                // it has what only TORQUE has
};

Result<ServerInfo> parse_server(std::string_view text, Form form);

// Is this user a manager or operator, who may change nodes?
bool is_manager(const ServerInfo& server, const std::string& user, bool root);

// May this user see all jobs? Patterns are "user@host", "user@*", "*@host".
bool sees_all(const ServerInfo& server, const std::string& user, bool root);

}  // namespace tide::batch::openpbs
