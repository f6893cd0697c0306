#include "support_aws.hpp"

#include <tide/util/digest.hpp>

using namespace tide;
using namespace tide::cloud::aws;
using namespace tide::test;

TEST_SUITE_BEGIN("cloud/aws/sso");

namespace {

const std::string k_config =
    "[profile new]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Scale Role\n"
    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
    "[profile old]\nsso_start_url = https://old.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 1\n"
    "sso_role_name = r\n[profile part]\nsso_account_id = 1\nsso_role_name = r\nsso_start_url = https://x\n"
    "[profile lost]\nsso_session = nobody\nsso_account_id = 1\nsso_role_name = r\n"
    "[profile torn]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\nsso_region = us-east-1\n";

std::string token_file(const std::string& of) { return ".aws/sso/cache/" + to_hex(sha1(of)) + ".json"; }

std::string token(const std::string& text, const std::string& expires) {
  return R"({"accessToken": ")" + text + R"(", "expiresAt": ")" + expires + R"(", "refreshToken": "SECRETrefresh"})";
}

struct Sso : ChainWorld {
  Sso() {
    home.write(".aws/config", k_config);
    options.profile = "new";
    answer = [](const net::Request&) {
      // 2026-11-25T13:00:00Z
      return reply(200, R"({"roleCredentials": {"accessKeyId": "AKSSO", "secretAccessKey": "SECRETsso",
                           "sessionToken": "SECRETtok", "expiration": 1795611600000}})");
    };
  }
};

}  // namespace

TEST_CASE("SSO: the cached token of the session fetches the role's keys") {
  Sso sso;
  sso.home.write(token_file("corp"), token("SECRETaccess", "2026-11-25T20:00:00Z"));
  const auto found = sso.find().value();
  CHECK(found.access_key == "AKSSO");
  CHECK(described(found) == "role 'Scale Role' by SSO of profile 'new', good until 2026-11-25T13:00:00Z");
  const net::Request& sent = sso.seen.at(0);
  CHECK(sent.method == "GET");
  CHECK(sent.url ==
        "https://portal.sso.eu-west-1.amazonaws.com/federation/"
        "credentials?role_name=Scale%20Role&account_id=123456789012");
  CHECK(header_of(sent, "x-amz-sso_bearer_token") == "SECRETaccess");
}

TEST_CASE("SSO: the older form, keyed by its start URL, with botocore's older time") {
  Sso sso;
  sso.options.profile = "old";
  sso.home.write(token_file("https://old.awsapps.com/start"), token("SECRETaccess", "2026-11-25T20:00:00UTC"));
  sso.environment["AWS_ENDPOINT_URL_SSO"] = "http://127.0.0.1:9/sso/";
  CHECK(sso.find());
  CHECK(sso.seen.at(0).url == "http://127.0.0.1:9/sso/federation/credentials?role_name=r&account_id=1");
}

TEST_CASE("SSO: logged out, expired, unreadable: log in again") {
  Sso sso;
  const std::string log_in = "Run as the user who runs tide: aws sso login --profile new";
  const std::string path = sso.home.path() + "/" + token_file("corp");
  const Error out = sso.failure();
  CHECK(out.message == "profile 'new' is not logged in: '" + path + "' is not there");
  CHECK(out.hint == log_in);
  sso.home.write(token_file("corp"), token("SECRETaccess", "2026-11-25T12:00:00Z"));
  const Error expired = sso.failure();
  CHECK(expired.message == "profile 'new' is logged in no more: its SSO token was good until 2026-11-25T12:00:00Z");
  CHECK(expired.hint == log_in);
  for (const std::string& text : {std::string("{"), std::string("{}"), token("", "2026-11-25T20:00:00Z"),
                                  token("SECRET", "late"), token("SEC RET", "2026-11-25T20:00:00Z")}) {
    sso.home.write(token_file("corp"), text);
    CHECK(sso.failure().hint == log_in);
  }
  sso.home.write(token_file("corp"), token("SECRETaccess", "2026-11-25T20:00:00Z"), 0644);
  CHECK(sso.failure().message == "'" + path + "' holds a secret and may be read by everybody");
  CHECK(sso.seen.empty());
}

TEST_CASE("SSO: refusals of the portal") {
  Sso sso;
  sso.home.write(token_file("corp"), token("SECRETaccess", "2026-11-25T20:00:00Z"));
  sso.answer = [](const net::Request&) { return reply(401, R"({"message": "Session token not found"})"); };
  CHECK(sso.failure().hint == "Run as the user who runs tide: aws sso login --profile new");
  sso.answer = [](const net::Request&) { return reply(403, "{}"); };
  CHECK(sso.failure().hint == "Check sso_account_id and sso_role_name of the profile.");
  sso.answer = [](const net::Request&) { return make_error(ErrorKind::retry, "refused"); };
  CHECK(sso.failure().context == std::vector<std::string>{"refused"});
  for (const char* body : {"SECRET", "{}", R"({"roleCredentials": {"accessKeyId": "SECRET", "expiration": 1}})",
                           R"({"roleCredentials": {"expiration": 99999999999999999}})"}) {
    sso.answer = [body](const net::Request&) { return reply(200, body); };
    const auto found = sso.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::auth);
    CHECK(found.error().message.find("SECRET") == std::string::npos);
  }
}

TEST_CASE("SSO: profiles that are not whole") {
  Sso sso;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"part", "profile 'part' uses SSO without 'sso_region'"},
      {"lost", "profile 'lost' uses sso_session 'nobody', which is not in"},
      {"torn", "profile 'torn' and its sso_session differ in 'sso_region'"}};
  for (const auto& [profile, message] : cases) {
    sso.options.profile = profile;
    CHECK(sso.failure().message.find(message) == 0);
  }
}
