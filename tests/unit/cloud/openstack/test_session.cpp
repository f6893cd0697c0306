#include <tide/cloud/openstack/session.hpp>

#include "tests/support/fake_transport.hpp"
#include "tests/support/hand_clock.hpp"

#include <tide/util/units.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using namespace tide::cloud::openstack;

TEST_SUITE_BEGIN("cloud/openstack");

namespace {

net::Response token_with(const std::string& compute, const std::string& network) {
  const auto service = [](const std::string& type, const std::string& url) {
    return R"({"type":")" + type + R"(","endpoints":[{"interface":"public","region_id":"R","url":")" + url + R"("}]})";
  };
  return {.status = 201,
          .headers = {{"X-Subject-Token", "the-token"}},
          .body = R"({"token":{"expires_at":"2026-11-25T18:00:00.000000Z","catalog":[)" + service("compute", compute) +
                  "," + service("network", network) + "]}}"};
}

// Keystone's answer is given; whatever else is asked is a 200.
struct Asked {
  explicit Asked(net::Response keystone) : login(std::move(keystone)) {}

  Answer call(const std::string& service) {
    Session session(
        {.cloud = "nectar", .cache = "", .page = "nova.md"}, [this] { return Result<AuthSettings>(settings); },
        transport, clock);
    return session.call({.service = service, .path = "/x"});
  }
  bool sent(const std::string& url) const {
    return std::ranges::any_of(transport.requests, [&](const net::Request& each) { return each.url == url; });
  }

  net::Response login;
  test::HandClock clock{parse_time("2026-11-25T12:00:00Z").value()};
  test::FakeTransport transport{[this](const net::Request& request) {
    const bool token = request.url.ends_with("/auth/tokens");
    return Result<net::Response>(token ? login : net::Response{.status = 200, .headers = {}, .body = "{}"});
  }};
  AuthSettings settings{.source = "cloud 'nectar' in clouds.yaml", .auth_url = "https://k.example/v3"};
};

}  // namespace

TEST_CASE("Session: no token goes in clear to what the catalogue names, while Keystone is asked encrypted") {
  Asked asked(token_with("http://c.example/v2.1", "https://n.example/v2.0"));
  const Answer refused = asked.call("compute");
  REQUIRE_FALSE(refused.reply);
  CHECK(refused.reply.error().kind == ErrorKind::config);
  CHECK(refused.reply.error().message.find("http://c.example/v2.1") != std::string::npos);
  CHECK(refused.reply.error().hint.find("[clouds.nectar] endpoint") != std::string::npos);
  CHECK_FALSE(asked.sent("http://c.example/v2.1/x"));
  CHECK(asked.call("network").reply);
}

TEST_CASE("Session: http is spoken where a person wrote it: auth_url, or an endpoint; and within this machine") {
  Asked plain(token_with("http://c.example/v2.1", "HTTP://n.example/v2.0"));
  plain.settings.auth_url = "http://k.example/v3";
  CHECK(plain.call("compute").reply);
  CHECK(plain.call("network").reply);

  Asked named(token_with("https://c.example/v2.1", "HTTP://n.example/v2.0"));
  named.settings.endpoint_override["compute"] = "http://own.example/v2.1";
  CHECK(named.call("compute").reply);
  CHECK(named.sent("http://own.example/v2.1/x"));
  const Answer other = named.call("network");
  REQUIRE_FALSE(other.reply);
  CHECK(other.reply.error().hint.find("network_endpoint_override") != std::string::npos);

  CHECK(Asked(token_with("http://127.0.0.1:8774/v2.1", "")).call("compute").reply);
}

TEST_CASE("Session: where no Keystone answers, the URL is wrong and no password") {
  const std::string apache = "<html><head><title>404 Not Found</title></head></html>";
  for (const std::string& body : {apache, std::string(), std::string(R"({"message":"no Route matched"})")}) {
    const Answer answer = Asked({.status = 404, .headers = {}, .body = body}).call("compute");
    REQUIRE_FALSE(answer.reply);
    CHECK(answer.reply.error().kind == ErrorKind::config);
    CHECK(answer.reply.error().message.find("no Keystone at 'https://k.example/v3'") != std::string::npos);
    CHECK(answer.reply.error().hint.find("/identity/v3") != std::string::npos);
  }
  const Answer own = Asked({.status = 404,
                            .headers = {},
                            .body = R"({"error":{"code":404,"message":"Could not find Application Credential: x."}})"})
                         .call("compute");
  CHECK(own.reply.error().kind == ErrorKind::auth);
}

TEST_CASE("Session: a Keystone that has moved is named, and nobody follows with a password") {
  for (const int status : {301, 302, 308}) {
    Asked asked(
        {.status = status, .headers = {{"Location", "https://new.example/identity/v3/auth/tokens"}}, .body = ""});
    const Answer answer = asked.call("compute");
    REQUIRE_FALSE(answer.reply);
    CHECK(answer.reply.error().kind == ErrorKind::config);
    CHECK(answer.reply.error().message.find("https://new.example/identity/v3") != std::string::npos);
    CHECK(asked.transport.requests.size() == 1);
  }
}

TEST_CASE("Session: a daemon takes up the new auth_url that somebody wrote down meanwhile") {
  test::HandClock clock{parse_time("2026-11-25T12:00:00Z").value()};
  AuthSettings settings{.source = "clouds.yaml", .auth_url = "https://k.example/v3"};
  const net::Response token = token_with("https://c.example/v2.1", "");
  test::FakeTransport transport([&](const net::Request& request) {
    if (request.url.starts_with("https://k.example")) return Result<net::Response>(net::Response{.status = 404});
    return Result<net::Response>(request.url.ends_with("/auth/tokens") ? token : net::Response{.status = 200});
  });
  Session session(
      {.cloud = "nectar", .cache = "", .page = "nova.md"}, [&] { return Result<AuthSettings>(settings); }, transport,
      clock);
  CHECK_FALSE(session.call(Call{.path = "/x"}).reply);
  settings.auth_url = "https://k.example/identity/v3";
  CHECK_FALSE(session.call(Call{.path = "/x"}).reply);
  settings.auth_url = "https://new.example/v3";
  CHECK(session.call(Call{.path = "/x"}).reply);
}

TEST_SUITE_END();
