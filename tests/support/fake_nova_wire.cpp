#include "fake_nova_wire.hpp"

#include <tide/util/units.hpp>

#include <array>

namespace tide::test::wire {
namespace {

constexpr const char* k_project_id = "8a7836c8eb444026a16c6ec5a07691b6";
constexpr const char* k_user_id = "3b9c1bf7590b45cb94be0e77ec898a66";

Json service(const std::string& type, const std::string& name, const std::string& url) {
  Json endpoints = Json::array();
  for (const char* interface : {"public", "internal", "admin"}) {
    endpoints.push_back({{"id", name + "-" + interface},
                         {"interface", interface},
                         {"region_id", "RegionOne"},
                         {"url", url},
                         {"region", "RegionOne"}});
  }
  return {{"endpoints", endpoints}, {"id", name + "-service"}, {"type", type}, {"name", name}};
}

const char* nova_word(int status) {
  switch (status) {
    case 400: return "badRequest";
    case 403: return "forbidden";
    case 404: return "itemNotFound";
    case 409: return "conflictingRequest";
    case 413:
    case 429: return "overLimit";
    default: return "computeFault";
  }
}

}  // namespace

const FakeFlavor* find_flavor(const std::string& id_or_name) {
  for (const FakeFlavor& flavor : k_flavors) {
    if (id_or_name == flavor.id || id_or_name == flavor.name) return &flavor;
  }
  return nullptr;
}

std::string uuid(std::uint64_t number) { return fmt::format("00000000-0000-4000-8000-{:012x}", number); }
std::string network_id(std::size_t index) { return fmt::format("00000000-0000-4000-9000-{:012x}", index + 1); }

net::Response json(int status, const Json& body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

net::Response nova_error(int status, const std::string& message) {
  return json(status, {{nova_word(status), {{"code", status}, {"message", message}}}});
}

net::Response keystone_error(int status, const std::string& message) {
  return json(status, {{"error", {{"code", status}, {"message", message}, {"title", "Error"}}}});
}

Json token_document(const FakeNovaOptions& options, TimePoint issued) {
  const auto time = [](TimePoint when) {
    std::string text = format_time(when);
    text.insert(text.size() - 1, ".000000");
    return text;
  };
  Json catalogue =
      Json::array({service("identity", "keystone", options.base + "/identity/v3"),
                   service("compute", "nova", options.base + "/compute" + (options.unversioned ? "" : "/v2.1")),
                   service("image", "glance", options.base + "/image")});
  if (options.has_network_service) catalogue.push_back(service("network", "neutron", options.base + "/network"));
  if (options.has_volume_service)
    catalogue.push_back(service("volumev3", "cinderv3", options.base + "/volume/v3/" + k_project_id));
  const Json domain{{"id", "default"}, {"name", "Default"}};
  return {{"token",
           {{"methods", {"password"}},
            {"user", {{"domain", domain}, {"id", k_user_id}, {"name", options.user}, {"password_expires_at", nullptr}}},
            {"expires_at", time(issued + options.token_life)},
            {"issued_at", time(issued)},
            {"project", {{"domain", domain}, {"id", k_project_id}, {"name", options.project}}},
            {"roles", Json::array({{{"id", "member"}, {"name", "member"}}})},
            {"catalog", catalogue}}}};
}

Json identity_version(const std::string& base) {
  return {{"id", "v3.14"},
          {"status", "stable"},
          {"updated", "2020-04-07T00:00:00Z"},
          {"links", Json::array({{{"rel", "self"}, {"href", base + "/identity/v3/"}}})},
          {"media-types",
           Json::array({{{"base", "application/json"}, {"type", "application/vnd.openstack.identity-v3+json"}}})}};
}

Json compute_version(const FakeNovaOptions& options, const std::string& id) {
  const bool old = id == "v2.0";
  return {
      {"id", id},
      {"status", old ? "SUPPORTED" : "CURRENT"},
      {"version", old ? "" : options.newest},
      {"min_version", old ? "" : "2.1"},
      {"updated", "2013-07-23T11:33:21Z"},
      {"links", Json::array({{{"rel", "self"}, {"href", options.base + "/compute/" + (old ? "v2" : "v2.1") + "/"}}})}};
}

Json flavor_document(const FakeFlavor& flavor) {
  return {{"id", flavor.id},
          {"name", flavor.name},
          {"ram", flavor.ram},
          {"disk", 1},
          {"swap", ""},
          {"OS-FLV-EXT-DATA:ephemeral", 0},
          {"vcpus", flavor.vcpus},
          {"os-flavor-access:is_public", true},
          {"links", Json::array()},
          {"extra_specs", Json::object()}};
}

Json image_document() {
  return {{"name", "debian-12"},    {"disk_format", "raw"}, {"container_format", "bare"},
          {"visibility", "public"}, {"size", 1024},         {"status", "active"},
          {"protected", false},     {"min_ram", 0},         {"min_disk", 0},
          {"owner", "admin"},       {"id", k_image},        {"tags", Json::array()}};
}

Json network_document(const std::string& name, std::size_t index) {
  return {{"id", network_id(index)},
          {"name", name},
          {"status", "ACTIVE"},
          {"admin_state_up", true},
          {"shared", false},
          {"subnets", Json::array()},
          {"router:external", name == "public"}};
}

Json limits_document(const FakeNovaOptions& options, int used) {
  return {{"limits",
           {{"rate", Json::array()},
            {"absolute",
             {{"maxTotalInstances", options.quota_machines},
              {"maxTotalCores", -1},
              {"maxTotalRAMSize", -1},
              {"maxServerMeta", 128},
              {"maxTotalKeypairs", 100},
              {"maxServerGroups", 10},
              {"maxServerGroupMembers", 10},
              {"totalRAMUsed", 0},
              {"totalCoresUsed", 0},
              {"totalInstancesUsed", used},
              {"totalServerGroupsUsed", 0}}}}}};
}

Json server_document(const FakeServer& server, int minor, bool detail, bool with_fault) {
  const Json links = Json::array({{{"rel", "self"}, {"href", "http://127.0.0.1/v2.1/servers/" + server.id}}});
  if (server.status == "UNKNOWN") return {{"id", server.id}, {"status", "UNKNOWN"}, {"links", links}};
  Json document{{"id", server.id}, {"name", server.name}, {"links", links}};
  if (!detail) return document;
  document["status"] = server.status;
  document["tenant_id"] = k_project_id;
  document["user_id"] = k_user_id;
  document["metadata"] = server.metadata;
  document["image"] = {{"id", k_image}};
  const FakeFlavor* flavor = find_flavor(server.flavor);
  if (minor >= 47) {
    document["flavor"] = {{"original_name", flavor->name},
                          {"vcpus", flavor->vcpus},
                          {"ram", flavor->ram},
                          {"disk", 1},
                          {"ephemeral", 0},
                          {"swap", 0},
                          {"extra_specs", Json::object()}};
  } else {
    document["flavor"] = {{"id", flavor->id}};
  }
  document["created"] = format_time(server.created);
  document["updated"] = format_time(server.created);
  document["addresses"] = Json::object();
  if (!server.address.empty()) {
    document["addresses"]["private"] = Json::array({{{"addr", server.address},
                                                     {"version", 4},
                                                     {"OS-EXT-IPS:type", "fixed"},
                                                     {"OS-EXT-IPS-MAC:mac_addr", "fa:16:3e:00:00:01"}}});
  }
  if (!server.floating.empty())
    document["addresses"]["private"].push_back(
        {{"addr", server.floating}, {"version", 4}, {"OS-EXT-IPS:type", "floating"}});
  document["OS-EXT-AZ:availability_zone"] = server.status == "ERROR" ? "" : server.zone;
  document["os-extended-volumes:volumes_attached"] = Json::array();
  if (!server.volume.empty()) {
    Json volume{{"id", server.volume}};
    if (minor >= 3) volume["delete_on_termination"] = true;
    document["os-extended-volumes:volumes_attached"].push_back(volume);
  }
  document["key_name"] = nullptr;
  document["config_drive"] = "";
  document["OS-EXT-STS:task_state"] = server.task.empty() ? Json() : Json(server.task);
  document["OS-EXT-STS:vm_state"] = server.status == "ACTIVE" ? "active" : "building";
  document["OS-EXT-STS:power_state"] = server.status == "ACTIVE" ? 1 : 0;
  if (server.status == "ERROR" && with_fault)
    document["fault"] = {{"code", 500}, {"created", format_time(server.created)}, {"message", server.fault}};
  return document;
}

}  // namespace tide::test::wire
