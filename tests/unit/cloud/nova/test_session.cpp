#include "support_nova.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

using namespace tide;
using test::FakeNovaFault;
using test::NovaWorld;

TEST_SUITE_BEGIN("cloud/nova");

namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path().string() + "/tide-token.XXXXXX";
    m_path = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(m_path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file() const { return m_path + "/tokens/nectar.json"; }

 private:
  std::string m_path;
};

int logins(const NovaWorld& world) { return world.fake.count_calls("POST /auth/tokens"); }

}  // namespace

TEST_CASE("Session: one token for many calls, kept for the next process, 0600") {
  const Folder folder;
  NovaWorld world(folder.file());
  REQUIRE(world.cloud->list("physics"));
  REQUIRE(world.cloud->list("physics"));
  CHECK(logins(world) == 1);
  struct stat status {};
  REQUIRE(stat(folder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  world.restart();
  REQUIRE(world.cloud->list("physics"));
  CHECK(logins(world) == 1);
  CHECK(world.cloud->identity().find("project 'hpc'") != std::string::npos);
  CHECK(world.cloud->identity().find("secret") == std::string::npos);
}

TEST_CASE("Session: a changed password never rides on the old token") {
  const Folder folder;
  NovaWorld world(folder.file());
  REQUIRE(world.cloud->list("physics"));
  world.settings.secret = Secret("wrong");
  world.restart();
  const auto refused = world.cloud->list("physics");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::auth);
  CHECK(refused.error().hint.find("clouds.yaml") != std::string::npos);
  for (const std::string& line : refused.error().context) CHECK(line.find("wrong") == std::string::npos);
  CHECK(logins(world) == 2);
}

TEST_CASE("Session: renewed with less than two minutes left, and once when it is refused") {
  NovaWorld world;
  REQUIRE(world.cloud->list("physics"));
  world.clock.time += Seconds(3600 - 121);
  REQUIRE(world.cloud->list("physics"));
  CHECK(logins(world) == 1);
  world.clock.time += Seconds(2);
  REQUIRE(world.cloud->list("physics"));
  CHECK(logins(world) == 2);
  world.fake.revoke_tokens();
  REQUIRE(world.launch(NovaWorld::request("n1", "i1")));
  CHECK(logins(world) == 3);
  CHECK(world.fake.live().size() == 1);
  world.fake.fail({.times = 2, .call = "GET /limits", .status = 401, .message = "no"});
  const auto refused = world.cloud->list("physics");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::auth);
  CHECK(logins(world) == 4);
}

TEST_CASE("Session: a secret that somebody renewed is read anew when the old one is refused") {
  NovaWorld world;
  REQUIRE(world.cloud->list("physics"));
  world.fake.revoke_tokens();
  const Secret right = world.settings.secret;
  world.settings.secret = Secret("wrong");
  world.restart();
  CHECK(world.cloud->list("physics").error().kind == ErrorKind::auth);
  world.settings.secret = right;
  CHECK(world.cloud->list("physics"));  // the same process
}

TEST_CASE("Session: while Keystone is away, a token that lives serves on") {
  NovaWorld world;
  REQUIRE(world.cloud->list("physics"));
  world.clock.time += Seconds(3600 - 60);
  world.fake.fail({.fault = FakeNovaFault::lost, .times = 1, .call = "POST /auth/tokens"});
  CHECK(world.cloud->list("physics"));
  world.clock.time += Seconds(120);
  world.fake.fail({.fault = FakeNovaFault::lost, .times = 1, .call = "POST /auth/tokens"});
  const auto gone = world.cloud->list("physics");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::retry);
}

TEST_CASE("Session: a cache that is broken or another's is as none") {
  const Folder folder;
  NovaWorld world(folder.file());
  REQUIRE(make_directories(std::filesystem::path(folder.file()).parent_path()));
  for (const char* text : {"", "{", "[]", R"({"digest":"x"})"}) {
    REQUIRE(write_file_atomically(folder.file(), text));
    world.restart();
    CHECK(world.cloud->list("physics"));
  }
  CHECK(logins(world) == 4);
}

TEST_CASE("Session: application credentials: right, wrong, unknown") {
  NovaWorld world;
  world.settings.method = cloud::openstack::AuthMethod::application_credential;
  world.settings.project = {};
  world.settings.credential.id = "0123456789abcdef0123456789abcdef";
  world.settings.secret = Secret("app-secret");
  world.restart();
  CHECK(world.cloud->list("physics"));
  world.settings.secret = Secret("other");
  world.restart();
  CHECK(world.cloud->list("physics").error().kind == ErrorKind::auth);
  world.settings.credential.id = "00000000000000000000000000000000";
  world.restart();
  const auto unknown = world.cloud->list("physics");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::auth);
  CHECK(unknown.error().context.at(1).find("Could not find Application Credential") != std::string::npos);
}

TEST_SUITE_END();
