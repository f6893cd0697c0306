#include "support_ec2.hpp"

#include <tide/cloud/ec2/quotas.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::ec2;
using test::Ec2World;

TEST_SUITE_BEGIN("cloud/ec2/quotas");

TEST_CASE("family_of: as AWS counts vCPUs") {
  const std::vector<std::pair<std::string, std::string>> cases{{"c7i.xlarge", "Standard"},
                                                               {"m5.large", "Standard"},
                                                               {"t4g.nano", "Standard"},
                                                               {"im4gn.large", "Standard"},
                                                               {"g5.xlarge", "G and VT"},
                                                               {"gr6.4xlarge", "G and VT"},
                                                               {"vt1.3xlarge", "G and VT"},
                                                               {"p4d.24xlarge", "P"},
                                                               {"x2idn.metal", "X"},
                                                               {"inf2.xlarge", "Inf"},
                                                               {"trn1.2xlarge", "Trn"},
                                                               {"dl1.24xlarge", "DL"},
                                                               {"hpc7a.96xlarge", "HPC"},
                                                               {"f1.2xlarge", "F"},
                                                               {"u-6tb1.metal", "High Memory"},
                                                               {"q9.large", "q"},
                                                               {"", ""}};
  for (const auto& [type, family] : cases) {
    CAPTURE(type);
    CHECK(family_of(type) == family);
  }
}

TEST_CASE("quota_hint: the quota's name, the region and the pool's key") {
  auto request = Ec2World().request(1);
  const auto hint = [&](const char* code) { return quota_hint(code, request, "eu-central-1"); };
  CHECK(
      hint("VcpuLimitExceeded") ==
      "Ask AWS for more of the EC2 quota 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances' (vCPUs) in "
      "eu-central-1, or lower [pools.small] max.");
  request.market = core::Market::spot;
  request.types = {"p4d.24xlarge"};
  CHECK(hint("MaxSpotInstanceCountExceeded").find("'All P Spot Instance Requests'") != std::string::npos);
  CHECK(hint("VolumeLimitExceeded").find("EBS") != std::string::npos);
  CHECK(hint("PendingVerification").find("verified") != std::string::npos);
}

TEST_CASE("launch: a quota's refusal names it, and how far it reaches") {
  Ec2World world;
  world.fake.refuse("c5.large", "VcpuLimitExceeded");
  const auto reply = world.launch(world.request(2));
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == ErrorKind::quota);
  CHECK(reply.error().reach == Reach::family);
  CHECK(reply.error().hint.find("Running On-Demand Standard") != std::string::npos);
}

TEST_CASE("launch: a profile that is not seen yet is waited for, another wrong value is not") {
  Ec2World world;
  const auto refused_with = [&](const std::string& message) {
    world.fake.fail({.code = "InvalidParameterValue", .status = 400});
    world.spoil = [&](net::Response& response) {
      const std::size_t at = response.body.find("as the test asked");
      if (at != std::string::npos) response.body.replace(at, 17, message);
    };
    return world.launch(world.request(1)).error().kind;
  };
  CHECK(refused_with("Value (worker) for parameter iamInstanceProfile.name is invalid") == ErrorKind::eventual);
  CHECK(refused_with("Value (x) for parameter groupId is invalid") == ErrorKind::bad_request);
}
