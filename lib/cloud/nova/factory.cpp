#include <tide/cloud/nova/nova_cloud.hpp>
#include <tide/cloud/registry.hpp>
#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <array>
#include <memory>

namespace tide::cloud {

extern const Factory k_nova_factory;

namespace {

using config::KeySpec;
using config::KeyType;

constexpr KeySpec k_cloud_keys[]{
    {.section = "clouds.*",
     .name = "cloud",
     .help = "Entry of clouds.yaml; default: OS_CLOUD, else the environment's OS_*, else the file's only entry."},
    {.section = "clouds.*",
     .name = "clouds_file",
     .help = "clouds.yaml, with secure.yaml and clouds-public.yaml beside it; default: where openstackclient looks."},
    {.section = "clouds.*", .name = "region", .help = "The region; default: the entry's region_name."},
    {.section = "clouds.*",
     .name = "interface",
     .type = KeyType::choice,
     .choices = "public|internal|admin",
     .help = "Which endpoints of the catalogue; default: the entry's interface, else public."},
    {.section = "clouds.*", .name = "endpoint", .help = "URL of compute, instead of the catalogue's."},
    {.section = "clouds.*",
     .name = "ca_file",
     .help = "Certificates to trust instead of the system's, as PEM; default: the entry's cacert."},
    {.section = "clouds.*", .name = "proxy", .help = "URL of an HTTP proxy."},
    {.section = "clouds.*",
     .name = "rates",
     .type = KeyType::list,
     .help = "Calls at once/a second by kind (read, launch, end, other), over all tide processes of the host, as "
             "\"launch 20/5\"; default: no limit."},
    {.section = "clouds.*",
     .name = "insecure",
     .type = KeyType::flag,
     .fallback = "false",
     .help = "Certificates are not verified. An entry's verify = false is refused without it."},
};

constexpr KeySpec k_pool_keys[]{
    {.section = "pools.*", .name = "key", .help = "Name of the SSH key pair."},
    {.section = "pools.*",
     .name = "networks",
     .type = KeyType::list,
     .help = "Networks by name or ID; default: the project's only one, none if it sees none."},
    {.section = "pools.*",
     .name = "security_groups",
     .type = KeyType::list,
     .help = "Security groups by name or ID; default: the project's default group."},
    {.section = "pools.*",
     .name = "zones",
     .type = KeyType::list,
     .help = "Availability zones; a launch goes into one of them. Default: the cloud chooses."},
    {.section = "pools.*",
     .name = "disk",
     .type = KeyType::size,
     .help = "Boot from a new volume of this size, which ends with its machine; default: the flavor's own disk."},
    {.section = "pools.*",
     .name = "server_group",
     .help = "Server group by name or ID: its policy places the machines (affinity for MPI, soft-anti-affinity)."},
    {.section = "pools.*",
     .name = "floating_network",
     .help = "External network by name or ID: each machine gets a floating IP of it, given back once the machine has "
             "ended; default: none."},
    {.section = "pools.*",
     .name = "config_drive",
     .type = KeyType::flag,
     .fallback = "false",
     .help = "User data on a drive of the machine too, for networks without the metadata service."},
};

Result<void> check_url(const config::CloudSettings& cloud, const char* key) {
  const std::string& text = cloud.option(key);
  if (text.empty()) return {};
  if (const auto url = net::split_url(text); url && url->query.empty()) return {};
  return make_error(ErrorKind::config, "{}: [clouds.{}] {} = '{}' is no URL", cloud.where, cloud.name.value, key,
                    printable(net::redact_url(text), 120))
      .with_hint("Write it as https://compute.example.org:8774/v2.1.");
}

Result<std::unique_ptr<Cloud>> make(const config::Config& config, const config::CloudSettings& cloud,
                                    const Host& host) {
  TIDE_TRY(check_url(cloud, "endpoint"));
  TIDE_TRY(check_url(cloud, "proxy"));
  const openstack::AuthOptions from{.cloud = cloud.option("cloud"),
                                    .clouds_file = cloud.option("clouds_file"),
                                    .region = cloud.option("region"),
                                    .interface = cloud.option("interface"),
                                    .endpoint = cloud.option("endpoint"),
                                    .ca_file = cloud.option("ca_file"),
                                    .proxy = cloud.option("proxy"),
                                    .insecure = cloud.option("insecure") == "true"};
  // A file that this user may not read is told with the first call: the configuration may be checked by somebody who
  // may not read the secret.
  if (const auto now = openstack::find_auth(from, host.environment); !now && now.error().kind == ErrorKind::config) {
    Error error = now.error();
    error.message = cloud.where + ": [clouds." + cloud.name.value + "]: " + error.message;
    return error;
  }
  TIDE_TRY_ASSIGN(const openstack::Rates rates, rates_of(cloud, openstack::parse_rates));
  nova::NovaCloud::Options options{
      .name = cloud.name,
      .session = {.cloud = cloud.name.value,
                  .cache = config.state_dir.empty() ? "" : config.state_dir + "/tokens/" + cloud.name.value + ".json",
                  .page = "nova.md",
                  .pace = {host.limiter, rates}},
      .address_of_pool = {},
      .floating_of_pool = {}};
  for (const auto& [name, pool] : config.settings.pools) {
    options.address_of_pool[name.value] = pool.address;
    const auto network = pool.options.find(nova::key::k_floating_network);
    const bool floats = pool.cloud == cloud.name && network != pool.options.end() && !network->second.empty();
    if (floats) options.floating_of_pool[name.value] = network->second.front();
  }
  const auto source = [from, environment = host.environment] { return openstack::find_auth(from, environment); };
  return std::unique_ptr<Cloud>(
      std::make_unique<nova::NovaCloud>(std::move(options), source, host.transport, host.clock));
}

}  // namespace

const Factory k_nova_factory{.kind = "nova", .cloud_keys = k_cloud_keys, .pool_keys = k_pool_keys, .make = make};

}  // namespace tide::cloud
