#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/core/health.hpp>

namespace tide::cloud::ec2 {

struct HealthPage {
  std::vector<core::Health> rows;  // of machines of which something is wrong or planned
  std::string next_token;

  bool operator==(const HealthPage&) const = default;
};

// DescribeInstanceStatus: failing checks, and events that are neither completed nor cancelled.
Result<HealthPage> parse_instance_status(std::string_view xml);

// DescribeSpotInstanceRequests: machines that EC2 has marked for their end.
Result<HealthPage> parse_spot_requests(std::string_view xml);

// Filtered, so that a region of healthy machines answers with nothing; sorted by ID.
Result<std::vector<core::Health>> read_checks(aws::QueryApi& api);
Result<std::vector<core::Health>> read_notices(aws::QueryApi& api);

}  // namespace tide::cloud::ec2
