#include <tide/cloud/ec2/ec2_cloud.hpp>
#include <tide/cloud/registry.hpp>
#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::cloud {

extern const Factory k_ec2_factory;

namespace {

using config::KeySpec;
using config::KeyType;

constexpr KeySpec k_cloud_keys[]{
    {.section = "clouds.*",
     .name = "region",
     .help = "The region, as in eu-central-1; part of every signature.",
     .required = true},
    {.section = "clouds.*",
     .name = "endpoint",
     .help = "URL of the API, with its path; default: AWS's own of the region."},
    {.section = "clouds.*", .name = "ca_file", .help = "Certificates to trust instead of the system's, as PEM."},
    {.section = "clouds.*", .name = "proxy", .help = "URL of an HTTP proxy."},
    {.section = "clouds.*",
     .name = "profile",
     .help = "Profile in the AWS credentials and config files; it beats the environment's keys."},
    {.section = "clouds.*",
     .name = "credentials_file",
     .help = "Credentials file, so that cron finds the same; default ~/.aws/credentials."},
};

constexpr KeySpec k_pool_keys[]{
    {.section = "pools.*", .name = "key", .help = "Name of the SSH key pair."},
    {.section = "pools.*",
     .name = "subnets",
     .type = KeyType::list,
     .help = "Subnet IDs; a launch goes into one of them."},
    {.section = "pools.*",
     .name = "security_groups",
     .type = KeyType::list,
     .help = "Security groups by ID; by name only in the default VPC."},
    {.section = "pools.*",
     .name = "disk",
     .type = KeyType::size,
     .help = "Size of the root disk; default: the image's."},
    {.section = "pools.*",
     .name = "instance_profile",
     .help = "Instance profile by name or ARN; default none, so that no job gets its rights."},
};

// Only what goes into a host name.
bool is_region(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

std::string endpoint_of(const std::string& region) {
  return "https://ec2." + region + ".amazonaws.com" + (region.starts_with("cn-") ? ".cn/" : "/");
}

Result<std::unique_ptr<Cloud>> make(const config::Config& config, const config::CloudSettings& cloud,
                                    const Host& host) {
  aws::Service service{
      .cloud = cloud.name.value,
      .name = "ec2",
      .region = cloud.option("region"),
      .endpoint = cloud.option("endpoint"),
      .version = "2016-11-15",
      .ca_file = cloud.option("ca_file"),
      .proxy = cloud.option("proxy"),
      .credentials = {.profile = cloud.option("profile"), .credentials_file = cloud.option("credentials_file")}};
  if (!is_region(service.region)) {
    return make_error(ErrorKind::config, "{}: [clouds.{}] region = '{}' is no region", cloud.where, service.cloud,
                      printable(service.region, 60))
        .with_hint("Set region = \"eu-central-1\", or where the machines shall be.");
  }
  if (service.endpoint.empty()) service.endpoint = endpoint_of(service.region);
  if (const auto url = net::split_url(service.endpoint); !url || !url->query.empty()) {
    return make_error(ErrorKind::config, "{}: [clouds.{}] endpoint = '{}' is no URL of an API", cloud.where,
                      service.cloud, printable(net::redact_url(service.endpoint), 120))
        .with_hint("Write it as https://ec2.example.org:8773/services/Cloud.");
  }
  ec2::Ec2Cloud::Options options{.service = std::move(service), .address_of_pool = {}};
  for (const auto& [name, pool] : config.settings.pools) options.address_of_pool[name.value] = pool.address;
  return std::unique_ptr<Cloud>(
      std::make_unique<ec2::Ec2Cloud>(std::move(options), host.environment, host.transport, host.clock));
}

}  // namespace

const Factory k_ec2_factory{.kind = "ec2", .cloud_keys = k_cloud_keys, .pool_keys = k_pool_keys, .make = make};

}  // namespace tide::cloud
