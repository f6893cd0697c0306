#pragma once

#include <tide/core/instance.hpp>
#include <tide/util/result.hpp>

#include <string>
#include <string_view>

// [pools.x] image: an ID, "name:PATTERN" of image_owners, "ssm:PARAMETER", or nothing where a launch template has it.
namespace tide::cloud::ec2 {

enum class ImageKind { id, name, parameter, none, bad };

ImageKind image_kind(std::string_view image);
std::string image_word(std::string_view image);  // what stands after "name:" or "ssm:"

// A parameter holds the ID as it is, or in JSON under image_id (as ECS's do); else an error of kind bad_request.
Result<std::string> image_of_parameter(const std::string& name, const std::string& value);

}  // namespace tide::cloud::ec2
