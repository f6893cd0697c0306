#pragma once

#include <tide/batch/openpbs/job_record.hpp>
#include <tide/core/job.hpp>

#include <string>
#include <vector>

namespace tide::batch::openpbs {

// What a job asks for, and what of it no pool can give.
struct Request {
  core::Shape shape;
  std::string bound;  // it names a host or vnode, or is bound to a reservation: in PBS's words
};

// From schedselect (select with the server's defaults), else select, else ncpus, mem and ngpus; and place, walltime,
// queue, account. Errors are of kind protocol: a text that is no select. One job's absurd request is `unjudged`.
Result<Request> request_of(const JobRecord& job);

// The chunks of "2:ncpus=4:mem=8gb+1:ncpus=1" under a "place".
Result<Request> parse_select(std::string_view select, std::string_view place);

// The feature that a resource's value stands for, as a job may ask for it: "CLOUD=True" is CLOUD, "pool=small" is
// pool=small, "tide_features=small" is small.
std::string feature_of(std::string_view resource, std::string_view value);

constexpr std::string_view k_features_resource = "tide_features";

}  // namespace tide::batch::openpbs
