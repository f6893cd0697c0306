#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/cloud/local/addresses.hpp>
#include <tide/cloud/local/environment.hpp>

#include <set>
#include <string>
#include <vector>

namespace tide::cloud::local {

struct LocalSettings {
  core::CloudName name;
  std::vector<std::string> command;  // command[0] absolute
  AddressRange addresses;
  Environment environment;         // [clouds.x.env]
  std::string log_dir;             // of claims and logs; made when first used
  std::chrono::seconds grace{10};  // between TERM and KILL
};

// Machines that are processes of this one. Nothing is remembered but claims: the list comes from /proc alone.
class LocalCloud final : public Cloud {
 public:
  LocalCloud(LocalSettings settings, Clock& clock) : m_settings(std::move(settings)), m_clock(clock) {}

  const core::CloudName& name() const override { return m_settings.name; }
  core::CloudTraits limits() const override;
  Result<std::vector<core::Instance>> list(const std::string& cluster) override;
  std::vector<Result<LaunchReply>> launch(std::span<const core::LaunchRequest> requests) override;
  std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) override;
  Result<std::vector<core::Instance>> find(std::span<const std::string> words) override;
  Result<void> retag(const core::InstanceId& id, const core::Retag& tags) override;
  Result<std::string> console(const core::InstanceId& id) override;
  Result<std::vector<InstanceType>> types(std::span<const std::string> names) override;
  Result<void> check(const core::Pool& pool) const override;
  core::Findings examine(std::span<const core::LaunchRequest> launches) override;

 private:
  Result<LaunchReply> launch_one(const core::LaunchRequest& request, std::set<std::string>& used);
  Result<core::Instance> launch_machine(const core::LaunchRequest& request, int index, std::set<std::string>& used);
  Result<core::Instance> find_running(const core::InstanceId& id);
  Result<std::vector<core::Instance>> list_all();  // of any cluster, with the tags that they have by now
  std::string path_of(const core::InstanceId& id, const char* ending) const;

  LocalSettings m_settings;
  Clock& m_clock;
};

}  // namespace tide::cloud::local
