#include "cmd/watch/slow_clouds.hpp"

#include <tide/util/text.hpp>

#include <optional>

namespace tide::cmd::watch {

class SlowClouds::Cloud final : public cloud::Cloud {
 public:
  Cloud(cloud::Cloud& inner, Clock& clock) : m_inner(inner), m_clock(clock) {}

  const core::CloudName& name() const override { return m_inner.name(); }
  core::CloudTraits limits() const override { return m_inner.limits(); }
  Result<std::vector<core::Instance>> list(const std::string& cluster) override {
    return keep(m_list, [&] { return m_inner.list(cluster); });
  }
  void look_for_requests() override { m_inner.look_for_requests(); }
  Result<std::vector<core::Health>> health(core::HealthQuestion question) override {
    return keep(m_health[question], [&] { return m_inner.health(question); });
  }
  Result<std::vector<core::SpotPrice>> spot_prices(std::span<const std::string> types) override {
    return keep(m_prices[key_of(types)], [&] { return m_inner.spot_prices(types); });
  }
  Result<core::Reservations> reservations(const std::string& cluster) override {
    return keep(m_reservations, [&] { return m_inner.reservations(cluster); });
  }
  Result<std::vector<cloud::InstanceType>> types(std::span<const std::string> names) override {
    return keep(m_types[key_of(names)], [&] { return m_inner.types(names); });
  }
  Result<void> check(const core::Pool& pool) const override { return m_inner.check(pool); }
  std::string identity() const override { return m_inner.identity(); }
  std::string notice() const override { return m_inner.notice(); }
  std::map<std::string, int> calls() const override { return m_inner.calls(); }

  // Nobody who only looks launches, ends or reads consoles.
  std::vector<Result<cloud::LaunchReply>> launch(std::span<const core::LaunchRequest> requests) override {
    return {requests.size(), Result<cloud::LaunchReply>(only_looks())};
  }
  std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) override {
    return {ids.size(), Result<void>(only_looks())};
  }
  Result<std::vector<core::Instance>> find(std::span<const std::string> words) override { return m_inner.find(words); }
  Result<void> retag(const core::InstanceId& /*id*/, const core::Retag& /*tags*/) override { return only_looks(); }
  Result<std::string> console(const core::InstanceId& /*id*/) override { return only_looks(); }

  std::int64_t age_seconds() const {
    return std::chrono::duration_cast<Seconds>(m_clock.monotonic() - m_list.at).count();
  }

 private:
  template <typename T>
  struct Kept {
    std::optional<Result<T>> answer = {};
    std::chrono::milliseconds at{0};
  };

  template <typename T, typename Ask>
  Result<T> keep(Kept<T>& kept, Ask ask) {
    const std::chrono::milliseconds now = m_clock.monotonic();
    if (!kept.answer || now - kept.at >= k_cloud_age) {
      kept.answer = ask();
      kept.at = now;
    }
    return *kept.answer;
  }
  static std::string key_of(std::span<const std::string> words) { return join(words, "\n"); }
  Error only_looks() const {
    return make_error(ErrorKind::unexpected, "cloud '{}' is only looked at here", m_inner.name().value);
  }

  cloud::Cloud& m_inner;
  Clock& m_clock;
  Kept<std::vector<core::Instance>> m_list;
  std::map<core::HealthQuestion, Kept<std::vector<core::Health>>> m_health;
  std::map<std::string, Kept<std::vector<core::SpotPrice>>> m_prices;
  Kept<core::Reservations> m_reservations;
  std::map<std::string, Kept<std::vector<cloud::InstanceType>>> m_types;
};

SlowClouds::SlowClouds(const engine::Ports& ports) : m_ports(ports) {
  for (auto& [name, inner] : m_ports.clouds) {
    auto cloud = std::make_unique<Cloud>(*inner, m_ports.clock);
    inner = cloud.get();
    m_clouds.emplace(name, std::move(cloud));
  }
}

SlowClouds::~SlowClouds() = default;

std::int64_t SlowClouds::age_seconds(const core::CloudName& cloud) const { return m_clouds.at(cloud)->age_seconds(); }

}  // namespace tide::cmd::watch
