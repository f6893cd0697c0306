#include "cloud_stand.hpp"

#include <cstdlib>

namespace tide::test {

std::span<const CloudStandSpec> cloud_stands() {
  static const std::vector<CloudStandSpec> k_all = [] {
    std::vector<CloudStandSpec> all{
        {"ec2", "fake", make_ec2_stand},
        {"local", "processes", make_local_stand},
        {"nova", "fake", make_nova_stand},
    };
    // Set by tests/conformance/cloud_loopback.sh and tests/real/moto/test_conformance.sh.
    if (std::getenv("TIDE_TEST_EC2") != nullptr) all.push_back({"ec2", "gate", make_ec2_gate_stand});
    return all;
  }();
  return k_all;
}

}  // namespace tide::test
