#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/core/ids.hpp>

#include <span>
#include <vector>

namespace tide::cloud::ec2 {

constexpr std::size_t k_terminate_max = 1000;  // IDs a call

// TerminateInstances, or StopInstances, for all of them, batches side by side. EC2 ends none of a batch with one bad
// ID: the IDs that it says it does not know count as gone and the rest is tried again; else the batch is halved until
// the bad ID stands alone.
std::vector<Result<void>> terminate_all(aws::QueryApi& api, std::span<const core::InstanceId> ids);
std::vector<Result<void>> stop_all(aws::QueryApi& api, std::span<const core::InstanceId> ids);

}  // namespace tide::cloud::ec2
