#pragma once

#include <tide/core/instance.hpp>

#include <string>

// Which of the account's quotas counts what (AWS: "EC2 instance type quotas"; vCPUs, by family and market).
namespace tide::cloud::ec2 {

// "Standard" for c7i.xlarge, "G and VT" for g5.xlarge; a family that this version does not know is its letters.
std::string family_of(const std::string& type);

// What to ask for once `code` refused a launch: the quota's name as the console writes it, and where.
std::string quota_hint(const std::string& code, const core::LaunchRequest& request, const std::string& region);

}  // namespace tide::cloud::ec2
