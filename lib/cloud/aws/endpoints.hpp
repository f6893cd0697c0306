#pragma once

#include <tide/cloud/aws/profiles.hpp>
#include <tide/util/result.hpp>

#include <string>

namespace tide::cloud::aws {

struct EndpointVariant {
  bool fips = false;
  bool dual_stack = false;

  bool operator==(const EndpointVariant&) const = default;
};

// "https://ec2.eu-central-1.amazonaws.com/": a service ("ec2", "sts", "sso") of a region, by the rule of the region's
// partition. A region of no partition is taken for one of the first, as botocore does. Dual stack where the partition
// has none is an error of kind config.
Result<std::string> default_endpoint(const std::string& service, const std::string& region, EndpointVariant variant);

// What the environment and the profile say, besides keys. `profile` may be null.
struct Surroundings {
  const Environment& environment;
  const Profiles* profiles = nullptr;
  const Profile* profile = nullptr;
};

// AWS_REGION, AWS_DEFAULT_REGION, the profile's; "" if none says.
std::string find_region(const Surroundings& around);
// AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's `services` section, its endpoint_url; "" if none says or
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true. A `services` section that is not there is an error of kind config.
Result<std::string> find_endpoint(const std::string& service, const Surroundings& around);
// AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, else the profile's.
EndpointVariant find_variant(const Surroundings& around);
// AWS_CA_BUNDLE, else the profile's ca_bundle.
std::string find_ca_file(const Surroundings& around);

// "us-east-1" of "fips-us-east-1" and "us-east-1-fips", the old way to ask for FIPS; others as they are.
std::string real_region(const std::string& region);

// Only what goes into a host name and a signature.
bool is_region(std::string_view text);

struct StsPlace {
  std::string endpoint;
  std::string region;  // of the signature

  bool operator==(const StsPlace&) const = default;
};

// Where the roles of a region are given: as find_endpoint() says, else the region's own endpoint, or the global one
// with sts_regional_endpoints = legacy in the regions that are older than the regional ones.
Result<StsPlace> find_sts(const std::string& region, EndpointVariant variant, const Surroundings& around);

}  // namespace tide::cloud::aws
