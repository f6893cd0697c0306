#pragma once

#include <tide/core/instance.hpp>
#include <tide/util/result.hpp>

#include <string>
#include <vector>

namespace tide::cloud::ec2 {

// One <item> of an instancesSet. `instance` is complete but for its cloud and its address.
struct Listed {
  core::Instance instance;
  std::string private_address;
  std::string public_address;
  std::string ipv6_address;

  bool operator==(const Listed&) const = default;
};

struct InstancesPage {
  std::vector<Listed> listed;
  std::string next_token;  // "" at the end

  bool operator==(const InstancesPage&) const = default;
};

// DescribeInstances. An instance without an ID, a state or a readable launch time makes the page unreadable (protocol):
// a reading that misses one machine would have it launched twice.
Result<InstancesPage> parse_describe_instances(std::string_view xml);

// RunInstances: the instances that one call started.
Result<std::vector<Listed>> parse_run_instances(std::string_view xml);

}  // namespace tide::cloud::ec2
