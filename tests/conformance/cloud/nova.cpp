#include "cloud_stand.hpp"
#include "fake_nova.hpp"
#include "fake_nova_settings.hpp"

#include <tide/cloud/nova/nova_cloud.hpp>

// The Nova adapter over the project's fake, in one process.
namespace tide::test {
namespace {

class NovaStand : public CloudStand {
 public:
  NovaStand()
      : m_fake({.now = [this] { return m_clock.now() + m_skew; }}),
        m_transport(m_fake),
        m_cloud(
            {.name = {"nectar"},
             .session = {.cloud = "nectar", .cache = "", .page = "nova.md"},
             .address_of_pool = {{"small", "private"}}},
            [] { return Result<cloud::openstack::AuthSettings>(fake_nova_settings()); }, m_transport, m_clock) {}

  cloud::Cloud& cloud() override { return m_cloud; }
  const std::string& cluster() const override { return m_cluster; }
  core::LaunchRequest request(const std::string& token, int count) override {
    core::LaunchRequest wanted = ec2_request(m_cluster, token, count);
    wanted.cloud = {"nectar"};
    wanted.types = {"m1.small"};
    wanted.image = "debian-12";
    return wanted;
  }
  int live() override { return static_cast<int>(m_fake.live().size()); }
  core::InstanceId unknown_id() const override { return {"00000000-0000-4000-8000-0000000fffff"}; }
  Clock& clock() override { return m_clock; }

  bool order(Order what) override {
    switch (what) {
      case Order::page_of_one: m_fake.set_options([](FakeNovaOptions& options) { options.page_max = 1; }); return true;
      case Order::throttle_once: m_fake.fail({.status = 429, .message = "This request was rate-limited."}); return true;
      case Order::lose_launch_reply: fail(FakeNovaFault::lost_after, "POST /servers"); return true;
      case Order::no_capacity:  // a launch is taken all the same; its machine then is in ERROR
      case Order::capacity_again: return false;
      case Order::deny_once: m_fake.fail({.status = 403, .message = "Policy doesn't allow this."}); return true;
      case Order::cut_list: fail(FakeNovaFault::cut_after, "GET /servers/detail"); return true;
      case Order::cut_launch: fail(FakeNovaFault::cut_after, "POST /servers"); return true;
      case Order::cut_end: return false;  // its answer has no body
      case Order::page_for_list: fail(FakeNovaFault::html_ok, "GET /servers/detail"); return true;
      case Order::page_for_launch: fail(FakeNovaFault::html_ok, "POST /servers"); return true;
      case Order::page_for_end: fail(FakeNovaFault::html_ok, "DELETE /servers/"); return true;
      case Order::clock_two_hours_off: m_skew = std::chrono::hours(2); return true;
    }
    return false;
  }

 private:
  void fail(FakeNovaFault fault, const std::string& call) { m_fake.fail({.fault = fault, .call = call}); }

  SystemClock m_clock;
  Seconds m_skew{0};
  std::string m_cluster = "physics";
  FakeNova m_fake;
  FakeNovaTransport m_transport;
  cloud::nova::NovaCloud m_cloud;
};

}  // namespace

std::unique_ptr<CloudStand> make_nova_stand() { return std::make_unique<NovaStand>(); }

}  // namespace tide::test
