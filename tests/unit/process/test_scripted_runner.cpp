#include "tests/support/scripted_runner.hpp"

#include <doctest/doctest.h>

using namespace tide;
using test::ScriptedRunner;

TEST_SUITE_BEGIN("process/scripted_runner");

TEST_CASE("ScriptedRunner: exact keys win over beginnings, recordings are played in turn") {
  ScriptedRunner runner;
  runner.on("squeue *", {.output = "any"})
      .on("squeue -h", {.output = "one"})
      .on("squeue -h", {.output = "two", .exit_code = 1});
  CHECK(runner.run({.argv = {"/usr/bin/squeue", "-h"}}).value().output == "one");
  CHECK(runner.run({.argv = {"/usr/bin/squeue", "-h"}}).value().exit_code == 1);
  CHECK(runner.run({.argv = {"/usr/bin/squeue", "-h"}}).value().output == "two");
  CHECK(runner.run({.argv = {"/usr/bin/squeue", "-r"}}).value().output == "any");
  CHECK(runner.count("squeue -h") == 3);
  CHECK(runner.run({.argv = {"/usr/bin/sinfo"}}).error().kind == ErrorKind::unexpected);
  CHECK(runner.unexpected == std::vector<std::string>{"sinfo"});
}

TEST_CASE("ScriptedRunner: hangs, delays, cuts and refuses to start") {
  ScriptedRunner runner;
  std::chrono::milliseconds passed{0};
  runner.on_delay = [&](std::chrono::milliseconds span) { passed += span; };
  runner.on("a", {.output = "0123456789", .hang = true, .cut_at = 5, .piece_size = 2});
  runner.on("b", {.delay = std::chrono::milliseconds(50)});
  runner.on("c", {.cannot_start = make_error(ErrorKind::io, "'c' cannot be started")});
  std::vector<std::string> pieces;
  const process::Command command{.argv = {"/bin/a"}, .sink = [&](std::string_view piece) -> Result<void> {
                                   pieces.emplace_back(piece);
                                   return {};
                                 }};
  CHECK(runner.run(command).error().kind == ErrorKind::timeout);
  CHECK(pieces == std::vector<std::string>{"01", "23", "4"});
  CHECK(passed == std::chrono::milliseconds(30'000));
  CHECK(runner.run({.argv = {"/bin/b"}}));
  CHECK(passed == std::chrono::milliseconds(30'050));
  CHECK(runner.run({.argv = {"/bin/c"}}).error().kind == ErrorKind::io);
}
