#pragma once

#include <tide/batch/pbs/queues.hpp>
#include <tide/util/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tide::batch::torque {

// `qstat -B -f`
struct ServerStatus {
  std::string name;
  std::string version;
  bool scheduling = false;
  bool shows_all = false;       // query_other_jobs
  std::string powerful;         // managers and operators: "root@*,alice@head"
  std::int64_t unfinished = 0;  // jobs that are not complete, by state_count
  pbs::Limits limits;

  // Does it show others' jobs to that user?
  bool shows_all_to(std::string_view user, bool is_root) const;
  bool is_powerful(std::string_view user, bool is_root) const;  // may it change nodes?
};

// An error of kind config where it is OpenPBS that answers.
Result<ServerStatus> parse_server(std::string_view text);

}  // namespace tide::batch::torque
