#include <tide/cloud/nova/leftovers.hpp>

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

// The doctor's half: what is left over, and whose it may be.
namespace tide::cloud::nova {
namespace {

using openstack::Answer;

constexpr const char* k_leftovers = "leftovers";
constexpr std::size_t k_server_pages_max = 1000;      // beyond it is a server that pages in a circle
constexpr std::size_t k_machines_looked_up_max = 50;  // one call each
constexpr std::size_t k_leftovers_shown = 5;

std::string shown_list(std::vector<std::string> all) {
  const bool more = all.size() > k_leftovers_shown;
  if (more) all.resize(k_leftovers_shown);
  return join(all, ", ") + (more ? ", ..." : "");
}

}  // namespace

Result<std::set<std::string>> Leftovers::servers() {
  std::set<std::string> all;
  std::string marker;
  for (std::size_t page = 0; page < k_server_pages_max; ++page) {
    const Answer answer =
        m_session.call({.path = "/servers" + (marker.empty() ? "" : "?marker=" + net::percent_encode(marker))});
    if (!answer.reply) return answer.reply.error();
    auto read = parse_ids(answer.reply->body);
    if (!read) return unreadable("GET /servers", std::move(read).error());
    all.merge(read->ids);
    if (read->next_marker.empty() || read->next_marker == marker) return all;
    marker = read->next_marker;
  }
  return make_error(ErrorKind::protocol, "cloud '{}' pages its servers in a circle", m_cloud)
      .with_hint("Check that [clouds." + m_cloud + "] leads to an OpenStack API.");
}

// Ports first: a machine that comes in between is in the list, and its port is not.
Result<std::vector<Port>> Leftovers::without_machine() {
  TIDE_TRY_ASSIGN(auto all, ports({{.service = "network", .path = "/ports"}}));
  std::erase_if(all, [](const Port& port) { return !is_novas(port); });
  if (all.empty()) return all;
  TIDE_TRY_ASSIGN(const auto live, servers());
  std::set<std::string> missing;
  for (const Port& port : all) {
    if (!live.contains(port.device) && missing.size() < k_machines_looked_up_max) missing.insert(port.device);
  }
  Calls calls;
  for (const std::string& device : missing) calls.push_back({.path = "/servers/" + net::percent_encode(device)});
  if (calls.empty()) return std::vector<Port>{};
  const auto answers = m_session.call(calls);
  std::set<std::string> gone;
  auto device = missing.begin();
  for (const Answer& answer : answers) {
    if (answer.unknown) gone.insert(*device);
    ++device;
  }
  std::erase_if(all, [&](const Port& port) { return !gone.contains(port.device); });
  std::ranges::sort(all, {}, &Port::id);
  return all;
}

core::Finding Leftovers::examine_ports(const std::string& cluster, const std::string& about) {
  const auto left = without_machine();
  if (!left && left.error().kind == ErrorKind::auth) {
    return core::doubtful(
        k_leftovers, about, "ports may not be looked up with these credentials",
        "Nothing, or allow GET, PUT and DELETE of /v2.0/ports: what an end left behind stays otherwise.");
  }
  if (!left) return core::cloud_failed(k_leftovers, about, left.error());
  if (left->empty()) return core::fine(k_leftovers, about, "no port of this project is left without its machine");
  std::vector<std::string> ours;
  std::vector<std::string> unmarked;
  for (const Port& port : *left) {
    const bool own = port.description.starts_with(std::string(core::tag::k_cluster) + "=" + cluster + " ");
    (own ? ours : unmarked).push_back(shown_port(port));
  }
  if (unmarked.empty()) {
    return core::fine(k_leftovers, about,
                      fmt::format("{} port{} of this cluster {} no machine, and {} in the next half hour: {}",
                                  ours.size(), ours.size() == 1 ? "" : "s", ours.size() == 1 ? "has" : "have",
                                  ours.size() == 1 ? "goes" : "go", shown_list(ours)));
  }
  return core::doubtful(
      k_leftovers, about,
      fmt::format("{} port{} of this project name machines that are gone, and not whose they were: {}", unmarked.size(),
                  unmarked.size() == 1 ? "" : "s", shown_list(unmarked)),
      "Each holds an address of its network: look with 'openstack port show ID', then 'openstack port delete ID'.");
}

core::Findings Leftovers::examine_volumes(const std::string& cluster, const std::string& about) {
  const auto service = volume_service();
  if (!service) return {core::cloud_failed(k_leftovers, about, service.error())};
  if (service->empty()) return {};
  const auto marked = marked_volumes(*service, cluster);
  if (!marked && marked.error().kind == ErrorKind::auth) {
    return {core::doubtful(k_leftovers, about, "volumes may not be looked up with these credentials",
                           "Nothing, or allow GET of /v3/*/volumes/detail and POST of /v3/*/volumes/*/metadata.")};
  }
  if (!marked) return {core::cloud_failed(k_leftovers, about, marked.error())};
  std::vector<std::string> left;
  for (const Volume& volume : *marked) {
    if (volume.status != "available" && !volume.status.starts_with("error")) continue;
    left.push_back(fmt::format("{} ({} GiB)", printable(volume.id, 40), printable(volume.size, 10)));
  }
  if (left.empty()) return {core::fine(k_leftovers, about, "no volume of this cluster is left without a machine")};
  const std::size_t count = left.size();
  return {core::doubtful(k_leftovers, about,
                         fmt::format("{} volume{} of this cluster {} no machine: {}", count, count == 1 ? "" : "s",
                                     count == 1 ? "has" : "have", shown_list(std::move(left))),
                         "They cost money; look at what is on them, then 'openstack volume delete ID'. tide deletes no "
                         "data.")};
}

core::Findings Leftovers::examine(const std::string& cluster, const std::string& about) {
  core::Findings findings = examine_volumes(cluster, about);
  const auto network = m_session.has("network");
  if (!network) findings.push_back(core::cloud_failed(k_leftovers, about, network.error()));
  if (network && *network) findings.push_back(examine_ports(cluster, about));
  return findings;
}

}  // namespace tide::cloud::nova
