#include "cloud_stand.hpp"

#include <tide/cloud/ec2/ec2_cloud.hpp>
#include <tide/net/curl_transport.hpp>
#include <tide/util/text.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

// The EC2 adapter over real HTTP, against a server that takes orders below /__gate/: the project's fake on loopback, or
// moto behind tests/real/moto/awsgate.py. TIDE_TEST_EC2="ENDPOINT ACCESS_KEY SECRET".
namespace tide::test {
namespace {

class Ec2GateStand : public CloudStand {
 public:
  explicit Ec2GateStand(const std::vector<std::string>& words)
      : m_endpoint(words.at(0)),
        m_cluster("c" + std::to_string(::getpid()) + "-" + std::to_string(s_next++)),
        m_transport(net::CurlTransport::make()),
        m_cloud(
            {.service = {.cloud = "aws",
                         .name = "ec2",
                         .region = "eu-central-1",
                         .endpoint = m_endpoint,
                         .version = "2016-11-15"},
             .address_of_pool = {{"small", "private"}}},
            std::make_shared<cloud::aws::FixedCredentials>(cloud::aws::Credentials{.access_key = words.at(1),
                                                                                   .secret_key = Secret(words.at(2)),
                                                                                   .session_token = {},
                                                                                   .source = "the test",
                                                                                   .expires = {}}),
            *m_transport, m_clock) {
    gate("reset");
  }
  ~Ec2GateStand() override { gate("reset"); }
  Ec2GateStand(const Ec2GateStand&) = delete;
  Ec2GateStand& operator=(const Ec2GateStand&) = delete;

  cloud::Cloud& cloud() override { return m_cloud; }
  const std::string& cluster() const override { return m_cluster; }
  core::LaunchRequest request(const std::string& token, int count) override {
    return ec2_request(m_cluster, token, count);
  }
  core::InstanceId unknown_id() const override { return {"i-0fedcba9876543210"}; }
  Clock& clock() override { return m_clock; }

  int live() override {
    const auto all = m_cloud.list(m_cluster);
    REQUIRE(all);
    return static_cast<int>(std::ranges::count_if(*all, [](const core::Instance& instance) {
      return instance.state == core::InstanceState::pending || instance.state == core::InstanceState::running;
    }));
  }

  bool order(Order what) override {
    switch (what) {
      case Order::page_of_one: return gate("page?n=1");
      case Order::throttle_once: return gate("fail?n=1&status=503&code=RequestLimitExceeded");
      case Order::lose_launch_reply: return gate("fail?n=1&mode=drop&after=1&action=RunInstances");
      case Order::no_capacity: return gate("capacity?n=0");
      case Order::capacity_again: return gate("capacity");
      case Order::deny_once: return gate("fail?n=1&status=403&code=UnauthorizedOperation");
      case Order::cut_list: return gate("fail?n=1&mode=truncate&after=1&action=DescribeInstances");
      case Order::cut_launch: return gate("fail?n=1&mode=truncate&after=1&action=RunInstances");
      case Order::cut_end: return gate("fail?n=1&mode=truncate&after=1&action=TerminateInstances");
      case Order::page_for_list: return gate("fail?n=1&mode=page&action=DescribeInstances");
      case Order::page_for_launch: return gate("fail?n=1&mode=page&action=RunInstances");
      case Order::page_for_end: return gate("fail?n=1&mode=page&action=TerminateInstances");
      case Order::clock_two_hours_off: return gate("skew?s=7200");
    }
    return false;
  }

 private:
  bool gate(const std::string& words) {
    const std::size_t slash = m_endpoint.find('/', m_endpoint.find("://") + 3);
    const net::Request request{.url = m_endpoint.substr(0, slash) + "/__gate/" + words};
    const auto answer = m_transport->perform({&request, 1}).front();
    REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message));
    REQUIRE_MESSAGE(answer->status == 200, words);
    return true;
  }

  static inline int s_next = 1;
  std::string m_endpoint;
  std::string m_cluster;
  SystemClock m_clock;
  std::unique_ptr<net::Transport> m_transport;
  cloud::ec2::Ec2Cloud m_cloud;
};

}  // namespace

std::unique_ptr<CloudStand> make_ec2_gate_stand() {
  const char* text = std::getenv("TIDE_TEST_EC2");
  std::vector<std::string> words;
  for (const auto word : split(text == nullptr ? "" : text, ' ')) words.emplace_back(word);
  REQUIRE(words.size() == 3);
  return std::make_unique<Ec2GateStand>(words);
}

}  // namespace tide::test
