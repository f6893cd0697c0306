#include "support_aws.hpp"

using namespace tide;
using namespace tide::cloud::aws;
using namespace tide::test;

TEST_SUITE_BEGIN("cloud/aws/metadata");

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The instance metadata of a machine with role "worker".
class Machine : public ChainWorld {
 public:
  Machine() {
    environment.erase("AWS_EC2_METADATA_DISABLED");
    answer = [this](const net::Request& request) { return serve(request); };
  }

  Result<net::Response> serve(const net::Request& request) {
    CHECK(request.proxy.empty());
    CHECK(request.timeout == std::chrono::milliseconds(1'000));
    if (down) return make_error(ErrorKind::timeout, "no answer in 1 s");
    if (request.method == "PUT") return token;
    CHECK(header_of(request, "X-aws-ec2-metadata-token") == "SECRETsession");
    return request.url.ends_with("/security-credentials/") ? roles : keys;
  }

  bool down = false;
  net::Response token = reply(200, "SECRETsession");
  net::Response roles = reply(200, "worker");
  net::Response keys = reply(200, key_reply("AKWORKER", "2026-11-25T18:00:00Z"));
};

}  // namespace

TEST_CASE("the instance's role: a token by PUT, the role, its keys") {
  Machine machine;
  machine.options.proxy = "http://proxy:3128";
  const auto found = machine.find().value();
  CHECK(found.access_key == "AKWORKER");
  CHECK(found.session_token.reveal() == "SECRETTOKENAKWORKER");
  CHECK(described(found) == "the instance's role 'worker', good until 2026-11-25T18:00:00Z");
  REQUIRE(machine.seen.size() == 3);
  CHECK(machine.seen[0].method == "PUT");
  CHECK(machine.seen[0].url == "http://169.254.169.254/latest/api/token");
  CHECK(header_of(machine.seen[0], "X-aws-ec2-metadata-token-ttl-seconds") == "21600");
  CHECK(machine.seen[2].url == "http://169.254.169.254/latest/meta-data/iam/security-credentials/worker");
}

TEST_CASE("the metadata service elsewhere") {
  Machine machine;
  machine.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv6";
  CHECK(machine.find());
  CHECK(machine.seen[0].url == "http://[fd00:ec2::254]/latest/api/token");
  machine.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1338/x/";
  CHECK(machine.find());
  CHECK(machine.seen.back().url == "http://127.0.0.1:1338/x/latest/meta-data/iam/security-credentials/worker");
  machine.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "not a url";
  CHECK(has(machine.failure().context.at(1), "AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL"));
}

TEST_CASE("nobody answers: two tries, then told, and not asked again at once") {
  Machine machine;
  machine.down = true;
  auto chain = machine.chain();
  const auto found = chain.get();
  REQUIRE_FALSE(found);
  CHECK(found.error().context ==
        std::vector<std::string>{"AWS_ACCESS_KEY_ID is not set",
                                 "the instance metadata at http://169.254.169.254 did not answer in time"});
  CHECK(machine.seen.size() == 2);
  CHECK_FALSE(chain.get());
  CHECK(machine.seen.size() == 2);
  machine.clock.pass(Seconds(30));
  machine.down = false;
  CHECK(chain.get().value().access_key == "AKWORKER");
}

TEST_CASE("version 1 is never asked, and what is no answer is told") {
  const auto context = [](Machine& machine) {
    machine.seen.clear();
    return machine.failure().context.at(1);
  };
  for (const int status : {400, 403, 404, 405}) {
    Machine machine;
    machine.token.status = status;
    CHECK(context(machine) == "the instance metadata at http://169.254.169.254 gives no session token (HTTP status " +
                                  std::to_string(status) + ")");
    CHECK(machine.seen.size() == 1);
  }
  Machine machine;
  machine.token.status = 503;
  CHECK(has(context(machine), "HTTP status 503"));
  CHECK(machine.seen.size() == 2);
  machine.token = reply(200, "SECRET\nX-Evil: 1");
  CHECK(has(context(machine), "gave a session token that none is"));
  machine.token = reply(200, "SECRETsession");
  machine.roles = reply(404, "");
  CHECK(has(context(machine), "knows no role of this machine"));
  for (const char* role : {"", "a/../b", "a?b", "two words"}) {
    machine.roles = reply(200, role);
    CHECK(context(machine) == "the instance metadata names no role");
  }
  machine.roles = reply(200, "worker\nother\n");
  machine.keys = reply(200, R"({"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role"})");
  CHECK(context(machine) == "the instance's role 'worker' cannot be had: AssumeRoleUnauthorizedAccess");
  machine.keys = reply(200, "{\"AccessKeyId\": \"SECRET");
  CHECK(has(context(machine), "no credentials document: not JSON"));
  machine.keys = reply(200, R"({"AccessKeyId": "SECRET", "SecretAccessKey": "SECRET"})");
  CHECK(has(context(machine), "gave credentials without 'Token'"));
  machine.keys = reply(200, key_reply("AK", "never"));
  CHECK(has(context(machine), "gave credentials whose 'Expiration' is no time"));
}

TEST_CASE("expired ones are kept alive: AWS takes them while it cannot make new ones") {
  Machine machine;
  auto chain = machine.chain();
  CHECK(chain.get());
  // The service hands out the same again, which have expired: used, and asked for again in 17 to 25 minutes.
  machine.clock.pass(Seconds(7 * 3600));
  CHECK(chain.get().value().access_key == "AKWORKER");
  CHECK(machine.seen.size() == 6);
  machine.clock.pass(Seconds(17 * 60 - 1));
  CHECK(chain.get());
  CHECK(machine.seen.size() == 6);
  machine.clock.pass(Seconds(1));
  CHECK(chain.get());
  CHECK(machine.seen.size() == 9);
  // The service is gone: they serve on.
  machine.clock.pass(Seconds(3600));
  machine.down = true;
  CHECK(chain.get().value().access_key == "AKWORKER");
  CHECK(machine.seen.size() == 11);
  machine.clock.pass(Seconds(3600));
  machine.down = false;
  machine.keys = reply(200, key_reply("AKNEXT", format_time(machine.clock.now() + Seconds(6 * 3600))));
  CHECK(chain.get().value().access_key == "AKNEXT");
}

TEST_CASE("a role by the instance's role") {
  Machine machine;
  machine.home.write(".aws/config",
                     "[profile tide]\nrole_arn = arn:aws:iam::1:role/x\ncredential_source = Ec2InstanceMetadata\n");
  machine.options.profile = "tide";
  const auto serve = machine.answer;
  machine.answer = [&](const net::Request& request) {
    if (!has(request.url, "sts.")) return serve(request);
    CHECK(has(header_of(request, "Authorization"), "Credential=AKWORKER/"));
    return Result<net::Response>(reply(200, sts_reply("AssumeRole", "AKROLE", "2026-11-25T13:00:00Z")));
  };
  CHECK(machine.find().value().access_key == "AKROLE");
}

TEST_CASE("the container's endpoint: where it is, and what is sent to it") {
  ChainWorld world;
  world.answer = [](const net::Request&) { return reply(200, key_reply("AKTASK", "2026-11-25T18:00:00Z")); };
  world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  world.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "SECRETone";
  CHECK(described(world.find().value()) == "the container's credentials endpoint, good until 2026-11-25T18:00:00Z");
  CHECK(world.seen.back().url == "http://169.254.170.23/v1/credentials");
  CHECK(header_of(world.seen.back(), "Authorization") == "SECRETone");
  CHECK(world.seen.back().timeout == std::chrono::milliseconds(2'000));
  world.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = world.home.write("t", "SECRETtwo", 0644);
  CHECK(world.find());
  CHECK(header_of(world.seen.back(), "Authorization") == "SECRETtwo");
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/uuid?x=1";
  CHECK(world.find());
  CHECK(world.seen.back().url == "http://169.254.170.2/v2/credentials/uuid?x=1");
}

TEST_CASE("the container's endpoint: hosts that may not be asked in plain, tokens that break out") {
  ChainWorld world;
  const auto try_url = [&](const std::string& url) {
    world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    world.answer = [](const net::Request&) { return reply(200, key_reply("AKTASK", "2026-11-25T18:00:00Z")); };
    return world.find().has_value();
  };
  for (const char* url : {"http://localhost:1/x", "http://127.9.9.9/", "http://[::1]:80/", "https://anywhere.example/x",
                          "http://169.254.170.2/", "http://[fd00:ec2::23]/v1"}) {
    CAPTURE(url);
    CHECK(try_url(url));
  }
  const std::size_t asked = world.seen.size();
  for (const char* url : {"http://example.org/", "http://169.254.169.254/", "http://10.0.0.1/",
                          "http://127.0.0.1.evil.example/", "ftp://localhost/", "http://user@localhost/", "nonsense"}) {
    CAPTURE(url);
    CHECK_FALSE(try_url(url));
  }
  world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://example.org/";
  CHECK(world.failure().message == "AWS_CONTAINER_CREDENTIALS_FULL_URI names host 'example.org'");
  world.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "SECRET\r\nX-Evil: 1";
  CHECK_FALSE(try_url("http://localhost/"));
  world.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = world.home.path() + "/gone";
  CHECK_FALSE(try_url("http://localhost/"));
  CHECK(world.seen.size() == asked);
}

TEST_CASE("the container's endpoint fails: told, without falling back to the machine's role") {
  ChainWorld world;
  world.environment.erase("AWS_EC2_METADATA_DISABLED");
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  world.answer = [](const net::Request&) { return reply(500, "SECRET"); };
  CHECK(world.find().error().message == "the container's credentials endpoint answered with HTTP status 500");
  CHECK(world.seen.size() == 3);
  world.answer = [](const net::Request&) { return reply(403, ""); };
  CHECK(world.find().error().kind == ErrorKind::auth);
  CHECK(world.seen.size() == 4);
  world.answer = [](const net::Request&) { return reply(200, "<html>SECRET"); };
  CHECK(has(world.find().error().message, "no credentials document"));
  world.answer = [](const net::Request&) { return make_error(ErrorKind::timeout, "no answer"); };
  CHECK(world.find().error().context == std::vector<std::string>{"no answer"});
  world.answer = [](const net::Request&) { return reply(200, key_reply("AK", "2026-11-25T11:00:00Z")); };
  CHECK(has(world.find().error().message, "gave credentials that expired at 2026-11-25T11:00:00Z"));
}
