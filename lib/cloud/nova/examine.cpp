#include <tide/cloud/nova/nova_cloud.hpp>
#include <tide/net/retry.hpp>
#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

// What `tide doctor` asks of Nova: beside the lookups of a launch, what it leaves Nova to find.
namespace tide::cloud::nova {
namespace {

using core::cloud_failed;
using core::doubtful;
using core::fine;

std::string about_pool(const core::LaunchRequest& request) { return "pool '" + request.pool.value + "'"; }

core::Finding line(const std::string& check, const std::string& about, const std::string& name,
                   const Result<std::string>& found) {
  if (!found) return cloud_failed(check, about, found.error());
  return fine(check, about, *found == name || found->empty() ? name : name + " (" + *found + ")");
}

// What a launch leaves Nova to find: where only the doctor may not look, it may work all the same.
core::Finding line_or_doubt(const std::string& check, const std::string& about, const std::string& name,
                            const Result<std::string>& found, const std::string& call) {
  if (found || found.error().kind != ErrorKind::auth) return line(check, about, name, found);
  return doubtful(check, about, printable(name, 80) + ": may not be looked up with these credentials",
                  "Nothing, or allow the doctor " + call + ": a launch may work all the same.");
}

}  // namespace

Result<std::string> Lookup::image_there(const std::string& id, const std::string& name, const std::string& pool) {
  const openstack::Answer answer = m_session.call({.service = "image", .path = "/images/" + net::percent_encode(id)});
  if (answer.reply) return id;
  if (answer.status != 404) return answer.reply.error();
  return make_error(ErrorKind::config, "[pools.{}] image = '{}': cloud '{}' has no such image", pool,
                    printable(name, 80), m_cloud)
      .with_hint("Run 'openstack image list'.");
}

Result<std::string> Lookup::key_there(const std::string& name, const std::string& pool) {
  const openstack::Answer answer = m_session.call({.path = "/os-keypairs/" + net::percent_encode(name)});
  if (answer.reply) return name;
  if (!answer.unknown) return answer.reply.error();
  return make_error(ErrorKind::config, "[pools.{}] key = '{}': cloud '{}' has no such key pair of this user", pool,
                    printable(name, 80), m_cloud)
      .with_hint("Run 'openstack keypair list'; key pairs belong to a user, not to a project.");
}

Result<std::string> Lookup::group_there(const std::string& name, const std::string& pool) {
  TIDE_TRY_ASSIGN(const auto found, items({.service = "network", .path = "/security-groups"}, "security_groups"));
  return only(found, "security group", name, "[pools." + pool + "] security_groups");
}

core::Findings Lookup::examine(const core::LaunchRequest& request) {
  const std::string about = about_pool(request);
  const std::string& pool = request.pool.value;
  core::Findings findings;
  for (const std::string& type : request.types) findings.push_back(line("types", about, type, flavor(type, pool)));
  const auto id = image(request.image, pool);
  findings.push_back(
      id ? line_or_doubt("image", about, request.image, image_there(*id, request.image, pool), "GET /v2/images/*")
         : line("image", about, request.image, id));
  Resolved resolved;
  const auto found = networks(request, resolved);
  if (!found) {
    findings.push_back(cloud_failed("networks", about, found.error()));
  } else {
    const std::string own = resolved.no_network ? "none: this project sees none" : "the cloud's own";
    findings.push_back(fine("networks", about, resolved.networks.empty() ? own : join(resolved.networks, ", ")));
  }
  if (const std::string key = value_of(request, key::k_key); !key.empty())
    findings.push_back(line_or_doubt("key", about, key, key_there(key, pool), "GET /v2.1/os-keypairs/*"));
  for (const std::string& group : values_of(request, key::k_security_groups))
    findings.push_back(
        line_or_doubt("security_groups", about, group, group_there(group, pool), "GET /v2.0/security-groups"));
  if (const std::string group = value_of(request, key::k_server_group); !group.empty())
    findings.push_back(line("server_group", about, group, server_group(group, pool)));
  if (const std::string name = value_of(request, key::k_floating_network); !name.empty())
    findings.push_back(line("floating_network", about, name, floating_network(name, pool)));
  return findings;
}

core::Findings NovaCloud::examine_launch(const core::LaunchRequest& request) {
  core::Findings findings = m_lookup.examine(request);
  const bool whole = std::ranges::none_of(findings, [](const auto& each) { return each.level == core::Level::fail; });
  if (!whole || request.names.empty()) return findings;
  const auto resolved = m_lookup.resolve(request);
  const auto body =
      resolved ? launch_body(request, request.names.front(), *resolved) : Result<std::string>(resolved.error());
  if (!body) {
    findings.push_back(cloud_failed("user_data", about_pool(request), body.error()));
  } else if (!request.user_data.empty()) {
    const std::size_t encoded = (request.user_data.size() + 2) / 3 * 4;
    findings.push_back(
        fine("user_data", about_pool(request), fmt::format("{} of {} bytes in base64", encoded, k_user_data_max)));
  }
  return findings;
}

// Nova has no dry run: the roles are what can be seen of its policy. Its defaults let a member launch and end.
core::Finding NovaCloud::examine_rights(const std::string& about) {
  const auto roles = m_session.roles();
  if (!roles) return cloud_failed("rights", about, roles.error());
  constexpr std::array<std::string_view, 5> k_enough{"member", "_member_", "Member", "admin", "manager"};
  const bool enough = std::ranges::any_of(
      *roles, [&](const std::string& role) { return std::ranges::find(k_enough, role) != k_enough.end(); });
  const std::string text = "roles: " + join(*roles, ", ");
  if (enough) return fine("rights", about, text);
  const bool reader = *roles == std::vector<std::string>{"reader"};
  if (!reader) {
    return doubtful("rights", about, text + ": whether they may launch and end is this cloud's own policy",
                    "Ask the cloud's operator, or see at the first launch: Nova has no dry run.");
  }
  return cloud_failed(
      "rights", about,
      make_error(ErrorKind::auth, "{}: a reader launches and ends nothing", text)
          .with_hint("Ask the project's admin: openstack role add --user USER --project PROJECT member."));
}

core::Findings NovaCloud::examine(std::span<const core::LaunchRequest> launches) {
  const std::string about = "cloud '" + m_name.value + "'";
  const openstack::Answer answer = m_session.call({.path = "/limits"});
  if (!answer.reply) return {cloud_failed("credentials", about, answer.reply.error())};
  core::Findings findings{fine("credentials", about, m_session.identity()),
                          core::clock_finding(about, net::parse_http_date(answer.reply->header("Date")), m_clock.now()),
                          examine_rights(about)};
  for (const core::LaunchRequest& launch : launches) {
    for (core::Finding& finding : examine_launch(launch)) findings.push_back(std::move(finding));
  }
  if (launches.empty()) return findings;
  const auto cluster = launches.front().tags.find(core::tag::k_cluster);
  if (cluster == launches.front().tags.end()) return findings;
  for (core::Finding& finding : m_leftovers.examine(cluster->second, about)) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace tide::cloud::nova
