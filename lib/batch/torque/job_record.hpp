#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tide::batch::torque {

// What is read of a job in `qstat -x -t`; all else is skipped.
enum class Field : std::uint8_t {
  state,
  hold_types,
  queue,
  account,
  depend,
  execution_time,
  rerunable,
  exclusive,      // node_exclusive, of `qsub -n`
  extension,      // x, of `qsub -W x=`
  array_request,  // "0-9%2"
  user,           // euser
  owner,          // Job_Owner, where there is no euser yet
  group,          // egroup
  resources,      // what is inside Resource_List
  id,             // from here on: what differs from job to job
  exec_host,
  priority,
  qtime,
  ctime,
  k_fields,
};
constexpr std::size_t k_fields = static_cast<std::size_t>(Field::k_fields);
constexpr std::size_t k_first_of_job = static_cast<std::size_t>(Field::id);  // before it: what jobs of one kind share

// As printed: entities are not replaced. Good until the call that hands it on returns.
struct JobRecord {
  std::array<std::string_view, k_fields> fields{};
  bool same = false;             // all that jobs of one kind share has the bytes of the job that `memo` is of
  std::int64_t* memo = nullptr;  // the caller's own number for such jobs; -1 at first

  std::string_view operator[](Field field) const { return fields[static_cast<std::size_t>(field)]; }
};

}  // namespace tide::batch::torque
