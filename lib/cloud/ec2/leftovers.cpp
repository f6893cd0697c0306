#include <tide/cloud/ec2/leftovers.hpp>

#include <tide/cloud/aws/xml.hpp>
#include <tide/cloud/ec2/pages.hpp>
#include <tide/core/instance.hpp>
#include <tide/util/text.hpp>

#include <fmt/format.h>

namespace tide::cloud::ec2 {
namespace {

constexpr const char* k_check = "leftovers";
constexpr const char* k_action = "DescribeVolumes";
constexpr std::size_t k_shown_max = 5;

aws::Call volumes_call(const std::string& cluster) {
  return {.action = k_action,
          .parameters = {{"Filter.1.Name", std::string("tag:") + core::tag::k_cluster},
                         {"Filter.1.Value.1", literal(cluster)},
                         {"Filter.2.Name", "status"},
                         {"Filter.2.Value.1", "available"},
                         {"MaxResults", "500"}}};
}

}  // namespace

Result<VolumesPage> parse_volumes(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeVolumesResponse"));
  if (!aws::child(root, "volumeSet")) return make_error(ErrorKind::protocol, "the reply has no volumeSet");
  VolumesPage page;
  TIDE_TRY(aws::for_each_item(root, "volumeSet", [&](const pugi::xml_node& item) -> Result<void> {
    const std::string id = aws::child_text(item, "volumeId");
    if (id.empty()) return make_error(ErrorKind::protocol, "a volume in the reply has no ID");
    if (aws::child_text(item, "status") == "available")
      page.volumes.push_back(
          fmt::format("{} ({} GiB)", printable(id, 40), printable(aws::child_text(item, "size"), 10)));
    return {};
  }));
  page.next_token = aws::child_text(root, "nextToken");
  return page;
}

core::Finding examine_volumes(aws::QueryApi& api, const std::string& cluster, const std::string& about) {
  std::vector<std::string> left;
  bool denied = false;
  const auto take = [&](const std::string& body, const aws::Answer& answer) -> Result<std::string> {
    TIDE_TRY_ASSIGN(auto page, in_call(parse_volumes(body), api.service().cloud, k_action, answer));
    left.insert(left.end(), page.volumes.begin(), page.volumes.end());
    return std::move(page.next_token);
  };
  const auto read = each_page(api, volumes_call(cluster), take, &denied);
  if (denied) {
    return core::doubtful(k_check, about, "volumes may not be looked up with these credentials",
                          "Nothing, or allow the doctor ec2:DescribeVolumes: images may say that volumes are kept.");
  }
  if (!read) return core::cloud_failed(k_check, about, read.error());
  if (left.empty()) return core::fine(k_check, about, "no volume of this cluster is left without a machine");
  const std::size_t count = left.size();
  if (count > k_shown_max) left.resize(k_shown_max);
  return core::doubtful(
      k_check, about,
      fmt::format("{} volume{} of this cluster {} no machine: {}{}", count, count == 1 ? "" : "s",
                  count == 1 ? "has" : "have", join(left, ", "), count > left.size() ? ", ..." : ""),
      "They cost money; look at what is on them, then 'aws ec2 delete-volume --volume-id ID'. tide deletes no data.");
}

}  // namespace tide::cloud::ec2
