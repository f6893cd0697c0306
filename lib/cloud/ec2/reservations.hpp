#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/core/reservation.hpp>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tide::cloud::ec2 {

// DescribeReservedInstances, which has no pages: what is in force for Linux on shared hosts; rows of equal type and
// zone are added up. The scope is the zone that a row names, else the region; servers older than the scope name the
// zone.
Result<std::vector<core::TypeCount>> parse_reserved_instances(std::string_view xml);

// DescribeSubnets: which zone each is in.
Result<std::map<std::string, std::string>> parse_subnet_zones(std::string_view xml);

// The reserved, the account's running on-demand machines that do not bear tide:cluster = `cluster`, and the zones of
// these subnets where they matter.
Result<core::Reservations> read_reservations(aws::QueryApi& api, const std::string& cluster,
                                             std::span<const std::string> subnets);

}  // namespace tide::cloud::ec2
