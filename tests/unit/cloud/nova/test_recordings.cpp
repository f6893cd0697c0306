#include <tide/cloud/nova/lookup.hpp>
#include <tide/cloud/nova/servers.hpp>
#include <tide/cloud/openstack/discovery.hpp>
#include <tide/cloud/openstack/errors.hpp>
#include <tide/cloud/openstack/keystone.hpp>
#include <tide/core/exit_code.hpp>
#include <tide/util/files.hpp>
#include <tide/util/units.hpp>

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>
#include <where.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

using namespace tide;
using namespace tide::cloud;
using core::InstanceState;
using Json = nlohmann::json;

TEST_SUITE_BEGIN("cloud/nova");

namespace {

const std::string k_folder = test::fixtures() + "/nova/26.2/";

struct Recording {
  int status = 0;
  std::string body;
  net::Headers headers;
};

Recording recording(const std::string& name) {
  const Json root = Json::parse(read_file(k_folder + name + ".json").value());
  if (!root.contains("response")) return {.status = 200, .body = root.dump(), .headers = {}};
  const Json& response = root["response"];
  Recording found{.status = response["status"]};
  const Json& body = response["body"];
  found.body = body.is_string() ? body.get<std::string>() : body.is_null() ? "" : body.dump();
  for (const auto& [key, value] : response["headers"].items()) found.headers.emplace_back(key, value);
  return found;
}

struct Told {
  const char* name;
  ErrorKind kind;
  core::ExitCode code;
  const char* words;
};

using enum core::ExitCode;

// Every recorded failure: its class, the exit code of a command that fails for it, and the words that a person is
// shown.
constexpr Told k_failures[]{
    {"admin-reset-state-error", ErrorKind::eventual, cloud, "could not be found"},
    {"auth-appcred-unknown", ErrorKind::eventual, cloud, "Could not find Application Credential"},
    {"auth-appcred-wrong-secret", ErrorKind::auth, not_allowed, "requires authentication"},
    {"auth-malformed", ErrorKind::bad_request, cloud, "valid JSON"},
    {"auth-missing-methods", ErrorKind::bad_request, cloud, "'methods' is a required property"},
    {"auth-unknown-user", ErrorKind::auth, not_allowed, "requires authentication"},
    {"auth-wrong-password", ErrorKind::auth, not_allowed, "requires authentication"},
    {"auth-wrong-project", ErrorKind::auth, not_allowed, "requires authentication"},
    {"ec2tokens-anonymous", ErrorKind::auth, not_allowed, "requires authentication"},
    {"ec2tokens-extra-header-spaces", ErrorKind::auth, not_allowed, "requires authentication"},
    {"ec2tokens-own-token", ErrorKind::auth, not_allowed, "not authorized"},
    {"ec2tokens-path-space", ErrorKind::auth, not_allowed, "requires authentication"},
    {"ec2tokens-skew-1h", ErrorKind::auth, not_allowed, "requires authentication"},
    {"ec2tokens-tampered-body-hash", ErrorKind::auth, not_allowed, "requires authentication"},
    {"ec2tokens-unknown-access", ErrorKind::eventual, cloud, "Could not find credential"},
    {"ec2tokens-wrong-secret", ErrorKind::auth, not_allowed, "requires authentication"},
    {"glance-image-404", ErrorKind::eventual, cloud, "No image found with ID 00000000-0000-0000-0000-000000000000"},
    {"glance-token-expired-401", ErrorKind::auth, not_allowed, ""},
    {"keystone-token-expired", ErrorKind::auth, not_allowed, "requires authentication"},
    {"nova-404-path", ErrorKind::eventual, cloud, "The resource could not be found."},
    {"nova-405", ErrorKind::eventual, cloud, "The resource could not be found."},
    {"nova-action-bad", ErrorKind::bad_request, cloud, "There is no such action: nosuch"},
    {"nova-bad-token-401", ErrorKind::auth, not_allowed, "requires authentication"},
    {"nova-create-bad-az", ErrorKind::bad_request, cloud, "availability zone is not available"},
    {"nova-create-bad-flavor", ErrorKind::bad_request, cloud, "could not be found."},
    {"nova-create-bad-image", ErrorKind::bad_request, cloud, "Can not find requested image"},
    {"nova-create-bad-json", ErrorKind::bad_request, cloud, "Malformed request body"},
    {"nova-create-bad-key", ErrorKind::bad_request, cloud, "Invalid key_name provided."},
    {"nova-create-bad-metadata-key", ErrorKind::bad_request, cloud, "does not match any of the regexes"},
    {"nova-create-bad-sg", ErrorKind::bad_request, cloud, "Invalid input"},
    {"nova-create-big-metadata", ErrorKind::bad_request, cloud, "Maximum number of metadata items exceeds 128"},
    {"nova-create-long-name", ErrorKind::bad_request, cloud, "Invalid input for field/attribute name"},
    {"nova-create-min-gt-max", ErrorKind::bad_request, cloud, "min_count must be <= max_count"},
    {"nova-create-net-required", ErrorKind::bad_request, cloud, "Invalid input"},
    {"nova-create-no-microversion", ErrorKind::bad_request, cloud, "'none' is not of type 'array'"},
    {"nova-create-quota-403", ErrorKind::quota, no_capacity, "already used 13 of 16 instances"},
    {"nova-create-too-many-tags", ErrorKind::bad_request, cloud, "Invalid input for field/attribute tags"},
    {"nova-create-unknown-field", ErrorKind::bad_request, cloud, "Invalid input"},
    {"nova-delete-again-404", ErrorKind::eventual, cloud, "could not be found."},
    {"nova-delete-malformed", ErrorKind::eventual, cloud, "Instance xyz could not be found."},
    {"nova-keypair-create", ErrorKind::bad_request, cloud, "Keypair data is invalid"},
    {"nova-keypair-create-dup-409", ErrorKind::bad_request, cloud, "already exists"},
    {"nova-microversion-400", ErrorKind::bad_request, cloud, "invalid format"},
    {"nova-microversion-406", ErrorKind::bad_request, cloud, "Version 2.999 is not supported"},
    {"nova-no-token-401", ErrorKind::auth, not_allowed, "requires authentication"},
    {"nova-reboot", ErrorKind::bad_request, cloud, "powering-off"},
    {"nova-servers-alltenants-403", ErrorKind::auth, not_allowed, "Policy doesn't allow"},
    {"nova-servers-bad-limit", ErrorKind::bad_request, cloud, "Invalid input for query parameters limit"},
    {"nova-servers-bad-marker", ErrorKind::bad_request, cloud, "marker [nosuch] not found"},
    {"nova-servers-unknown-filter", ErrorKind::bad_request, cloud, "'zzz' does not match"},
    {"nova-show-deleted-404", ErrorKind::eventual, cloud, "could not be found."},
    {"nova-start-409", ErrorKind::bad_request, cloud, "vm_state active"},
    {"nova-token-expired-401", ErrorKind::auth, not_allowed, "requires authentication"},
};

std::vector<nova::Listed> servers_in(const std::string& name) {
  const auto page = nova::parse_servers(recording(name).body);
  REQUIRE(page);
  return page->servers;
}

}  // namespace

TEST_CASE("recordings: each failure has its class, its words and its exit code; none is left out") {
  std::set<std::string> told;
  for (const Told& each : k_failures) {
    CAPTURE(std::string(each.name));
    const Recording found = recording(each.name);
    const std::string message = openstack::message_of(found.body);
    const ErrorKind kind = openstack::kind_of(found.status, message);
    CHECK(kind == each.kind);
    CHECK(core::exit_code_of(kind) == each.code);
    CHECK(message.find(each.words) != std::string::npos);
    CHECK(message.find("<br") == std::string::npos);
    told.insert(each.name);
  }
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(k_folder)) {
    const std::string name = file.path().stem();
    CAPTURE(name);
    ++files;
    if (recording(name).status >= 400) CHECK(told.contains(name));
  }
  CHECK(files == 129);
}

TEST_CASE("kind_of: a quota in whichever words, and not the bounds of one request") {
  for (const char* words : {"Maximum number of ports exceeded", "Maximum number of fixed IPs exceeded",
                            "The number of defined ports: 510 is over the limit: 500"}) {
    CAPTURE(std::string(words));
    CHECK(openstack::kind_of(403, words) == ErrorKind::quota);
    CHECK(core::exit_code_of(openstack::kind_of(403, words)) == no_capacity);
  }
  CHECK(openstack::kind_of(403, "Maximum number of metadata items exceeds 128") == ErrorKind::bad_request);
  CHECK(openstack::kind_of(403, "Policy doesn't allow it") == ErrorKind::auth);
}

TEST_CASE("says_unknown: only a service's own envelope, not a path that it does not know and not a gateway") {
  for (const char* name : {"nova-delete-again-404", "nova-delete-malformed", "nova-show-deleted-404"})
    CHECK(openstack::says_unknown("compute", recording(name).body));
  for (const char* name : {"nova-404-path", "nova-405", "glance-image-404", "auth-appcred-unknown"})
    CHECK_FALSE(openstack::says_unknown("compute", recording(name).body));
  const std::string port = R"({"NeutronError":{"type":"PortNotFound","message":"Port x could not be found."}})";
  CHECK(openstack::says_unknown("network", port));
  CHECK_FALSE(openstack::says_unknown("compute", port));
  CHECK_FALSE(openstack::says_unknown("network", recording("nova-delete-again-404").body));
  CHECK(openstack::says_unknown("volumev3", R"({"itemNotFound":{"code":404,"message":"Volume x"}})"));
  for (const char* body : {R"({"message":"no Route matched with those values"})", "<html>404</html>", "", "[]"}) {
    for (const char* service : {"compute", "network", "volumev3"}) CHECK_FALSE(openstack::says_unknown(service, body));
  }
}

TEST_CASE("recordings: tokens") {
  for (const char* name : {"auth-password", "auth-appcred", "auth-appcred-by-name", "auth-short-ttl"}) {
    const Recording found = recording(name);
    const auto token = openstack::parse_token({.status = found.status, .headers = found.headers, .body = found.body});
    REQUIRE(token);
    CHECK(token->project == "hpc");
    CHECK(token->user == "scaler");
    CHECK(token->expires > parse_time("2026-11-20T00:00:00Z").value());
    openstack::AuthSettings settings;
    CHECK(openstack::endpoint_of(*token, settings, "compute").value() == "http://127.0.0.1:15104/v2.1");
    settings.region = "Elsewhere";
    const auto elsewhere = openstack::endpoint_of(*token, settings, "compute");
    REQUIRE_FALSE(elsewhere);
    CHECK(elsewhere.error().hint.find("RegionOne") != std::string::npos);
    const auto kept = openstack::token_from(openstack::token_text(*token, "digest"), "digest");
    REQUIRE(kept);
    openstack::Token without_roles = *token;
    without_roles.roles.clear();
    CHECK(*kept == without_roles);
    CHECK_FALSE(openstack::token_from(openstack::token_text(*token, "digest"), "other"));
  }
  const auto unscoped = recording("auth-unscoped");
  const auto token = openstack::parse_token({.status = 201, .headers = unscoped.headers, .body = unscoped.body});
  REQUIRE(token);
  CHECK(token->project == "hpc");  // the user's default project, without any scope in the request
  CHECK_FALSE(openstack::endpoint_of(*token, {}, "object-store"));
}

TEST_CASE("recordings: lists of servers, with both microversions") {
  for (const char* name : {"nova-servers-detail", "nova-servers-detail-2.1"}) {
    const auto servers = servers_in(name);
    CHECK(servers.size() > 8);
    for (const nova::Listed& each : servers) {
      CHECK_FALSE(each.instance.id.empty());
      CHECK_FALSE(each.instance.names.empty());
      CHECK_FALSE(each.instance.type.empty());
      CHECK(each.instance.launched_at > parse_time("2026-11-20T00:00:00Z").value());
    }
    CHECK(servers.front().instance.state == InstanceState::failed);
    CHECK(servers.front().instance.fault == nova::k_no_fault);  // it never found a host: only its own page says so
  }
  const auto huge = nova::parse_server(recording("nova-server-show-error-fault").body);
  REQUIRE(huge);
  CHECK(huge->instance.fault == "No valid host was found.");
  CHECK(huge->instance.fault_kind == ErrorKind::capacity);
  CHECK_FALSE(nova::parse_server(recording("nova-servers-empty").body));
  CHECK(servers_in("nova-servers-detail").front().instance.type == "c1.huge");
  CHECK(servers_in("nova-servers-empty").empty());
  const auto first = nova::parse_servers(recording("nova-servers-page1").body);
  REQUIRE(first);
  CHECK(first->servers.size() == 3);
  CHECK(first->next_marker == "3c6904bb-30c5-4d25-8011-41d7c2b27f3a");
  const auto anti = servers_in("nova-servers-antiaffinity");
  CHECK(std::ranges::count(anti, InstanceState::failed, [](const auto& each) { return each.instance.state; }) >= 1);
}

TEST_CASE("recordings: a server with a network has its fixed address") {
  const Json server = Json::parse(read_file(k_folder + "nova-server-show-with-network.json").value());
  const auto page = nova::parse_servers(Json{{"servers", {server["server"]}}}.dump());
  REQUIRE(page);
  const nova::Listed& one = page->servers.front();
  REQUIRE(one.addresses.size() == 1);
  CHECK(nova::choose_address(one.addresses, "private") == one.instance.addresses.front());
  CHECK(nova::choose_address(one.addresses, "public").empty());
  CHECK(nova::choose_address(one.addresses, "ipv6").empty());
}

TEST_CASE("recordings: flavors, limits, versions, console") {
  std::string marker;
  const auto flavors = nova::parse_flavors(recording("nova-flavors-detail-2.61").body, marker);
  REQUIRE(flavors);
  CHECK(flavors->size() == 4);
  CHECK(marker.empty());
  CHECK(nova::parse_flavors(recording("nova-flavors-detail").body, marker)->size() == 4);
  CHECK(nova::parse_limits(recording("nova-limits-quota").body)->machines.value() <= 16);
  CHECK_FALSE(nova::parse_limits(recording("nova-limits-2.90").body)->cores);
  CHECK(nova::parse_limits(recording("nova-limits").body)->machines);
  const auto version = openstack::newest_microversion(recording("nova-v2.1").body, {2, 90});
  REQUIRE(version);
  CHECK(version->text() == "2.90");
  CHECK(openstack::newest_microversion(recording("nova-v2.1").body, {2, 999})->text() == "2.93");
  CHECK(openstack::compute_root_in(recording("nova-root").body, "https://out.example/compute").value() ==
        "https://out.example/compute/v2.1");
  CHECK_FALSE(openstack::compute_root_in(recording("keystone-root").body, "https://out.example"));
  CHECK(nova::parse_console(recording("nova-console-output").body).value().starts_with("FAKE CONSOLE"));
  CHECK(nova::parse_created(recording("nova-create-one").body).value() == "1b508b7c-6da5-4f4a-a6da-7478f6903c1e");
  CHECK_FALSE(nova::parse_created(recording("nova-create-multi").body));
}

TEST_CASE("recordings: cut at any byte, or the wrong document, a list is an error and never shorter") {
  const std::string body = recording("nova-servers-filter-status").body;
  for (std::size_t size = 0; size < body.size(); size += 7) CHECK_FALSE(nova::parse_servers(body.substr(0, size)));
  for (const char* name : {"nova-limits", "nova-v2.1", "glance-token-expired-401", "nova-404-path"})
    CHECK_FALSE(nova::parse_servers(recording(name).body));
  CHECK_FALSE(nova::parse_servers(R"({"servers":[{"id":"x"}]})"));
  CHECK_FALSE(nova::parse_servers(R"({"servers":[{"id":"x","status":"ACTIVE","created":"soon"}]})"));
  CHECK_FALSE(nova::parse_servers(R"({"servers":[[]]})"));
  CHECK_FALSE(nova::parse_servers(std::string(100'000, '[')));
}

TEST_CASE("states: each of Nova's words, and tasks") {
  using enum InstanceState;
  const std::map<std::string, InstanceState> k_states{
      {"ACTIVE", running},        {"BUILD", pending},         {"DELETED", gone},
      {"ERROR", failed},          {"HARD_REBOOT", running},   {"MIGRATING", running},
      {"PASSWORD", running},      {"PAUSED", stopped},        {"REBOOT", running},
      {"REBUILD", pending},       {"RESCUE", stopped},        {"RESIZE", running},
      {"REVERT_RESIZE", running}, {"SHELVED", stopped},       {"SHELVED_OFFLOADED", stopped},
      {"SHUTOFF", stopped},       {"SOFT_DELETED", gone},     {"SUSPENDED", stopped},
      {"UNKNOWN", unknown},       {"VERIFY_RESIZE", running}, {"SOMETHING_NEW", unknown}};
  for (const auto& [status, state] : k_states) {
    CAPTURE(status);
    CHECK(nova::state_of(status, "") == state);
    CHECK(nova::state_of(status, "deleting") == stopping);
  }
  CHECK(nova::state_of("ACTIVE", "spawning") == pending);
}

TEST_CASE("faults: words of machines in ERROR, by class") {
  const std::pair<const char*, ErrorKind> k_faults[]{
      {"No valid host was found. There are not enough hosts available.", ErrorKind::capacity},
      {"Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures",
       ErrorKind::capacity},
      {"Build of instance x aborted: No fixed IP addresses available for network: y", ErrorKind::capacity},
      {"Build of instance x aborted: VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded",
       ErrorKind::quota},
      {"Quota exceeded, too many ports", ErrorKind::quota},
      {"Build of instance x aborted: Maximum number of ports exceeded", ErrorKind::quota},
      {"The number of defined ports: 510 is over the limit: 500", ErrorKind::quota},
      {"Image 5 could not be found.", ErrorKind::bad_request},
      {"Flavor's disk is too small for requested image.", ErrorKind::bad_request},
      {"", ErrorKind::unknown}};
  for (const auto& [words, kind] : k_faults) {
    CAPTURE(std::string(words));
    CHECK(openstack::kind_of_fault(words) == kind);
  }
}

TEST_SUITE_END();
