#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/cloud/nova/floating.hpp>
#include <tide/cloud/nova/lookup.hpp>
#include <tide/cloud/openstack/session.hpp>

#include <map>
#include <set>

namespace tide::cloud::nova {

// Cinder's, as far as tide needs it.
struct Volume {
  std::string id;
  std::string status;
  std::string size;  // GiB
  std::map<std::string, std::string> metadata;

  bool operator==(const Volume&) const = default;
};

struct VolumesPage {
  std::vector<Volume> volumes;
  std::string next_marker;  // "" at the end
};

// GET /volumes/detail (API v3): `volumes` of id, status, size, metadata; `volumes_links` with rel "next" where there
// are more. One without an ID or a status makes it unreadable.
Result<VolumesPage> parse_volumes(const std::string& body);

// GET /servers: IDs alone, and the marker of the next page.
struct IdsPage {
  std::set<std::string> ids;
  std::string next_marker;
};
Result<IdsPage> parse_ids(const std::string& body);

// What a port's description says while its machine runs. With the cloud's name: two Novas may share one Neutron, and
// know nothing of each other's machines.
std::string port_mark(const std::string& cluster, const std::string& owner, const std::string& cloud);

bool is_novas(const Port& port);  // it is, or was, a machine's
std::string shown_port(const Port& port);

// Ports that Nova made for machines of ours and volumes that those booted from go with their machine. Where an end
// fails half-way some stay, and Nova gives them neither name nor mark (nova/network/neutron.py _create_port_minimal,
// nova/virt/block_device.py: name '' and description ''). So tide marks them while their machine runs: a port's
// description, a volume's metadata. A marked port whose machine Nova no longer knows is marked once more, and deleted
// ten minutes later if it is still as it was: it holds an address and no data. A volume holds data: it is told, never
// deleted.
class Leftovers {
 public:
  Leftovers(openstack::Session& session, Lookup& lookup, std::string cloud)
      : m_session(session), m_lookup(lookup), m_cloud(std::move(cloud)) {}

  // What the last list showed of this cluster.
  struct Seen {
    std::set<core::InstanceId> listed;
    std::map<core::InstanceId, std::vector<std::string>> volumes;  // that are to end with it
  };

  // Marks and sweeps. Nothing is asked of services that the catalogue has not, or that these credentials may not use:
  // the doctor tells that.
  std::vector<UpkeepStep> keep_up(const Upkeep& of, const Seen& seen, TimePoint now);

  // For the doctor: what is left, whose it may be, and what may not be looked up.
  core::Findings examine(const std::string& cluster, const std::string& about);

 private:
  using Calls = std::vector<openstack::Call>;
  struct Work;

  void mark_ports(const Upkeep& of, const std::vector<Port>& marked, Work& work);
  void sweep_ports(const std::vector<Port>& marked, const std::string& mark, const Seen& seen, TimePoint now,
                   Work& work);
  void keep_up_ports(const Upkeep& of, const Seen& seen, TimePoint now, Work& work);
  void keep_up_volumes(const Upkeep& of, const Seen& seen, Work& work);
  void send(Work& work);
  Result<std::vector<Port>> ports(Calls calls);
  Result<std::string> volume_service();  // "": the catalogue has none
  Result<std::vector<Volume>> marked_volumes(const std::string& service, const std::string& cluster);
  Result<std::set<std::string>> servers();
  Result<std::vector<Port>> without_machine();
  core::Finding examine_ports(const std::string& cluster, const std::string& about);
  core::Findings examine_volumes(const std::string& cluster, const std::string& about);
  Error unreadable(const std::string& what, Error error) const;

  openstack::Session& m_session;
  Lookup& m_lookup;
  std::string m_cloud;
};

}  // namespace tide::cloud::nova
