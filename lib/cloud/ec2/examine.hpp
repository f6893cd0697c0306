#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/core/finding.hpp>
#include <tide/core/instance.hpp>

#include <span>
#include <string>

// Calls of `tide doctor` alone: DryRun, and what a pool names by ID.
namespace tide::cloud::ec2 {

// Does this server obey DryRun? Asked with a call that changes nothing: one that ignores it would launch in earnest.
Result<bool> obeys_dry_run(aws::QueryApi& api);

// May this call be made? It is sent with DryRun; `check` and `about` are the finding's.
core::Finding try_dry(aws::QueryApi& api, aws::Call call, const std::string& check, const std::string& about);

// Key pair, subnets, security groups and launch template of a request: those that are not there.
core::Findings examine_names(aws::QueryApi& api, const core::LaunchRequest& request, const std::string& about);

}  // namespace tide::cloud::ec2
