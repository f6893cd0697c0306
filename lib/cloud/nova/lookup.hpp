#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/cloud/nova/launch_body.hpp>
#include <tide/cloud/openstack/session.hpp>

namespace tide::cloud::nova {

struct Flavor {
  std::string id;
  InstanceType type;

  bool operator==(const Flavor&) const = default;
};

Result<std::vector<Flavor>> parse_flavors(const std::string& body, std::string& next_marker);

// Names to IDs, asked once a pass (forget): flavors, images, networks and server groups may be given either way. A name
// that is not there, or that several bear, is an error of kind config that names what there is.
class Lookup {
 public:
  Lookup(openstack::Session& session, std::string cloud) : m_session(session), m_cloud(std::move(cloud)) {}

  // Another pass begins: an image of that name may be another one now, and Nova too if it refused our microversion.
  void forget();
  Result<Resolved> resolve(const core::LaunchRequest& request);
  // Each thing that the request names, those too that a launch leaves Nova to find: is it there?
  core::Findings examine(const core::LaunchRequest& request);
  Result<std::vector<Flavor>> flavors();
  Result<openstack::Microversion> microversion();
  Result<std::string> floating_network(const std::string& name, const std::string& pool);  // "" for ""

 private:
  Result<std::string> flavor(const std::string& name, const std::string& pool);
  Result<std::string> image(const std::string& name, const std::string& pool);
  Result<std::string> network(const std::string& name, const std::string& pool, const char* key);
  Result<void> networks(const core::LaunchRequest& request, Resolved& resolved);
  Result<std::string> server_group(const std::string& name, const std::string& pool);

  Result<std::string> image_there(const std::string& id, const std::string& name, const std::string& pool);
  Result<std::string> key_there(const std::string& name, const std::string& pool);
  Result<std::string> group_there(const std::string& name, const std::string& pool);

  struct Item {
    std::string id;
    std::string name;
    bool external = false;
  };
  Result<std::vector<Item>> items(const openstack::Call& call, const char* key);
  Result<std::string> only(const std::vector<Item>& items, const std::string& what, const std::string& name,
                           const std::string& where) const;

  openstack::Session& m_session;
  std::string m_cloud;
  std::optional<openstack::Microversion> m_microversion;
  std::optional<std::vector<Flavor>> m_flavors;
  std::optional<std::vector<Item>> m_own_networks;
  std::map<std::string, std::string> m_known;  // "image/debian-12": ID
};

}  // namespace tide::cloud::nova
