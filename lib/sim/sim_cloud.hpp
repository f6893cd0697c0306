#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/sim/stage.hpp>

#include <map>
#include <optional>
#include <string>

namespace tide::sim {

class World;

struct SimCloudOptions {
  bool has_launch_tokens = true;
  bool launches_listed = false;  // no tokens, one machine a call, and a call may land when its list was read (Nova)
  int launch_max = 10;
  int terminate_max = 10;
  int capacity = 1000;   // live machines of all kinds
  Seconds pending{20};   // at most
  Seconds boot{120};     // at most
  Seconds stopping{30};  // at most
  bool can_stop = false;
  bool tells_health = false;
  std::map<std::string, std::int64_t> spot_prices = {};  // of each type, in its only zone; empty: it tells none
};

// One machine, as it is; what a listing shows of it comes later.
struct SimMachine {
  core::Instance instance;
  std::string token;
  TimePoint listed_at{};
  TimePoint running_at{};
  std::optional<TimePoint> boots_at;  // its node's daemon starts then; absent: never
  std::optional<TimePoint> gone_at;
  std::optional<TimePoint> stopped_at;  // it is stopping, to be kept
  TimePoint shown_stopped_until{};      // started again, by a listing that lags
  std::optional<TimePoint> fails_at;
  std::optional<TimePoint> taken_at;  // the cloud gave notice, and takes it back then
  bool impaired = false;
  std::string event;
  TimePoint omitted_until{};  // a listing that lags leaves it out
  bool daemon_started = false;
  bool shown = false;  // the last listing had it
  int slots = 0;
  std::int64_t memory_mib = 0;
  std::vector<std::string> features;

  bool is_stopped() const { return instance.state == core::InstanceState::stopped; }
  bool is_live() const { return core::is_live(instance.state); }
};

// A cloud in virtual time: machines pend, run, boot, stop and are forgotten an hour later; calls fail, stall and lie as
// the stage's faults say. Machines that tide did not launch are in it too.
class SimCloud final : public cloud::Cloud {
 public:
  SimCloud(Stage& stage, World& world, core::CloudName name, const SimCloudOptions& options)
      : m_stage(stage), m_world(world), m_name(std::move(name)), m_options(options) {}

  const core::CloudName& name() const override { return m_name; }
  core::CloudTraits limits() const override;
  bool launches_listed() const { return m_options.launches_listed; }
  Result<std::vector<core::Instance>> list(const std::string& cluster) override;
  std::vector<Result<cloud::LaunchReply>> launch(std::span<const core::LaunchRequest> requests) override;
  std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) override;
  std::vector<Result<void>> stop(std::span<const core::InstanceId> ids) override;
  Result<std::vector<core::Instance>> find(std::span<const std::string> words) override;
  Result<void> retag(const core::InstanceId& id, const core::Retag& tags) override;
  Result<std::string> console(const core::InstanceId& id) override;
  Result<std::vector<core::Health>> health(core::HealthQuestion question) override;
  Result<std::vector<core::SpotPrice>> spot_prices(std::span<const std::string> types) override;
  Result<std::vector<cloud::InstanceType>> types(std::span<const std::string> names) override;
  Result<void> check(const core::Pool& pool) const override;

  void tick();
  void add_foreign(const std::string& name);
  void kill(const core::InstanceId& id);       // by itself, or by its cloud
  void take_back(const core::InstanceId& id);  // notice now, the end two minutes later
  void refuse_until(TimePoint until) { m_refused_until = until; }
  void price_spot(const std::string& type, std::int64_t micros) { m_options.spot_prices[type] = micros; }
  void lift_capacity() { m_options.capacity = 1'000; }
  void never_boot(const core::PoolName& pool) { m_never_boot = pool; }
  std::map<core::InstanceId, SimMachine>& machines() { return m_machines; }
  const std::map<core::InstanceId, SimMachine>& machines() const { return m_machines; }

 private:
  Result<cloud::LaunchReply> launch_one(const core::LaunchRequest& request);
  cloud::LaunchReply make(const core::LaunchRequest& request, int count);
  SimMachine make_one(const core::LaunchRequest& request, int index);
  Result<cloud::LaunchReply> start_again(const core::LaunchRequest& request);
  Result<void> terminate_one(const core::InstanceId& id);
  Result<void> stop_one(const core::InstanceId& id);
  void boot(SimMachine& machine, const core::PoolName& pool);
  void land_late();
  bool has_live(const core::IntentId& launch) const;
  int live() const;

  Stage& m_stage;
  World& m_world;
  core::CloudName m_name;
  SimCloudOptions m_options;
  std::map<core::InstanceId, SimMachine> m_machines;
  std::map<core::IntentId, std::vector<core::InstanceId>> m_tokens;
  std::vector<std::pair<TimePoint, core::LaunchRequest>> m_late;  // calls without a reply, on their way
  core::PoolName m_never_boot;
  TimePoint m_refused_until{};
  int m_next = 0;
};

}  // namespace tide::sim
