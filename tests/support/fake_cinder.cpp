#include "fake_nova.hpp"
#include "fake_nova_asked.hpp"
#include "fake_nova_wire.hpp"

#include <algorithm>

// Volumes, in the words of Cinder 21.
namespace tide::test {

using wire::Json;
using wire::json;
using wire::nova_error;

namespace {

Json volume_document(const FakeVolume& volume) {
  const bool attached = !volume.server.empty();
  Json attachments = Json::array();
  if (attached) {
    attachments.push_back(
        {{"server_id", volume.server}, {"volume_id", volume.id}, {"id", volume.id}, {"device", "/dev/vda"}});
  }
  return {{"id", volume.id},
          {"name", ""},
          {"description", ""},
          {"status", attached ? "in-use" : "available"},
          {"size", volume.size},
          {"bootable", "true"},
          {"volume_type", "__DEFAULT__"},
          {"metadata", volume.metadata},
          {"attachments", attachments},
          {"links", Json::array()}};
}

}  // namespace

net::Response FakeNova::volume(const Asked& asked) {
  // "/PROJECT/volumes/detail"
  const std::size_t slash = asked.path.find('/', 1);
  const std::string path = slash == std::string::npos ? "" : asked.path.substr(slash);
  if (!m_options.has_volume_service) return {.status = 404, .headers = {}, .body = "no such service"};
  if (path == "/volumes/detail" || path == "/volumes") {
    Json all = Json::array();
    const auto wanted = asked.query.find("metadata");
    for (const auto& [id, volume] : m_volumes) {
      std::string filter = wanted == asked.query.end() ? "{}" : wanted->second;
      std::ranges::replace(filter, '\'', '"');  // Cinder reads a Python literal
      const Json pairs = Json::parse(filter, nullptr, false);
      const bool meant = std::ranges::all_of(pairs.items(), [&](const auto& pair) {
        const auto own = volume.metadata.find(pair.key());
        return own != volume.metadata.end() && own->second == pair.value();
      });
      if (meant) all.push_back(volume_document(volume));
    }
    return json(200, {{"volumes", all}});
  }
  if (!path.starts_with("/volumes/")) return nova_error(404, "The resource could not be found.");
  const std::string rest = path.substr(9);
  const std::string id = rest.substr(0, rest.find('/'));
  const auto found = m_volumes.find(id);
  if (found == m_volumes.end()) return nova_error(404, "Volume " + id + " could not be found.");
  return one_volume(asked, found->second, rest.substr(id.size()));
}

net::Response FakeNova::one_volume(const Asked& asked, FakeVolume& volume, const std::string& rest) {
  if (asked.request.method == "GET" && rest.empty()) return json(200, {{"volume", volume_document(volume)}});
  if (asked.request.method == "POST" && rest == "/metadata") {
    const Json body = Json::parse(asked.request.body, nullptr, false);
    if (!body.is_object() || !body.contains("metadata")) return nova_error(400, "Invalid input for field metadata");
    for (const auto& [key, value] : body["metadata"].items()) volume.metadata[key] = value.get<std::string>();
    return json(200, {{"metadata", volume.metadata}});
  }
  if (asked.request.method == "DELETE" && rest.empty()) {
    m_volumes.erase(std::string(volume.id));
    return {.status = 202, .headers = {}, .body = ""};
  }
  return nova_error(404, "The resource could not be found.");
}

std::vector<FakeVolume> FakeNova::volumes() const {
  const std::lock_guard lock(m_mutex);
  std::vector<FakeVolume> found;
  for (const auto& [id, volume] : m_volumes) found.push_back(volume);
  return found;
}

}  // namespace tide::test
