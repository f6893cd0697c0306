#include "cloud_stand.hpp"
#include "fake_ec2.hpp"

#include <tide/cloud/ec2/ec2_cloud.hpp>

// The EC2 adapter over the project's fake, in one process.
namespace tide::test {
namespace {

class Ec2Stand : public CloudStand {
 public:
  Ec2Stand()
      : m_fake({.now = [this] { return m_clock.now() + m_skew; }}),
        m_transport(m_fake),
        m_cloud({.service = {.cloud = "aws",
                             .name = "ec2",
                             .region = "eu-central-1",
                             .endpoint = "http://127.0.0.1:5000/services/Cloud",
                             .version = "2016-11-15"},
                 .address_of_pool = {{"small", "private"}}},
                std::make_shared<cloud::aws::FixedCredentials>(
                    cloud::aws::Credentials{.access_key = "AKIDTEST",
                                            .secret_key = Secret("secret/of+the=test"),
                                            .session_token = {},
                                            .source = "the test",
                                            .expires = {}}),
                m_transport, m_clock) {}

  cloud::Cloud& cloud() override { return m_cloud; }
  const std::string& cluster() const override { return m_cluster; }
  core::LaunchRequest request(const std::string& token, int count) override {
    return ec2_request(m_cluster, token, count);
  }
  int live() override { return static_cast<int>(m_fake.live().size()); }
  core::InstanceId unknown_id() const override { return {"i-0fedcba9876543210"}; }
  Clock& clock() override { return m_clock; }

  bool order(Order what) override {
    switch (what) {
      case Order::page_of_one: m_fake.set_options([](FakeEc2Options& options) { options.page_max = 1; }); return true;
      case Order::throttle_once: m_fake.fail({}); return true;
      case Order::lose_launch_reply: fail(FakeFault::lost_after, "RunInstances"); return true;
      case Order::no_capacity: m_fake.set_capacity(0); return true;
      case Order::capacity_again: m_fake.set_capacity(std::nullopt); return true;
      case Order::deny_once: m_fake.fail({.code = "UnauthorizedOperation", .status = 403}); return true;
      case Order::cut_list: fail(FakeFault::cut_after, "DescribeInstances"); return true;
      case Order::cut_launch: fail(FakeFault::cut_after, "RunInstances"); return true;
      case Order::cut_end: fail(FakeFault::cut_after, "TerminateInstances"); return true;
      case Order::page_for_list: fail(FakeFault::html_ok, "DescribeInstances"); return true;
      case Order::page_for_launch: fail(FakeFault::html_ok, "RunInstances"); return true;
      case Order::page_for_end: fail(FakeFault::html_ok, "TerminateInstances"); return true;
      case Order::clock_two_hours_off: m_skew = std::chrono::hours(2); return true;
    }
    return false;
  }

 private:
  void fail(FakeFault fault, const std::string& action) { m_fake.fail({.fault = fault, .action = action}); }

  SystemClock m_clock;
  Seconds m_skew{0};
  std::string m_cluster = "physics";
  FakeEc2 m_fake;
  FakeEc2Transport m_transport;
  cloud::ec2::Ec2Cloud m_cloud;
};

}  // namespace

core::LaunchRequest ec2_request(const std::string& cluster, const std::string& token, int count) {
  core::LaunchRequest wanted{
      .intent = {cluster + "-" + token}, .cloud = {"aws"}, .pool = {"small"}, .count = count, .min_count = count};
  wanted.types = {"c5.large"};
  wanted.image = "ami-12c6146b";
  for (int i = 0; i < count; ++i) wanted.names.push_back("small-" + token + std::to_string(1001 + i));
  wanted.user_data = "#!/bin/sh\necho \"a&b=c+d\"\n";
  wanted.tags = {{core::tag::k_cluster, cluster},
                 {core::tag::k_owner, "head-1"},
                 {core::tag::k_pool, "small"},
                 {core::tag::k_intent, wanted.intent.value},
                 {core::tag::k_template, "digest"}};
  return wanted;
}

std::unique_ptr<CloudStand> make_ec2_stand() { return std::make_unique<Ec2Stand>(); }

}  // namespace tide::test
