#include "cmd/doctor/checks.hpp"

#include <tide/core/example_launch.hpp>
#include <tide/util/text.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace tide::cmd::doctor {

namespace {

using core::doubtful;
using core::failed;
using core::fine;

constexpr const char* k_batch = "batch system";

void append(core::Findings& findings, core::Findings more) {
  for (core::Finding& finding : more) findings.push_back(std::move(finding));
}

Result<std::vector<std::string>> addresses_of(const std::string& name) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &wanted, &found);
  if (code != 0) return make_error(ErrorKind::config, "'{}' does not resolve here: {}", name, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST] = {};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      addresses.emplace_back(text);
  }
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

bool all_clouds_here(const config::Config& config) {
  return std::ranges::all_of(config.clouds, [](const auto& entry) { return entry.second.kind == "local"; });
}

core::Finding examine_head_name(const config::Config& config) {
  const std::string& head = config.settings.head;
  const auto addresses = addresses_of(head);
  if (!addresses) {
    Error error = addresses.error();
    return failed("names", "head",
                  std::move(error).with_hint("Set [cluster] head to this machine's name as its nodes know it."));
  }
  const bool loopback = std::ranges::all_of(
      *addresses, [](const std::string& each) { return each.starts_with("127.") || each == "::1"; });
  const std::string text = fmt::format("'{}' is {}", head, join(*addresses, ", "));
  if (!loopback || all_clouds_here(config)) return fine("names", "head", text);
  return doubtful("names", "head", text + ": machines of a cloud cannot reach that",
                  "Nothing, if the name resolves otherwise for them; else take its 127.x line out of /etc/hosts.");
}

// The file is replaced by one that is written beside it.
core::Finding examine_table(const config::Config& config, engine::Ports& ports) {
  if (ports.names == nullptr) return fine("names", "nodes", "the batch system or DNS resolves them ([names] method)");
  const auto table = ports.names->read();
  if (!table) return failed("names", "nodes", table.error());
  const std::string& file = config.names.file;
  const std::string folder = file.substr(0, std::max<std::size_t>(file.rfind('/'), 1));
  if (::access(file.c_str(), F_OK) == 0 && ::access(file.c_str(), W_OK) == 0 && ::access(folder.c_str(), W_OK) == 0)
    return fine("names", "nodes", fmt::format("{} has {} of them", file, table->size()));
  if (::access(file.c_str(), F_OK) != 0 && ::access(folder.c_str(), W_OK) == 0)
    return fine("names", "nodes", file + " will be made");
  return failed("names", "nodes",
                make_error(ErrorKind::config, "'{}' cannot be written by this user: {}", file,
                           std::system_category().message(errno))
                    .with_hint("Run tide as root, or set [names] method = \"command\" or \"dnsmasq\"."));
}

core::Finding examine_placeholder(const std::string& cluster, const core::Pool& pool,
                                  const std::vector<core::Node>& nodes, bool hidden) {
  const std::string about = "pool '" + pool.name.value + "'";
  const auto there = std::ranges::find_if(nodes, [&](const core::Node& node) {
    return node.placeholder && node.name.value == fmt::format("{}-{}-placeholder", cluster, pool.name.value);
  });
  const bool small =
      there != nodes.end() && (there->slots < pool.slots ||
                               (there->memory_mib > 0 && there->memory_mib < pool.memory_mib - pool.memory_mib / 500));
  if (small)
    return doubtful("placeholder", about,
                    fmt::format("'{}' is smaller than the pool: jobs may be refused", there->name.value),
                    "Run: tide placeholders");
  if (there != nodes.end()) return fine("placeholder", about, there->name.value);
  if (hidden) {
    return doubtful("placeholder", about, "cannot be seen: Slurm hides nodes that never registered",
                    "Set PrivateData=cloud in slurm.conf, then run: tide placeholders");
  }
  return doubtful("placeholder", about, "none: jobs may be refused while no node is there", "Run: tide placeholders");
}

core::Finding examine_left(const std::string& about, const core::CloudTraits& traits) {
  if (!traits.machines_left && !traits.cores_left && !traits.memory_mib_left) {
    return fine("quota", about, "not told beforehand: a refusal is remembered, and 'tide explain' names the quota");
  }
  std::vector<std::string> parts;
  bool none = false;
  const auto add = [&](const std::optional<std::int64_t>& left, const char* what) {
    if (!left) return;
    parts.push_back(fmt::format("{} {}", *left, what));
    none = none || *left <= 0;
  };
  add(traits.machines_left, "machines");
  add(traits.cores_left, "cores");
  add(traits.memory_mib_left, "MiB of memory");
  const std::string text = join(parts, ", ") + " left";
  if (!none) return fine("quota", about, text);
  return failed("quota", about,
                make_error(ErrorKind::quota, "{}", text)
                    .with_hint("Ask the cloud's operator for more, or end what else runs there."));
}

core::Findings examine_cloud(const core::Settings& settings, engine::Ports& ports, cloud::Cloud& cloud,
                             const std::map<core::CloudName, core::CloudTraits>& traits) {
  const std::string about = "cloud '" + cloud.name().value + "'";
  core::Findings findings;
  std::vector<core::LaunchRequest> launches;
  for (const auto& [name, pool] : settings.pools) {
    if (pool.cloud != cloud.name()) continue;
    auto launch = core::example_launch(settings, name, ports.head, traits);
    if (launch) {
      launches.push_back(std::move(*launch));
    } else {
      findings.push_back(failed("pool", "pool '" + name.value + "'", launch.error()));
    }
  }
  const auto listed = cloud.list(settings.cluster);
  if (!listed) {
    findings.push_back(core::cloud_failed("machines", about, listed.error()));
    append(findings, cloud.examine(launches));
    return findings;
  }
  const auto foreign = std::ranges::count_if(*listed, [&](const core::Instance& each) {
    return is_live(each.state) && tag_of(each, core::tag::k_owner) != ports.head.value;
  });
  if (foreign > 0) {
    findings.push_back(
        failed("machines", about,
               make_error(ErrorKind::refused, "{} of this cluster belong{} to another head",
                          counted(foreign, "machine"), foreign == 1 ? "s" : "")
                   .with_hint("If that head is gone: tide takeover --from HEAD; 'tide info' names it.")));
  } else {
    findings.push_back(fine("machines", about, fmt::format("{} of this cluster", listed->size())));
  }
  append(findings, cloud.examine(launches));
  findings.push_back(examine_left(about, cloud.limits()));
  return findings;
}

}  // namespace

core::Findings examine_names(const config::Config& config, engine::Ports& ports) {
  return {examine_head_name(config), examine_table(config, ports)};
}

core::Findings ask_batch(const core::Settings& settings, engine::Ports& ports) {
  const auto server = ports.batch.server();
  if (!server) return {failed("server", k_batch, server.error())};
  core::Findings findings{
      fine("server", k_batch,
           fmt::format("{} {}, '{}': others' jobs are seen", settings.batch, server->version, server->name))};
  if (server->fresh) {
    findings.push_back(
        doubtful("server", k_batch, "it came up just now: its nodes prove nothing yet", "Wait for some minutes."));
  }
  const auto jobs = ports.batch.jobs(false);
  findings.push_back(jobs ? fine("jobs", k_batch, fmt::format("read whole: {}", jobs->proof))
                          : failed("jobs", k_batch, jobs.error()));
  const auto nodes = ports.batch.nodes();
  findings.push_back(nodes ? fine("nodes", k_batch, fmt::format("{} listed", nodes->size()))
                           : failed("nodes", k_batch, nodes.error()));
  append(findings, ports.batch.examine(settings));
  const core::BatchTraits traits = ports.batch.traits();
  if (traits.hides_unregistered) {
    findings.push_back(
        doubtful("hidden", k_batch, "it hides nodes until they register: what boots is seen only in 'tide info'",
                 "Set PrivateData=cloud in slurm.conf (it shows them, despite its name), then: scontrol reconfigure"));
  }
  if (!nodes || traits.entries == core::NodeEntries::by_themselves) return findings;
  for (const auto& [name, pool] : settings.pools)
    findings.push_back(examine_placeholder(settings.cluster, pool, *nodes, traits.hides_unregistered));
  return findings;
}

// A batch system that takes too long to answer is one that cannot be read.
core::Findings examine_batch(const core::Settings& settings, engine::Ports& ports) {
  core::Findings findings = ask_batch(settings, ports);
  for (core::Finding& finding : findings) {
    if (finding.exit == core::ExitCode::timeout) finding.exit = core::ExitCode::batch;
  }
  return findings;
}

core::Findings examine_clouds(const core::Settings& settings, engine::Ports& ports) {
  std::map<core::CloudName, core::CloudTraits> traits;
  for (const auto& [name, cloud] : ports.clouds) traits.emplace(name, cloud->limits());
  core::Findings findings;
  for (const auto& [name, cloud] : ports.clouds) append(findings, examine_cloud(settings, ports, *cloud, traits));
  return findings;
}

core::Findings examine_all(Context& context) {
  constexpr Seconds k_patience{120};
  core::Findings findings = examine_config(context);
  const auto config = context.config();
  if (!config) return findings;
  append(findings, examine_host(**config));
  const auto ports = context.ports(false);
  if (!ports) {
    findings.push_back(failed("start", "", ports.error()));
    return findings;
  }
  if ((*ports)->begin_pass) (*ports)->begin_pass(k_patience);
  append(findings, examine_names(**config, **ports));
  append(findings, examine_batch(context.settings(), **ports));
  append(findings, examine_clouds(context.settings(), **ports));
  return findings;
}

}  // namespace tide::cmd::doctor
