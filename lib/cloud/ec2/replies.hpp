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

// DescribeImages: what fits a pattern, the newest first.
struct Image {
  std::string id;
  std::string name;
  std::string created;  // "2026-11-25T12:00:00.000Z": sorts as it is

  bool operator==(const Image&) const = default;
};
Result<std::vector<Image>> parse_images_newest_first(std::string_view xml);

// CreateFleet of type instant. HTTP 200 says nothing: some or all may have been refused.
struct FleetInstance {
  std::string id;
  std::string type;
  std::string place;  // subnet or zone, as asked

  bool operator==(const FleetInstance&) const = default;
};
struct FleetError {
  std::string code;
  std::string message;
  core::Choice choice;

  bool operator==(const FleetError&) const = default;
};
struct FleetReply {
  std::vector<FleetInstance> instances;
  std::vector<FleetError> errors;

  bool operator==(const FleetReply&) const = default;
};
Result<FleetReply> parse_create_fleet(std::string_view xml);

// GetConsoleOutput, decoded; "" if the machine has written nothing yet.
Result<std::string> parse_console_output(std::string_view xml);

// TerminateInstances: the IDs that it took.
Result<std::vector<std::string>> parse_state_changes(std::string_view xml, const std::string& action);

Result<void> parse_create_tags(std::string_view xml);

// Of calls that answer with "return" alone: CreateTags, DeleteTags.
Result<void> parse_done(std::string_view xml, const std::string& action);

}  // namespace tide::cloud::ec2
