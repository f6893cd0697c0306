#include <tide/cloud/ec2/quotas.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tide::cloud::ec2 {
namespace {

struct Family {
  std::string_view letters;
  std::string_view name;
};

constexpr std::array k_families{
    Family{"a", "Standard"},  Family{"c", "Standard"},    Family{"d", "Standard"},  Family{"h", "Standard"},
    Family{"i", "Standard"},  Family{"im", "Standard"},   Family{"is", "Standard"}, Family{"m", "Standard"},
    Family{"r", "Standard"},  Family{"t", "Standard"},    Family{"z", "Standard"},  Family{"g", "G and VT"},
    Family{"gr", "G and VT"}, Family{"vt", "G and VT"},   Family{"f", "F"},         Family{"p", "P"},
    Family{"x", "X"},         Family{"inf", "Inf"},       Family{"trn", "Trn"},     Family{"dl", "DL"},
    Family{"hpc", "HPC"},     Family{"u", "High Memory"},
};

// As the console of Service Quotas writes it.
std::string quota_of(const core::LaunchRequest& request) {
  std::string family = family_of(request.types.empty() ? "" : request.types.front());
  if (family.empty()) return "vCPUs of running instances";
  if (family == "Standard") family += " (A, C, D, H, I, M, R, T, Z)";
  return request.market == core::Market::spot ? fmt::format("All {} Spot Instance Requests", family)
                                              : fmt::format("Running On-Demand {} instances", family);
}

}  // namespace

std::string family_of(const std::string& type) {
  const auto end = std::ranges::find_if(type, [](char c) { return c < 'a' || c > 'z'; });
  const std::string letters(type.begin(), end);
  const auto known = std::ranges::find(k_families, letters, &Family::letters);
  return known == k_families.end() ? letters : std::string(known->name);
}

std::string quota_hint(const std::string& code, const core::LaunchRequest& request, const std::string& region) {
  const auto ask = [&](const std::string& what) {
    return fmt::format("Ask AWS for more of {} in {}, or lower [pools.{}] max.", what, region, request.pool.value);
  };
  if (code == "VolumeLimitExceeded") return ask("the EBS quota 'Storage' of the volumes' type");
  if (code == "NetworkInterfaceLimitExceeded") return ask("the VPC quota 'Network interfaces per Region'");
  if (code == "AddressLimitExceeded") return ask("the EC2 quota 'EC2-VPC Elastic IPs'");
  if (code == "PendingVerification") return "Wait until AWS has verified the account, or ask its support.";
  if (code == "OptInRequired") return "Subscribe the account to what the image or service asks for.";
  return ask("the EC2 quota '" + quota_of(request) + "' (vCPUs)");
}

}  // namespace tide::cloud::ec2
