#pragma once

#include <tide/cloud/cloud.hpp>
#include <tide/util/system_clock.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tide::test {

// What a cloud can be made to do; each lasts for the next call that it can concern, or for good.
enum class Order {
  page_of_one,        // for good: lists come a machine a page
  throttle_once,      // the next call is refused for too many requests
  lose_launch_reply,  // the next launch is done, and its answer lost
  no_capacity,        // for good: nothing more can start
  capacity_again,
  deny_once,        // the next call is refused for want of rights
  cut_list,         // half of the next list comes
  cut_launch,       // the next launch is done, and half of its answer comes
  cut_end,          // likewise the next end
  page_for_list,    // 200 with a web page, nothing was done
  page_for_launch,  // likewise
  page_for_end,
  clock_two_hours_off,  // for good: the cloud's clock, or ours, as far as this cloud looks at it
};

// An adapter over one world of its own, which ends with the stand.
class CloudStand {
 public:
  virtual ~CloudStand() = default;

  virtual cloud::Cloud& cloud() = 0;
  virtual const std::string& cluster() const = 0;
  // A launch of so many machines of this cluster; tokens of one stand are no other's.
  virtual core::LaunchRequest request(const std::string& token, int count) = 0;
  virtual bool order(Order what) = 0;  // false: there is no such thing with this cloud
  virtual int live() = 0;              // machines that the cloud itself counts as running or starting
  virtual core::InstanceId unknown_id() const = 0;
  virtual Clock& clock() = 0;
};

struct CloudStandSpec {
  std::string kind;   // [clouds.x] kind
  std::string where;  // "fake", "loopback", "local", ...
  std::unique_ptr<CloudStand> (*make)();
};

// One line an adapter and world, in cloud_stands.cpp. Worlds behind a socket are there when the environment names them.
std::span<const CloudStandSpec> cloud_stands();

// cloud/ec2.cpp, cloud/ec2_gate.cpp, cloud/local.cpp, ...
std::unique_ptr<CloudStand> make_ec2_stand();
std::unique_ptr<CloudStand> make_ec2_gate_stand();
std::unique_ptr<CloudStand> make_local_stand();
std::unique_ptr<CloudStand> make_nova_stand();

core::LaunchRequest ec2_request(const std::string& cluster, const std::string& token, int count);

}  // namespace tide::test
