#include <tide/cloud/ec2/replies.hpp>

#include <tide/cloud/aws/xml.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::cloud::ec2 {
namespace {

using aws::child;
using aws::child_text;

Result<std::int64_t> positive(const pugi::xml_node& node, std::string_view name, const std::string& type) {
  const auto value = parse_integer(child_text(node, name));
  if (!value || *value <= 0 || *value > 1'000'000'000) {
    return make_error(ErrorKind::protocol, "type '{}' in the reply has no {}", type, name);
  }
  return *value;
}

Result<InstanceType> read_type(const pugi::xml_node& item) {
  InstanceType type;
  type.name = child_text(item, "instanceType");
  if (type.name.empty()) return make_error(ErrorKind::protocol, "a type in the reply has no name");
  TIDE_TRY_ASSIGN(const auto slots, positive(child(item, "vCpuInfo"), "defaultVCpus", type.name));
  TIDE_TRY_ASSIGN(type.memory_mib, positive(child(item, "memoryInfo"), "sizeInMiB", type.name));
  type.slots = static_cast<int>(slots);
  TIDE_TRY(aws::for_each_item(child(item, "gpuInfo"), "gpus", [&](const pugi::xml_node& gpu) -> Result<void> {
    TIDE_TRY_ASSIGN(const auto count, positive(gpu, "count", type.name));
    type.gpus[to_lower(child_text(gpu, "name"))] += static_cast<int>(count);
    return {};
  }));
  return type;
}

}  // namespace

Result<TypesPage> parse_describe_instance_types(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeInstanceTypesResponse"));
  if (!child(root, "instanceTypeSet")) return make_error(ErrorKind::protocol, "the reply has no instanceTypeSet");
  TypesPage page;
  TIDE_TRY(aws::for_each_item(root, "instanceTypeSet", [&](const pugi::xml_node& item) -> Result<void> {
    TIDE_TRY_ASSIGN(auto type, read_type(item));
    page.types.push_back(std::move(type));
    return {};
  }));
  page.next_token = child_text(root, "nextToken");
  return page;
}

Result<std::map<std::string, std::string>> parse_describe_images(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeImagesResponse"));
  if (!child(root, "imagesSet")) return make_error(ErrorKind::protocol, "the reply has no imagesSet");
  std::map<std::string, std::string> devices;
  TIDE_TRY(aws::for_each_item(root, "imagesSet", [&](const pugi::xml_node& item) -> Result<void> {
    const std::string id = child_text(item, "imageId");
    if (id.empty()) return make_error(ErrorKind::protocol, "an image in the reply has no ID");
    devices[id] = child_text(item, "rootDeviceName");
    return {};
  }));
  return devices;
}

Result<std::vector<Image>> parse_images_newest_first(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeImagesResponse"));
  if (!child(root, "imagesSet")) return make_error(ErrorKind::protocol, "the reply has no imagesSet");
  std::vector<Image> images;
  TIDE_TRY(aws::for_each_item(root, "imagesSet", [&](const pugi::xml_node& item) -> Result<void> {
    Image image{child_text(item, "imageId"), child_text(item, "name"), child_text(item, "creationDate")};
    if (image.id.empty() || image.created.empty())
      return make_error(ErrorKind::protocol, "an image in the reply has no ID or no date");
    images.push_back(std::move(image));
    return {};
  }));
  std::ranges::sort(images, [](const Image& a, const Image& b) {
    return a.created != b.created ? a.created > b.created : a.id < b.id;
  });
  return images;
}

Result<FleetReply> parse_create_fleet(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "CreateFleetResponse"));
  const auto place_of = [](const pugi::xml_node& item) {
    const auto overrides = child(child(item, "launchTemplateAndOverrides"), "overrides");
    const std::string subnet = child_text(overrides, "subnetId");
    return core::Choice{child_text(overrides, "instanceType"),
                        subnet.empty() ? child_text(overrides, "availabilityZone") : subnet};
  };
  FleetReply reply;
  TIDE_TRY(aws::for_each_item(root, "fleetInstanceSet", [&](const pugi::xml_node& item) -> Result<void> {
    const core::Choice choice = place_of(item);
    const std::string type = child_text(item, "instanceType");
    return aws::for_each_item(item, "instanceIds", [&](const pugi::xml_node& id) -> Result<void> {
      if (aws::text_of(id).empty()) return make_error(ErrorKind::protocol, "an instance in the reply has no ID");
      reply.instances.push_back({aws::text_of(id), type.empty() ? choice.type : type, choice.zone});
      return {};
    });
  }));
  TIDE_TRY(aws::for_each_item(root, "errorSet", [&](const pugi::xml_node& item) -> Result<void> {
    reply.errors.push_back({child_text(item, "errorCode"), child_text(item, "errorMessage"), place_of(item)});
    return {};
  }));
  return reply;
}

Result<std::string> parse_console_output(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "GetConsoleOutputResponse"));
  if (child_text(root, "instanceId").empty()) return make_error(ErrorKind::protocol, "the reply names no instance");
  return base64_decode(child_text(root, "output"));
}

Result<std::vector<std::string>> parse_state_changes(std::string_view xml, const std::string& action) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, (action + "Response").c_str()));
  std::vector<std::string> ids;
  TIDE_TRY(aws::for_each_item(root, "instancesSet", [&](const pugi::xml_node& item) -> Result<void> {
    ids.push_back(child_text(item, "instanceId"));
    return {};
  }));
  return ids;
}

Result<void> parse_create_tags(std::string_view xml) { return parse_done(xml, "CreateTags"); }

Result<void> parse_done(std::string_view xml, const std::string& action) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, (action + "Response").c_str()));
  if (child_text(root, "return") != "true")
    return make_error(ErrorKind::protocol, "the reply does not say that it was done");
  return {};
}

}  // namespace tide::cloud::ec2
