#include "support_nova.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tide;
using core::Level;
using test::NovaWorld;

TEST_SUITE_BEGIN("cloud/nova/examine");

namespace {

core::Findings examine(NovaWorld& world, const core::LaunchRequest& request) {
  return world.cloud->examine({&request, 1});
}

core::Finding finding(const core::Findings& findings, const std::string& check) {
  const auto found = std::ranges::find(findings, check, &core::Finding::check);
  REQUIRE(found != findings.end());
  return *found;
}

}  // namespace

TEST_CASE("examine: a pool whose flavor, image and network are there; no server is made") {
  NovaWorld world;
  const auto findings = examine(world, NovaWorld::request("n1", "t1"));
  for (const char* check : {"credentials", "rights", "types", "image", "networks", "user_data"}) {
    CAPTURE(check);
    CAPTURE(finding(findings, check).text);
    CHECK(finding(findings, check).level == Level::ok);
  }
  CHECK(finding(findings, "rights").text == "roles: member");
  const auto listed = world.cloud->list("physics");
  REQUIRE(listed);
  CHECK(listed->empty());
}

TEST_CASE("examine: what is not there is named, each on a line of its own") {
  NovaWorld world;
  auto request = NovaWorld::request("n1", "t1");
  request.types = {"m1.smal"};
  request.image = "debian-99";
  const auto findings = examine(world, request);
  CHECK(finding(findings, "types").hint == "Did you mean 'm1.small'?");
  CHECK(finding(findings, "image").exit == core::ExitCode::config);
  CHECK(core::exit_code(findings) == core::ExitCode::config);
}

TEST_CASE("examine: a password that is wrong is exit 7, and nothing more is asked") {
  NovaWorld world;
  world.settings.secret = Secret("not it");
  const auto findings = examine(world, NovaWorld::request("n1", "t1"));
  CHECK(findings.size() == 1);
  CHECK(core::exit_code(findings) == core::ExitCode::not_allowed);
}

TEST_CASE("examine: what only the doctor asks for and may not is a warning; a launch may work all the same") {
  NovaWorld world;
  auto request = NovaWorld::request("n1", "t1");
  const std::pair<const char*, const char*> k_denied[]{
      {"image", "GET /images/"}, {"key", "GET /os-keypairs/"}, {"security_groups", "GET /security-groups"}};
  for (const auto& [check, call] : k_denied) {
    CAPTURE(std::string(check));
    request.options.clear();
    if (std::string(check) != "image") request.options[check] = {"k"};
    world.fake.fail({.call = call, .status = 403, .message = "Policy doesn't allow it"});
    const auto findings = examine(world, request);
    CHECK(finding(findings, check).level == Level::warn);
    CHECK(finding(findings, check).hint.find("allow the doctor GET /v2") != std::string::npos);
    CHECK(finding(findings, "user_data").level == Level::ok);
    world.fake.forget_faults();
  }
  request.options.clear();
  world.restart();  // the image's ID is remembered
  world.fake.fail({.call = "GET /images", .status = 403, .message = "Policy doesn't allow it"});
  CHECK(finding(examine(world, request), "image").exit == core::ExitCode::not_allowed);
}

TEST_CASE("examine: an answer that nobody can read is the cloud's, exit 6, not the batch system's") {
  NovaWorld world;
  world.fake.fail({.fault = test::FakeNovaFault::html_ok, .call = "GET /networks"});
  const auto findings = examine(world, NovaWorld::request("n1", "t1"));
  CHECK(finding(findings, "networks").exit == core::ExitCode::cloud);
  CHECK(core::exit_code(findings) == core::ExitCode::cloud);
}

TEST_SUITE_END();
