#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/cloud/nova/floating.hpp>
#include <tide/cloud/nova/leftovers.hpp>
#include <tide/cloud/nova/lookup.hpp>
#include <tide/cloud/nova/servers.hpp>
#include <tide/cloud/openstack/session.hpp>

#include <set>

namespace tide::cloud::nova {

// Nova in one project and region. The page nova.md says which calls it makes and what they need. It has no launch
// tokens: a server's name and its metadata tide:intent are what a listing finds it by.
class NovaCloud : public Cloud {
 public:
  struct Options {
    core::CloudName name;
    openstack::Session::Options session;
    std::map<std::string, std::string> address_of_pool;   // "private", "public" or "ipv6"
    std::map<std::string, std::string> floating_of_pool;  // the external network, by name or ID
  };

  NovaCloud(Options options, openstack::Session::Source source, net::Transport& transport, Clock& clock);

  const core::CloudName& name() const override { return m_name; }
  core::CloudTraits limits() const override;
  Result<std::vector<core::Instance>> list(const std::string& cluster) override;
  std::vector<Result<LaunchReply>> launch(std::span<const core::LaunchRequest> requests) override;
  std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) override;
  std::vector<UpkeepStep> keep_up(const Upkeep& of) override;
  Result<std::vector<core::Instance>> find(std::span<const std::string> words) override;
  Result<void> retag(const core::InstanceId& id, const core::Retag& tags) override;
  Result<std::string> console(const core::InstanceId& id) override;
  Result<std::vector<InstanceType>> types(std::span<const std::string> names) override;
  Result<void> check(const core::Pool& pool) const override { return check_pool(pool); }
  core::Findings examine(std::span<const core::LaunchRequest> launches) override;
  std::string identity() const override { return m_session.identity(); }
  std::map<std::string, int> calls() const override { return m_session.calls(); }

 private:
  using Found = std::map<core::InstanceId, core::Instance>;

  Result<std::string> first_page(const std::string& cluster, Found& found);  // and what is read beside it
  Result<std::string> read_page(const openstack::Answer& answer, const std::string& cluster, Found& found);
  Result<void> check_cells(const openstack::Answer& answer) const;
  void find_faults(Found& found);
  Result<void> name_flavors(Found& found);
  core::Instance finished(Listed listed) const;
  Result<std::vector<openstack::Call>> launch_calls(const core::LaunchRequest& request);
  Result<core::Instance> read_launch(const core::LaunchRequest& request, const std::string& name,
                                     const openstack::Answer& answer) const;
  Result<LaunchReply> read_launches(const core::LaunchRequest& request,
                                    std::span<const openstack::Answer> answers) const;
  core::Findings examine_launch(const core::LaunchRequest& request);
  core::Finding examine_rights(const std::string& about);
  Error unreadable(const std::string& what, Error error) const;

  core::CloudName m_name;
  std::map<std::string, std::string> m_address_of_pool;
  openstack::Session m_session;
  Lookup m_lookup;
  Clock& m_clock;
  FloatingIps m_floating;
  Leftovers m_leftovers;
  std::set<core::InstanceId> m_reached;  // machines with a floating IP, as the last list found them
  Leftovers::Seen m_seen;                // by the last list
  Left m_left;                           // of the quota, as the last list found it
};

}  // namespace tide::cloud::nova
