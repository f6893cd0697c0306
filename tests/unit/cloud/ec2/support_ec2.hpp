#pragma once

#include "fake_ec2.hpp"
#include "tests/support/hand_clock.hpp"

#include <where.hpp>

#include <tide/cloud/ec2/ec2_cloud.hpp>
#include <tide/util/files.hpp>
#include <tide/util/units.hpp>

#include <functional>
#include <string>
#include <vector>

namespace tide::test {

inline std::string recording(const std::string& name) {
  return read_file(test::fixtures() + "/ec2/moto-5.1.1/" + name).value();
}

// The adapter over the fake, in one process. `spoil` may change an answer on its way.
class Ec2World : public net::Transport {
 public:
  explicit Ec2World(const std::string& secret = "secret/of+the=test", cloud::ec2::Ec2Cloud::Options with = options())
      : cloud(std::move(with), std::make_shared<cloud::aws::FixedCredentials>(credentials(secret)), *this, clock) {}

  std::vector<Result<net::Response>> perform(std::span<const net::Request> requests) override {
    std::vector<Result<net::Response>> responses;
    for (const net::Request& request : requests) {
      allow_http = request.allow_http;
      responses.push_back(fake.handle(request));
      if (spoil && responses.back()) spoil(*responses.back());
    }
    return responses;
  }

  core::LaunchRequest request(int count, const std::string& token = "0123456789abcdef0123456789abcdef") const {
    core::LaunchRequest wanted{.intent = {token}, .cloud = {"aws"}, .pool = {"small"}, .count = count, .min_count = 1};
    wanted.types = {"c5.large", "c6i.xlarge"};
    wanted.image = "ami-0abc";
    for (int i = 0; i < count; ++i) wanted.names.push_back("physics-small-" + std::to_string(1001 + i));
    wanted.user_data = "#!/bin/sh\necho \"a&b=c+d\"\n";
    wanted.tags = {{core::tag::k_cluster, "physics"},
                   {core::tag::k_owner, "head-1"},
                   {core::tag::k_pool, "small"},
                   {core::tag::k_intent, token},
                   {core::tag::k_template, "digest"}};
    return wanted;
  }

  Result<cloud::LaunchReply> launch(const core::LaunchRequest& wanted) { return cloud.launch({&wanted, 1}).front(); }

  static cloud::ec2::Ec2Cloud::Options options() {
    return {.service = {.cloud = "aws",
                        .name = "ec2",
                        .region = "eu-central-1",
                        .endpoint = "http://127.0.0.1:5000/services/Cloud",
                        .version = "2016-11-15"},
            .address_of_pool = {{"small", "private"}, {"open", "public"}, {"six", "ipv6"}},
            .ssm_endpoint = "http://127.0.0.1:5000/"};
  }
  static cloud::aws::Credentials credentials(const std::string& secret) {
    return {.access_key = "AKIDTEST",
            .secret_key = Secret(secret),
            .session_token = {},
            .source = "the environment's AWS_ACCESS_KEY_ID",
            .expires = {}};
  }

  HandClock clock{parse_time("2026-11-25T12:00:00Z").value()};
  FakeEc2 fake{{.now = [this] { return clock.time; }}};
  std::function<void(net::Response&)> spoil;
  bool allow_http = false;
  cloud::ec2::Ec2Cloud cloud;
};

}  // namespace tide::test
