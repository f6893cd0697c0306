#include <tide/cloud/aws/credentials.hpp>

#include <tide/cloud/aws/ini.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace tide;
using namespace tide::cloud::aws;

TEST_SUITE_BEGIN("cloud/aws/credentials");

namespace {

// A home folder with the files that a test writes; gone with it.
class Home {
 public:
  Home() {
    std::string name = (std::filesystem::temp_directory_path() / "tide-home-XXXXXX").string();
    m_path = ::mkdtemp(name.data());
    std::filesystem::create_directories(m_path + "/.aws");
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home() { std::filesystem::remove_all(m_path); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(m_path + "/" + name) << text; }
  const std::string& path() const { return m_path; }
  Environment environment() const { return {{"HOME", m_path}}; }

 private:
  std::string m_path;
};

const std::string k_file =
    "# comment\n[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key=s3cret/+=\n\n"
    "[cron]\n aws_ignored = nested\nAWS_ACCESS_KEY_ID=AKCRON\naws_secret_access_key = other\naws_session_token = tok\n"
    "[role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n[empty]\nregion = "
    "eu-central-1\n[half]\naws_access_key_id = AK\n";

}  // namespace

TEST_CASE("find_credentials: the environment comes first, unless an option names something") {
  const Home home;
  home.write(".aws/credentials", k_file);
  Environment environment = home.environment();
  environment["AWS_ACCESS_KEY_ID"] = "AKENV";
  environment["AWS_SECRET_ACCESS_KEY"] = "envsecret";
  environment["AWS_SESSION_TOKEN"] = "envtoken";
  const auto from_environment = find_credentials({}, environment).value();
  CHECK(from_environment.access_key == "AKENV");
  CHECK(from_environment.session_token.reveal() == "envtoken");
  CHECK(from_environment.source == "the environment's AWS_ACCESS_KEY_ID");

  const auto named = find_credentials({.profile = "cron", .credentials_file = {}}, environment).value();
  CHECK(named.access_key == "AKCRON");
  CHECK(named.session_token.reveal() == "tok");
  CHECK(named.source == "profile 'cron' in " + home.path() + "/.aws/credentials");
}

TEST_CASE("find_credentials: files and profiles named by options and environment") {
  const Home home;
  home.write(".aws/credentials", k_file);
  home.write("elsewhere", "[default]\naws_access_key_id=AKELSE\naws_secret_access_key=x\n");
  home.write(".aws/config", "[profile only here]\naws_access_key_id=AKCONFIG\naws_secret_access_key=x\n");
  Environment environment = home.environment();
  CHECK(find_credentials({}, environment).value().access_key == "AKDEFAULT");
  CHECK(find_credentials({.profile = {}, .credentials_file = home.path() + "/elsewhere"}, environment)
            .value()
            .access_key == "AKELSE");
  CHECK(
      find_credentials({.profile = "cron", .credentials_file = "~/.aws/credentials"}, environment).value().access_key ==
      "AKCRON");
  const auto config = find_credentials({.profile = "only here", .credentials_file = {}}, environment).value();
  CHECK(config.access_key == "AKCONFIG");
  CHECK(config.source == "profile 'only here' in " + home.path() + "/.aws/config");
  environment["AWS_PROFILE"] = "cron";
  CHECK(find_credentials({}, environment).value().access_key == "AKCRON");
  environment.erase("AWS_PROFILE");
  environment["AWS_SHARED_CREDENTIALS_FILE"] = home.path() + "/elsewhere";
  CHECK(find_credentials({}, environment).value().access_key == "AKELSE");
}

TEST_CASE("find_credentials: what is missing or not in this version is told, with where to put it") {
  const Home home;
  home.write(".aws/credentials", k_file);
  const std::string file = home.path() + "/.aws/credentials";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"nobody", "profile 'nobody' has no credentials in " + file + " and " + home.path() + "/.aws/config"},
      {"empty", "profile 'empty' has no credentials in"},
      {"role", "profile 'role' in " + file + " uses 'role_arn', which is not in this version"},
      {"half", "profile 'half' in " + file + " has only half of an access key"},
  };
  for (const auto& [profile, message] : cases) {
    CAPTURE(profile);
    const auto found = find_credentials({.profile = profile, .credentials_file = {}}, home.environment());
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::auth);
    CHECK(found.error().message.find(message) == 0);
    CHECK_FALSE(found.error().hint.empty());
  }
  CHECK_FALSE(find_credentials({}, {}));
  CHECK_FALSE(find_credentials({}, {{"AWS_ACCESS_KEY_ID", "AK"}}));
  CHECK_FALSE(find_credentials({}, {{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "line\nbreak"}}));
}

TEST_CASE("parse_ini: a broken line is told by its number, never by its text") {
  const auto broken = parse_ini("[default]\naws_secret_access_key topsecret\n");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message == "line 2 is neither a section, a setting nor a comment");
  CHECK_FALSE(parse_ini("key = before any section"));
  CHECK(parse_ini("").value().empty());
  CHECK(parse_ini("[ profile  \"my own\" ]\r\nA = b = c\r\n").value() == Ini{{"profile my own", {{"a", "b = c"}}}});
}
