#include <tide/cloud/nova/nova_cloud.hpp>

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tide::cloud::nova {
namespace {

using openstack::Answer;
using openstack::Call;
using openstack::Microversion;

constexpr Microversion k_down_cells{2,
                                    69};  // from then on an unfiltered list shows machines of silent cells as UNKNOWN
constexpr Microversion k_flavor_names{2, 47};
constexpr std::size_t k_pages_max = 1000;  // of 1000: beyond a million machines it is a server that pages in a circle
constexpr int k_console_lines = 100;

std::string list_path(const std::string& cluster, const std::string& marker) {
  const nlohmann::json wanted{{core::tag::k_cluster, cluster}};
  std::string path = "/servers/detail?metadata=" +
                     net::percent_encode(wanted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (!marker.empty()) path += "&marker=" + net::percent_encode(marker);
  return path;
}

}  // namespace

NovaCloud::NovaCloud(Options options, openstack::Session::Source source, net::Transport& transport, Clock& clock)
    : m_name(std::move(options.name)),
      m_address_of_pool(std::move(options.address_of_pool)),
      m_session(std::move(options.session), std::move(source), transport, clock),
      m_lookup(m_session, m_name.value),
      m_clock(clock),
      m_floating(m_session, m_lookup, m_name.value, std::move(options.floating_of_pool)),
      m_leftovers(m_session, m_lookup, m_name.value) {}

std::vector<UpkeepStep> NovaCloud::keep_up(const Upkeep& of) {
  auto steps = m_floating.keep_up(of, m_reached, m_clock.now());
  if (!of.thorough) return steps;
  const auto more = m_leftovers.keep_up(of, m_seen, m_clock.now());
  steps.insert(steps.end(), more.begin(), more.end());
  return steps;
}

core::CloudTraits NovaCloud::limits() const {
  return {.has_launch_tokens = false,
          .launches_listed = true,
          .room_told_later = true,
          .launch_max = 1,
          .terminate_max = 1,
          .machines_left = m_left.machines,
          .cores_left = m_left.cores,
          .memory_mib_left = m_left.memory_mib};
}

Error NovaCloud::unreadable(const std::string& what, Error error) const {
  error.message = "cloud '" + m_name.value + "' answered " + what + " with what tide cannot read: " + error.message;
  error.hint = "Check that [clouds." + m_name.value + "] leads to an OpenStack API, not a proxy's page.";
  return error;
}

core::Instance NovaCloud::finished(Listed listed) const {
  core::Instance instance = std::move(listed.instance);
  instance.cloud = m_name;
  const auto at = m_address_of_pool.find(std::string(tag_of(instance, core::tag::k_pool)));
  instance.address = choose_address(listed.addresses, at == m_address_of_pool.end() ? "private" : at->second);
  return instance;
}

Result<std::string> NovaCloud::read_page(const Answer& answer, const std::string& cluster, Found& found) {
  if (!answer.reply) {
    // The last machine of a page ended meanwhile: the list is to be read anew.
    Error error = answer.reply.error();
    if (error.kind == ErrorKind::bad_request && answer.peer_message.starts_with("marker "))
      error.kind = ErrorKind::retry;
    return error;
  }
  auto page = parse_servers(answer.reply->body);
  if (!page) return unreadable("GET /servers/detail", std::move(page).error());
  for (Listed& listed : page->servers) {
    if (listed.instance.state == core::InstanceState::unknown && listed.instance.names.empty()) {
      return make_error(ErrorKind::retry, "cloud '{}' lists machines of a cell that does not answer", m_name.value)
          .with_hint("Wait for the cloud's operator: nothing of this cloud is ended or launched meanwhile.");
    }
    if (tag_of(listed.instance, core::tag::k_cluster) != cluster) continue;  // a server that ignores the filter
    if (std::ranges::any_of(listed.addresses, &NetworkAddress::floating)) m_reached.insert(listed.instance.id);
    m_seen.listed.insert(listed.instance.id);
    if (!listed.volumes.empty()) m_seen.volumes[listed.instance.id] = listed.volumes;
    core::Instance instance = finished(std::move(listed));
    found.insert_or_assign(instance.id, std::move(instance));
  }
  return page->next_marker;
}

Result<void> NovaCloud::check_cells(const Answer& answer) const {
  if (!answer.reply) return answer.reply.error();
  auto unknown = count_unknown(answer.reply->body);
  if (!unknown) return unreadable("GET /servers", std::move(unknown).error());
  if (*unknown == 0) return {};
  return make_error(ErrorKind::retry, "cloud '{}': {} machines are in a cell that does not answer", m_name.value,
                    *unknown)
      .with_hint("Wait for the cloud's operator: nothing of this cloud is ended or launched meanwhile.");
}

// Beside the first page: the quota, and whether a cell is silent, which no filtered list tells.
Result<std::string> NovaCloud::first_page(const std::string& cluster, Found& found) {
  TIDE_TRY_ASSIGN(const Microversion version, m_lookup.microversion());
  std::vector<Call> calls{{.path = list_path(cluster, ""), .microversion = version.text()},
                          {.path = "/limits", .microversion = version.text()}};
  if (version >= k_down_cells) calls.push_back({.path = "/servers", .microversion = version.text()});
  const auto answers = m_session.call(calls);
  if (calls.size() == 3) TIDE_TRY(check_cells(answers[2]));
  if (!answers[1].reply) return answers[1].reply.error();
  auto left = parse_limits(answers[1].reply->body);
  if (!left) return unreadable("GET /limits", std::move(left).error());
  m_left = *left;
  return read_page(answers[0], cluster, found);
}

// Why it failed is asked of each machine that the list gives no reason for; that the answer cannot be had is the reason
// then.
void NovaCloud::find_faults(Found& found) {
  std::vector<core::Instance*> silent;
  std::vector<Call> calls;
  for (auto& [id, instance] : found) {
    if (instance.state != core::InstanceState::failed || instance.fault != k_no_fault) continue;
    silent.push_back(&instance);
    calls.push_back({.path = "/servers/" + net::percent_encode(id.value)});
  }
  if (calls.empty()) return;
  const auto answers = m_session.call(calls);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].reply) {
      silent[i]->fault += ": " + answers[i].reply.error().message;
      continue;
    }
    const auto listed = parse_server(answers[i].reply->body);
    if (!listed || listed->instance.state != core::InstanceState::failed) continue;
    silent[i]->fault = listed->instance.fault;
    silent[i]->fault_kind = listed->instance.fault_kind;
  }
}

// Before 2.47 a server names its flavor by ID.
Result<void> NovaCloud::name_flavors(Found& found) {
  TIDE_TRY_ASSIGN(const Microversion version, m_lookup.microversion());
  if (version >= k_flavor_names || found.empty()) return {};
  TIDE_TRY_ASSIGN(const auto flavors, m_lookup.flavors());
  for (auto& [id, instance] : found) {
    const auto flavor = std::ranges::find(flavors, instance.type, &Flavor::id);
    if (flavor != flavors.end()) instance.type = flavor->type.name;
  }
  return {};
}

Result<std::vector<core::Instance>> NovaCloud::list(const std::string& cluster) {
  Found found;
  m_reached.clear();
  m_seen = {};
  m_lookup.forget();
  std::set<std::string> markers;
  TIDE_TRY_ASSIGN(std::string marker, first_page(cluster, found));
  while (!marker.empty()) {
    if (!markers.insert(marker).second || markers.size() > k_pages_max) {
      return make_error(ErrorKind::protocol, "cloud '{}' pages in a circle: it gave a marker twice, or more than {}",
                        m_name.value, k_pages_max)
          .with_hint("Check that [clouds." + m_name.value + "] leads to an OpenStack API.");
    }
    TIDE_TRY_ASSIGN(const Microversion version, m_lookup.microversion());
    TIDE_TRY_ASSIGN(
        marker, read_page(m_session.call({.path = list_path(cluster, marker), .microversion = version.text()}), cluster,
                          found));
  }
  find_faults(found);
  TIDE_TRY(name_flavors(found));
  std::vector<core::Instance> sorted;
  sorted.reserve(found.size());
  for (auto& [id, instance] : found) sorted.push_back(std::move(instance));
  return sorted;
}

Result<core::Instance> NovaCloud::read_launch(const core::LaunchRequest& request, const std::string& name,
                                              const Answer& answer) const {
  if (!answer.reply) return answer.reply.error();
  auto id = parse_created(answer.reply->body);
  if (!id) return unreadable("POST /servers", std::move(id).error());
  core::Instance instance{.cloud = m_name, .id = {*id}, .state = core::InstanceState::pending};
  instance.type = request.types.front();
  instance.zone = request.zone;
  instance.launched_at = m_clock.now();
  instance.names = {name};
  instance.tags = request.tags;
  return instance;
}

// Fewer than asked are a reply as long as they are enough. Fewer than that, but some: what there is, a listing tells.
Result<LaunchReply> NovaCloud::read_launches(const core::LaunchRequest& request,
                                             std::span<const Answer> answers) const {
  LaunchReply reply;
  std::optional<Error> failure;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    auto one = read_launch(request, request.names[i], answers[i]);
    if (one) {
      reply.instances.push_back(std::move(*one));
      continue;
    }
    const bool first_unclear = failure && !may_have_been_done(failure->kind) && may_have_been_done(one.error().kind);
    if (!failure || first_unclear) failure = std::move(one).error();
  }
  std::ranges::sort(reply.instances, {}, &core::Instance::id);
  if (!failure) return reply;
  const bool enough = std::ssize(reply.instances) >= request.min_count && !may_have_been_done(failure->kind);
  if (enough) return reply;
  if (!reply.instances.empty()) {
    failure->context.push_back(
        fmt::format("{} of {} started", reply.instances.size(), counted(request.count, "machine")));
    failure->kind = ErrorKind::retry;
  }
  return std::move(*failure);
}

// One machine a call.
Result<std::vector<Call>> NovaCloud::launch_calls(const core::LaunchRequest& request) {
  if (request.count < 1 || std::ssize(request.names) != request.count) {
    return make_error(ErrorKind::bad_request, "Nova's machines need a name each: {} names for {} machines",
                      request.names.size(), request.count);
  }
  TIDE_TRY_ASSIGN(const Resolved resolved, m_lookup.resolve(request));
  std::vector<Call> calls;
  for (const std::string& name : request.names) {
    TIDE_TRY_ASSIGN(std::string body, launch_body(request, name, resolved));
    calls.push_back({.method = "POST",
                     .path = "/servers",
                     .body = std::move(body),
                     .microversion = resolved.microversion.text(),
                     .once = true});
  }
  return calls;
}

std::vector<Result<LaunchReply>> NovaCloud::launch(std::span<const core::LaunchRequest> requests) {
  std::vector<Result<LaunchReply>> replies(requests.size(), Result<LaunchReply>(LaunchReply{}));
  std::vector<Call> calls;
  std::map<std::size_t, std::size_t> begins;  // request: its first call
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto own = launch_calls(requests[i]);
    if (!own) {
      replies[i] = std::move(own).error();
      continue;
    }
    begins.emplace(i, calls.size());
    for (Call& call : *own) calls.push_back(std::move(call));
  }
  if (calls.empty()) return replies;
  const auto answers = m_session.call(calls);
  for (const auto& [i, begin] : begins)
    replies[i] = read_launches(requests[i], std::span(answers).subspan(begin, requests[i].names.size()));
  return replies;
}

std::vector<Result<void>> NovaCloud::terminate(std::span<const core::InstanceId> ids) {
  std::vector<Result<void>> results;
  std::vector<Call> calls;
  for (const core::InstanceId& id : ids)
    calls.push_back({.method = "DELETE", .path = "/servers/" + net::percent_encode(id.value)});
  if (calls.empty()) return results;
  for (Answer& answer : m_session.call(calls)) {
    const bool taken = answer.status == 202 || answer.status == 204;
    if (taken || answer.unknown) {
      results.emplace_back();  // gone is what was wanted
      continue;
    }
    if (answer.reply) {
      results.emplace_back(
          unreadable("DELETE", make_error(ErrorKind::protocol, "HTTP status {} with a body", answer.status)));
      continue;
    }
    Error error = std::move(answer.reply).error();
    if (answer.status == 409) error.hint = "Run: openstack server unlock, or wait until what goes on with it is done.";
    results.emplace_back(std::move(error));
  }
  return results;
}

Result<std::string> NovaCloud::console(const core::InstanceId& id) {
  const nlohmann::json body{{"os-getConsoleOutput", {{"length", k_console_lines}}}};
  const Answer answer = m_session.call(
      {.method = "POST", .path = "/servers/" + net::percent_encode(id.value) + "/action", .body = body.dump()});
  if (!answer.reply) return answer.reply.error();
  auto text = parse_console(answer.reply->body);
  if (!text) return unreadable("os-getConsoleOutput", std::move(text).error());
  return text;
}

Result<std::vector<InstanceType>> NovaCloud::types(std::span<const std::string> names) {
  TIDE_TRY_ASSIGN(const auto flavors, m_lookup.flavors());
  std::map<std::string, InstanceType> found;
  for (const Flavor& flavor : flavors) {
    for (const std::string& name : names) {
      if (name != flavor.type.name && name != flavor.id) continue;
      InstanceType type = flavor.type;
      type.name = name;
      found.insert_or_assign(name, std::move(type));
    }
  }
  std::vector<InstanceType> sorted;
  for (auto& [name, type] : found) sorted.push_back(std::move(type));
  return sorted;
}

}  // namespace tide::cloud::nova
