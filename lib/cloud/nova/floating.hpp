#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/cloud/nova/lookup.hpp>
#include <tide/cloud/openstack/session.hpp>

#include <set>

namespace tide::cloud::nova {

// Neutron's, as far as tide needs it.
struct FloatingIp {
  std::string id;
  std::string address;
  std::string network;  // the external one
  std::string port;     // "": no machine has it
  std::string device;   // the port's machine, where Neutron tells
  std::string description;
  std::int64_t revision = -1;        // -1: this Neutron counts none
  std::optional<TimePoint> changed;  // by Neutron's clock

  bool operator==(const FloatingIp&) const = default;
};

struct Port {
  std::string id;
  std::string device;
  std::string address;     // its first IPv4
  std::string owner = {};  // "compute:ZONE" where Nova has it
  std::string name = {};   // Nova gives none
  std::string description = {};
  std::int64_t revision = -1;             // -1: this Neutron counts none
  std::optional<TimePoint> changed = {};  // by Neutron's clock

  bool operator==(const Port&) const = default;
};

Result<std::vector<FloatingIp>> parse_floating_ips(const std::string& body);
Result<std::vector<Port>> parse_ports(const std::string& body);
// What these GETs of ports list, with all pages of each.
Result<std::vector<Port>> read_ports(openstack::Session& session, std::vector<openstack::Call> calls);

// What a floating IP of this cluster and head says of itself; no other is ever touched.
std::string floating_description(const std::string& cluster, const std::string& owner);

// Gives machines of pools with floating_network an address each: a free one of ours, else a new one, which Neutron
// makes and attaches in one call. A call repeated after a lost answer makes no second one: Neutron refuses two on one
// port's address, and the list shows the first. What has no machine any more goes back a minute later, unless it
// changed since it was read: `If-Match`.
class FloatingIps {
 public:
  FloatingIps(openstack::Session& session, Lookup& lookup, std::string cloud,
              std::map<std::string, std::string> network_of_pool)
      : m_session(session),
        m_lookup(lookup),
        m_cloud(std::move(cloud)),
        m_network_of_pool(std::move(network_of_pool)) {}

  // `reached` have a floating IP already, tide's or a person's.
  std::vector<UpkeepStep> keep_up(const Upkeep& of, const std::set<core::InstanceId>& reached, TimePoint now);

 private:
  using Machines = std::vector<const core::Instance*>;
  struct Work;

  Result<std::vector<FloatingIp>> owned(const std::string& description);
  Result<std::vector<Port>> ports_of(const Machines& machines);
  void plan_attach(const core::Instance& machine, const std::vector<Port>& ports, std::vector<FloatingIp>& free,
                   const std::string& description, Work& work);
  void read(const std::vector<openstack::Answer>& answers, Work& work) const;
  Error unreadable(const std::string& what, Error error) const;

  openstack::Session& m_session;
  Lookup& m_lookup;
  std::string m_cloud;
  std::map<std::string, std::string> m_network_of_pool;
};

}  // namespace tide::cloud::nova
