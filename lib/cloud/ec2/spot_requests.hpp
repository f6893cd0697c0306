#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/core/instance.hpp>

#include <map>
#include <span>
#include <string>
#include <vector>

// One-time spot requests, for servers that know no market options: a request waits by itself until it has its machine,
// which then bears none of the request's tags.
namespace tide::cloud::ec2 {

// One <item> of a spotInstanceRequestSet.
struct SpotRequest {
  std::string id;       // "sir-..."
  std::string state;    // open, active, closed, cancelled, failed
  std::string code;     // of its status: "capacity-not-available"
  std::string message;  // likewise, in the server's words
  std::string machine;  // "i-..."; "" while it has none
  std::string type;
  std::string zone;
  TimePoint created{};
  std::map<std::string, std::string> tags;

  bool operator==(const SpotRequest&) const = default;
};

struct SpotRequestsPage {
  std::vector<SpotRequest> rows;
  std::string next_token;

  bool operator==(const SpotRequestsPage&) const = default;
};

// DescribeSpotInstanceRequests and RequestSpotInstances (`action`). One without an ID, a state or a time makes the page
// unreadable: a request that was missed would be made twice.
Result<SpotRequestsPage> parse_spot_requests_of(std::string_view xml, const std::string& action);

bool is_request_id(std::string_view id);

// Is its machine there, as far as the request says? Codes and states are those of AWS's page "spot request status".
bool has_machine(const SpotRequest& request);

// A request that has no machine, as one that is pending, or failed for what it waits for, or that ended. Price and
// capacity that is wanting are of kind capacity, so that other choices are tried; its cloud is not set.
core::Instance waiting_instance(const SpotRequest& request);

// All pages of those that a filter takes.
Result<std::vector<SpotRequest>> read_spot_requests(aws::QueryApi& api, const std::string& filter,
                                                    std::span<const std::string> values);

// CancelSpotInstanceRequests, a call each: one that is not known would fail them all, and is done. In order.
std::vector<Result<void>> cancel_spot_requests(aws::QueryApi& api, std::span<const std::string> ids);

// What a machine of this request is tagged with: the request's own, and whose it is.
std::map<std::string, std::string> machine_tags(const SpotRequest& request);

constexpr const char* k_tag_request = "tide:request";  // on a machine: the request that it came of

}  // namespace tide::cloud::ec2
