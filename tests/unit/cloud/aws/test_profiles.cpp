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

TEST_CASE("by_our_clock: an expiry is told by our clock, if theirs is another") {
  const TimePoint noon = parse_time("2026-11-25T12:00:00Z").value();
  const TimePoint one = noon + Seconds(3600);
  CHECK(by_our_clock(one, "", noon) == one);
  CHECK(by_our_clock(one, "Wed, 25 Nov 2026 12:03:00 GMT", noon) == one);
  CHECK(by_our_clock(one, "Wed, 25 Nov 2026 10:00:00 GMT", noon) == one + Seconds(7200));
  CHECK(by_our_clock(one, "Wed, 25 Nov 2026 12:30:00 GMT", noon) == one - Seconds(1800));
}
