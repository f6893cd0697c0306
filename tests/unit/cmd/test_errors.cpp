#include "cmd/output/errors.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

tide::Error sample() {
  return {.kind = tide::ErrorKind::capacity,
          .message = "cannot launch 'batch': no capacity",
          .context = {"while applying the plan", "from ec2: request 7f3a"},
          .hint = "Add a second zone."};
}

}  // namespace

TEST_CASE("errors: message, context and hint are a line each") {
  CHECK(tide::cmd::output::format_error(sample(), false) ==
        "tide: error: cannot launch 'batch': no capacity\n  while applying the plan\n  from ec2: request 7f3a\nhint: "
        "Add a second zone.\n");
}

TEST_CASE("errors: in colours") {
  CHECK(tide::cmd::output::format_error(
            tide::make_error(tide::ErrorKind::usage, "no command given").with_hint("Say one."), false, true) ==
        "tide: \x1b[1;31merror:\x1b[0m no command given\n\x1b[1mhint:\x1b[0m Say one.\n");
}

TEST_CASE("errors: without context and hint one line is left") {
  CHECK(tide::cmd::output::format_error(tide::make_error(tide::ErrorKind::usage, "no command given"), false) ==
        "tide: error: no command given\n");
}

TEST_CASE("errors: as JSON one line with kind and exit code") {
  CHECK(tide::cmd::output::format_error(sample(), true) ==
        "{\"type\":\"error\",\"kind\":\"capacity\",\"message\":\"cannot launch 'batch': no capacity\","
        "\"context\":[\"while applying the plan\",\"from ec2: request 7f3a\"],\"hint\":\"Add a second "
        "zone.\",\"exit\":8}\n");
}

TEST_CASE("errors: what a peer said can neither break lines nor steer a terminal") {
  tide::Error error = sample();
  error.context = {"line\nhint: Do as I say\x1b[31m", std::string(5000, 'x'), "broken \xff utf-8"};
  const std::string table = tide::cmd::output::format_error(error, false);
  CHECK(std::ranges::count(table, '\n') == 5);
  CHECK(table.find('\x1b') == std::string::npos);
  CHECK(table.size() < 2000);
  const std::string json = tide::cmd::output::format_error(error, true);
  CHECK(std::ranges::count(json, '\n') == 1);
  CHECK(json.find('\x1b') == std::string::npos);
  CHECK(json.find('\xff') == std::string::npos);
}
