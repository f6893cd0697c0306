#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/cloud/cloud.hpp>
#include <tide/cloud/ec2/instances.hpp>
#include <tide/cloud/ec2/spot_requests.hpp>

#include <map>
#include <memory>
#include <string>

namespace tide::cloud::ec2 {

// EC2 in one region. The page ec2.md says which calls it makes and what they need.
class Ec2Cloud : public Cloud {
 public:
  struct Options {
    aws::Service service;
    std::map<std::string, std::string> address_of_pool;  // "private", "public" or "ipv6"
    aws::Pace pace = {};
    std::map<std::string, std::string> families = {};  // of each pool's types: the quota that counts it
    std::vector<core::PoolName> fleets = {};           // pools that are launched by CreateFleet
    std::string ssm_endpoint = {};                     // of the parameters that name images
    bool keeps_stopped = false;                        // a pool stops machines and starts them again
    std::vector<core::PoolName> spot_requests = {};    // pools that are launched by RequestSpotInstances
    std::vector<std::string> subnets = {};             // of all pools
    bool reservations = false;                         // are to be asked for
  };

  Ec2Cloud(Options options, std::shared_ptr<aws::CredentialSource> credentials, net::Transport& transport,
           Clock& clock);

  const core::CloudName& name() const override { return m_name; }
  core::CloudTraits limits() const override;
  Result<std::vector<core::Instance>> list(const std::string& cluster) override;
  void look_for_requests() override { m_lists_requests = true; }
  std::vector<Result<LaunchReply>> launch(std::span<const core::LaunchRequest> requests) override;
  Result<std::string> resolve_image(const core::LaunchRequest& request) override;
  std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) override;
  std::vector<Result<void>> stop(std::span<const core::InstanceId> ids) override;
  Result<std::vector<core::Instance>> find(std::span<const std::string> words) override;
  Result<void> retag(const core::InstanceId& id, const core::Retag& tags) override;
  Result<std::string> console(const core::InstanceId& id) override;
  Result<std::vector<core::Health>> health(core::HealthQuestion question) override;
  Result<std::vector<core::SpotPrice>> spot_prices(std::span<const std::string> types) override;
  Result<core::Reservations> reservations(const std::string& cluster) override;
  Result<std::vector<InstanceType>> types(std::span<const std::string> names) override;
  Result<void> check(const core::Pool& pool) const override;
  std::vector<UpkeepStep> keep_up(const Upkeep& of) override;
  core::Findings examine(std::span<const core::LaunchRequest> launches) override;
  std::string identity() const override { return m_api.identity(); }
  std::string notice() const override { return m_api.notice(); }
  std::map<std::string, int> calls() const override { return m_api.calls(); }

 private:
  core::Instance finished(Listed listed) const;
  std::map<std::string, Result<std::string>> root_devices(std::span<const core::LaunchRequest> requests);
  Result<LaunchReply> read_start(const core::LaunchRequest& request, const aws::Answer& answer) const;
  Result<LaunchReply> read_launch(const core::LaunchRequest& request, const aws::Answer& answer);
  Result<LaunchReply> read_fleet(const core::LaunchRequest& request, const aws::Answer& answer);
  Result<std::string> newest_image(const core::LaunchRequest& request);
  Result<void> add_tags(std::span<const std::string> ids, const std::map<std::string, std::string>& tags);
  Result<aws::Call> call_for(const core::LaunchRequest& request, const std::string& root_device) const;

  // requests.cpp
  // A request whose machine is there, and still bears the cluster's tag itself.
  struct Fulfilled {
    SpotRequest request;
    bool tagged = false;  // its machine
  };
  using Found = std::map<core::InstanceId, core::Instance>;
  Result<LaunchReply> read_spot_request(const core::LaunchRequest& request, const aws::Answer& answer);
  Result<void> add_requests(const std::string& cluster, Found& found);
  Result<void> look_up_machines(const std::vector<SpotRequest>& requests, Found& found);
  Result<void> tag_machine(const SpotRequest& request);
  std::vector<Result<void>> end_requests(std::span<const std::string> ids);
  core::Findings examine_requests(const std::string& cluster, const std::vector<core::Instance>& listed);

  core::Finding examine_image(core::LaunchRequest& request, std::string& root_device);
  core::Findings examine_launch(const core::LaunchRequest& wanted, bool dry);
  core::Findings examine_types(std::span<const core::LaunchRequest> launches);

  Error launch_error(const core::LaunchRequest& request, const aws::Answer& answer) const;

  core::CloudName m_name;
  core::CloudTraits m_traits;
  std::string m_ssm_endpoint;
  bool m_keeps_stopped = false;
  std::shared_ptr<aws::CredentialSource> m_credentials;
  net::Transport& m_transport;
  Clock& m_clock;
  std::map<std::string, std::string> m_address_of_pool;
  std::vector<std::string> m_subnets;
  aws::QueryApi m_api;
  bool m_lists_requests = false;
  std::map<core::InstanceId, Fulfilled> m_fulfilled;  // by the machine, as last listed
};

}  // namespace tide::cloud::ec2
