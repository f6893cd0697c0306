#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/net/deadline.hpp>
#include <tide/net/retry.hpp>
#include <tide/util/clock.hpp>

namespace tide::cloud {

// Repeats what failed for want of a connection or for too many requests, a few times and with jitter, within a budget
// that lasts as long as the process, and never past the pass's deadline. A launch is repeated only where a token keeps
// it from being done twice; a try that may have been done stays unclear whatever kept a later one from being made.
class RetryingCloud final : public Cloud {
 public:
  // `deadline` may be null: none.
  RetryingCloud(Cloud& inner, Clock& clock, Random& random, const net::Deadline* deadline = nullptr,
                const net::RetryPolicy& policy = {})
      : m_inner(inner), m_clock(clock), m_random(random), m_deadline(deadline), m_policy(policy) {}

  const core::CloudName& name() const override { return m_inner.name(); }
  core::CloudTraits limits() const override { return m_inner.limits(); }
  Result<std::vector<core::Instance>> list(const std::string& cluster) override;
  void look_for_requests() override { m_inner.look_for_requests(); }
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
  Result<void> check(const core::Pool& pool) const override { return m_inner.check(pool); }
  std::vector<UpkeepStep> keep_up(const Upkeep& of) override { return m_inner.keep_up(of); }
  core::Findings examine(std::span<const core::LaunchRequest> launches) override { return m_inner.examine(launches); }
  std::string identity() const override { return m_inner.identity(); }
  std::string notice() const override { return m_inner.notice(); }
  std::map<std::string, int> calls() const override { return m_inner.calls(); }

 private:
  // Waits before the next try; false: no more tries.
  bool wait(int attempt, const Error& error, int& taken);
  template <typename T, typename Call>
  Result<T> one(Call call);
  template <typename T, typename Item, typename Call>
  std::vector<Result<T>> many(std::span<const Item> items, Call call);

  Cloud& m_inner;
  Clock& m_clock;
  Random& m_random;
  const net::Deadline* m_deadline;
  net::RetryPolicy m_policy;
  net::RetryBudget m_budget;
};

}  // namespace tide::cloud
