#include <tide/cloud/aws/endpoints.hpp>

#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::cloud::aws {
namespace {

struct Partition {
  std::string_view id;
  std::string_view prefix;  // of its regions' names
  std::string_view suffix;
  std::string_view dual_suffix;  // "": it has no dual stack
};

// botocore's partitions.json. The longest prefixes first; the last one takes the rest.
constexpr std::array k_partitions{
    Partition{"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    Partition{"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws"},
    Partition{"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    Partition{"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    Partition{"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    Partition{"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    Partition{"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    Partition{"aws", "", "amazonaws.com", "api.aws"},
};

// Regions that had the global endpoint of STS before they had their own.
constexpr std::array<std::string_view, 16> k_legacy_sts{
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "aws-global", "ca-central-1",
    "eu-central-1",   "eu-north-1", "eu-west-1",      "eu-west-2",      "eu-west-3",  "sa-east-1",
    "us-east-1",      "us-east-2",  "us-west-1",      "us-west-2"};

const Partition& partition_of(std::string_view region) {
  return *std::ranges::find_if(k_partitions, [&](const Partition& each) { return region.starts_with(each.prefix); });
}

bool is_true(const std::string& text) { return to_lower(text) == "true"; }

// The environment's word, else the profile's.
std::string either(const Surroundings& around, const char* name, const std::string& key) {
  std::string value = variable(around.environment, {name});
  if (value.empty() && around.profile != nullptr) value = setting(around.profile->settings, key);
  return value;
}

}  // namespace

bool is_region(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string real_region(const std::string& region) {
  if (region.starts_with("fips-")) return region.substr(5);
  return region.ends_with("-fips") ? region.substr(0, region.size() - 5) : region;
}

Result<std::string> default_endpoint(const std::string& service, const std::string& region, EndpointVariant variant) {
  const std::string plain = real_region(region);
  variant.fips = variant.fips || plain != region;
  const Partition& partition = partition_of(plain);
  if (service == "sts" && plain == "aws-global" && variant == EndpointVariant{})
    return std::string("https://sts.amazonaws.com/");
  // GovCloud's plain endpoints of these two are FIPS ones already.
  const bool is_fips_anyway = partition.id == "aws-us-gov" && !variant.dual_stack && service != "sso";
  std::string host = service == "sso" ? "portal.sso" : service;
  if (variant.fips && !is_fips_anyway) host += "-fips";
  const std::string_view suffix = variant.dual_stack ? partition.dual_suffix : partition.suffix;
  if (suffix.empty()) {
    return make_error(ErrorKind::config, "region '{}' has no dual-stack endpoints", printable(region, 60))
        .with_hint("Take use_dualstack_endpoint out, or name the endpoint.");
  }
  return "https://" + host + "." + plain + "." + std::string(suffix) + "/";
}

std::string find_region(const Surroundings& around) {
  std::string region = variable(around.environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (region.empty() && around.profile != nullptr) region = setting(around.profile->settings, "region");
  return region;
}

Result<std::string> find_endpoint(const std::string& service, const Surroundings& around) {
  if (is_true(either(around, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))) {
    return std::string();
  }
  std::string name = "AWS_ENDPOINT_URL_";
  for (const char c : service) name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  std::string url = variable(around.environment, {name.c_str(), "AWS_ENDPOINT_URL"});
  if (!url.empty() || around.profile == nullptr) return url;
  const Settings& settings = around.profile->settings;
  if (const std::string section = setting(settings, "services"); !section.empty() && around.profiles != nullptr) {
    const Settings* services = around.profiles->services(section);
    if (services == nullptr) {
      return make_error(ErrorKind::config, "the profile's services = '{}' has no section in {}", printable(section, 60),
                        around.profiles->files().named())
          .with_hint("Add [services " + printable(section, 60) + "] there, or take the line out.");
    }
    url = setting(*services, service + ".endpoint_url");
  }
  return url.empty() ? setting(settings, "endpoint_url") : url;
}

EndpointVariant find_variant(const Surroundings& around) {
  return {.fips = is_true(either(around, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")),
          .dual_stack = is_true(either(around, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"))};
}

std::string find_ca_file(const Surroundings& around) { return either(around, "AWS_CA_BUNDLE", "ca_bundle"); }

Result<StsPlace> find_sts(const std::string& region, EndpointVariant variant, const Surroundings& around) {
  StsPlace place{.endpoint = {}, .region = region};
  TIDE_TRY_ASSIGN(place.endpoint, find_endpoint("sts", around));
  if (!place.endpoint.empty()) return place;
  const std::string style = either(around, "AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints");
  if (style == "legacy" && variant == EndpointVariant{} &&
      std::ranges::find(k_legacy_sts, region) != k_legacy_sts.end()) {
    return StsPlace{.endpoint = "https://sts.amazonaws.com/", .region = "us-east-1"};
  }
  TIDE_TRY_ASSIGN(place.endpoint, default_endpoint("sts", region, variant));
  return place;
}

}  // namespace tide::cloud::aws
