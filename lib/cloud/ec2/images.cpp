#include <tide/cloud/ec2/images.hpp>

#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tide::cloud::ec2 {
namespace {

constexpr std::string_view k_name = "name:";
constexpr std::string_view k_ssm = "ssm:";

bool is_image_id(std::string_view text) {
  return text.starts_with("ami-") && text.size() > 4 &&
         std::ranges::all_of(text.substr(4), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

}  // namespace

ImageKind image_kind(std::string_view image) {
  if (image.empty()) return ImageKind::none;
  if (is_image_id(image)) return ImageKind::id;
  if (image.starts_with(k_name) && image.size() > k_name.size()) return ImageKind::name;
  if (image.starts_with(k_ssm) && image.size() > k_ssm.size()) return ImageKind::parameter;
  return ImageKind::bad;
}

std::string image_word(std::string_view image) { return std::string(image.substr(image.find(':') + 1)); }

Result<std::string> image_of_parameter(const std::string& name, const std::string& value) {
  std::string id(trim(value));
  const auto json = nlohmann::json::parse(value, nullptr, false);
  if (json.is_object() && json.contains("image_id") && json["image_id"].is_string()) id = json["image_id"];
  if (is_image_id(id)) return id;
  return make_error(ErrorKind::bad_request, "parameter '{}' is no image's ID: '{}'", printable(name, 200),
                    printable(value, 80))
      .with_hint("Name a parameter that holds one, as those under /aws/service/ami-* do.");
}

}  // namespace tide::cloud::ec2
