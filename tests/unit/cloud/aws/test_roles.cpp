#include "support_aws.hpp"

#include <algorithm>

using namespace tide;
using namespace tide::cloud::aws;
using namespace tide::test;

TEST_SUITE_BEGIN("cloud/aws/roles");

namespace {

const std::string k_role = "arn:aws:iam::123456789012:role/scaler";

// STS that gives role "AKROLE", good for an hour from now.
void be_sts(ChainWorld& world, const std::string& action = "AssumeRole") {
  world.answer = [&world, action](const net::Request&) {
    const std::string key = "AKROLE" + std::to_string(world.seen.size());
    return reply(200, sts_reply(action, key, format_time(world.clock.now() + Seconds(3600))));
  };
}

std::string keys(const std::string& name, const std::string& key) {
  return "[" + name + "]\naws_access_key_id = " + key + "\naws_secret_access_key = SECRETfile\n";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Its profile takes a role with the keys of another.
void use_role(ChainWorld& world) {
  world.home.write(".aws/credentials", keys("base", "AKBASE"));
  world.home.write(".aws/config", "[profile tide]\nrole_arn = " + k_role + "\nsource_profile = base\n");
  world.options.profile = "tide";
}

}  // namespace

TEST_CASE("a role by its source profile: signed with that one's keys, at the region's own STS") {
  ChainWorld world;
  be_sts(world);
  world.home.write(".aws/credentials", keys("base", "AKBASE"));
  world.home.write(".aws/config", "[profile tide]\nrole_arn = " + k_role +
                                      "\nsource_profile = base\nexternal_id = x y\nduration_seconds = 1800\n"
                                      "role_session_name = head\n");
  world.options.profile = "tide";
  world.options.ca_file = "/ca.pem";
  world.options.proxy = "http://proxy:3128";
  const auto found = world.find().value();
  CHECK(found.access_key == "AKROLE1");
  CHECK(found.session_token.reveal() == "SECRETTOKENAKROLE1");
  CHECK(described(found) == "role '" + k_role + "' by profile 'base' in " + world.home.path() +
                                "/.aws/credentials, good until 2026-11-25T13:00:00Z");
  REQUIRE(world.seen.size() == 1);
  const net::Request& sent = world.seen[0];
  CHECK(sent.url == "https://sts.eu-central-1.amazonaws.com/");
  CHECK(sent.body ==
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fscaler&"
        "RoleSessionName=head&ExternalId=x+y&DurationSeconds=1800");
  CHECK(has(header_of(sent, "Authorization"), "Credential=AKBASE/20261125/eu-central-1/sts/aws4_request"));
  CHECK(sent.ca_file == "/ca.pem");
  CHECK(sent.proxy == "http://proxy:3128");
}

TEST_CASE("a role by a role: each is asked for with the one before") {
  ChainWorld world;
  be_sts(world);
  world.home.write(".aws/credentials", keys("base", "AKBASE"));
  world.home.write(".aws/config", "[profile a]\nrole_arn = " + k_role +
                                      "A\nsource_profile = b\n[profile b]\nrole_arn = " + k_role +
                                      "B\nsource_profile = base\n");
  world.options.profile = "a";
  CHECK(world.find().value().access_key == "AKROLE2");
  REQUIRE(world.seen.size() == 2);
  CHECK(has(world.seen[0].body, "scalerB&RoleSessionName=tide-1795608000"));
  CHECK(has(header_of(world.seen[0], "Authorization"), "Credential=AKBASE/"));
  CHECK(has(world.seen[1].body, "scalerA"));
  CHECK(has(header_of(world.seen[1], "Authorization"), "Credential=AKROLE1/"));
  CHECK(header_of(world.seen[1], "X-Amz-Security-Token") == "SECRETTOKENAKROLE1");
}

TEST_CASE("a profile may be its own source if it has keys; the role comes before its own keys") {
  ChainWorld world;
  be_sts(world);
  world.home.write(".aws/credentials", keys("self", "AKSELF"));
  world.home.write(".aws/config", "[profile self]\nrole_arn = " + k_role + "\nsource_profile = self\n");
  world.options.profile = "self";
  CHECK(world.find().value().access_key == "AKROLE1");
  CHECK(has(header_of(world.seen.at(0), "Authorization"), "Credential=AKSELF/"));
}

TEST_CASE("roles that cannot be had are refused before anything is sent") {
  ChainWorld world;
  world.home.write(".aws/credentials", keys("base", "AKBASE"));
  const std::string role = "role_arn = " + k_role + "\n";
  world.home.write(".aws/config",
                   "[profile a]\n" + role + "source_profile = b\n[profile b]\n" + role +
                       "source_profile = c\n[profile c]\n" + role + "source_profile = a\n[profile self]\n" + role +
                       "source_profile = self\n[profile gone]\n" + role + "source_profile = nobody\n[profile none]\n" +
                       role + "[profile both]\n" + role +
                       "source_profile = base\ncredential_source = Environment\n[profile mfa]\n" + role +
                       "source_profile = base\nmfa_serial = arn:x\n[profile long]\n" + role +
                       "source_profile = base\nduration_seconds = 1h\n[profile odd]\n" + role +
                       "credential_source = Mars\n[profile env]\n" + role +
                       "credential_source = Environment\n[profile empty]\nregion = x\n[profile hollow]\n" + role +
                       "source_profile = empty\n[profile noarn]\nrole_arn = scaler\nsource_profile = base\n"
                       "[profile login]\nlogin_session = x\n");
  const std::string files = world.home.path() + "/.aws/credentials and " + world.home.path() + "/.aws/config";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a", "profile 'a' leads back to itself: a -> b -> c -> a"},
      {"self", "profile 'self' leads back to itself: self -> self"},
      {"gone", "profile 'gone' has source_profile = 'nobody', which is not in " + files},
      {"none", "profile 'none' has neither of source_profile and credential_source"},
      {"both", "profile 'both' has both of source_profile and credential_source"},
      {"mfa", "profile 'mfa' wants a code from a device (mfa_serial)"},
      {"long", "profile 'long' has a duration_seconds that is none"},
      {"odd", "profile 'odd' has credential_source = 'Mars', which is none"},
      {"env", "profile 'env' has credential_source = Environment, and AWS_ACCESS_KEY_ID is not set"},
      {"hollow", "profile 'empty', the source of profile 'hollow', has no credentials"},
      {"noarn", "profile 'noarn' has a role_arn that is none"},
      {"login", "profile 'login' uses 'login_session', which is not in this version"},
  };
  for (const auto& [profile, message] : cases) {
    CAPTURE(profile);
    world.options.profile = profile;
    CHECK(world.failure().message == message);
  }
  CHECK(world.seen.empty());
}

TEST_CASE("STS refuses: of kind auth, with its words, who asked and what to do") {
  ChainWorld world;
  use_role(world);
  const std::string who = "profile 'base' in " + world.home.path() + "/.aws/credentials";
  world.answer = [](const net::Request&) {
    return reply(403,
                 "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error>"
                 "<RequestId>r-1</RequestId></ErrorResponse>");
  };
  const Error denied = world.failure();
  CHECK(denied.message == "role '" + k_role + "' was not given to " + who + ": AccessDenied");
  CHECK(denied.context ==
        std::vector<std::string>{"the cloud said: not authorized", "request r-1", "credentials: " + who});
  world.answer = [](const net::Request&) {
    return reply(403, "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>x</Message></Error></ErrorResponse>");
  };
  CHECK(world.failure().hint == "Renew " + who + ".");
  for (const int status : {404, 500, 503}) {
    world.answer = [status](const net::Request&) { return reply(status, "<html>SECRET"); };
    auto found = world.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::auth);
  }
  world.answer = [](const net::Request&) { return make_error(ErrorKind::timeout, "no answer in 20 s"); };
  CHECK(has(world.failure().message, "no answer in 20 s"));
  world.answer = [](const net::Request&) {
    return reply(400, "<ErrorResponse><Error><Code>Throttling</Code><Message>x</Message></Error></ErrorResponse>");
  };
  CHECK(world.find().error().kind == ErrorKind::throttled);
  for (const std::string& body :
       {std::string("<html/>"), std::string("cut"), sts_reply("AssumeRole", "AK", "tomorrow"),
        std::string("<AssumeRoleResponse/>"), sts_reply("AssumeRole", "A K", "2026-11-25T13:00:00Z"),
        sts_reply("AssumeRole", "AK", "2026-11-25T11:59:59Z")}) {
    CAPTURE(body);
    world.answer = [body](const net::Request&) { return reply(200, body); };
    auto found = world.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::auth);
    CHECK_FALSE(has(found.error().message, "SECRET"));
  }
}

TEST_CASE("temporary credentials: kept, renewed 15 minutes before their end, failures passed over until 10") {
  ChainWorld world;
  be_sts(world);
  use_role(world);
  auto chain = world.chain();
  CHECK(chain.get().value().access_key == "AKROLE1");
  world.clock.pass(Seconds(44 * 60 + 59));
  CHECK(chain.get().value().access_key == "AKROLE1");
  CHECK(world.seen.size() == 1);
  // 15 minutes before its end STS does not answer: what is held serves on, and is not tried again at once.
  world.clock.pass(Seconds(1));
  world.answer = [](const net::Request&) { return make_error(ErrorKind::timeout, "no answer in 20 s"); };
  CHECK(chain.get().value().access_key == "AKROLE1");
  CHECK(chain.get().value().access_key == "AKROLE1");
  CHECK(world.seen.size() == 2);
  world.clock.pass(Seconds(60));
  CHECK(chain.get().value().access_key == "AKROLE1");
  CHECK(world.seen.size() == 3);
  world.clock.pass(Seconds(4 * 60 + 1));
  CHECK(chain.get().error().kind == ErrorKind::auth);
  be_sts(world);
  // A failure is remembered for half a minute of the steady clock.
  CHECK_FALSE(chain.get());
  world.clock.pass(Seconds(30));
  CHECK(chain.get().value().access_key == "AKROLE5");
}

TEST_CASE("STS out of reach for a moment: asked again at once, twice; throttled, asked again by who waits") {
  ChainWorld world;
  use_role(world);
  world.answer = [&](const net::Request&) -> Result<net::Response> {
    if (world.seen.size() == 1) return make_error(ErrorKind::retry, "reset");
    if (world.seen.size() == 2) return reply(503, "<html/>");
    return reply(200, sts_reply("AssumeRole", "AKROLE", "2026-11-25T13:00:00Z"));
  };
  CHECK(world.find().value().access_key == "AKROLE");
  CHECK(world.seen.size() == 3);
  world.answer = [](const net::Request&) { return make_error(ErrorKind::retry, "reset"); };
  CHECK(has(world.failure().message, "reset"));
  CHECK(world.seen.size() == 6);

  auto chain = world.chain();
  world.answer = [](const net::Request&) {
    return reply(400, "<ErrorResponse><Error><Code>Throttling</Code><Message>x</Message></Error></ErrorResponse>");
  };
  CHECK(chain.get().error().kind == ErrorKind::throttled);
  world.answer = [](const net::Request&) { return reply(200, sts_reply("AssumeRole", "AK", "2026-11-25T13:00:00Z")); };
  CHECK(chain.get().value().access_key == "AK");
}

TEST_CASE("renew: what the cloud calls expired is asked for anew, once") {
  ChainWorld world;
  be_sts(world);
  use_role(world);
  auto chain = world.chain();
  CHECK_FALSE(chain.renew());
  CHECK(chain.get().value().access_key == "AKROLE1");
  CHECK(chain.renew());
  CHECK_FALSE(chain.renew());
  CHECK(chain.get().value().access_key == "AKROLE2");
}

TEST_CASE("a clock two hours off: STS's own date tells how long a role is good") {
  ChainWorld world;
  use_role(world);
  int calls = 0;
  world.answer = [&](const net::Request& request) {
    ++calls;
    // Theirs is 10:00.
    net::Response answer = reply(200, sts_reply("AssumeRole", "AKROLE", "2026-11-25T11:00:00Z"));
    if (header_of(request, "X-Amz-Date") != "20261125T100000Z") {
      answer = reply(403,
                     "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired"
                     "</Message></Error></ErrorResponse>");
    }
    answer.headers.emplace_back("Date", "Wed, 25 Nov 2026 10:00:00 GMT");
    return answer;
  };
  CHECK(world.find().value().expires == parse_time("2026-11-25T13:00:00Z").value());
  CHECK(calls == 2);
}

TEST_CASE("web identity: the platform's token is sent as it is, unsigned; the environment's beats the profile's") {
  ChainWorld world;
  be_sts(world, "AssumeRoleWithWebIdentity");
  const std::string token = world.home.write("token", "SECRETJWT.a-b_c\n", 0644);
  world.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = token;
  CHECK(world.failure().message == "profile 'default' has a web identity token and no role");
  world.environment["AWS_ROLE_ARN"] = k_role;
  world.environment["AWS_ROLE_SESSION_NAME"] = "pod";
  CHECK(world.find().value().access_key == "AKROLE1");
  const net::Request& sent = world.seen.at(0);
  CHECK(has(sent.body, "Action=AssumeRoleWithWebIdentity&"));
  CHECK(has(sent.body, "RoleSessionName=pod&WebIdentityToken=SECRETJWT.a-b_c"));
  CHECK(header_of(sent, "Authorization").empty());

  world.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = token + "-gone";
  CHECK(has(world.failure().message, "token-gone' cannot be read"));
  world.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = world.home.write("empty", "\n");
  CHECK(has(world.failure().message, "holds no web identity token"));

  // A profile that is named does without the environment's.
  world.home.write(".aws/config", "[profile w]\nrole_arn = " + k_role + "\nweb_identity_token_file = " + token + "\n");
  world.options.profile = "w";
  CHECK(world.find().value().access_key == "AKROLE2");
  CHECK_FALSE(has(world.seen.at(1).body, "RoleSessionName=pod"));
}

TEST_CASE("sts_regional_endpoints, sts_endpoint and AWS_ENDPOINT_URL_STS") {
  ChainWorld world;
  be_sts(world);
  world.home.write(".aws/credentials", keys("base", "AKBASE"));
  world.home.write(".aws/config", "[profile tide]\nrole_arn = " + k_role +
                                      "\nsource_profile = base\nsts_regional_endpoints = legacy\n");
  world.options.profile = "tide";
  CHECK(world.find());
  CHECK(world.seen.back().url == "https://sts.amazonaws.com/");
  CHECK(has(header_of(world.seen.back(), "Authorization"), "/us-east-1/sts/"));
  world.environment["AWS_STS_REGIONAL_ENDPOINTS"] = "regional";
  CHECK(world.find());
  CHECK(world.seen.back().url == "https://sts.eu-central-1.amazonaws.com/");
  world.environment["AWS_ENDPOINT_URL_STS"] = "https://sts.example.org/x";
  CHECK(world.find());
  CHECK(world.seen.back().url == "https://sts.example.org/x");
  world.options.sts_endpoint = "http://127.0.0.1:5000";
  CHECK(world.find());
  CHECK(world.seen.back().url == "http://127.0.0.1:5000");
  CHECK(has(header_of(world.seen.back(), "Authorization"), "/eu-central-1/sts/"));
}
