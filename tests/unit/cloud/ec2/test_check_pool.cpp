#include <tide/cloud/ec2/launch_call.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::cloud::ec2;

TEST_SUITE_BEGIN("cloud/ec2/check_pool");

namespace {

core::Pool good() {
  core::Pool pool{.name = {"small"}, .cloud = {"aws"}, .image = "ami-0abc12"};
  pool.types = {"c7i.xlarge", "u-6tb1.metal", "c5.large"};
  pool.options = {{"subnets", {"subnet-1", "subnet-2"}}, {"disk", {"20GiB"}}};
  return pool;
}

void refused(const core::Pool& pool, const std::string& key) {
  CAPTURE(key);
  const auto checked = check_pool(pool);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().kind == ErrorKind::config);
  CHECK(checked.error().message.find("[pools.small]") == 0);
  CHECK(checked.error().message.find(key) != std::string::npos);
  CHECK_FALSE(checked.error().hint.empty());
}

}  // namespace

TEST_CASE("check_pool: a good pool passes") {
  CHECK(check_pool(good()));
  core::Pool spot = good();
  spot.market = core::Market::spot;
  spot.max_price = "0.05";
  spot.address = "ipv6";
  CHECK(check_pool(spot));
}

TEST_CASE("check_pool: images by name and parameter, templates, fleets") {
  core::Pool pool = good();
  pool.image = "name:debian-12-*";
  pool.options["image_owners"] = {"136693071363"};
  CHECK(check_pool(pool));
  pool = good();
  pool.image = "ssm:/aws/service/debian/release/12/latest/amd64";
  CHECK(check_pool(pool));
  pool = good();
  pool.image.clear();
  pool.types.clear();
  pool.options["launch_template"] = {"worker:7"};
  CHECK(check_pool(pool));
  pool = good();
  pool.options = {{"launch_template", {"lt-0abc"}},
                  {"fleet", {"true"}},
                  {"subnets", {"subnet-1"}},
                  {"capacity_reservation", {"open"}}};
  CHECK(check_pool(pool));
}

TEST_CASE("check_pool: spot machines by request or by market options") {
  for (const char* how : {"request", "market-options"}) {
    core::Pool pool = good();
    pool.market = core::Market::spot;
    pool.max_price = "0.05";
    pool.options["spot"] = {how};
    CHECK(check_pool(pool));
    pool.user_data = "#!/bin/sh\nnames=@TIDE_NODE@\n";
    CHECK(check_pool(pool));
  }
}

TEST_CASE("check_pool: each mistake is told by its key") {
  const std::vector<std::pair<std::string, void (*)(core::Pool&)>> mistakes{
      {"image", [](core::Pool& pool) { pool.image = "debian-12"; }},
      {"image", [](core::Pool& pool) { pool.image = "ami-"; }},
      {"types", [](core::Pool& pool) { pool.types.clear(); }},
      {"image", [](core::Pool& pool) { pool.image.clear(); }},
      {"image", [](core::Pool& pool) { pool.image = "name:debian-12-*"; }},
      {"image_owners", [](core::Pool& pool) { pool.options["image_owners"] = {"self"}; }},
      {"launch_template", [](core::Pool& pool) { pool.options["launch_template"] = {"worker:new"}; }},
      {"capacity_reservation", [](core::Pool& pool) { pool.options["capacity_reservation"] = {"some"}; }},
      {"fleet", [](core::Pool& pool) { pool.options["fleet"] = {"true"}; }},
      {"disk",
       [](core::Pool& pool) { pool.options["fleet"] = {"true"}, pool.options["launch_template"] = {"worker"}; }},
      {"user_data",
       [](core::Pool& pool) {
         pool.options = {{"fleet", {"true"}}, {"launch_template", {"worker"}}};
         pool.user_data = "#!/bin/sh";
       }},
      {"spot", [](core::Pool& pool) { pool.options["spot"] = {"request"}; }},
      {"launch_template",
       [](core::Pool& pool) {
         pool.market = core::Market::spot;
         pool.options = {{"spot", {"request"}}, {"launch_template", {"worker"}}};
       }},
      {"capacity_reservation",
       [](core::Pool& pool) {
         pool.market = core::Market::spot;
         pool.options = {{"spot", {"request"}}, {"capacity_reservation", {"open"}}};
       }},
      {"user_data",
       [](core::Pool& pool) {
         pool.market = core::Market::spot;
         pool.options["spot"] = {"request"};
         pool.user_data = "#!/bin/sh\nnames=$(meta tags/instance/tide:names)\n";
       }},
      {"types", [](core::Pool& pool) { pool.types.emplace_back("m1small"); }},
      {"types", [](core::Pool& pool) { pool.types.emplace_back("c5.large&x"); }},
      {"subnets", [](core::Pool& pool) { pool.options["subnets"] = {"my-net"}; }},
      {"key", [](core::Pool& pool) { pool.options["key"] = {""}; }},
      {"disk", [](core::Pool& pool) { pool.options["disk"] = {"512MiB"}; }},
      {"disk", [](core::Pool& pool) { pool.options["disk"] = {"65TiB"}; }},
      {"address", [](core::Pool& pool) { pool.address = "lan"; }},
      {"max_price", [](core::Pool& pool) { pool.max_price = "1"; }},
      {"user_data", [](core::Pool& pool) { pool.user_data = std::string(16385, 'x'); }},
  };
  for (const auto& [key, spoil] : mistakes) {
    core::Pool pool = good();
    spoil(pool);
    refused(pool, key);
  }
}
