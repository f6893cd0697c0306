#include "support_ec2.hpp"

#include <tide/cloud/ec2/images.hpp>
#include <tide/cloud/ec2/launch_call.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::ec2;
using test::Ec2World;

TEST_SUITE_BEGIN("cloud/ec2/images");

TEST_CASE("image_kind: an ID, a pattern, a parameter, nothing; all else is bad") {
  CHECK(image_kind("ami-0abc") == ImageKind::id);
  CHECK(image_kind("name:debian-12-*") == ImageKind::name);
  CHECK(image_kind("ssm:/aws/service/x") == ImageKind::parameter);
  CHECK(image_kind("") == ImageKind::none);
  for (const char* bad : {"ami-", "debian-12", "name:", "ssm:", "ami-0ABC"}) CHECK(image_kind(bad) == ImageKind::bad);
  CHECK(image_word("name:a:b") == "a:b");
}

TEST_CASE("image_of_parameter: an ID as it is, or in JSON") {
  CHECK(image_of_parameter("/p", "ami-0abc\n").value() == "ami-0abc");
  CHECK(image_of_parameter("/p", R"({"image_id":"ami-0abc","os":"x"})").value() == "ami-0abc");
  for (const char* bad : {"", "vpc-1", "{}", R"({"image_id":7})", "[1"}) {
    const auto image = image_of_parameter("/p", bad);
    REQUIRE_FALSE(image);
    CHECK(image.error().kind == ErrorKind::bad_request);
  }
}

TEST_CASE("resolve: an ID costs no call") {
  Ec2World world;
  CHECK(world.cloud.resolve_image(world.request(1)).value() == "ami-0abc");
  CHECK(world.fake.calls().empty());
}

TEST_CASE("resolve: the newest of that name, of those owners only") {
  Ec2World world;
  world.fake.add_image({"ami-0old", "debian-12-1", "123456789012", "2026-01-01T00:00:00.000Z"});
  world.fake.add_image({"ami-0new", "debian-12-2", "123456789012", "2026-02-01T00:00:00.000Z"});
  world.fake.add_image({"ami-0mid", "debian-12-3", "123456789012", "2026-01-15T00:00:00.000Z"});
  world.fake.add_image({"ami-0bad", "debian-12-9", "999999999999", "2026-09-01T00:00:00.000Z"});
  auto request = world.request(1);
  request.image = "name:debian-12-*";
  request.options["image_owners"] = {"123456789012", "self"};
  CHECK(world.cloud.resolve_image(request).value() == "ami-0new");
  request.image = "name:fedora-*";
  const auto none = world.cloud.resolve_image(request);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::bad_request);
  CHECK(none.error().hint.find("image_owners") != std::string::npos);
}

TEST_CASE("resolve: a parameter of SSM, signed for it") {
  Ec2World world;
  world.fake.set_parameter("/site/worker", "ami-0ssm");
  auto request = world.request(1);
  request.image = "ssm:/site/worker";
  CHECK(world.cloud.resolve_image(request).value() == "ami-0ssm");
  request.image = "ssm:/site/none";
  const auto none = world.cloud.resolve_image(request);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::bad_request);
  CHECK(none.error().message.find("ParameterNotFound") != std::string::npos);
  world.spoil = [](net::Response& response) { response.body = "<html>"; };
  request.image = "ssm:/site/worker";
  CHECK(world.cloud.resolve_image(request).error().kind == ErrorKind::protocol);
  world.fake.fail({.code = "AccessDeniedException", .status = 400});
  world.spoil = [](net::Response& response) {
    response.status = 400;
    response.body = R"({"__type":"AccessDeniedException","Message":"no"})";
  };
  CHECK(world.cloud.resolve_image(request).error().kind == ErrorKind::auth);
}
