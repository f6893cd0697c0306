#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/core/finding.hpp>

#include <string>
#include <string_view>
#include <vector>

// What machines may leave behind: volumes of images that say that theirs are to be kept. tide tells them and deletes no
// data: `tide doctor` alone looks for them, so that a pass costs no call more.
namespace tide::cloud::ec2 {

struct VolumesPage {
  std::vector<std::string> volumes;  // "vol-1 (100 GiB)": those that no machine has
  std::string next_token;
};

// DescribeVolumes (API 2016-11-15): volumeSet.item of volumeId, size, status.
Result<VolumesPage> parse_volumes(std::string_view xml);

// Volumes that bear the cluster's tag and that no machine has. A refusal is a warning: ec2.md's least rights have it
// not.
core::Finding examine_volumes(aws::QueryApi& api, const std::string& cluster, const std::string& about);

}  // namespace tide::cloud::ec2
