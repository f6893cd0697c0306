#pragma once

#include <tide/batch/torque/job_record.hpp>
#include <tide/core/job.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tide::batch::torque {

// What a state means for us. A job of an unknown state is on the nodes that it names, else it waits for what we do not
// know.
enum class JobStage : std::uint8_t { waiting, on_nodes, finished, unknown };
JobStage stage_of(std::string_view state);

struct Standing {
  core::Waiting waiting = core::Waiting::eligible;
  std::string reason;
};

// The class of a waiting job, before any limit.
Standing standing_of(const JobRecord& job, TimePoint now);

// Does `depend` say that this job waits for others ("afterok:12.srv")? "beforeok:13.srv" says that others wait for it.
bool waits_for_others(std::string_view depend);

// The nodes of exec_host and the slots on each: "mom1/0+mom1/1", "mom4/0-15+mom5/0,2".
std::map<std::string, std::int64_t> nodes_of(std::string_view exec_host);

// "0-9", "1,3,5-9", "0-99%3": how many elements, no more than may run at once. 0 for what is no such list.
std::int64_t count_elements(std::string_view array_request);

}  // namespace tide::batch::torque
