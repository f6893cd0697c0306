#include "support_aws.hpp"

#include <tide/cloud/aws/ini.hpp>
#include <tide/cloud/aws/key_document.hpp>

using namespace tide;
using namespace tide::cloud::aws;
using namespace tide::test;

TEST_SUITE_BEGIN("cloud/aws/profiles");

TEST_CASE("parse_ini: a broken line is told by its number, never by its text") {
  const auto broken = parse_ini("[default]\naws_secret_access_key topsecret\n");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message == "line 2 is neither a section, a setting nor a comment");
  CHECK_FALSE(parse_ini("key = before any section"));
  CHECK(parse_ini("").value().empty());
  CHECK(parse_ini("[ profile  \"my own\" ]\r\nA = b = c\r\n").value() == Ini{{"profile my own", {{"a", "b = c"}}}});
  CHECK(parse_ini("[a] # words\nx : 1\n").value() == Ini{{"a", {{"x", "1"}}}});
}

TEST_CASE("parse_ini: nested settings, and lines that only go on") {
  const Ini ini =
      parse_ini(
          "[services s]\nec2 =\n  endpoint_url = http://a/=\n  # no\n  Other= x\nsts =\n  endpoint_url = b\n"
          "[default]\n  region = r\n  output = json\ns3 = one\n  two = 2\nlast = 1\n")
          .value();
  CHECK(
      ini.at("services s") ==
      std::map<std::string, std::string>{
          {"ec2", ""}, {"ec2.endpoint_url", "http://a/="}, {"ec2.other", "x"}, {"sts", ""}, {"sts.endpoint_url", "b"}});
  CHECK(ini.at("default") ==
        std::map<std::string, std::string>{{"region", "r"}, {"output", "json"}, {"s3", "one"}, {"last", "1"}});
}

TEST_CASE("Profiles: both files make one profile; keys are kept apart from settings") {
  const Home home;
  const ProfileFiles files{
      .credentials = home.write("c", "[a]\naws_access_key_id=AK\naws_secret_access_key=s\nregion=from-credentials\n"),
      .config = home.write("f",
                           "[profile a]\nregion=from-config\noutput=json\n[default]\nregion=x\n[profile "
                           "default]\nregion=y\n[sso-session me]\nsso_region=z\n[preview]\nq=1\n")};
  const auto profiles = Profiles::read(files).value();
  const Profile* a = profiles.find("a");
  REQUIRE(a != nullptr);
  CHECK(a->settings == Settings{{"output", "json"}, {"region", "from-credentials"}});
  REQUIRE(a->shared);
  CHECK(a->shared->access_key == "AK");
  CHECK_FALSE(a->in_config);
  CHECK(profiles.find("default")->settings.at("region") == "y");
  CHECK(profiles.find("preview") == nullptr);
  CHECK(*profiles.sso_session("me") == Settings{{"sso_region", "z"}});
  CHECK(profiles.services("me") == nullptr);
}

TEST_CASE("parse_expiry: the forms that are about") {
  const TimePoint noon = parse_time("2026-11-25T12:00:00Z").value();
  for (const char* text : {"2026-11-25T12:00:00Z", "2026-11-25T12:00:00UTC", "2026-11-25T12:00:00.123Z",
                           "2026-11-25T12:00:00+00:00", "2026-11-25T13:30:00+01:30", "2026-11-25T07:00:00-0500",
                           "2026-11-25T14:00:00+02", "2026-11-25T12:00:00.000000+00:00"}) {
    CAPTURE(text);
    CHECK(parse_expiry(text) == noon);
  }
  for (const char* text : {"", "soon", "2026-11-25", "2026-11-25T12:00:00", "2026-11-25T12:00:00+1",
                           "2026-11-25T12:00:00+25:00", "2026-13-25T12:00:00Z", "2026-11-25T12:00:00+ab:cd"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_expiry(text));
  }
}

TEST_CASE("parse_key_document: what is none is told without its text, however deep") {
  for (const std::string& text :
       {std::string("SECRET"), std::string("[1]"), std::string("{\"a\": SECRET}"), std::string(),
        std::string(60'000, '['), std::string("{\"AccessKeyId\": \"SECRET\0\"", 25)}) {
    const auto document = parse_key_document(text, "who");
    REQUIRE_FALSE(document);
    CHECK(document.error().kind == ErrorKind::auth);
    CHECK(document.error().message.find("who answered with what is no credentials document: ") == 0);
    CHECK(document.error().message.find("SECRET") == std::string::npos);
  }
  std::string nested = "1";
  for (int i = 0; i < 10'000; ++i) nested = "{\"a\":" + nested + "}";
  CHECK_FALSE(parse_key_document(nested, "who"));
  const auto flat = parse_key_document(R"({"a": "b", "n": 17, "o": {"p": "q"}, "x": null, "l": [1]})", "who").value();
  CHECK(flat == std::map<std::string, std::string>{{"a", "b"}, {"n", "17"}, {"o.p", "q"}});
}

TEST_CASE("documents cut at every byte are refused, and never shown") {
  const std::string whole = key_reply("AK", "2026-11-25T13:00:00Z");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto document = parse_key_document(whole.substr(0, size), "who");
    REQUIRE_FALSE(document);
    CHECK(document.error().message.find("SECRET") == std::string::npos);
  }
  REQUIRE(parse_key_document(whole, "who"));
  const std::string file = "[default]\naws_access_key_id = AK\naws_secret_access_key = SECRET\n";
  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto ini = parse_ini(file.substr(0, size));
    if (!ini) CHECK(ini.error().message.find("SECRET") == std::string::npos);
  }
}

TEST_CASE("hostile files and documents: NULs, bad UTF-8, a long line, many sections") {
  CHECK(parse_ini(std::string("[a]\nk = x\0y\n", 12)).value().at("a").at("k") == std::string("x\0y", 3));
  CHECK(parse_ini("[a]\nk = \xff\xfe\n").value().at("a").at("k") == "\xff\xfe");
  CHECK(parse_ini("[a]\nk = " + std::string(1U << 20U, 'x')).value().at("a").at("k").size() == (1U << 20U));
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "[s" + std::to_string(i) + "]\n";
  CHECK(parse_ini(many).value().size() == 10'000);
  CHECK_FALSE(parse_key_document("{\"AccessKeyId\": \"\xff\xfe\"}", "who"));
  const auto nul = parse_key_document(R"({"AccessKeyId": "A\u0000K", "SecretAccessKey": "s", "Token": "t",
                                         "Expiration": "2026-11-25T13:00:00Z"})",
                                      "who");
  REQUIRE(nul);
  const auto refused = to_credentials(*nul, {}, "who", true);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "who holds an access key with characters that none has");
}

TEST_CASE("by_our_clock: an expiry is told by our clock, if theirs is another") {
  const TimePoint noon = parse_time("2026-11-25T12:00:00Z").value();
  const TimePoint one = noon + Seconds(3600);
  CHECK(by_our_clock(one, "", noon) == one);
  CHECK(by_our_clock(one, "Wed, 25 Nov 2026 12:03:00 GMT", noon) == one);
  CHECK(by_our_clock(one, "Wed, 25 Nov 2026 10:00:00 GMT", noon) == one + Seconds(7200));
  CHECK(by_our_clock(one, "Wed, 25 Nov 2026 12:30:00 GMT", noon) == one - Seconds(1800));
}
