#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/util/result.hpp>

#include <map>
#include <string>
#include <vector>

// The smaller replies. What is not the document that its call answers with is an error of kind protocol.
namespace tide::cloud::ec2 {

struct TypesPage {
  std::vector<InstanceType> types;
  std::string next_token;

  bool operator==(const TypesPage&) const = default;
};

Result<TypesPage> parse_describe_instance_types(std::string_view xml);

// DescribeImages: image ID to the name of its root device, "/dev/xvda".
Result<std::map<std::string, std::string>> parse_describe_images(std::string_view xml);

// GetConsoleOutput, decoded; "" if the machine has written nothing yet.
Result<std::string> parse_console_output(std::string_view xml);

// TerminateInstances: the IDs that it took.
Result<std::vector<std::string>> parse_terminate_instances(std::string_view xml);

Result<void> parse_create_tags(std::string_view xml);

}  // namespace tide::cloud::ec2
