#include <tide/cloud/aws/credential_chain.hpp>
#include <tide/cloud/aws/endpoints.hpp>
#include <tide/cloud/ec2/ec2_cloud.hpp>
#include <tide/cloud/ec2/launch_call.hpp>
#include <tide/cloud/ec2/quotas.hpp>
#include <tide/cloud/registry.hpp>
#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace tide::cloud {

extern const Factory k_ec2_factory;

namespace {

using config::KeySpec;
using config::KeyType;

constexpr KeySpec k_cloud_keys[]{
    {.section = "clouds.*",
     .name = "region",
     .help = "The region, as in eu-central-1; default: AWS_REGION, AWS_DEFAULT_REGION, the profile's."},
    {.section = "clouds.*",
     .name = "endpoint",
     .help =
         "URL of the API, with its path; default: AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL, the profile's, AWS's own."},
    {.section = "clouds.*",
     .name = "sts_endpoint",
     .help = "URL of the STS that gives roles; default: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, the region's own."},
    {.section = "clouds.*",
     .name = "ssm_endpoint",
     .help =
         "URL of SSM, for images named by a parameter; default: AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL, AWS's own."},
    {.section = "clouds.*",
     .name = "use_fips_endpoint",
     .type = KeyType::flag,
     .help = "AWS's FIPS endpoints; default: AWS_USE_FIPS_ENDPOINT, the profile's."},
    {.section = "clouds.*",
     .name = "use_dualstack_endpoint",
     .type = KeyType::flag,
     .help = "AWS's endpoints with IPv6; default: AWS_USE_DUALSTACK_ENDPOINT, the profile's."},
    {.section = "clouds.*",
     .name = "signature",
     .type = KeyType::choice,
     .fallback = "v4",
     .choices = "v4|v2",
     .help = "How requests are signed; v2 for servers that know only that."},
    {.section = "clouds.*",
     .name = "ca_file",
     .help = "Certificates to trust instead of the system's, as PEM; default: AWS_CA_BUNDLE, the profile's ca_bundle."},
    {.section = "clouds.*",
     .name = "proxy",
     .help = "URL of an HTTP proxy; default: HTTPS_PROXY and NO_PROXY; the metadata services are asked without."},
    {.section = "clouds.*",
     .name = "rates",
     .type = KeyType::list,
     .help =
         "Calls at once/a second by kind, over all tide processes of the host; default: \"read 100/20\", \"run 5/2\", "
         "\"machines 1000/2\", \"end 100/5\", \"other 50/5\"; \"none\": no limit."},
    {.section = "clouds.*",
     .name = "reservations",
     .type = KeyType::flag,
     .fallback = "false",
     .help = "Ask each hour what is reserved and not in use: such types are chosen first; caps count full prices."},
    {.section = "clouds.*",
     .name = "profile",
     .help = "Profile in the AWS credentials and config files; it beats the environment's keys."},
    {.section = "clouds.*",
     .name = "credentials_file",
     .help = "Credentials file, so that cron finds the same; default ~/.aws/credentials."},
    {.section = "clouds.*",
     .name = "config_file",
     .help = "Config file with profiles; default ~/.aws/config, but none beside a credentials_file."},
    {.section = "clouds.*", .name = "access_key_env", .help = "Environment variable that holds the access key's ID."},
    {.section = "clouds.*", .name = "secret_key_env", .help = "Environment variable that holds the secret access key."},
    {.section = "clouds.*",
     .name = "session_token_env",
     .help = "Environment variable that holds the session token, for temporary keys."},
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
     .name = "image_owners",
     .type = KeyType::list,
     .help = "Whose images image = \"name:PATTERN\" may choose from: account IDs, self, amazon, aws-marketplace."},
    {.section = "pools.*",
     .name = "launch_template",
     .help = "Launch template, NAME-or-ID or NAME-or-ID:VERSION; what the pool says wins over it."},
    {.section = "pools.*", .name = "placement_group", .help = "Name of the placement group that its machines share."},
    {.section = "pools.*",
     .name = "capacity_reservation",
     .help = "open, none, or the ID of a capacity reservation; default: EC2's own, open."},
    {.section = "pools.*",
     .name = "fleet",
     .type = KeyType::flag,
     .fallback = "false",
     .help = "Ask for all types and subnets in one CreateFleet call a machine; needs launch_template."},
    {.section = "pools.*",
     .name = "spot",
     .type = KeyType::choice,
     .choices = "market-options|request",
     .help = "How spot machines are asked for; request: one-time spot requests, for servers that know only those."},
    {.section = "pools.*",
     .name = "instance_profile",
     .help = "Instance profile by name or ARN; default none, so that no job gets its rights."},
};

// The option where it is written, else what the surroundings say.
bool flag(const config::CloudSettings& cloud, const char* key, bool otherwise) {
  const std::string& text = cloud.option(key);
  return text.empty() ? otherwise : text == "true";
}

Result<void> check_url(const config::CloudSettings& cloud, const char* key, const std::string& text) {
  if (const auto url = net::split_url(text); url && url->query.empty()) return {};
  return make_error(ErrorKind::config, "{}: [clouds.{}] {} = '{}' is no URL of an API", cloud.where, cloud.name.value,
                    key, printable(net::redact_url(text), 120))
      .with_hint("Write it as https://ec2.example.org:8773/services/Cloud.");
}

Result<void> check_key_variables(const config::CloudSettings& cloud) {
  const bool id = !cloud.option("access_key_env").empty();
  const bool secret = !cloud.option("secret_key_env").empty();
  const bool elsewhere = !cloud.option("profile").empty() || !cloud.option("credentials_file").empty();
  const bool token = !cloud.option("session_token_env").empty();
  if (id != secret || (token && !id)) {
    return make_error(ErrorKind::config, "{}: [clouds.{}] names only part of a key", cloud.where, cloud.name.value)
        .with_hint("Set both access_key_env and secret_key_env.");
  }
  if (!id || !elsewhere) return {};
  return make_error(ErrorKind::config, "{}: [clouds.{}] has access_key_env and a profile or credentials_file",
                    cloud.where, cloud.name.value)
      .with_hint("Keep one: the variables, or the profile.");
}

// What the AWS tools' files say. A file that cannot be read is told with the first call, which reads it again: the
// configuration may be checked by somebody who may not read the keys.
struct Found {
  std::optional<aws::Profiles> profiles;
  std::optional<Error> unreadable;
  const aws::Profile* profile = nullptr;
};

Found find_profile(const config::CloudSettings& cloud, const aws::Environment& environment) {
  Found found;
  const auto files =
      aws::ProfileFiles::find(cloud.option("credentials_file"), cloud.option("config_file"), environment);
  if (!files) return found;  // no HOME, so no files
  auto profiles = aws::Profiles::read(*files);
  if (!profiles) {
    found.unreadable = std::move(profiles).error();
    return found;
  }
  found.profiles = std::move(*profiles);
  const std::string name = aws::named_profile(cloud.option("profile"), environment);
  found.profile = found.profiles->find(name.empty() ? "default" : name);
  return found;
}

Result<std::string> region_of(const config::CloudSettings& cloud, const aws::Surroundings& around, const Found& found) {
  std::string region = cloud.option("region");
  if (region.empty()) region = aws::find_region(around);
  if (aws::is_region(region)) return region;
  if (found.unreadable && region.empty()) {
    Error error = *found.unreadable;
    error.kind = ErrorKind::config;
    return std::move(error).with_context("while looking for the region of [clouds." + cloud.name.value + "]");
  }
  return make_error(ErrorKind::config, "{}: [clouds.{}] region = '{}' is no region", cloud.where, cloud.name.value,
                    printable(region, 60))
      .with_hint("Set region = \"eu-central-1\", or where the machines shall be.");
}

Result<std::string> endpoint_of(const config::CloudSettings& cloud, const std::string& region,
                                aws::EndpointVariant variant, const aws::Surroundings& around) {
  std::string endpoint = cloud.option("endpoint");
  if (endpoint.empty()) {
    TIDE_TRY_ASSIGN(endpoint, aws::find_endpoint("ec2", around));
  }
  if (endpoint.empty()) {
    TIDE_TRY_ASSIGN(endpoint, aws::default_endpoint("ec2", region, variant));
  }
  TIDE_TRY(check_url(cloud, "endpoint", endpoint));
  return endpoint;
}

// "" where no pool names its image by a parameter: not every region has such an endpoint of every kind.
Result<std::string> ssm_endpoint_of(const config::Config& config, const config::CloudSettings& cloud,
                                    const std::string& region, const aws::EndpointVariant& variant,
                                    const aws::Surroundings& around) {
  const bool wanted = std::ranges::any_of(config.settings.pools, [&](const auto& entry) {
    return entry.second.cloud == cloud.name && entry.second.image.starts_with("ssm:");
  });
  std::string endpoint = cloud.option("ssm_endpoint");
  if (!endpoint.empty()) TIDE_TRY(check_url(cloud, "ssm_endpoint", endpoint));
  if (!endpoint.empty() || !wanted) return endpoint;
  TIDE_TRY_ASSIGN(endpoint, aws::find_endpoint("ssm", around));
  return endpoint.empty() ? aws::default_endpoint("ssm", region, variant) : Result<std::string>(std::move(endpoint));
}

Result<std::unique_ptr<Cloud>> make(const config::Config& config, const config::CloudSettings& cloud,
                                    const Host& host) {
  TIDE_TRY(check_key_variables(cloud));
  const Found found = find_profile(cloud, host.environment);
  const aws::Surroundings around{host.environment, found.profiles ? &*found.profiles : nullptr, found.profile};
  aws::EndpointVariant variant = aws::find_variant(around);
  variant.fips = flag(cloud, "use_fips_endpoint", variant.fips);
  variant.dual_stack = flag(cloud, "use_dualstack_endpoint", variant.dual_stack);
  aws::Service service{.cloud = cloud.name.value,
                       .name = "ec2",
                       .region = {},
                       .endpoint = {},
                       .version = "2016-11-15",
                       .ca_file = cloud.option("ca_file"),
                       .proxy = cloud.option("proxy")};
  TIDE_TRY_ASSIGN(const std::string region, region_of(cloud, around, found));
  service.region = aws::real_region(region);
  variant.fips = variant.fips || service.region != region;
  TIDE_TRY_ASSIGN(service.endpoint, endpoint_of(cloud, service.region, variant, around));
  TIDE_TRY_ASSIGN(std::string ssm_endpoint, ssm_endpoint_of(config, cloud, service.region, variant, around));
  if (cloud.option("signature") == "v2") service.signature = aws::SignatureVersion::v2;
  if (service.ca_file.empty()) service.ca_file = aws::find_ca_file(around);
  if (!cloud.option("sts_endpoint").empty()) TIDE_TRY(check_url(cloud, "sts_endpoint", cloud.option("sts_endpoint")));
  const aws::CredentialOptions from{.cloud = cloud.name.value,
                                    .region = service.region,
                                    .profile = cloud.option("profile"),
                                    .credentials_file = cloud.option("credentials_file"),
                                    .config_file = cloud.option("config_file"),
                                    .access_key_env = cloud.option("access_key_env"),
                                    .secret_key_env = cloud.option("secret_key_env"),
                                    .session_token_env = cloud.option("session_token_env"),
                                    .sts_endpoint = cloud.option("sts_endpoint"),
                                    .ca_file = service.ca_file,
                                    .proxy = service.proxy,
                                    .variant = variant};
  TIDE_TRY_ASSIGN(const aws::Rates rates, rates_of(cloud, aws::parse_rates));
  auto credentials = std::make_shared<aws::CredentialChain>(
      from, host.environment, aws::CredentialPorts{host.transport, host.runner, host.clock, host.random});
  ec2::Ec2Cloud::Options options{.service = std::move(service),
                                 .address_of_pool = {},
                                 .pace = {host.limiter, rates},
                                 .ssm_endpoint = std::move(ssm_endpoint),
                                 .reservations = flag(cloud, "reservations", false)};
  for (const auto& [name, pool] : config.settings.pools) {
    if (pool.cloud != cloud.name) continue;
    options.address_of_pool[name.value] = pool.address;
    options.keeps_stopped = options.keeps_stopped || pool.keep_stopped > 0;
    if (const auto fleet = pool.options.find("fleet"); fleet != pool.options.end() && fleet->second.front() == "true")
      options.fleets.push_back(name);
    for (const std::string& place : pool.zones) {
      const bool known = std::ranges::find(options.subnets, place) != options.subnets.end();
      if (place.starts_with("subnet-") && !known) options.subnets.push_back(place);
    }
    const auto spot = pool.options.find(ec2::key::k_spot);
    if (spot != pool.options.end() && spot->second.front() == "request") options.spot_requests.push_back(name);
    for (const std::string& type : pool.types) options.families[type] = ec2::family_of(type);
  }
  return std::unique_ptr<Cloud>(
      std::make_unique<ec2::Ec2Cloud>(std::move(options), std::move(credentials), host.transport, host.clock));
}

}  // namespace

const Factory k_ec2_factory{
    .kind = "ec2", .cloud_keys = k_cloud_keys, .pool_keys = k_pool_keys, .make = make, .tells_types = true};

}  // namespace tide::cloud
