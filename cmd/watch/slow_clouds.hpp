#pragma once

#include <tide/engine/pass.hpp>

#include <map>
#include <memory>
#include <string>

namespace tide::cmd::watch {

// Ports whose clouds are asked again only once an answer is older than `k_cloud_age`, however often somebody looks: a
// screen that is open all day costs an account two calls a minute. Errors are kept as long.
constexpr std::chrono::milliseconds k_cloud_age{30'000};

class SlowClouds {
 public:
  explicit SlowClouds(const engine::Ports& ports);
  ~SlowClouds();
  engine::Ports& ports() { return m_ports; }
  // How old the listing of a cloud is.
  std::int64_t age_seconds(const core::CloudName& cloud) const;

 private:
  class Cloud;
  std::map<core::CloudName, std::unique_ptr<Cloud>> m_clouds;
  engine::Ports m_ports;
};

}  // namespace tide::cmd::watch
