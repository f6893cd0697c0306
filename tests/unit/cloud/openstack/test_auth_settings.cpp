#include <tide/cloud/openstack/auth_settings.hpp>
#include <tide/cloud/openstack/discovery.hpp>
#include <tide/cloud/openstack/keystone.hpp>
#include <tide/util/files.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

using namespace tide;
using namespace tide::cloud::openstack;

TEST_SUITE_BEGIN("cloud/openstack");

namespace {

// A HOME with files of one's own.
class Home {
 public:
  Home() {
    std::string pattern = std::filesystem::temp_directory_path().string() + "/tide-openstack.XXXXXX";
    m_path = mkdtemp(pattern.data());
    environment["HOME"] = m_path;
    std::filesystem::create_directories(m_path + "/.config/openstack");
  }
  ~Home() { std::filesystem::remove_all(m_path); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  void write(const std::string& name, const std::string& text, unsigned mode = 0600) {
    REQUIRE(write_file_atomically(m_path + "/.config/openstack/" + name, text, {.mode = mode}));
  }
  std::string path(const std::string& name) const { return m_path + "/.config/openstack/" + name; }

  Environment environment;

 private:
  std::string m_path;
};

constexpr const char* k_clouds = R"(
clouds:
  nectar:
    profile: vendor
    auth:
      username: alice
      project_name: physics
      user_domain_name: Default
      project_domain_name: Default
    region_name: Melbourne
    interface: internal
    cacert: /etc/ssl/own.pem
  app:
    auth_type: v3applicationcredential
    auth:
      auth_url: https://keystone.example.org:5000
      application_credential_id: abc
      application_credential_secret: very-secret
    regions:
    - name: One
      values:
        cacert: /one.pem
    - Two
)";

std::string why_not(const std::string& text, const AuthOptions& options = {}) {
  Home home;
  home.write("clouds.yaml", text);
  const auto found = find_auth(options, home.environment);
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == ErrorKind::config);
  CHECK_FALSE(found.error().hint.empty());
  return found.error().message;
}

}  // namespace

TEST_CASE("find_auth: clouds.yaml, secure.yaml and a profile lie over each other") {
  Home home;
  home.write("clouds.yaml", k_clouds);
  home.write("secure.yaml", "clouds: {nectar: {auth: {password: the-word}}}");
  home.write("clouds-public.yaml",
             "public-clouds: {vendor: {auth: {auth_url: 'https://vendor.example/identity/v2.0', username: nobody}, "
             "interface: public}}");
  const auto found = find_auth({.cloud = "nectar"}, home.environment);
  REQUIRE(found);
  CHECK(found->auth_url == "https://vendor.example/identity/v3");
  CHECK(found->user.name == "alice");
  CHECK(found->user.domain_name == "Default");
  CHECK(found->secret.reveal() == "the-word");
  CHECK(found->project.name == "physics");
  CHECK(found->region == "Melbourne");
  CHECK(found->interface == "internal");
  CHECK(found->ca_file == "/etc/ssl/own.pem");
  CHECK(described(*found).find("the-word") == std::string::npos);
  const auto own =
      find_auth({.cloud = "nectar", .region = "Perth", .interface = "admin", .ca_file = "/x"}, home.environment);
  REQUIRE(own);
  CHECK(own->region == "Perth");
  CHECK(own->interface == "admin");
  CHECK(own->ca_file == "/x");
}

TEST_CASE("find_auth: application credentials, and regions with values of their own") {
  Home home;
  home.write("clouds.yaml", k_clouds);
  home.environment["OS_CLOUD"] = "app";
  const auto first = find_auth({}, home.environment);
  REQUIRE(first);
  CHECK(first->method == AuthMethod::application_credential);
  CHECK(first->auth_url == "https://keystone.example.org:5000/v3");
  CHECK(first->region == "One");
  CHECK(first->ca_file == "/one.pem");
  const auto second = find_auth({.region = "Two"}, home.environment);
  REQUIRE(second);
  CHECK(second->region == "Two");
  CHECK(second->ca_file.empty());
  CHECK(
      auth_body(*first).reveal() ==
      R"({"auth":{"identity":{"application_credential":{"id":"abc","secret":"very-secret"},"methods":["application_credential"]}}})");
}

TEST_CASE("find_auth: an openrc works as it is") {
  const Environment openrc{{"OS_AUTH_URL", "http://keystone:5000/v3/"},
                           {"OS_USERNAME", "scaler"},
                           {"OS_PASSWORD", "w"},
                           {"OS_PROJECT_NAME", "hpc"},
                           {"OS_USER_DOMAIN_NAME", "D"},
                           {"OS_PROJECT_DOMAIN_ID", "d"},
                           {"OS_REGION_NAME", "R"},
                           {"OS_ENDPOINT_TYPE", "internalURL"},
                           {"OS_COMPUTE_API_VERSION", "2.53"}};
  const auto found = find_auth({}, openrc);
  REQUIRE(found);
  CHECK(found->auth_url == "http://keystone:5000/v3");
  CHECK(found->interface == "internal");
  CHECK(found->region == "R");
  CHECK(found->compute_api_version == "2.53");
  CHECK(
      auth_body(*found).reveal() ==
      R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"D"},"name":"scaler","password":"w"}}},"scope":{"project":{"domain":{"id":"d"},"name":"hpc"}}}})");
}

TEST_CASE("find_auth: what is not there or not understood is told, with a hint") {
  CHECK(find_auth({}, {}).error().kind == ErrorKind::config);
  CHECK(why_not(k_clouds, {.cloud = "nectaar"}).find("has no cloud 'nectaar'") != std::string::npos);
  CHECK(why_not(k_clouds, {.cloud = "nectar"}).find("profile 'vendor'") != std::string::npos);
  CHECK(why_not(": [", {.cloud = "x"}).find("is no clouds.yaml") != std::string::npos);
  CHECK(why_not("clouds: [1]", {.cloud = "x"}).find("is no table") != std::string::npos);
  const auto entry = [](const std::string& auth, const std::string& rest = "") {
    return why_not("clouds: {x: {auth: {" + auth + "}" + rest + "}}", {.cloud = "x"});
  };
  CHECK(entry("username: u").find("no auth_url") != std::string::npos);
  CHECK(entry("auth_url: ftp://x").find("no URL") != std::string::npos);
  const std::string base = "auth_url: 'http://k', username: u, project_name: p";
  CHECK(entry(base).find("no password") != std::string::npos);
  CHECK(entry("auth_url: 'http://k', username: u, password: w").find("no project") != std::string::npos);
  CHECK(entry(base + ", password: w", ", auth_type: v3oidcpassword").find("not in this version") != std::string::npos);
  CHECK(entry(base + ", password: w", ", cert: /x").find("client certificates") != std::string::npos);
  CHECK(entry(base + ", password: w", ", verify: false").find("not to be verified") != std::string::npos);
}

TEST_CASE("find_auth: unverified certificates only where tide's own configuration says so too") {
  Home home;
  home.write("clouds.yaml", "clouds: {x: {auth: {auth_url: 'https://k', token: t}, verify: False}}");
  CHECK_FALSE(find_auth({.cloud = "x"}, home.environment));
  const auto found = find_auth({.cloud = "x", .insecure = true}, home.environment);
  REQUIRE(found);
  CHECK(found->insecure);
  CHECK(found->method == AuthMethod::token);
}

TEST_CASE("find_auth: a file with a secret that everybody may read is refused") {
  Home home;
  home.write("clouds.yaml", k_clouds, 0644);
  const auto found = find_auth({.cloud = "app"}, home.environment);
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == ErrorKind::auth);
  CHECK(found.error().hint.find("chmod") != std::string::npos);
}

TEST_CASE("parse_clouds: hostile files end in an error, with places and no text") {
  std::string deep = "clouds: ";
  for (int i = 0; i < 400; ++i) deep += "{a: ";
  CHECK_FALSE(parse_clouds(deep, "clouds", "f"));
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 8; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k > 0 ? ",*a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  CHECK_FALSE(parse_clouds(bomb + "clouds: {x: {y: *a7}}", "clouds", "f"));
  const auto broken = parse_clouds("clouds:\n  x: {auth: {password: 'half", "clouds", "f");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message.find("half") == std::string::npos);
  CHECK(parse_clouds("", "clouds", "f")->entries.empty());
}

TEST_CASE("parse_clouds: << takes over a table or several; own keys win, and earlier tables over later") {
  const auto file = parse_clouds(R"(
common: &common
  auth: &auth {auth_url: 'https://k/v3', username: alice}
  region_name: One
  interface: internal
other: &other {region_name: Two, cacert: /two.pem}
clouds:
  one: {<<: *common, region_name: Three}
  two: {<<: [*common, *other], auth: {<<: *auth, username: bob}}
  three: &three {<<: *other}
  four: {<<: *three, '<<': text}
)",
                                 "clouds", "f");
  REQUIRE(file);
  using Row = std::pair<const std::string, std::string>;
  CHECK(file->entries.at("one") == Entry{Row{"auth.auth_url", "https://k/v3"}, Row{"auth.username", "alice"},
                                         Row{"interface", "internal"}, Row{"region_name", "Three"}});
  CHECK(file->entries.at("two") == Entry{Row{"auth.auth_url", "https://k/v3"}, Row{"auth.username", "bob"},
                                         Row{"cacert", "/two.pem"}, Row{"interface", "internal"},
                                         Row{"region_name", "One"}});
  CHECK(file->entries.at("four") == Entry{Row{"<<", "text"}, Row{"cacert", "/two.pem"}, Row{"region_name", "Two"}});
  const auto all = parse_clouds("more: &more {a: {x: '1'}}\nclouds: {<<: *more, b: {x: '2'}}", "clouds", "f");
  REQUIRE(all);
  CHECK(all->entries.size() == 2);
  CHECK(all->entries.at("a").at("x") == "1");
}

TEST_CASE("parse_clouds: a << of what is no table, of itself, or of more than a file can mean is an error") {
  CHECK_FALSE(parse_clouds("clouds: {x: {<<: text}}", "clouds", "f"));
  CHECK_FALSE(parse_clouds("clouds: {x: {<<: [[a]]}}", "clouds", "f"));
  CHECK_FALSE(parse_clouds("clouds: {x: &x {<<: *x, a: b}}", "clouds", "f"));
  std::string bomb = "a0: &a0 {x: '1'}\n";
  for (int i = 1; i < 8; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {<<: [";
    for (int k = 0; k < 10; ++k) bomb += (k > 0 ? ",*a" : "*a") + std::to_string(i - 1);
    bomb += "]}\n";
  }
  CHECK_FALSE(parse_clouds(bomb + "clouds: {x: {<<: *a7}}", "clouds", "f"));
}

TEST_CASE("find_auth: what belongs below auth is found beside it too; what is below it wins") {
  Home home;
  home.write("clouds.yaml", R"(
clouds:
  x:
    auth: {auth_url: 'https://k', username: u, password: w, project_name: below}
    project_name: beside
    user_domain_name: D
    project_domain_id: d
  y:
    auth: {auth_url: 'https://k', username: u, password: w}
    project_id: p
)");
  const auto x = find_auth({.cloud = "x"}, home.environment);
  REQUIRE(x);
  CHECK(x->project == Named{.id = {}, .name = "below", .domain_id = "d", .domain_name = {}});
  CHECK(x->user == Named{.id = {}, .name = "u", .domain_id = {}, .domain_name = "D"});
  CHECK(find_auth({.cloud = "y"}, home.environment)->project.id == "p");
  home.write("clouds.yaml", "clouds: {x: {auth: {auth_url: 'https://k', username: u}, password: w}}", 0644);
  CHECK(find_auth({.cloud = "x"}, home.environment).error().kind == ErrorKind::auth);
}

TEST_CASE("find_auth: a default domain stands for the user's and the project's where those are not given") {
  Environment openrc{{"OS_AUTH_URL", "https://k"},
                     {"OS_USERNAME", "u"},
                     {"OS_PASSWORD", "w"},
                     {"OS_PROJECT_NAME", "p"},
                     {"OS_PROJECT_DOMAIN_NAME", "P"}};
  CHECK(find_auth({}, openrc)->user.domain_id == "default");
  openrc["OS_DEFAULT_DOMAIN_NAME"] = "N";
  CHECK(find_auth({}, openrc)->user.domain_name == "N");
  CHECK(find_auth({}, openrc)->project.domain_name == "P");
  openrc["OS_DEFAULT_DOMAIN_ID"] = "i";
  CHECK(find_auth({}, openrc)->user.domain_id == "i");
  CHECK(find_auth({}, openrc)->user.domain_name.empty());
  Home home;
  home.write("clouds.yaml",
             "clouds: {x: {auth: {auth_url: 'https://k', username: u, password: w, project_name: p, "
             "default_domain_name: N}}}");
  CHECK(find_auth({.cloud = "x"}, home.environment)->user.domain_name == "N");
  CHECK(find_auth({.cloud = "x"}, home.environment)->project.domain_name == "N");
}

TEST_CASE("find_auth: beside OS_CLIENT_CONFIG_FILE, and else in the usual folders, lies secure.yaml") {
  Home home;
  const Home elsewhere;
  const std::string file = elsewhere.path("own.yaml");
  REQUIRE(write_file_atomically(file, "clouds: {x: {auth: {auth_url: 'https://k', username: u, project_name: p}}}",
                                {.mode = 0600}));
  home.write("secure.yaml", "clouds: {x: {auth: {password: usual}}}");
  home.environment["OS_CLIENT_CONFIG_FILE"] = file;
  const auto usual = find_auth({.cloud = "x"}, home.environment);
  REQUIRE(usual);
  CHECK(usual->secret.reveal() == "usual");
  REQUIRE(
      write_file_atomically(elsewhere.path("secure.yaml"), "clouds: {x: {auth: {password: beside}}}", {.mode = 0600}));
  CHECK(find_auth({.cloud = "x"}, home.environment)->secret.reveal() == "beside");
  std::filesystem::remove(elsewhere.path("secure.yaml"));
  home.environment.erase("OS_CLIENT_CONFIG_FILE");
  CHECK_FALSE(find_auth({.cloud = "x", .clouds_file = file}, home.environment));  // tide.toml's file stands alone
}

TEST_CASE("digest_of: every part counts, the secret too") {
  AuthSettings settings{.source = "x", .auth_url = "http://k/v3"};
  settings.user.name = "u";
  settings.secret = Secret("w");
  const std::string first = digest_of(settings);
  CHECK(first.size() == 64);
  AuthSettings other = settings;
  other.secret = Secret("W");
  CHECK(digest_of(other) != first);
  other = settings;
  other.project.name = "p";
  CHECK(digest_of(other) != first);
  other = settings;
  other.user = {.id = "u", .name = {}, .domain_id = {}, .domain_name = {}};
  CHECK(digest_of(other) != first);
  other = settings;
  other.region = "r";
  CHECK(digest_of(other) == first);
}

TEST_CASE("discovery: roots below versioned and unversioned endpoints") {
  CHECK(versioned_root("compute", "http://h:8774/v2.1/p") == "http://h:8774/v2.1/p");
  CHECK(versioned_root("compute", "http://h/compute").empty());
  CHECK(versioned_root("image", "http://h:9292") == "http://h:9292/v2");
  CHECK(versioned_root("network", "http://h:9696") == "http://h:9696/v2.0");
  CHECK(versioned_root("network", "http://h/v2.0") == "http://h/v2.0");
  CHECK(version_document("http://h:8774/v2.1/project") == "http://h:8774/v2.1/");
  CHECK(version_document("http://h/compute/v2.1") == "http://h/compute/v2.1/");
  CHECK(parse_microversion("2.9").value() < parse_microversion("2.10").value());
  CHECK_FALSE(parse_microversion("2"));
  CHECK_FALSE(parse_microversion("2.x"));
  CHECK(newest_microversion(R"({"version":{"id":"v2.0","version":"","min_version":""}})", {2, 93})->text() == "2.1");
  CHECK_FALSE(newest_microversion(R"({"version":{"id":"v2.1","version":"2.200","min_version":"2.100"}})", {2, 93}));
}

TEST_SUITE_END();
