#pragma once

#include <tide/batch/pbs/queues.hpp>
#include <tide/batch/torque/job_record.hpp>
#include <tide/core/job.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tide::batch::torque {

// The text of an element with its entities replaced: the five and numeric ones. Nothing for any other.
std::optional<std::string> decode(std::string_view text);

struct Wishes {
  core::Shape shape;
  pbs::Resources resources;        // of Resource_List, to compare with a queue's limits; with "procct" worked out
  std::vector<std::string> hosts;  // nodes that it names for sure
  std::vector<std::string> words;  // nodes that it names, or properties
};

// What one job, or one element of an array, asks for. `with_account`: the account is part of the shape. What cannot be
// judged is said in the shape: one absurd request must not make us blind for all others.
Wishes wishes_of(const JobRecord& job, bool with_account);

}  // namespace tide::batch::torque
