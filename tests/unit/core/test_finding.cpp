#include <tide/core/example_launch.hpp>
#include <tide/core/finding.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace tide::core;

TEST_SUITE_BEGIN("core/finding");

TEST_CASE("findings: a source that cannot be read decides the exit code, else the first failure; a warning never") {
  const auto bad = [](ErrorKind kind) { return failed("x", "", make_error(kind, "bad")); };
  CHECK(exit_code({}) == ExitCode::done);
  CHECK(exit_code({fine("x", "", "good"), doubtful("x", "", "odd", "look")}) == ExitCode::done);
  CHECK(exit_code({bad(ErrorKind::config), bad(ErrorKind::auth), bad(ErrorKind::batch)}) == ExitCode::batch);
  CHECK(exit_code({bad(ErrorKind::config), bad(ErrorKind::retry), bad(ErrorKind::auth)}) == ExitCode::not_allowed);
  CHECK(exit_code({bad(ErrorKind::config), bad(ErrorKind::retry)}) == ExitCode::cloud);
  CHECK(exit_code({bad(ErrorKind::quota), bad(ErrorKind::config)}) == ExitCode::no_capacity);
}

TEST_CASE("findings: clocks that differ by more than half a minute are told, with which is ahead") {
  const TimePoint now{Seconds{1'000'000}};
  CHECK(clock_finding("", now + Seconds{30}, now).level == Level::ok);
  CHECK(clock_finding("", now + Seconds{31}, now).text == "31 s behind the cloud's");
  CHECK(clock_finding("", now - Seconds{400}, now).text == "400 s ahead of the cloud's");
  CHECK(clock_finding("", std::nullopt, now).level == Level::warn);
}

TEST_CASE("example launch: what plan() would ask for, whatever caps and prices say") {
  Settings settings{.cluster = "physics", .batch = "slurm", .head = "head"};
  settings.money.per_hour_micros = 1;
  Pool pool{.name = {"small"}, .cloud = {"aws"}, .image = "ami-1", .types = {"a.large", "b.large"}, .slots = 0};
  pool.names = "{cluster}-{pool}-{n:04}";
  pool.max = 1;
  pool.market = Market::spot;
  pool.max_price = "0.1";
  pool.user_data = "#!/bin/sh\necho @TIDE_HEAD@\n";
  settings.pools.emplace(pool.name, pool);
  const std::map<CloudName, CloudTraits> clouds{{{"aws"}, {.has_launch_tokens = true, .launch_max = 10}}};
  const auto request = example_launch(settings, {"small"}, {"head-1"}, clouds);
  REQUIRE(request);
  CHECK(request->count == 1);
  CHECK(request->types == pool.types);
  CHECK(request->max_price == "0.1");
  CHECK(request->user_data == "#!/bin/sh\necho head\n");
  CHECK(request->tags.at(tag::k_cluster) == "physics");
  settings.pools.at({"small"}).user_data = "@TIDE_NONSENSE@";
  const auto bad = example_launch(settings, {"small"}, {"head-1"}, clouds);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("TIDE_NONSENSE") != std::string::npos);
}

TEST_SUITE_END();
